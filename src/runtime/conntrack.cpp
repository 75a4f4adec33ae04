#include "runtime/conntrack.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <set>
#include <vector>

#include "core/overload.hpp"
#include "netlink/conntrack.hpp"
#include "runtime/netlink_socket.hpp"
#include "runtime/system_error.hpp"

namespace runtime {

namespace {

constexpr std::uint32_t receive_octets = 1 << 20;
constexpr std::size_t largest_datagram = 64 << 10;
constexpr std::size_t forgotten_at_once = 200;  // the errors of so many fit the receive buffer

bool is_of(const netlink::Connection& connection, std::span<const net::ipvs::Endpoint> servers) {
  return std::ranges::any_of(servers, [&](const net::ipvs::Endpoint& server) {
    return server.address == connection.answers_from &&
           (server.port == 0 || server.port == connection.answers_from_port);
  });
}

class Tracking {
 public:
  explicit Tracking(Fd fd) : fd_(std::move(fd)), buffer_(largest_datagram) {}

  core::Result<> list(const net::IpAddress& server, std::vector<netlink::Connection>& into) {
    netlink::Buffer request;
    netlink::append_list_connections(request, ++sequence_, server);
    if (auto sent = send_netlink(fd_.get(), request); !sent) return sent;
    core::Result<> result;
    bool done = false;
    // The kernel writes the next part when one is read, so there is always one until the end.
    while (!done) {
      const auto answer = read([&](netlink::ConnectionMessage&& message) {
        std::visit(core::Overload{
                       [&](netlink::Connection& one) { into.push_back(std::move(one)); },
                       [&](const netlink::Outcome& outcome) {
                         if (outcome.code != 0)
                           result = std::unexpected(system_error(outcome.code, "cannot list connections"));
                         done = true;
                       },
                       [&](const netlink::DumpDone&) { done = true; },
                       [](const netlink::Other&) {},
                   },
                   message.content);
      });
      if (!answer) break;
    }
    return result;
  }

  core::Result<> forget(std::span<const netlink::Connection> connections) {
    netlink::Buffer request;
    for (const netlink::Connection& one : connections)
      netlink::append_forget_connection(request, ++sequence_, one, netlink::Acknowledge::errors_only);
    if (auto sent = send_netlink(fd_.get(), request); !sent) return sent;
    // An error is one that ended meanwhile.
    while (read([](netlink::ConnectionMessage&&) {})) {
    }
    return {};
  }

 private:
  /// One datagram; false if none waits.
  template <class Take>
  bool read(const Take& take) {
    const NetlinkDatagram datagram = receive_datagram(fd_.get(), buffer_);
    if (datagram.error != 0) return false;
    for (netlink::ConnectionReader reader{datagram.bytes}; !reader.at_end();) {
      auto message = reader.next();
      if (message && message->sequence == sequence_) take(std::move(*message));
    }
    return true;
  }

  Fd fd_;
  std::vector<std::uint8_t> buffer_;
  std::uint32_t sequence_ = 0;
};

}  // namespace

core::Result<std::size_t> forget_unanswered(std::span<const net::ipvs::Endpoint> servers) {
  auto fd = open_netlink_socket(NETLINK_NETFILTER, 0, {}, receive_octets);
  if (!fd) return std::unexpected(fd.error());
  Tracking tracking(std::move(*fd));
  std::set<net::IpAddress> addresses;
  for (const net::ipvs::Endpoint& server : servers) addresses.insert(server.address);
  std::vector<netlink::Connection> unanswered;
  for (const net::IpAddress& address : addresses) {
    std::vector<netlink::Connection> found;
    if (auto listed = tracking.list(address, found); !listed) return std::unexpected(listed.error());
    std::ranges::copy_if(found, std::back_inserter(unanswered), [&](const netlink::Connection& one) {
      return !one.answered && !one.original.empty() && is_of(one, servers);
    });
  }
  for (std::span rest{std::as_const(unanswered)}; !rest.empty();) {
    const auto some = rest.first(std::min(rest.size(), forgotten_at_once));
    if (auto done = tracking.forget(some); !done) return std::unexpected(done.error());
    rest = rest.subspan(some.size());
  }
  return unanswered.size();
}

}  // namespace runtime
