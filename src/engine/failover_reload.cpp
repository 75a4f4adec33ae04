// A configuration becomes routers: at start all of them, later only what is new, different or gone. Also the indices.
#include <algorithm>
#include <utility>

#include "engine/failover_implementation.hpp"

namespace engine {

using core::Time;

namespace {

// What a router cannot change and stay the same router in the eyes of the others.
bool same_router(const vrrp::Config& a, const vrrp::Config& b) {
  return a.vrid == b.vrid && a.family == b.family && a.interface == b.interface && a.vrf == b.vrf &&
         a.multicast() == b.multicast() && a.unicast == b.unicast && a.source == b.source;
}

}  // namespace

void Failover::Implementation::on(Time now, const event::Reconfigured& reconfigured, Actions& out) {
  adopt(now, reconfigured.config, out);
  bfd_.configure(now, reconfigured.config.bfd_sessions, out);
  tell_trackers(now, out);
}

// First those that go, so that an address may move from one router to another; then what changes; then what is new.
void Failover::Implementation::adopt(Time now, const FailoverConfig& config, Actions& out) {
  announcer_.configure(config.pacing);
  refusals_said_.clear();
  settings_.router_id = config.router_id;
  settings_.pacing = config.pacing;
  settings_.startup_delay = config.startup_delay;
  settings_.log_unknown_vrids = config.log_unknown_vrids;
  settings_.remove_addresses_on_stop = config.remove_addresses_on_stop;
  links_.configure(config.trackers);
  trackers_.configure(now, config.trackers, out);
  configure_firewall(now, config, out);

  std::unordered_map<std::string_view, const InstanceConfig*> next;
  for (const InstanceConfig& instance : config.instances) next.emplace(instance.vrrp.name, &instance);
  bool virtual_addresses_changed = false;
  for (const Number number : order_) {
    const vrrp::Config& old = routers_[number]->instance.config();
    const auto found = next.find(old.name);
    if (found != next.end() && same_router(old, found->second->vrrp)) continue;
    retire(now, number, found == next.end() ? vrrp::Reason::removed : vrrp::Reason::reconfigured, out);
    virtual_addresses_changed = true;
  }

  std::vector<Number> order, added, tracking_others;
  std::vector<Changed> changed;
  std::vector<std::pair<Number, const InstanceConfig*>> route_owners;
  std::vector<net::InterfaceAddress> unwanted;
  order.reserve(config.instances.size());
  for (const InstanceConfig& instance : config.instances) {
    const auto known = by_name_.find(instance.vrrp.name);
    if (known == by_name_.end()) {
      added.push_back(add(instance));
      order.push_back(added.back());
      continue;
    }
    const Number number = known->second;
    order.push_back(number);
    routers_[number]->hooks = instance.hooks;
    routers_[number]->twin_of = instance.twin_of;
    routers_[number]->transmit_link = instance.transmit_link;
    routers_[number]->links = instance.links;
    virtual_links_.assign(number, instance.links);
    route_owners.push_back({number, &instance});
    if (routers_[number]->trackers != instance.trackers) {
      unindex_trackers(number);
      routers_[number]->trackers = instance.trackers;
      index_trackers(number);
      tracking_others.push_back(number);
    }
    if (routers_[number]->instance.config() != instance.vrrp) {
      changed.push_back({number, &instance.vrrp, change_addresses(now, number, instance.vrrp, unwanted)});
    }
  }
  order_ = std::move(order);
  adopt_groups(config.groups);
  if (virtual_addresses_changed || !added.empty() || !changed.empty()) {
    interfaces_.sort_out_sources([this](const AddressKey& key) { return is_virtual(key); });
  }
  for (const auto& [number, instance] : route_owners) change_routes(now, number, *instance, out);
  remove_unless_held(std::move(unwanted), out);
  for (const Changed& one : changed) change(now, one, out);
  adopt_statics(now, config.statics, out);
  if (!listed_) return;
  reconcile_links(now, out);
  for (const auto& [number, instance] : route_owners) {
    if (routers_[number]->instance.state() == vrrp::State::master) install_routes(now, number, out);
  }
  for (const Number number : tracking_others) {
    evaluate(now, number, out);
    settle(number);
  }
  for (const Number number : added) {
    if (!must_wait(number)) start(now, number, out);
  }
  pass_on_trackers(now, out);
}

// The addresses come first when routes are new: those may need them. So this only takes away.
void Failover::Implementation::change_routes(Time now, Number number, const InstanceConfig& instance,
                                             Actions& out) {
  Router& router = *routers_[number];
  assign_routes(now, number, instance.routes, instance.rules, out);
  auto interfaces = tracked_interfaces(instance.routes, instance.rules);
  if (interfaces == router.route_interfaces) return;
  const vrrp::Config& config = router.instance.config();
  unindex(number);
  router.route_interfaces = std::move(interfaces);
  index(number, config);
  if (!listed_) return;
  evaluate(now, number, out);
  settle(number);
}

// What can be kept of the addresses is: who keeps an address does not touch it. True if there are new ones.
bool Failover::Implementation::change_addresses(Time now, Number number, const vrrp::Config& config,
                                                std::vector<net::InterfaceAddress>& unwanted) {
  Router& router = *routers_[number];
  const vrrp::Config& old = router.instance.config();
  if (old.addresses == config.addresses && old.excluded_addresses == config.excluded_addresses) return false;

  unindex(number);
  std::unordered_map<AddressKey, HeldAddresses::Held> before;
  for (HeldAddresses::Held& held : router.addresses.all())
    before.emplace(key_of(held.address), std::move(held));
  router.addresses.assign(config);
  find_interfaces(router, config);
  bool some_are_new = false;
  for (HeldAddresses::Held& held : router.addresses.all()) {
    const auto found = before.find(key_of(held.address));
    if (found == before.end() || found->second.address != held.address) {
      some_are_new = true;
      held.present = found == before.end() && interfaces_.has(key_of(held.address));
      // It may come from another router that gives it up: then it need not go away in between.
      held.wanted = held.present && router.instance.state() == vrrp::State::master;
      continue;
    }
    held.wanted = found->second.wanted;
    held.present = found->second.present;
    held.adding = found->second.adding;
    held.added = found->second.added;
    held.echoes_expected = found->second.echoes_expected;
    held.echoes_until = found->second.echoes_until;
    before.erase(found);
  }
  for (auto& [key, held] : before) {
    if (!held.wanted && !held.present) continue;
    unwanted.push_back(held.address);
    held.expect_removal(now);
    // The same address with another look is removed and added: the echo of the removal finds the new one.
    for (HeldAddresses::Held& successor : router.addresses.all()) {
      if (key_of(successor.address) != key) continue;
      successor.echoes_expected = held.echoes_expected;
      successor.echoes_until = held.echoes_until;
    }
  }
  index(number, config);
  return some_are_new;
}

void Failover::Implementation::change(Time now, const Changed& changed, Actions& out) {
  Router& router = *routers_[changed.number];
  unindex(changed.number);
  router.packets.forget();
  const auto actions =
      router.instance.handle(now, vrrp::event::Reconfigured{*changed.config, changed.addresses_added});
  index(changed.number, router.instance.config());
  perform(now, changed.number, actions, out);
  if (!listed_) return;
  if (router.instance.state() == vrrp::State::master) filter(changed.number, out);
  request_sysctls(router, out);
  evaluate(now, changed.number, out);
  settle(changed.number);
}

Failover::Implementation::Number Failover::Implementation::add(const InstanceConfig& config) {
  Number number = static_cast<Number>(routers_.size());
  if (unused_.empty()) {
    routers_.emplace_back();
  } else {
    number = unused_.back();
    unused_.pop_back();
  }
  routers_[number] = std::make_unique<Router>(config);
  routers_[number]->route_interfaces = tracked_interfaces(config.routes, config.rules);
  routes_.assign(number, config.routes, interfaces_, core::Time{});  // nobody wants anything yet
  rules_.assign(number, config.rules, interfaces_, core::Time{});
  virtual_links_.assign(number, config.links);
  find_interfaces(*routers_[number], config.vrrp);
  index(number, config.vrrp);
  index_trackers(number);
  return number;
}

void Failover::Implementation::retire(Time now, Number number, vrrp::Reason reason, Actions& out) {
  if (!routers_[number]->waiting)
    perform(now, number, routers_[number]->instance.handle(now, vrrp::event::Stopped{reason, true}), out);
  waiting_.erase(number);
  virtual_links_.drop(number);
  announcer_.forget(number);
  assign_routes(now, number, {}, {}, out);
  route_noticed_.erase(number);
  unindex(number);
  unindex_trackers(number);
  deadlines_.clear(number);
  routers_[number].reset();
  unused_.push_back(number);
}

// Looks the interfaces up again, and what is on them if that is news.
void Failover::Implementation::resolve(Number number) {
  Router& router = *routers_[number];
  const vrrp::Config& config = router.instance.config();
  const auto moved = [&](const HeldAddresses::Held& held) {
    return held.address.interface != index_of(held.interface.empty() ? config.interface : held.interface);
  };
  if (router.interface == index_of(config.interface) && std::ranges::none_of(router.addresses.all(), moved))
    return;
  unindex(number);
  find_interfaces(router, config);
  index(number, config);
}

net::InterfaceIndex Failover::Implementation::index_of(const std::string& name) const {
  const net::Interface* interface = name.empty() ? nullptr : interfaces_.find(name);
  return interface == nullptr ? net::InterfaceIndex{} : interface->index;
}

void Failover::Implementation::find_interfaces(Router& router, const vrrp::Config& config) {
  router.interface = index_of(config.interface);
  for (HeldAddresses::Held& held : router.addresses.all()) {
    const net::InterfaceIndex found = held.interface.empty() ? router.interface : index_of(held.interface);
    if (found == held.address.interface) continue;
    held.address.interface = found;
    held.present = interfaces_.has(key_of(held.address));
    held.adding = false;
    held.echoes_expected = 0;
  }
}

void Failover::Implementation::index(Number number, const vrrp::Config& config) {
  const Router& router = *routers_[number];
  listen_may_have_changed_ = true;
  by_name_.emplace(config.name, number);
  if (!config.interface.empty()) by_interface_[config.interface].insert(number);
  const auto& addresses = router.addresses.all();
  for (std::uint32_t position = 0; position < addresses.size(); ++position) {
    const HeldAddresses::Held& held = addresses[position];
    if (!held.interface.empty()) by_interface_[held.interface].insert(number);
    holders_[key_of(held.address)].push_back({number, position});
  }
  for (const std::string& name : router.route_interfaces) by_interface_[name].insert(number);
  if (config.source && config.track_source) by_tracked_source_[*config.source].insert(number);
  index_packets(number);
}

void Failover::Implementation::unindex(Number number) {
  const Router& router = *routers_[number];
  const vrrp::Config& config = router.instance.config();
  listen_may_have_changed_ = true;
  const auto leave = [&](auto& index, const auto& key) {
    const auto entry = index.find(key);
    if (entry == index.end()) return;
    entry->second.erase(number);
    if (entry->second.empty()) index.erase(entry);
  };
  by_name_.erase(config.name);
  leave(by_interface_, config.interface);
  for (const HeldAddresses::Held& held : router.addresses.all()) {
    leave(by_interface_, held.interface);
    const auto holders = holders_.find(key_of(held.address));
    if (holders == holders_.end()) continue;
    std::erase_if(holders->second, [&](const HolderRef& ref) { return ref.router == number; });
    if (holders->second.empty()) holders_.erase(holders);
  }
  for (const std::string& name : router.route_interfaces) leave(by_interface_, name);
  if (config.source) leave(by_tracked_source_, *config.source);
  unindex_packets(number);
}

// Adverts to the group, or to our own address; and, so that a packet to a wrong place is counted by who it concerns, without
// regard to the destination.
void Failover::Implementation::index_packets(Number number) {
  const Router& router = *routers_[number];
  const vrrp::Config& config = router.instance.config();
  if (router.interface == net::InterfaceIndex{} && !config.interface.empty()) return;
  by_vrid_[{router.interface, config.vrid, net::IpAddress::any(config.family)}].insert(number);
  const auto destination =
      config.multicast() ? std::optional(config.multicast_group) : router.instance.source();
  if (destination) by_packet_.emplace(PacketKey{router.interface, config.vrid, *destination}, number);
}

void Failover::Implementation::unindex_packets(Number number) {
  const Router& router = *routers_[number];
  const vrrp::Config& config = router.instance.config();
  const auto anywhere = by_vrid_.find({router.interface, config.vrid, net::IpAddress::any(config.family)});
  if (anywhere != by_vrid_.end()) {
    anywhere->second.erase(number);
    if (anywhere->second.empty()) by_vrid_.erase(anywhere);
  }
  const auto destination =
      config.multicast() ? std::optional(config.multicast_group) : router.instance.source();
  if (!destination) return;
  auto [entry, end] = by_packet_.equal_range({router.interface, config.vrid, *destination});
  while (entry != end) entry = entry->second == number ? by_packet_.erase(entry) : std::next(entry);
}

void Failover::Implementation::request_sysctls(const Router& router, Actions& out) {
  const vrrp::Config& config = router.instance.config();
  if (!config.promote_secondaries || router.interface == net::InterfaceIndex{}) return;
  if (!sysctls_set_.insert(config.interface).second) return;
  out.emplace_back(action::SetInterfaceSysctl{config.interface, "promote_secondaries", "1"});
}

}  // namespace engine
