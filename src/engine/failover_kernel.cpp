// What interfaces and addresses mean to the routers: faults, sources, addresses that somebody removed or the kernel refused.
#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "engine/failover_implementation.hpp"

namespace engine {

using core::Duration;
using core::Time;
using namespace std::chrono_literals;
using Level = action::Notice::Level;
using vrrp::FaultKind;

namespace {

constexpr Duration least_install_patience = 1s;
constexpr Duration most_install_patience = 10s;
constexpr Duration restore_notice_gap = 60s;

}  // namespace

void Failover::Implementation::on(Time now, const event::KernelListed& listed, Actions& out) {
  interfaces_.clear();
  for (const net::Interface& interface : listed.interfaces) {
    interfaces_.put(interface);
    links_.observe(now, interface);
  }
  for (const Number number : order_) resolve(number);
  for (const net::InterfaceAddress& address : listed.addresses) {
    interfaces_.put(address, [this](const AddressKey& key) { return is_virtual(key); });
  }
  const bool first = !std::exchange(listed_, true);
  routes_listed(now, listed, out);
  for (const net::Interface& interface : listed.interfaces) {
    if (virtual_links_.makes(interface.name)) known_links_.insert(interface.name);
  }
  reconcile_links(now, out);
  if (first) {
    listen_may_have_changed_ = true;
    start_all(now, out);
    bfd_.begin(now, out);
    tell_trackers(now, out);
  } else {
    for (const Number number : order_) {
      if (!routers_[number]->waiting) catch_up(now, number, out);
    }
  }
  remove_left_over_routes(now, out);
}

void Failover::Implementation::start_all(Time now, Actions& out) {
  hold_until_ = previous_ ? now : now + settings_.startup_delay;
  if (previous_) resume_groups(previous_->groups);
  trackers_.begin(now, previous_ ? &previous_->trackers : nullptr, out);
  trackers_.take_changed();  // everybody looks for themselves now
  for (const Number number : order_) {
    if (routers_[number]->group)
      evaluate(now, number, out);  // a fault of one is a fault of all from the start
  }
  for (const Number number : order_) {
    if (!must_wait(number)) start(now, number, out);
  }
  firewall_.begin(now, previous_ ? previous_->firewall : std::string(), out);
  if (!waiting_.empty()) return;
  previous_.reset();
  previous_instances_.clear();
}

void Failover::Implementation::start(Time now, Number number, Actions& out) {
  Router& router = *routers_[number];
  const vrrp::Config& config = router.instance.config();
  bool complete = true;
  for (HeldAddresses::Held& held : router.addresses.all()) {
    held.present = interfaces_.has(key_of(held.address));
    complete = complete && held.present;
  }
  request_sysctls(router, out);
  evaluate(now, number, out);

  const vrrp::Snapshot* before = nullptr;
  if (previous_) {
    const auto found = previous_instances_.find(config.name);
    if (found != previous_instances_.end()) before = &previous_->instances[found->second];
  }
  const bool same = before != nullptr && before->vrid == config.vrid && before->family == config.family &&
                    before->interface == config.interface && before->state != vrrp::State::initialize;
  if (!same) {
    router.held_back = held_back(router);
    if (!router.held_back)
      perform(now, number,
              router.instance.handle(now, vrrp::event::Started{hold_until_, joins_master(router)}), out);
    return settle(number);
  }
  const Duration away = std::max<Duration>(now - last_alive_, 0ns);
  perform(now, number, router.instance.handle(now, vrrp::event::Resumed{*before, away}), out);
  if (router.instance.state() == before->state) {
    notice(Level::info, config.name, vrrp::reason_id(vrrp::Reason::resumed),
           fmt::format("{} as before: {}", vrrp::state_word(before->state),
                       vrrp::reason_text(vrrp::Reason::resumed)),
           out);
    const bool master = before->state == vrrp::State::master;
    if (master && !complete) announce(now, number, {config.announcements.master_repeat, 0}, out);
  }
  settle(number);
}

// After a listing that followed lost messages: the truth may have moved on in any way.
void Failover::Implementation::catch_up(Time now, Number number, Actions& out) {
  Router& router = *routers_[number];
  std::uint64_t lost = 0;
  bool unwanted = false;
  for (HeldAddresses::Held& held : router.addresses.all()) {
    const bool asked_for = std::exchange(held.adding, false);
    held.echoes_expected = 0;
    held.present = interfaces_.has(key_of(held.address));
    if (held.present) unwanted = unwanted || !held.wanted;
    if (!held.wanted || held.present || !held.track) continue;
    router.addresses.restore_after(now);
    if (!asked_for) ++lost;
  }
  evaluate(now, number, out);
  if (!is_awake_master(now, number, out)) {
    if (unwanted) withdraw(now, number, out);
  } else if (lost > 0) {
    router.instance.counters().addresses_restored += lost;
    notice(
        Level::warning, router.instance.config().name, "address_removed",
        fmt::format(
            "{} of our virtual addresses were gone when the kernel was asked again; putting them back", lost),
        out);
  }
  restore(now, number, out);
  settle(number);
}

void Failover::Implementation::on(Time now, const event::InterfaceChanged& changed, Actions& out) {
  const net::Interface* known = interfaces_.find(changed.interface.index);
  const std::optional<net::Interface> before = known == nullptr ? std::nullopt : std::optional(*known);
  const bool was_usable = before && links_.usable(*before);
  interfaces_.put(changed.interface);
  links_.observe(now, changed.interface);
  const std::string& name = changed.interface.name;
  if (before && before->name != name) interface_touched(now, before->name, out);
  if (!before || before->name != name || was_usable != links_.usable(changed.interface))
    interface_touched(now, name, out);

  const bool new_mac =
      before && (before->mac != changed.interface.mac || before->has_mac != changed.interface.has_mac);
  if (!new_mac || !by_interface_.contains(name)) return;
  for (const Number number : by_interface_.at(name)) {
    if (is_awake_master(now, number, out)) {
      announce(now, number, {routers_[number]->instance.config().announcements.master_repeat, 0}, out);
    }
    settle(number);
  }
}

void Failover::Implementation::on(Time now, const event::InterfaceRemoved& removed, Actions& out) {
  const net::Interface* known = interfaces_.find(removed.interface);
  if (known == nullptr) return;
  const std::string name = known->name;
  interfaces_.erase(removed.interface);
  interface_touched(now, name, out);
}

// An interface of that name came, went or changed its state.
void Failover::Implementation::interface_touched(Time now, const std::string& name, Actions& out) {
  routes_of_interface_touched(now, name, out);
  links_touched(now, name, out);
  link_touched(now, name, out);
  const auto found = by_interface_.find(name);
  if (found == by_interface_.end()) return;
  const std::set<Number> concerned = found->second;  // resolving takes routers out and puts them back
  for (const Number number : concerned) {
    Router& router = *routers_[number];
    const net::InterfaceIndex before = router.interface;
    resolve(number);
    if (router.interface != before) {
      sysctls_set_.erase(name);
      if (listed_) request_sysctls(router, out);
    }
    if (!listed_ || router.waiting) continue;
    evaluate(now, number, out);
    if (is_awake_master(now, number, out)) {  // an address may have found its interface
      filter(number, out);
      auto missing = router.addresses.install(now);
      if (!missing.empty()) {
        out.emplace_back(action::AddAddresses{missing});
        announcer_.announce(now, number, missing, router.instance.config().announcements.master_repeat,
                            interfaces_, out);
      }
    }
    settle(number);
  }
}

void Failover::Implementation::on(Time now, const event::AddressAdded& added, Actions& out) {
  const Sources before = interfaces_.sources(added.address.interface);
  interfaces_.put(added.address, [this](const AddressKey& key) { return is_virtual(key); });
  if (const auto holders = holders_.find(key_of(added.address)); holders != holders_.end()) {
    for (const HolderRef& ref : holders->second) {
      Router& router = *routers_[ref.router];
      router.addresses.all()[ref.position].seen();
      if (router.install_faults.empty()) router.install_patience = {};
    }
  }
  static_address_seen(now, key_of(added.address), out);
  sources_touched(now, added.address.interface, added.address.address.address, before, out);
}

void Failover::Implementation::on(Time now, const event::AddressRemoved& removed, Actions& out) {
  const AddressKey key = key_of(removed.address);
  const Sources before = interfaces_.sources(key.interface);
  interfaces_.erase(key);
  const auto holders = holders_.find(key);
  if (holders != holders_.end()) {
    for (const HolderRef& ref : holders->second) {
      Router& router = *routers_[ref.router];
      is_awake_master(now, ref.router, out);
      if (router.addresses.gone(router.addresses.all()[ref.position], now)) {
        somebody_removed(now, ref.router, key, out);
      }
      settle(ref.router);
    }
  }
  static_address_gone(now, key, out);
  sources_touched(now, key.interface, key.address.address, before, out);
}

void Failover::Implementation::somebody_removed(Time now, Number number, const AddressKey& key,
                                                Actions& out) {
  Router& router = *routers_[number];
  ++router.instance.counters().addresses_restored;
  if (!router.restore_noticed || now - *router.restore_noticed >= restore_notice_gap) {
    router.restore_noticed = now;
    const net::Interface* interface = interfaces_.find(key.interface);
    notice(Level::warning, router.instance.config().name, "address_removed",
           fmt::format("somebody removed {} from {}; putting it back", key.address.to_string(),
                       interface == nullptr ? "its interface" : interface->name),
           out);
  }
  restore(now, number, out);
}

void Failover::Implementation::sources_touched(Time now, net::InterfaceIndex interface,
                                               const net::IpAddress& address, const Sources& before,
                                               Actions& out) {
  const auto again = [&](const std::set<Number>& concerned) {
    for (const Number number : concerned) {
      evaluate(now, number, out);
      settle(number);
    }
  };
  if (!listed_) return;
  if (const auto tracked = by_tracked_source_.find(address); tracked != by_tracked_source_.end())
    again(tracked->second);
  if (interfaces_.sources(interface) == before) return;
  const net::Interface* known = interfaces_.find(interface);
  if (known == nullptr) return;
  if (const auto concerned = by_interface_.find(known->name); concerned != by_interface_.end())
    again(concerned->second);
}

void Failover::Implementation::on(Time now, const event::ListeningFailed& failed, Actions& out) {
  deaf_ = failed.places;
  for (const Number number : std::vector(order_)) {
    evaluate(now, number, out);
    settle(number);
  }
}

// Tells the router its priority, its faults and its source as they are now, and its siblings if that is a fault to them too.
void Failover::Implementation::evaluate(Time now, Number number, Actions& out) {
  Router& router = *routers_[number];
  if (auto parts = parts_of(router); parts != router.instance.parts())
    perform(now, number, router.instance.handle(now, vrrp::event::PriorityChanged{std::move(parts)}), out);
  auto faults = faults_of(router);
  const bool turned = std::exchange(router.has_own_fault, !faults.empty()) == faults.empty();
  add_group_faults(number, faults);
  tell_faults(now, number, std::move(faults), out);
  if (turned && router.group) tell_siblings(now, number, out);
}

// A source that went away is still good enough to resign with.
void Failover::Implementation::tell_faults(Time now, Number number, std::vector<vrrp::Fault> faults,
                                           Actions& out) {
  Router& router = *routers_[number];
  const auto tell_source = [&] {
    const auto source = source_of(router);
    if (source == router.instance.source()) return;
    unindex_packets(number);
    perform(now, number, router.instance.handle(now, vrrp::event::SourceChanged{source}), out);
    index_packets(number);
  };
  const bool none = faults.empty();
  if (none) tell_source();
  if (faults != router.instance.faults())
    perform(now, number, router.instance.handle(now, vrrp::event::FaultsChanged{std::move(faults)}), out);
  if (!none) tell_source();
}

std::vector<vrrp::Fault> Failover::Implementation::faults_of(const Router& router) const {
  const vrrp::Config& config = router.instance.config();
  std::vector<vrrp::Fault> faults = router.install_faults;
  const auto look_at = [&](const std::string& name, bool track_state) {
    const net::Interface* interface = interfaces_.find(name);
    if (interface == nullptr) {
      faults.push_back({FaultKind::interface_missing, name});
    } else if (track_state && !links_.usable(*interface)) {
      faults.push_back({FaultKind::interface_down, name});
    }
    return interface != nullptr;
  };
  const bool exists = config.interface.empty() || look_at(config.interface, config.track_primary);
  if (exists && !source_of(router)) {
    faults.push_back({FaultKind::no_source_address, config.interface});
  }
  if (exists && config.source && config.track_source && !source_is_here(router)) {
    faults.push_back({FaultKind::source_address_missing, config.source->to_string()});
  }
  if (config.unicast && config.peers.empty() && config.unicast_fault_no_peer) {
    faults.push_back({FaultKind::no_unicast_peer, {}});
  }
  for (const HeldAddresses::Held& held : router.addresses.all()) {
    if (held.track && !held.interface.empty() && held.interface != config.interface &&
        !virtual_links_.makes(held.interface))
      look_at(held.interface, true);
  }
  if (const auto own = by_name_.find(config.name); own != by_name_.end()) {
    if (const auto missing = virtual_links_.missing(own->second))
      faults.push_back({FaultKind::interface_missing, *missing});
  }
  for (const std::string& interface : router.route_interfaces) {
    if (interface != config.interface) look_at(interface, true);
  }
  static_faults(config.name, faults);
  // Of an interface that is down or gone this is no news.
  for (const event::ListeningFailed::Place& place : deaf_) {
    if (!faults.empty()) break;
    if (place.interface != router.interface || place.family != config.family) continue;
    if (place.group && (!config.multicast() || *place.group != config.multicast_group)) continue;
    faults.push_back({FaultKind::cannot_listen, place.error.message});
  }
  add_tracker_faults(router, faults);
  std::ranges::sort(faults);
  const auto repeated = std::ranges::unique(faults);
  faults.erase(repeated.begin(), repeated.end());
  return faults;
}

bool Failover::Implementation::source_is_here(const Router& router) const {
  const net::IpAddress& source = *router.instance.config().source;
  return interfaces_.has(router.interface, source);
}

std::optional<net::IpAddress> Failover::Implementation::source_of(const Router& router) const {
  const vrrp::Config& config = router.instance.config();
  if (config.source) return config.source;
  if (router.interface == net::InterfaceIndex{}) return std::nullopt;
  const Sources sources = interfaces_.sources(router.interface);
  const auto& own = config.family == net::Family::v4 ? sources.v4 : sources.v6_link_local;
  if (own || !config.owner()) return own;
  // The owner of the addresses may have no other.
  for (const HeldAddresses::Held& held : router.addresses.all()) {
    const net::IpAddress& address = held.address.address.address;
    const bool fits = address.family == config.family && (address.is_v4() || address.is_link_local());
    if (fits && held.address.interface == router.interface && (held.present || held.wanted)) return address;
  }
  return std::nullopt;
}

void Failover::Implementation::restore(Time now, Number number, Actions& out) {
  Router& router = *routers_[number];
  auto missing = router.addresses.restore(now);
  if (missing.empty()) return;
  out.emplace_back(action::AddAddresses{missing});
  announcer_.announce(now, number, missing, router.instance.config().announcements.master_repeat, interfaces_,
                      out);
}

void Failover::Implementation::on(Time now, const event::InstallFailed& failed, Actions& out) {
  static_address_refused(now, key_of(failed.address), failed.error, out);
  const auto holders = holders_.find(key_of(failed.address));
  if (holders == holders_.end()) return;
  const std::vector<HolderRef> refs = holders->second;
  for (const HolderRef& ref : refs) {
    HeldAddresses::Held& held = routers_[ref.router]->addresses.all()[ref.position];
    if (held.present) continue;
    held.adding = false;
    held.echoes_expected = 0;
    if (failed.error.code == ENODEV)
      continue;  // the interface is gone: what we hear of it next is a fault of its own
    if (held.wanted) install_refused(now, ref.router, held, failed.error, out);
    settle(ref.router);
  }
}

// A master without its address answers for nothing: somebody else shall have it. An address that is not essential is only
// worth a remark.
void Failover::Implementation::install_refused(Time now, Number number, const HeldAddresses::Held& held,
                                               const core::Error& error, Actions& out) {
  Router& router = *routers_[number];
  router.install_patience =
      std::clamp(router.install_patience * 2, least_install_patience, most_install_patience);
  std::string text = fmt::format("{} ({})", held.address.address.to_string(), error.message);
  if (error.code == EPERM) text += ": the process lacks CAP_NET_ADMIN";
  if (router.instance.first_remark("address_refused")) {
    notice(held.essential() ? Level::error : Level::warning, router.instance.config().name, "address_refused",
           "the kernel refused address " + text, out);
  }
  if (held.essential()) {
    router.install_faults.push_back({FaultKind::address_not_installed, std::move(text)});
    router.install_retry = now + router.install_patience;
    evaluate(now, number, out);
  } else if (held.track) {
    router.addresses.restore_after(now + router.install_patience);
  }
}

}  // namespace engine
