#include "sim/kernel.hpp"

#include <algorithm>
#include <iterator>

namespace sim {

namespace {

bool same(const net::InterfaceAddress& a, const net::InterfaceAddress& b) {
  return a.interface == b.interface && a.address == b.address;
}

}  // namespace

net::MacAddress mac_of(HostId host, std::uint32_t interface_number) {
  return {
      {0x02, 0, 0, 0, static_cast<std::uint8_t>(host.value), static_cast<std::uint8_t>(interface_number)}};
}

HostId host_of(const net::MacAddress& mac) { return HostId{mac.octets[4]}; }

Kernel::Kernel(HostId host, std::vector<InterfacePlan> interfaces)
    : host_(host), plans_(std::move(interfaces)) {
  for (const InterfacePlan& plan : plans_) {
    if (plan.present) create_interface(plan.name);
  }
}

Kernel::Events Kernel::create_interface(const std::string& name) {
  const InterfacePlan* plan = plan_of(name);
  if (plan == nullptr || find(name) != nullptr) return {};
  net::Interface made;
  made.index = net::InterfaceIndex{next_index_++};
  made.name = name;
  made.mac = mac_of(host_, static_cast<std::uint32_t>(plan - plans_.data()));
  made.has_mac = true;
  made.admin_up = made.running = true;
  interfaces_.push_back(made);
  Events out{engine::event::InterfaceChanged{made}};
  give_own_addresses(made, std::nullopt, out);
  return out;
}

Kernel::Events Kernel::remove_interface(const std::string& name) {
  const net::Interface* gone = find(name);
  if (gone == nullptr) return {};
  const net::InterfaceIndex index = gone->index;
  Events out;
  for (const std::string& above : names_above(index))
    std::ranges::move(remove_interface(above), std::back_inserter(out));
  for (const auto& address : addresses_) {
    if (address.interface == index) out.push_back(engine::event::AddressRemoved{address});
  }
  std::erase_if(addresses_, [&](const auto& address) { return address.interface == index; });
  drop_routes(index, out);
  std::erase_if(interfaces_, [&](const auto& interface) { return interface.index == index; });
  out.push_back(engine::event::InterfaceRemoved{index});
  return out;
}

Kernel::Events Kernel::create_link(const net::VirtualLink& link, net::InterfaceIndex parent) {
  const net::Interface* below = interface(parent);
  if (below == nullptr || find(link.name) != nullptr) return {};
  net::Interface made = *below;
  made.index = net::InterfaceIndex{next_index_++};
  made.name = link.name;
  made.kind = link.kind == net::VirtualLink::Kind::macvlan ? "macvlan" : "ipvlan";
  made.parent = parent;
  made.alias = link.alias;
  if (link.mac) made.mac = *link.mac;
  made.admin_up = true;
  interfaces_.push_back(made);
  return {engine::event::InterfaceChanged{made}};
}

Kernel::Events Kernel::raise_link(net::InterfaceIndex index) {
  const net::Interface* found = interface(index);
  return found == nullptr ? Events{} : set_admin(std::string(found->name), true);
}

Kernel::Events Kernel::remove_link(net::InterfaceIndex index) {
  const net::Interface* found = interface(index);
  return found == nullptr ? Events{} : remove_interface(std::string(found->name));
}

Kernel::Events Kernel::set_admin(const std::string& name, bool up) {
  net::Interface* interface = find(name);
  return interface == nullptr ? Events{} : changed(*interface, up, interface->running);
}

Kernel::Events Kernel::set_carrier(const std::string& name, bool running) {
  net::Interface* interface = find(name);
  return interface == nullptr ? Events{} : changed(*interface, interface->admin_up, running);
}

Kernel::Events Kernel::changed(net::Interface& interface, bool admin_up, bool running) {
  if (interface.admin_up == admin_up && interface.running == running) return {};
  const bool went_down = interface.admin_up && !admin_up;
  const bool came_up = !interface.admin_up && admin_up;
  interface.admin_up = admin_up;
  interface.running = running;
  Events out{engine::event::InterfaceChanged{interface}};
  for (net::Interface& above : interfaces_) {  // what sits on it has its carrier
    if (above.parent != interface.index) continue;
    std::ranges::move(changed(above, above.admin_up, interface.usable()), std::back_inserter(out));
  }
  if (went_down) {  // Linux flushes IPv6 addresses, and keeps those of IPv4
    const auto flushed = [&](const auto& address) {
      return address.interface == interface.index && address.address.address.is_v6();
    };
    for (const auto& address : addresses_) {
      if (flushed(address)) out.push_back(engine::event::AddressRemoved{address});
    }
    std::erase_if(addresses_, flushed);
    drop_routes(interface.index, out);
  }
  if (came_up) give_own_addresses(interface, net::Family::v6, out);
  return out;
}

core::Result<Kernel::Events> Kernel::add_address(const net::InterfaceAddress& address) {
  const net::Interface* target = interface(address.interface);
  if (target == nullptr) return std::unexpected(core::Error{errno_no_such_device, "no such interface"});
  if (refusal) return std::unexpected(core::Error{*refusal, "no buffer space"});
  if (std::ranges::any_of(addresses_, [&](const auto& present) { return same(present, address); }))
    return Events{};
  if (address.address.address.is_v6() && !target->admin_up) {
    return std::unexpected(core::Error{errno_network_down, "no IPv6 address on an interface that is down"});
  }
  addresses_.push_back(address);
  return Events{engine::event::AddressAdded{address}};
}

Kernel::Events Kernel::remove_address(const net::InterfaceAddress& address) {
  const auto found =
      std::ranges::find_if(addresses_, [&](const auto& present) { return same(present, address); });
  if (found == addresses_.end()) return {};
  Events out{engine::event::AddressRemoved{*found}};
  addresses_.erase(found);
  return out;
}

Kernel::Events Kernel::remove_everywhere(const net::IpAddress& address) {
  Events out;
  for (const auto& present : addresses_) {
    if (present.address.address == address) out.push_back(engine::event::AddressRemoved{present});
  }
  std::erase_if(addresses_, [&](const auto& present) { return present.address.address == address; });
  return out;
}

core::Result<Kernel::Events> Kernel::add_route(const net::KernelRoute& route) {
  if (std::ranges::find(routes_, route) != routes_.end()) return Events{};
  const net::Interface* target = interface(route.interface);
  if (target == nullptr) return std::unexpected(core::Error{errno_no_such_device, "no such interface"});
  if (!target->admin_up) return std::unexpected(core::Error{errno_network_down, "the interface is down"});
  if (refusal) return std::unexpected(core::Error{*refusal, "no buffer space"});
  routes_.push_back(route);
  return Events{engine::event::RouteAdded{route}};
}

Kernel::Events Kernel::remove_route(const net::KernelRoute& route) {
  if (std::erase(routes_, route) == 0) return {};
  return {engine::event::RouteRemoved{route}};
}

core::Result<Kernel::Events> Kernel::add_rule(const net::Rule& rule) {
  if (std::ranges::find(rules_, rule) != rules_.end()) return Events{};
  if (refusal) return std::unexpected(core::Error{*refusal, "no buffer space"});
  rules_.push_back(rule);
  return Events{engine::event::RuleAdded{rule}};
}

Kernel::Events Kernel::remove_rule(const net::Rule& rule) {
  if (std::erase(rules_, rule) == 0) return {};
  return {engine::event::RuleRemoved{rule}};
}

Kernel::Events Kernel::remove_some_route() {
  return routes_.empty() ? Events{} : remove_route(net::KernelRoute(routes_.front()));
}

Kernel::Events Kernel::remove_some_rule() {
  return rules_.empty() ? Events{} : remove_rule(net::Rule(rules_.front()));
}

// Linux tells of those of IPv6 only.
void Kernel::drop_routes(net::InterfaceIndex index, Events& out) {
  for (const auto& route : routes_) {
    if (route.interface == index && route.route.family == net::Family::v6)
      out.push_back(engine::event::RouteRemoved{route});
  }
  std::erase_if(routes_, [&](const auto& route) { return route.interface == index; });
}

void Kernel::reboot() {
  std::vector<std::string> present;
  for (const auto& interface : interfaces_) present.push_back(interface.name);
  interfaces_.clear();
  addresses_.clear();
  routes_.clear();
  rules_.clear();
  refusal.reset();
  next_index_ = 2;
  for (const auto& name : present) create_interface(name);
}

std::vector<std::string> Kernel::names_above(net::InterfaceIndex index) const {
  std::vector<std::string> names;
  for (const auto& interface : interfaces_) {
    if (interface.parent == index) names.push_back(interface.name);
  }
  return names;
}

const net::Interface* Kernel::interface(net::InterfaceIndex index) const {
  const auto found = std::ranges::find(interfaces_, index, &net::Interface::index);
  return found == interfaces_.end() ? nullptr : &*found;
}

const net::Interface* Kernel::interface(const std::string& name) const {
  const auto found = std::ranges::find(interfaces_, name, &net::Interface::name);
  return found == interfaces_.end() ? nullptr : &*found;
}

net::Interface* Kernel::find(const std::string& name) {
  const auto found = std::ranges::find(interfaces_, name, &net::Interface::name);
  return found == interfaces_.end() ? nullptr : &*found;
}

const InterfacePlan* Kernel::plan_of(const std::string& name) const {
  const auto found = std::ranges::find(plans_, name, &InterfacePlan::name);
  return found == plans_.end() ? nullptr : &*found;
}

std::optional<SegmentId> Kernel::segment_of(net::InterfaceIndex index) const {
  const net::Interface* found = interface(index);
  if (found != nullptr && found->parent.value != 0) return segment_of(found->parent);
  const InterfacePlan* plan = found == nullptr ? nullptr : plan_of(found->name);
  return plan == nullptr ? std::nullopt : std::optional(plan->segment);
}

std::optional<net::InterfaceIndex> Kernel::index_on(SegmentId segment) const {
  for (const auto& interface : interfaces_) {
    if (segment_of(interface.index) == segment) return interface.index;
  }
  return std::nullopt;
}

std::optional<net::InterfaceIndex> Kernel::route_to(const net::IpAddress& destination) const {
  for (const auto& address : addresses_) {
    if (address.address.contains(destination)) return address.interface;
  }
  return std::nullopt;
}

bool Kernel::holds(net::InterfaceIndex index, const net::IpAddress& address) const {
  return std::ranges::any_of(addresses_, [&](const auto& present) {
    return present.interface == index && present.address.address == address;
  });
}

std::vector<net::IpAddress> Kernel::answered(SegmentId segment) const {
  std::vector<net::IpAddress> out;
  for (const auto& address : addresses_) {
    const net::Interface* on = interface(address.interface);
    if (on != nullptr && on->usable() && segment_of(on->index) == segment)
      out.push_back(address.address.address);
  }
  return out;
}

void Kernel::give_own_addresses(const net::Interface& interface, std::optional<net::Family> only,
                                Events& out) {
  const InterfacePlan* plan = plan_of(interface.name);
  if (plan == nullptr) return;  // a link has none of its own
  for (const net::Prefix& own : plan->addresses) {
    if (only && own.address.family != *only) continue;
    net::InterfaceAddress address;
    address.interface = interface.index;
    address.address = own;
    if (own.address.is_link_local()) address.scope = static_cast<std::uint8_t>(net::Scope::link);
    addresses_.push_back(address);
    out.push_back(engine::event::AddressAdded{address});
  }
}

}  // namespace sim
