// Routes and rules of masters, and everything static: how the engine uses HeldRoutes, HeldRules and StaticAddresses. What the
// kernel refuses is said once and tried again; what somebody removes is put back; a router follows a track_group's entries.
#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <ranges>
#include <utility>

#include "engine/failover_implementation.hpp"

namespace engine {

using core::Time;
using namespace std::chrono_literals;
using Level = action::Notice::Level;
using vrrp::FaultKind;

namespace {

constexpr core::Duration restore_notice_gap = 60s;

template <class Wish, class Things>
void ask(Things things, Actions& out) {
  if (!things.empty()) out.emplace_back(Wish{std::move(things)});
}

// About an interface we hear more soon, and from somebody who knows.
bool of_interface(int code) { return code == ENODEV || code == ENETDOWN; }

std::string refusal_text(const core::Error& error) {
  return error.code == EPERM ? error.message + ": the process lacks CAP_NET_ADMIN" : error.message;
}

}  // namespace

void Failover::Implementation::install_routes(Time now, Number owner, Actions& out) {
  ask<action::AddRoutes>(routes_.install(owner, now), out);
  ask<action::AddRules>(rules_.install(owner, now), out);
}

void Failover::Implementation::withdraw_routes(Time now, Number owner, Actions& out) {
  ask<action::RemoveRules>(rules_.withdraw(owner, now), out);
  ask<action::RemoveRoutes>(routes_.withdraw(owner, now), out);
}

// A reload: what is not configured any more goes; what is new comes if its owner has its routes now.
void Failover::Implementation::assign_routes(Time now, Number owner, const std::vector<net::Route>& routes,
                                             const std::vector<net::Rule>& rules, Actions& out) {
  ask<action::RemoveRules>(rules_.assign(owner, rules, interfaces_, now), out);
  ask<action::RemoveRoutes>(routes_.assign(owner, routes, interfaces_, now), out);
}

void Failover::Implementation::adopt_statics(Time now, const StaticEntries& statics, Actions& out) {
  if (statics == settings_.statics) return;
  settings_.statics = statics;
  static_interfaces_.clear();
  for (const StaticAddress& line : statics.addresses) {
    if (!line.track_group.empty()) static_interfaces_.emplace(line.address.interface, line.track_group);
  }
  for (const net::Route& route : statics.routes) {
    if (!route.track_group.empty()) static_interfaces_.emplace(route.interface, route.track_group);
  }
  for (const net::Rule& rule : statics.rules) {
    if (!rule.track_group.empty()) static_interfaces_.emplace(rule.input_interface, rule.track_group);
  }
  assign_routes(now, static_owner, statics.routes, statics.rules, out);
  ask<action::RemoveAddresses>(static_addresses_.assign(statics.addresses, interfaces_, now), out);
  if (listed_) install_statics(now, out);
}

void Failover::Implementation::install_statics(Time now, Actions& out) {
  ask<action::AddAddresses>(static_addresses_.install(now), out);
  install_routes(now, static_owner, out);
}

void Failover::Implementation::withdraw_statics(Time now, Actions& out) {
  withdraw_routes(now, static_owner, out);
  ask<action::RemoveAddresses>(static_addresses_.withdraw(), out);
}

void Failover::Implementation::routes_listed(Time now, const event::KernelListed& listed, Actions& out) {
  auto lost = routes_.listed(listed.routes, interfaces_, now);
  for (const auto& [owner, count] : rules_.listed(listed.rules, interfaces_, now)) lost[owner] += count;
  static_addresses_.look_again(interfaces_, true);
  install_statics(now, out);
  for (const auto& [owner, count] : lost) {
    notice(
        Level::warning, name_of_owner(owner), "route_removed",
        fmt::format("{} of our routes and rules were gone when the kernel was asked again; putting them back",
                    count),
        out);
  }
}

// After the routers have said what they want.
void Failover::Implementation::remove_left_over_routes(Time now, Actions& out) {
  ask<action::RemoveRules>(rules_.left_over(now), out);
  ask<action::RemoveRoutes>(routes_.left_over(now), out);
  restore_routes(now, out);
}

void Failover::Implementation::restore_routes(Time now, Actions& out) {
  // Who slept too long may not be master any more: it is told first, and wants nothing then.
  for (const auto& owners : {routes_.owners_due(now), rules_.owners_due(now)}) {
    for (const Number owner : owners) {
      if (owner == static_owner || routers_[owner] == nullptr) continue;
      is_awake_master(now, owner, out);
      settle(owner);
    }
  }
  ask<action::AddAddresses>(static_addresses_.restore(now), out);
  ask<action::AddRoutes>(routes_.restore(now), out);
  ask<action::AddRules>(rules_.restore(now), out);
}

std::optional<Time> Failover::Implementation::next_route_restoration() const {
  std::optional<Time> next;
  for (const auto& due : {routes_.next_due(), rules_.next_due(), static_addresses_.next_due()}) {
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

void Failover::Implementation::routes_of_interface_touched(Time now, const std::string& name, Actions& out) {
  routes_.interface_touched(name, interfaces_, now);
  static_addresses_.look_again(interfaces_, false);
  if (!listed_) return;
  ask<action::AddAddresses>(static_addresses_.install(now), out);
  restore_routes(now, out);
  for (auto [entry, end] = static_interfaces_.equal_range(name); entry != end; ++entry)
    evaluate_followers(now, entry->second, out);
}

void Failover::Implementation::evaluate_followers(Time now, const std::string& group, Actions& out) {
  const auto found = std::ranges::find(settings_.statics.groups, group, &TrackGroup::name);
  if (!listed_ || found == settings_.statics.groups.end()) return;
  for (const std::string& member : found->members) {
    const auto router = by_name_.find(member);
    if (router == by_name_.end()) continue;
    evaluate(now, router->second, out);
    settle(router->second);
  }
}

// What a router lacks of the static entries it follows.
void Failover::Implementation::static_faults(const std::string& router,
                                             std::vector<vrrp::Fault>& faults) const {
  if (settings_.statics.groups.empty()) return;
  const auto follows = [&](const std::string& name) {
    if (name.empty()) return false;
    const auto group = std::ranges::find(settings_.statics.groups, name, &TrackGroup::name);
    return group != settings_.statics.groups.end() &&
           std::ranges::find(group->members, router) != group->members.end();
  };
  const auto look_at = [&](const std::string& interface) {
    const net::Interface* found = interfaces_.find(interface);
    if (found == nullptr) {
      faults.push_back({FaultKind::interface_missing, interface});
    } else if (!found->usable()) {
      faults.push_back({FaultKind::interface_down, interface});
    }
  };
  const auto missing = [&](std::string_view kind, const std::string& what, const std::string& why) {
    faults.push_back({FaultKind::static_entry_missing, fmt::format("{} {} ({})", kind, what, why)});
  };
  for (const StaticAddresses::Held& held : static_addresses_.all()) {
    if (!follows(held.track_group)) continue;
    look_at(held.interface);
    if (held.refused) missing("address", held.address.address.to_string(), held.refusal);
  }
  for (const HeldRoutes::Held* held : routes_.list_of(static_owner)) {
    if (!follows(held->object.track_group)) continue;
    look_at(held->object.interface);
    if (held->refused) missing("route", net::to_string(held->object), held->refusal);
  }
  for (const HeldRules::Held* held : rules_.list_of(static_owner)) {
    if (!follows(held->object.track_group)) continue;
    look_at(held->object.input_interface);
    if (held->refused) missing("rule", net::to_string(held->object), held->refusal);
  }
}

std::string Failover::Implementation::name_of_owner(Number owner) const {
  if (owner == static_owner || routers_[owner] == nullptr) return {};
  return routers_[owner]->instance.config().name;
}

// Once a minute for each owner: somebody who does it again and again is said to be there, not each of his deeds.
template <class Held>
void Failover::Implementation::say_removed(Time now, const Held& held, std::string_view kind, Actions& out) {
  for (const Number owner : held.wanting) {
    auto& noticed = route_noticed_[owner];
    if (noticed && now - *noticed < restore_notice_gap) continue;
    noticed = now;
    notice(Level::warning, name_of_owner(owner), fmt::format("{}_removed", kind),
           fmt::format("somebody removed the {} {}; putting it back", kind, net::to_string(held.object)),
           out);
  }
}

template <class Held>
void Failover::Implementation::say_refused(Time now, const Held& held, std::string_view kind, Actions& out) {
  const bool first = refusals_said_.insert(fmt::format("{} {}: {}", kind, held.number, held.refusal)).second;
  for (const Number owner : held.wanting) {
    if (first) {
      notice(Level::error, name_of_owner(owner), fmt::format("{}_refused", kind),
             fmt::format("the kernel refused {} {} ({}); it is tried again", kind,
                         net::to_string(held.object), held.refusal),
             out);
    }
    if (owner == static_owner && !held.object.track_group.empty())
      evaluate_followers(now, held.object.track_group, out);
  }
}

void Failover::Implementation::on(Time now, const event::RouteAdded& added, Actions& out) {
  if (added.replaced) {
    for (const auto* held : routes_.displaced(added.route, now)) say_removed(now, *held, "route", out);
    restore_routes(now, out);
  }
  routes_.seen(added.route);
  followers_of_seen(now, out);
}

void Failover::Implementation::on(Time now, const event::RouteRemoved& removed, Actions& out) {
  for (const auto* held : routes_.gone(removed.route, now)) say_removed(now, *held, "route", out);
  restore_routes(now, out);
}

void Failover::Implementation::on(Time now, const event::RuleAdded& added, Actions& out) {
  rules_.seen(added.rule);
  followers_of_seen(now, out);
}

void Failover::Implementation::on(Time now, const event::RuleRemoved& removed, Actions& out) {
  for (const auto* held : rules_.gone(removed.rule, now)) say_removed(now, *held, "rule", out);
  restore_routes(now, out);
}

// A static entry that was refused may be there now: its followers are freed.
void Failover::Implementation::followers_of_seen(Time now, Actions& out) {
  if (settings_.statics.groups.empty()) return;
  for (const TrackGroup& group : settings_.statics.groups) evaluate_followers(now, group.name, out);
}

void Failover::Implementation::on(Time now, const event::RouteRefused& refused, Actions& out) {
  for (const auto* held :
       routes_.refused(refused.route, refusal_text(refused.error), of_interface(refused.error.code), now))
    say_refused(now, *held, "route", out);
}

void Failover::Implementation::on(Time now, const event::RuleRefused& refused, Actions& out) {
  for (const auto* held : rules_.refused(refused.rule, refusal_text(refused.error), false, now))
    say_refused(now, *held, "rule", out);
}

void Failover::Implementation::static_address_seen(Time now, const AddressKey& key, Actions& out) {
  routes_.address_added(key.address.address, now);
  if (static_addresses_.wants(key)) {
    static_addresses_.seen(key);
    followers_of_seen(now, out);
  }
  restore_routes(now, out);
}

void Failover::Implementation::static_address_gone(Time now, const AddressKey& key, Actions& out) {
  if (!static_addresses_.gone(key, now)) return;
  auto& noticed = route_noticed_[static_owner];
  if (!noticed || now - *noticed >= restore_notice_gap) {
    noticed = now;
    notice(Level::warning, {}, "address_removed",
           fmt::format("somebody removed the static address {}; putting it back", key.address.to_string()),
           out);
  }
  restore_routes(now, out);
}

void Failover::Implementation::static_address_refused(Time now, const AddressKey& key,
                                                      const core::Error& error, Actions& out) {
  const auto* held = static_addresses_.refused(key, refusal_text(error), now);
  if (held == nullptr || of_interface(error.code)) return;
  if (refusals_said_.insert(fmt::format("address {}: {}", key.address.to_string(), held->refusal)).second) {
    notice(Level::error, {}, "address_refused",
           fmt::format("the kernel refused the static address {} ({}); it is tried again",
                       key.address.to_string(), held->refusal),
           out);
  }
  if (!held->track_group.empty()) evaluate_followers(now, held->track_group, out);
}

}  // namespace engine
