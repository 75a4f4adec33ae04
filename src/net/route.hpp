// Routes and policy rules as plain values: what the configuration wants (`virtual_routes`, `static_rules` …) and what netlink/
// makes messages of. Names of tables, scopes and the like are numbers here already. Nothing here decides anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "net/interface.hpp"
#include "net/ip_address.hpp"

namespace net {

/// Numbers of rtnetlink's RTN_*.
enum class RouteType : std::uint8_t {
  unspecified = 0,
  unicast = 1,
  local = 2,
  broadcast = 3,
  anycast = 4,
  multicast = 5,
  blackhole = 6,
  unreachable = 7,
  prohibit = 8,
  throw_ = 9,
  nat = 10,
  xresolve = 11,
};

/// Where a new route goes among those that match the same packets.
enum class RouteInsertion : std::uint8_t { add, prepend, append };

inline constexpr std::uint8_t route_protocol_keepalived = 18;
inline constexpr std::uint32_t route_table_main = 254;

/// A lightweight tunnel (`encap`). Only the fields of its kind are used.
struct Encapsulation {
  enum class Kind : std::uint8_t { ip, ip6, mpls, ila };
  Kind kind = Kind::ip;
  std::optional<std::uint64_t> id;
  std::optional<IpAddress> destination, source;
  std::optional<std::uint8_t> traffic_class;  // tos for ip, tc for ip6
  std::optional<std::uint8_t> hop_limit;      // ttl for ip, hoplimit for ip6
  std::optional<std::uint16_t> flags;
  std::vector<std::uint32_t> labels;  // mpls
  std::uint64_t locator = 0;          // ila

  friend bool operator==(const Encapsulation&, const Encapsulation&) = default;
};

struct Realms {
  std::uint32_t from = 0;
  std::uint32_t to = 0;

  friend bool operator==(const Realms&, const Realms&) = default;
};

struct NextHop {
  std::optional<IpAddress> via;
  std::string interface;
  std::uint16_t weight = 1;  // 1..256
  bool on_link = false;
  std::optional<Encapsulation> encapsulation;
  std::optional<Realms> realms;

  friend bool operator==(const NextHop&, const NextHop&) = default;
};

/// RTAX_* metrics; empty = the kernel's own. `locked` holds 1 << RTAX_* for each that the kernel may not learn anew.
struct RouteMetrics {
  std::optional<std::uint32_t> mtu, window, advertised_mss, reordering, congestion_window,
      slow_start_threshold;
  std::optional<std::uint32_t> initial_congestion_window, initial_receive_window;
  std::optional<std::uint8_t> hop_limit;
  std::optional<core::Duration> round_trip_time, round_trip_variance, least_retransmit_timeout;
  std::optional<bool> quick_ack, fast_open_no_cookie;
  bool ecn = false;
  std::string congestion_control;
  std::uint32_t locked = 0;

  friend bool operator==(const RouteMetrics&, const RouteMetrics&) = default;
};

struct Route {
  Family family = Family::v4;
  RouteType type = RouteType::unicast;
  Prefix destination;                   // length 0 = default route
  std::optional<Prefix> source_prefix;  // `from`, IPv6
  std::optional<IpAddress> preferred_source;
  std::optional<IpAddress> via;
  std::string interface;  // `dev`; empty = none
  std::string vrf;
  std::uint32_t table = route_table_main;
  std::uint8_t protocol = route_protocol_keepalived;
  std::optional<std::uint8_t> scope;
  std::uint8_t tos = 0;
  std::optional<std::uint32_t> metric;
  bool on_link = false;
  std::optional<Encapsulation> encapsulation;
  std::optional<std::uint32_t> expires;  // seconds, IPv6
  std::optional<Realms> realms;
  std::optional<std::uint8_t> preference;  // router preference, RFC 4191
  std::optional<bool> ttl_propagate;
  RouteMetrics metrics;
  RouteInsertion insertion = RouteInsertion::prepend;
  std::vector<NextHop> next_hops;  // multipath
  bool track = true;               // false with `no_track`
  std::string track_group;         // static routes only

  friend bool operator==(const Route&, const Route&) = default;
};

/// A route as the kernel has it or is asked for it: interfaces by index, the table that of the VRF if one was named.
struct KernelRoute {
  Route route;
  InterfaceIndex interface;                    // 0 = none
  std::vector<InterfaceIndex> hop_interfaces;  // one for each of route.next_hops

  friend bool operator==(const KernelRoute&, const KernelRoute&) = default;
};

/// Numbers of FR_ACT_*.
enum class RuleAction : std::uint8_t {
  none = 0,
  table = 1,
  goto_ = 2,
  nop = 3,
  blackhole = 6,
  unreachable = 7,
  prohibit = 8
};

template <class T>
struct Range {
  T low{};
  T high{};

  friend bool operator==(const Range&, const Range&) = default;
};

struct Rule {
  Family family = Family::v4;
  bool invert = false;
  std::optional<Prefix> from, to;  // empty = any
  RuleAction action = RuleAction::none;
  std::uint32_t table = 0;        // with RuleAction::table
  std::uint32_t goto_target = 0;  // with RuleAction::goto_
  bool l3mdev = false;            // look up the table of the VRF
  std::optional<std::uint32_t> preference;
  std::optional<std::uint8_t> tos;
  std::optional<std::uint32_t> mark, mark_mask;
  std::optional<Realms> realms;
  std::optional<std::uint32_t> suppress_prefix_length;
  std::optional<std::uint32_t> suppress_interface_group;
  std::string input_interface, output_interface;
  std::optional<std::uint64_t> tunnel_id;
  std::optional<Range<std::uint32_t>> users;
  std::optional<std::uint8_t> ip_protocol;
  std::optional<Range<std::uint16_t>> source_ports, destination_ports;
  std::uint8_t protocol = route_protocol_keepalived;
  bool track = true;
  std::string track_group;  // static rules only

  friend bool operator==(const Rule&, const Rule&) = default;
};

/// As `ip route` and `ip rule` would print them, without what seldom matters: for logs.
std::string to_string(const Route& route);
std::string to_string(const Rule& rule);

}  // namespace net
