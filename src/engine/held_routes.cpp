#include "engine/held_routes.hpp"

#include <algorithm>

namespace engine {

namespace {

constexpr std::uint32_t usual_v6_metric = 1024;

void mix(std::size_t& hash, std::size_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL; }

// What the kernel makes of the metric that was asked for.
std::uint32_t metric_of(const net::Route& route) {
  const std::uint32_t metric = route.metric.value_or(0);
  return metric == 0 && route.family == net::Family::v6 ? usual_v6_metric : metric;
}

net::Prefix masked(net::Prefix prefix) {
  for (unsigned bit = prefix.length; bit < prefix.address.bits(); ++bit) {
    prefix.address.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  }
  return prefix;
}

net::Prefix source_prefix(const net::Route& route) {
  return masked(route.source_prefix.value_or(net::Prefix{net::IpAddress::any(route.family), 0}));
}

// IPv6 and blackholes: the kernel puts them on an interface of its own choice.
bool without_interface(const net::Route& route) {
  switch (route.type) {
    case net::RouteType::blackhole:
    case net::RouteType::unreachable:
    case net::RouteType::prohibit:
    case net::RouteType::throw_:
      return true;
    default:
      return false;
  }
}

bool hop_like(const std::optional<net::IpAddress>& our_via, net::InterfaceIndex our_interface,
              const std::optional<net::IpAddress>& via, net::InterfaceIndex interface) {
  if (our_via.value_or(net::IpAddress{}) != via.value_or(net::IpAddress{})) return false;
  return our_interface.value == 0 || interface.value == 0 || our_interface == interface;
}

// Any one hop of ours: the kernel speaks of those of a multipath IPv6 route one by one.
bool some_hop_like(const net::KernelRoute& ours, const std::optional<net::IpAddress>& via,
                   net::InterfaceIndex interface) {
  for (std::size_t i = 0; i < ours.route.next_hops.size(); ++i) {
    if (hop_like(ours.route.next_hops[i].via, ours.hop_interfaces[i], via, interface)) return true;
  }
  return false;
}

std::optional<net::InterfaceIndex> index_of(const std::string& name, const InterfaceTable& interfaces) {
  if (name.empty()) return net::InterfaceIndex{};
  const net::Interface* found = interfaces.find(name);
  return found == nullptr ? std::nullopt : std::optional(found->index);
}

net::Rule as_kernel_has_it(net::Rule rule) {
  rule.track = true;
  rule.track_group.clear();
  if (rule.mark && *rule.mark != 0 && !rule.mark_mask) rule.mark_mask = 0xffffffff;
  if (rule.mark == 0U) rule.mark.reset();
  if (rule.mark_mask == 0U && !rule.mark) rule.mark_mask.reset();
  if (rule.tos == 0) rule.tos.reset();
  if (rule.from && rule.from->length == 0) rule.from.reset();
  if (rule.to && rule.to->length == 0) rule.to.reset();
  if (rule.tunnel_id == 0U) rule.tunnel_id.reset();
  if (rule.ip_protocol == 0) rule.ip_protocol.reset();
  if (rule.realms == net::Realms{}) rule.realms.reset();
  if (rule.l3mdev) rule.action = net::RuleAction::table;
  if (rule.l3mdev || rule.action != net::RuleAction::table) rule.table = 0;
  return rule;
}

}  // namespace

std::size_t RouteKind::key_of(const Object& route) {
  std::size_t hash = std::hash<net::IpAddress>{}(masked(route.destination).address);
  mix(hash, route.destination.length);
  mix(hash, route.tos);
  mix(hash, metric_of(route));
  return hash;
}

bool RouteKind::same_place(const Asked& ours, const Asked& by) {
  const net::Route& a = ours.route;
  const net::Route& b = by.route;
  return a.family == b.family && a.table == b.table && masked(a.destination) == masked(b.destination) &&
         a.tos == b.tos && metric_of(a) == metric_of(b) && source_prefix(a) == source_prefix(b);
}

bool RouteKind::like(const Asked& ours, const Asked& there) {
  const net::Route& a = ours.route;
  const net::Route& b = there.route;
  if (!same_place(ours, there) || a.type != b.type || a.protocol != b.protocol) return false;
  if (without_interface(a)) return true;
  if (a.next_hops.empty())
    return b.next_hops.empty() && hop_like(a.via, ours.interface, b.via, there.interface);
  if (b.next_hops.empty()) return some_hop_like(ours, b.via, there.interface);
  for (std::size_t i = 0; i < b.next_hops.size(); ++i) {
    if (!some_hop_like(ours, b.next_hops[i].via, there.hop_interfaces[i])) return false;
  }
  return true;
}

bool RouteKind::same_object(const Object& a, const Object& b) {
  Object same = a;
  same.track = b.track;
  same.track_group = b.track_group;
  return same == b;
}

std::optional<RouteKind::Asked> RouteKind::resolve(const Object& route, const InterfaceTable& interfaces) {
  Asked asked{route, {}, {}};
  asked.route.track_group.clear();
  const auto own = index_of(route.interface, interfaces);
  if (!own) return std::nullopt;
  asked.interface = *own;
  for (const net::NextHop& hop : route.next_hops) {
    const auto index = index_of(hop.interface, interfaces);
    if (!index) return std::nullopt;
    asked.hop_interfaces.push_back(*index);
  }
  if (!route.vrf.empty()) {
    const net::Interface* vrf = interfaces.find(route.vrf);
    if (vrf == nullptr || vrf->vrf_table == 0) return std::nullopt;
    asked.route.table = vrf->vrf_table;
  }
  return asked;
}

bool RouteKind::up(const Object& route, const InterfaceTable& interfaces) {
  const auto usable = [&](const std::string& name) {
    const net::Interface* found = interfaces.find(name);
    return found != nullptr && found->usable();
  };
  if (route.next_hops.empty()) return route.interface.empty() || usable(route.interface);
  // The kernel takes a multipath route with a dead leg only while another one lives.
  return std::ranges::any_of(route.next_hops, [&](const net::NextHop& hop) {
    return hop.interface.empty() || usable(hop.interface);
  });
}

std::vector<std::string> RouteKind::interfaces(const Object& route) {
  std::set<std::string> names;
  if (!route.interface.empty()) names.insert(route.interface);
  if (!route.vrf.empty()) names.insert(route.vrf);
  for (const net::NextHop& hop : route.next_hops) {
    if (!hop.interface.empty()) names.insert(hop.interface);
  }
  return {names.begin(), names.end()};
}

bool RouteKind::needs_interface(const Object& route) { return !without_interface(route); }

std::size_t RuleKind::key_of(const Object& rule) {
  std::size_t hash = static_cast<std::size_t>(rule.family);
  mix(hash, rule.preference.value_or(0));
  mix(hash, static_cast<std::size_t>(rule.action));
  return hash;
}

bool RuleKind::like(const Asked& ours, const Asked& there) {
  return as_kernel_has_it(ours) == as_kernel_has_it(there);
}

bool RuleKind::same_object(const Object& a, const Object& b) { return like(a, b); }

std::optional<RuleKind::Asked> RuleKind::resolve(const Object& rule, const InterfaceTable&) {
  Asked asked = rule;
  asked.track_group.clear();
  return asked;
}

std::vector<std::string> tracked_interfaces(const std::vector<net::Route>& routes,
                                            const std::vector<net::Rule>& rules) {
  std::set<std::string> names;
  for (const net::Route& route : routes) {
    if (!route.track) continue;
    const auto named = RouteKind::interfaces(route);
    names.insert(named.begin(), named.end());
  }
  for (const net::Rule& rule : rules) {
    if (!rule.track) continue;
    for (const std::string& name : {rule.input_interface, rule.output_interface}) {
      if (!name.empty()) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace engine
