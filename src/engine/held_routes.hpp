// The two kinds of HeldObjects: routes, and policy rules. What tells one from another in the kernel (key, likeness), which
// interfaces it needs, and whether the kernel drops it without telling.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/held_objects.hpp"
#include "net/route.hpp"

namespace engine {

struct RouteKind {
  using Object = net::Route;
  using Asked = net::KernelRoute;

  static std::size_t key_of(const Object& route);
  static std::size_t key(const Asked& route) { return key_of(route.route); }
  /// Both would be the same to the kernel. `there` may be what the kernel told us: it says more than was asked.
  static bool like(const Asked& ours, const Asked& there);
  /// `by` stands where ours stood, whatever its next hop.
  static bool same_place(const Asked& ours, const Asked& by);
  static bool same_object(const Object& a, const Object& b);
  static bool tracked(const Object& route) { return route.track; }
  /// Whether a listing of our protocol's routes would show it.
  static bool listed(const Object& route) { return route.protocol == net::route_protocol_keepalived; }
  static std::optional<Asked> resolve(const Object& route, const InterfaceTable& interfaces);
  static bool up(const Object& route, const InterfaceTable& interfaces);
  static std::vector<std::string> interfaces(const Object& route);
  static bool needs_interface(const Object& route);
  static std::optional<net::IpAddress> source(const Object& route) { return route.preferred_source; }
  static bool dropped_in_silence(const Object&) { return true; }  // IPv6 says it, unless a sysctl forbids
};

struct RuleKind {
  using Object = net::Rule;
  using Asked = net::Rule;

  static std::size_t key_of(const Object& rule);
  static std::size_t key(const Asked& rule) { return key_of(rule); }
  static bool like(const Asked& ours, const Asked& there);
  static bool same_place(const Asked&, const Asked&) { return false; }  // rules are not replaced
  static bool same_object(const Object& a, const Object& b);
  static bool tracked(const Object& rule) { return rule.track; }
  static bool listed(const Object&) { return true; }
  static std::optional<Asked> resolve(const Object& rule, const InterfaceTable& interfaces);
  static bool up(const Object&, const InterfaceTable&) {
    return true;
  }  // a rule may name what does not exist
  static std::vector<std::string> interfaces(const Object&) { return {}; }
  static bool needs_interface(const Object&) { return false; }
  static std::optional<net::IpAddress> source(const Object&) { return std::nullopt; }
  static bool dropped_in_silence(const Object&) { return false; }
};

using HeldRoutes = HeldObjects<RouteKind>;
using HeldRules = HeldObjects<RuleKind>;

/// The interfaces without which a tracked route or rule is worth nothing.
std::vector<std::string> tracked_interfaces(const std::vector<net::Route>& routes,
                                            const std::vector<net::Rule>& rules);

}  // namespace engine
