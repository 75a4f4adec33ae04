// What we know of the kernel's interfaces and their addresses, as plain values shared by netlink/ (which reads and writes
// them), the machines (which decide on them) and the configuration (which wants them).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/strong_id.hpp"
#include "net/ip_address.hpp"

namespace net {

/// The kernel's interface index; 0 means "none" or "any". A re-created interface has a new one.
using InterfaceIndex = core::StrongId<struct InterfaceIndexTag, std::uint32_t>;

struct Interface {
  InterfaceIndex index;
  std::string name;
  MacAddress mac;
  bool has_mac = false;         // false on tunnels and the like: no ARP, no neighbour advertisements
  bool admin_up = false;        // IFF_UP
  bool running = false;         // IFF_RUNNING: there is carrier
  bool loopback = false;        // IFF_LOOPBACK
  bool multicast = true;        // IFF_MULTICAST
  bool arp = true;              // not IFF_NOARP
  std::uint32_t mtu = 1500;     // octets
  std::string kind;             // as the kernel names it: "macvlan", "ipvlan", "vrf" …; empty = a plain one
  InterfaceIndex parent;        // what a macvlan or the like sits on, in this network namespace
  InterfaceIndex master;        // the bridge, bond or VRF it belongs to
  std::uint32_t group = 0;      // `ip link set group`
  std::string alias;            // `ip link set alias`: who made it
  std::uint32_t vrf_table = 0;  // the routing table of a VRF
  bool forwards_ipv6 = false;   // net.ipv6.conf.NAME.forwarding: to neighbours it is a router

  bool usable() const { return admin_up && running; }
  friend bool operator==(const Interface&, const Interface&) = default;
};

/// Numbers of rtnetlink's RT_SCOPE_*.
enum class Scope : std::uint8_t { global = 0, site = 200, link = 253, host = 254, nowhere = 255 };

/// An address on an interface, wanted or seen. Identity is (interface, address, prefix length); the rest is how it looks.
struct InterfaceAddress {
  InterfaceIndex interface;
  Prefix address;
  std::optional<IpAddress> peer;       // point to point
  std::optional<IpAddress> broadcast;  // IPv4
  std::string label;                   // IPv4, at most 15 characters; empty = the interface's name
  std::uint8_t scope = 0;              // see Scope; named scopes of rt_scopes are numbers too
  bool no_prefix_route = false;        // IFA_F_NOPREFIXROUTE
  bool home = false;                   // IFA_F_HOMEADDRESS, IPv6
  bool no_dad = true;                  // IFA_F_NODAD, IPv6: the address must be usable at once
  bool manage_temporary = false;       // IFA_F_MANAGETEMPADDR, IPv6
  bool multicast_autojoin = false;     // IFA_F_MCAUTOJOIN
  bool tentative = false;              // seen only: duplicate address detection is still running
  std::optional<std::uint32_t> preferred_lifetime;  // seconds; empty = for ever; 0 = deprecated

  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

}  // namespace net
