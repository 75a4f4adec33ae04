#include "engine/held_addresses.hpp"

#include <algorithm>
#include <ranges>

namespace engine {

using core::Time;

namespace {

HeldAddresses::Held held(const vrrp::VirtualAddress& configured, bool advertised) {
  HeldAddresses::Held held;
  held.address = configured.address;
  held.interface = configured.interface;
  held.advertised = advertised;
  held.track = configured.track;
  held.use_vmac = configured.use_vmac;
  return held;
}

bool exists(const HeldAddresses::Held& held) { return held.address.interface != net::InterfaceIndex{}; }

}  // namespace

void HeldAddresses::assign(const vrrp::Config& config) {
  held_.clear();
  held_.reserve(config.addresses.size() + config.excluded_addresses.size());
  for (const auto& address : config.addresses) held_.push_back(held(address, true));
  for (const auto& address : config.excluded_addresses) held_.push_back(held(address, false));
  restore_at_.reset();
}

std::vector<net::InterfaceAddress> HeldAddresses::install(Time now) {
  std::vector<net::InterfaceAddress> missing;
  for (Held& held : held_) {
    if (!exists(held)) continue;
    held.wanted = true;
    if (held.ask(now)) missing.push_back(held.address);
  }
  return missing;
}

std::vector<net::InterfaceAddress> HeldAddresses::withdraw(Time now) {
  std::vector<net::InterfaceAddress> unwanted;
  for (Held& held : held_ | std::views::reverse) {
    if (exists(held) && (held.wanted || held.present)) {
      held.expect_removal(now);
      unwanted.push_back(held.address);
    }
    held.wanted = false;
  }
  restore_at_.reset();
  return unwanted;
}

bool HeldAddresses::gone(Held& held, Time now) {
  if (!held.Presence::gone(now) || !held.wanted || !held.track) return false;
  restore_after(held.restorable_at(now));
  return true;
}

void HeldAddresses::restore_after(Time when) {
  if (!restore_at_ || when < *restore_at_) restore_at_ = when;
}

std::vector<net::InterfaceAddress> HeldAddresses::restore(Time now) {
  std::vector<net::InterfaceAddress> missing;
  if (!restore_at_ || now < *restore_at_) return missing;
  restore_at_.reset();
  for (Held& held : held_) {
    if (!held.wanted || !held.track || !exists(held) || !held.ask(now)) continue;
    held.restored = now;
    missing.push_back(held.address);
  }
  return missing;
}

}  // namespace engine
