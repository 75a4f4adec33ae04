#include "runtime/firewall_io.hpp"

#include <cerrno>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "core/overload.hpp"
#include "netlink/message.hpp"
#include "netlink/nftables.hpp"
#include "runtime/system_error.hpp"

namespace runtime {

namespace {

constexpr std::uint32_t numbers_a_batch = 1U << 16;  // of messages; the largest batch has fewer
constexpr int news_octets = 1 << 20;

core::Result<Fd> open_netfilter_socket(std::uint32_t groups) {
  Fd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER)};
  if (!fd) return std::unexpected(last_error("cannot open a netfilter socket"));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  if (groups != 0) ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &news_octets, sizeof news_octets);
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  local.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&local), sizeof local) != 0)  // NOLINT: the sockets API
    return std::unexpected(last_error("cannot bind a netfilter socket"));
  return fd;
}

core::Result<std::uint32_t> port_of(const Fd& fd) {
  sockaddr_nl own{};
  socklen_t size = sizeof own;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0)  // NOLINT: the sockets API
    return std::unexpected(last_error("cannot ask for the name of a netfilter socket"));
  return own.nl_pid;
}

}  // namespace

core::Result<> FirewallIo::open() {
  if (commands_) return {};
  auto commands = open_netfilter_socket(0);
  if (!commands) return std::unexpected(commands.error());
  auto port = port_of(*commands);
  if (!port) return std::unexpected(port.error());
  auto news = open_netfilter_socket(1U << (NFNLGRP_NFTABLES - 1));
  if (!news) return std::unexpected(news.error());
  buffer_.resize(std::size_t{64} << 10);
  commands_ = std::move(*commands);
  news_ = std::move(*news);
  port_ = *port;
  return {};
}

core::Result<> FirewallIo::apply(const FirewallChange& change) {
  if (auto opened = open(); !opened) return opened;
  std::vector<std::uint8_t> batch;
  std::visit(core::Overload{
                 [&](const engine::action::BuildFirewall& wanted) {
                   table_ = wanted.table.name;
                   netlink::append_build_firewall(batch, sequence_, wanted.table, wanted.blocked);
                 },
                 [&](const engine::action::ChangeFirewall& wanted) {
                   netlink::append_change_firewall(batch, sequence_, wanted.table, wanted.added,
                                                   wanted.removed);
                 },
                 [&](const engine::action::RemoveFirewall& wanted) {
                   if (table_ == wanted.table) table_.clear();
                   netlink::append_remove_firewall(batch, sequence_, wanted.table);
                 },
             },
             change);
  return run(batch);
}

// nf_tables works inside of send(), so whatever there is to read is there already: an error for a message that was refused, and the
// answers that were asked for.
core::Result<> FirewallIo::run(const std::vector<std::uint8_t>& batch) {
  sequence_ += numbers_a_batch;
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto* address = reinterpret_cast<const sockaddr*>(&kernel);  // NOLINT: the sockets API
  while (::sendto(commands_.get(), batch.data(), batch.size(), 0, address, sizeof kernel) < 0) {
    if (errno != EINTR) return std::unexpected(last_error("cannot ask the packet filter"));
  }
  core::Result<> result;
  for (;;) {
    const ssize_t size = ::recv(commands_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      const bool all_read = errno == EAGAIN || errno == EWOULDBLOCK;
      if (!all_read && result) return std::unexpected(last_error("the packet filter's answer is lost"));
      return result;
    }
    for (netlink::MessageReader reader{{buffer_.data(), static_cast<std::size_t>(size)}}; !reader.at_end();) {
      const auto message = reader.next();
      if (!message) break;
      const auto* outcome = std::get_if<netlink::Outcome>(&message->content);
      if (outcome == nullptr || outcome->code == 0 || !result) continue;
      core::Error error = system_error(outcome->code, "nf_tables");
      if (!outcome->text.empty()) error.message += " (" + outcome->text + ")";
      if (outcome->code == EPERM) error.message += "; the capability CAP_NET_ADMIN is missing";
      if (outcome->code == EOPNOTSUPP || outcome->code == EAFNOSUPPORT || outcome->code == EPROTONOSUPPORT)
        error.message += "; this kernel has no nf_tables, or may not load the module";
      result = std::unexpected(std::move(error));
    }
  }
}

bool FirewallIo::was_touched() {
  bool touched = false;
  for (;;) {
    const ssize_t size = ::recv(news_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return touched && !table_.empty();
      touched = true;  // news were lost
      continue;
    }
    touched =
        touched || netlink::tells_of_change({buffer_.data(), static_cast<std::size_t>(size)}, table_, port_);
  }
}

}  // namespace runtime
