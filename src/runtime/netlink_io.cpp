#include "runtime/netlink_io.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <optional>
#include <sys/socket.h>

#include "core/overload.hpp"
#include "netlink/route_message.hpp"
#include "runtime/netlink_socket.hpp"
#include "runtime/system_error.hpp"

namespace runtime {

namespace {

// Room for the messages of some tens of thousands of addresses that change while we are busy.
constexpr std::uint32_t default_monitor_octets = 4 << 20;
constexpr int listing_attempts = 8;

core::Error refusal(int code, const std::string& words, std::string_view what) {
  core::Error error = system_error(code, what);
  if (what.empty()) error.message.erase(0, 2);
  if (!words.empty()) error.message += " (" + words + ")";
  if (code == EPERM) error.message += "; the capability CAP_NET_ADMIN is missing";
  return error;
}

bool harmless(const KernelChange& change, int code) {
  if (change.kind == KernelChange::Kind::add) return code == EEXIST;
  // With the interface its addresses and routes went; ESRCH is a route and ENOENT a rule that is not there.
  return code == EADDRNOTAVAIL || code == ENODEV ||
         (change.address() == nullptr && (code == ESRCH || code == ENOENT));
}

// Hear of routes only if they are ours, or took another one's place: on a machine with the routes of the Internet the rest
// would drown us. Looks at the first message of a datagram, and the kernel puts one in each. BPF reads numbers in network order.
void hear_few_routes(int fd) {
  constexpr std::uint32_t type_at = 4;
  constexpr std::uint32_t flags_at = 6;
  constexpr std::uint32_t protocol_at = NLMSG_HDRLEN + 5;
  const auto order = [](std::uint16_t value) { return static_cast<std::uint32_t>(__builtin_bswap16(value)); };
  const auto here = [&](std::uint16_t value) -> std::uint32_t {
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? order(value) : value;
  };
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, type_at),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, here(RTM_NEWROUTE), 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, here(RTM_DELROUTE), 2, 5),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, flags_at),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, here(NLM_F_REPLACE), 3, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, protocol_at),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, net::route_protocol_keepalived, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  const sock_fprog filter{std::size(program), program};
  ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

}  // namespace

core::Result<NetlinkMonitor> NetlinkMonitor::open(BufferSize size) {
  constexpr std::uint32_t v6_rules = 1U << (RTNLGRP_IPV6_RULE - 1);  // the headers name only that of IPv4
  constexpr std::uint32_t v6_settings = 1U << (RTNLGRP_IPV6_NETCONF - 1);
  auto fd = open_netlink_socket(NETLINK_ROUTE,
                                RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                                    RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE | v6_rules | v6_settings,
                                size, default_monitor_octets);
  if (!fd) return std::unexpected(fd.error());
  hear_few_routes(fd->get());
  return NetlinkMonitor{std::move(*fd)};
}

NetlinkMonitor::Heard NetlinkMonitor::hear(std::size_t at_most, const Sink& sink) {
  for (std::size_t count = 0; count < at_most;) {
    const NetlinkDatagram datagram = receive_datagram(fd_.get(), buffer_);
    if (nothing_waits(datagram.error)) return Heard::all;
    if (datagram.error != 0) {
      forget_waiting();
      return Heard::overrun;
    }
    for (netlink::MessageReader reader{datagram.bytes}; !reader.at_end(); ++count) {
      auto message = reader.next();
      if (!message || std::holds_alternative<netlink::Overrun>(message->content)) {
        forget_waiting();
        return Heard::overrun;
      }
      sink(std::move(*message));
    }
  }
  return Heard::more;
}

void NetlinkMonitor::forget_waiting() {
  // Bounded: under a storm of changes the listing that follows is what counts.
  for (int i = 0; i < 100'000; ++i) {
    if (nothing_waits(receive_datagram(fd_.get(), buffer_).error)) return;
  }
}

core::Result<NetlinkCommands> NetlinkCommands::open(BufferSize size) {
  auto fd = open_netlink_socket(NETLINK_ROUTE, 0, size, 0);
  if (!fd) return std::unexpected(fd.error());
  const int on = 1;
  ::setsockopt(fd->get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);  // dumps of our protocol only
  return NetlinkCommands{std::move(*fd)};
}

core::Result<> NetlinkCommands::send(const netlink::Buffer& bytes) { return send_netlink(fd_.get(), bytes); }

// rtnetlink works inside of send(), so whatever there is to read is there already; dumps go on with every read.
template <class OnMessage>
core::Result<> NetlinkCommands::read_answers(OnMessage&& on_message) {
  for (;;) {
    const NetlinkDatagram datagram = receive_datagram(fd_.get(), buffer_);
    if (datagram.error != 0)
      return std::unexpected(system_error(datagram.error, "the kernel's netlink answer is lost"));
    for (netlink::MessageReader reader{datagram.bytes}; !reader.at_end();) {
      auto message = reader.next();
      if (!message)
        return std::unexpected(core::Error{EBADMSG, "the kernel's netlink answer makes no sense to us"});
      if (on_message(std::move(*message))) return {};
    }
  }
}

template <class OnMessage>
core::Result<bool> NetlinkCommands::dump_once(const netlink::Buffer& request, std::uint32_t sequence,
                                              OnMessage&& on_message) {
  if (auto sent = send(request); !sent) return std::unexpected(sent.error());
  bool interrupted = false;
  int code = 0;
  auto read = read_answers([&](netlink::Message&& message) {
    if (message.sequence != sequence) return false;
    interrupted = interrupted || message.dump_interrupted;
    if (const auto* done = std::get_if<netlink::DumpDone>(&message.content)) {
      code = done->code;
      return true;
    }
    if (const auto* outcome = std::get_if<netlink::Outcome>(&message.content)) {
      code = outcome->code;
      return true;
    }
    on_message(std::move(message));
    return false;
  });
  if (!read) return std::unexpected(read.error());
  if (code != 0) return std::unexpected(system_error(code, "the kernel does not list its interfaces"));
  return !interrupted;
}

core::Result<NetlinkCommands::Listing> NetlinkCommands::list(bool with_routes) {
  Listing listing;
  for (int attempt = 1;; ++attempt) {
    listing = {};
    std::optional<core::Error> failure;
    bool whole = true;
    const auto dump = [&](auto append_dump, auto&& on_message) {
      request_.clear();
      const std::uint32_t sequence = next_sequence();
      append_dump(request_, sequence);
      auto done = dump_once(request_, sequence, on_message);
      if (!done) failure = done.error();
      whole = whole && done && *done;
    };
    dump(netlink::append_dump_links, [&](netlink::Message&& message) {
      if (auto* link = std::get_if<netlink::LinkPresent>(&message.content)) {
        listing.interfaces.push_back(std::move(link->interface));
      }
    });
    dump(netlink::append_dump_addresses, [&](netlink::Message&& message) {
      if (auto* address = std::get_if<netlink::AddressPresent>(&message.content)) {
        listing.addresses.push_back(std::move(address->address));
      }
    });
    if (with_routes) {
      const auto take_route = [&](netlink::Message&& message) {
        auto* route = std::get_if<netlink::RoutePresent>(&message.content);
        if (route != nullptr && route->route.route.protocol == net::route_protocol_keepalived)
          listing.routes.push_back(std::move(route->route));
      };
      for (const net::Family family : {net::Family::v4, net::Family::v6}) {
        dump(
            [family](netlink::Buffer& into, std::uint32_t sequence) {
              netlink::append_dump_routes(into, sequence, family, net::route_protocol_keepalived);
            },
            take_route);
      }
      dump(netlink::append_dump_rules, [&](netlink::Message&& message) {
        auto* rule = std::get_if<netlink::RulePresent>(&message.content);
        if (rule != nullptr) listing.rules.push_back(std::move(rule->rule));
      });
    }
    if (whole) return listing;
    if (attempt < listing_attempts) continue;
    if (failure) return std::unexpected(*failure);
    return listing;  // it changes faster than it can be listed; the monitor tells what is wrong in it
  }
}

void NetlinkCommands::append(const KernelChange& change, netlink::Acknowledge acknowledge) {
  const std::uint32_t sequence = next_sequence();
  const bool add = change.kind == KernelChange::Kind::add;
  std::visit(core::Overload{
                 [&](const net::InterfaceAddress& address) {
                   (add ? netlink::append_add_address : netlink::append_remove_address)(request_, sequence,
                                                                                        address, acknowledge);
                 },
                 [&](const std::shared_ptr<const net::KernelRoute>& route) {
                   (add ? netlink::append_add_route : netlink::append_remove_route)(request_, sequence,
                                                                                    *route, acknowledge);
                 },
                 [&](const std::shared_ptr<const net::Rule>& rule) {
                   (add ? netlink::append_add_rule : netlink::append_remove_rule)(request_, sequence, *rule,
                                                                                  acknowledge);
                 },
             },
             change.object);
}

std::string KernelChange::text() const {
  return std::visit(
      core::Overload{
          [](const net::InterfaceAddress& address) { return "address " + address.address.to_string(); },
          [](const std::shared_ptr<const net::KernelRoute>& route) {
            return "route " + to_string(route->route);
          },
          [](const std::shared_ptr<const net::Rule>& rule) { return "rule " + to_string(*rule); },
      },
      object);
}

core::Result<NetlinkCommands::Applied> NetlinkCommands::apply(std::span<const KernelChange> changes) {
  Applied applied;
  if (changes.empty()) return applied;
  request_.clear();
  const std::uint32_t first = sequence_ + 1;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    // Silence means success; the last one is answered in any case, so that there is an end to wait for.
    const auto acknowledge =
        i + 1 == changes.size() ? netlink::Acknowledge::always : netlink::Acknowledge::errors_only;
    append(changes[i], acknowledge);
  }
  if (auto sent = send(request_); !sent) return std::unexpected(sent.error());
  const auto read = read_answers([&](netlink::Message&& message) {
    const auto* outcome = std::get_if<netlink::Outcome>(&message.content);
    const std::size_t index = message.sequence - first;
    if (outcome == nullptr || index >= changes.size()) return false;
    const KernelChange& change = changes[index];
    if (outcome->code != 0 && !harmless(change, outcome->code)) {
      const std::string what = change.address() == nullptr ? "" : change.address()->address.to_string();
      applied.refusals.push_back({index, refusal(outcome->code, outcome->text, what)});
    }
    return index + 1 == changes.size();
  });
  applied.answers_lost = !read;
  return applied;
}

core::Result<> NetlinkCommands::ask(const netlink::Buffer& request) {
  if (auto sent = send(request); !sent) return std::unexpected(sent.error());
  core::Result<> result;
  const auto read = read_answers([&](netlink::Message&& message) {
    const auto* outcome = std::get_if<netlink::Outcome>(&message.content);
    if (outcome == nullptr || message.sequence != sequence_) return false;
    if (outcome->code != 0)
      result = std::unexpected(refusal(outcome->code, outcome->text, "the kernel refuses"));
    return true;
  });
  if (!read) return std::unexpected(read.error());
  return result;
}

core::Result<> NetlinkCommands::may_change() {
  // An address of interface 0 cannot be removed by anybody; who may not remove any is told that first.
  net::InterfaceAddress nobodys;
  nobodys.address = {net::IpAddress::v4(0, 0, 0, 1), 32};
  const KernelChange change{KernelChange::Kind::remove, nobodys};
  const auto applied = apply({&change, 1});
  if (!applied) return std::unexpected(applied.error());
  if (applied->refusals.empty() || applied->refusals.front().error.code != EPERM) return {};
  return std::unexpected(core::Error{
      EPERM, "cannot add addresses: Operation not permitted; the capability CAP_NET_ADMIN is missing"});
}

}  // namespace runtime
