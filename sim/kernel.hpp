// One node's kernel as far as the failover engine sees it: interfaces, addresses, routes and rules. Every change returns the netlink events
// it causes; when those reach the worker is the node's business. Keeps Linux's rules: IPv6 addresses go when an interface goes
// down, a re-created interface has a new index, an address that exists cannot be added again, IPv4 routes go
// with their interface without a word.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "engine/failover.hpp"
#include "sim/plan.hpp"

namespace sim {

inline constexpr int errno_no_such_process = 3;  // ESRCH
inline constexpr int errno_no_access = 13;       // EACCES
inline constexpr int errno_exists = 17;          // EEXIST
inline constexpr int errno_no_such_device = 19;  // ENODEV
inline constexpr int errno_network_down = 100;   // ENETDOWN
inline constexpr int errno_no_buffers = 105;     // ENOBUFS

class Kernel {
 public:
  using Events = std::vector<engine::Event>;

  Kernel(HostId host, std::vector<InterfacePlan> interfaces);

  Events create_interface(const std::string& name);
  Events remove_interface(const std::string& name);
  Events set_admin(const std::string& name, bool up);
  Events set_carrier(const std::string& name, bool running);

  /// Nothing when it exists already or the kernel was told to refuse; see `refusal`.
  core::Result<Events> add_address(const net::InterfaceAddress& address);
  Events remove_address(const net::InterfaceAddress& address);
  /// Every address that somebody else removes with `ip addr del`.
  Events remove_everywhere(const net::IpAddress& address);
  /// A macvlan or the like; it is on its parent's wire, goes with it, and is up when its parent is.
  Events create_link(const net::VirtualLink& link, net::InterfaceIndex parent);
  Events raise_link(net::InterfaceIndex index);
  Events remove_link(net::InterfaceIndex index);
  /// Routes are told apart by destination, metric and table; one whose interface is gone or down is refused.
  core::Result<Events> add_route(const net::KernelRoute& route);
  Events remove_route(const net::KernelRoute& route);
  core::Result<Events> add_rule(const net::Rule& rule);
  Events remove_rule(const net::Rule& rule);
  /// The first of our routes and of our rules goes, as with `ip route del`, `ip rule del`.
  Events remove_some_route();
  Events remove_some_rule();
  /// A machine that lost power comes back with its own addresses only.
  void reboot();

  /// While set, adding addresses fails with this errno.
  std::optional<int> refusal;

  engine::event::KernelListed list() const { return {interfaces_, addresses_, routes_, rules_}; }
  const net::Interface* interface(net::InterfaceIndex index) const;
  const net::Interface* interface(const std::string& name) const;
  std::optional<SegmentId> segment_of(net::InterfaceIndex index) const;
  std::optional<net::InterfaceIndex> index_on(SegmentId segment) const;
  /// Where the routing table sends a packet for `destination`: the interface with an address in the same prefix.
  std::optional<net::InterfaceIndex> route_to(const net::IpAddress& destination) const;
  bool holds(net::InterfaceIndex index, const net::IpAddress& address) const;
  /// Addresses for which this machine answers on the segment now.
  std::vector<net::IpAddress> answered(SegmentId segment) const;
  const std::vector<net::InterfaceAddress>& addresses() const { return addresses_; }
  const std::vector<net::KernelRoute>& routes() const { return routes_; }
  const std::vector<net::Rule>& rules() const { return rules_; }

 private:
  net::Interface* find(const std::string& name);
  const InterfacePlan* plan_of(const std::string& name) const;
  void give_own_addresses(const net::Interface& interface, std::optional<net::Family> only, Events& out);
  std::vector<std::string> names_above(net::InterfaceIndex index) const;
  void drop_routes(net::InterfaceIndex interface, Events& out);
  Events changed(net::Interface& interface, bool admin_up, bool running);

  HostId host_;
  std::vector<InterfacePlan> plans_;
  std::vector<net::Interface> interfaces_;
  std::vector<net::InterfaceAddress> addresses_;
  std::vector<net::KernelRoute> routes_;
  std::vector<net::Rule> rules_;
  std::uint32_t next_index_ = 2;  // 1 is the loopback
};

/// The MAC address of a host's interface: the last two octets name both.
net::MacAddress mac_of(HostId host, std::uint32_t interface_number);
/// Whose it is.
HostId host_of(const net::MacAddress& mac);

}  // namespace sim
