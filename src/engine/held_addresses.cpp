#include "engine/held_addresses.hpp"

#include <algorithm>
#include <ranges>

namespace engine {

using core::Time;
using namespace std::chrono_literals;

namespace {

constexpr core::Duration restore_gap = 100ms;
// The kernel reports a removal within microseconds; a report that is missing (the address was gone before) must not make us
// overlook a stranger's removal for longer than this.
constexpr core::Duration echo_patience = 2s;

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
    if (held.present || held.adding) continue;
    held.adding = true;
    held.added = now;
    missing.push_back(held.address);
  }
  return missing;
}

std::vector<net::InterfaceAddress> HeldAddresses::withdraw(Time now) {
  std::vector<net::InterfaceAddress> unwanted;
  for (Held& held : held_ | std::views::reverse) {
    if (exists(held) && (held.wanted || held.present)) {
      expect_removal(held, now);
      unwanted.push_back(held.address);
    }
    held.wanted = false;
  }
  restore_at_.reset();
  return unwanted;
}

void HeldAddresses::expect_removal(Held& held, Time now) {
  if (held.present || held.adding) {
    ++held.echoes_expected;
    held.echoes_until = now + echo_patience;
  }
  held.present = false;
  held.adding = false;
}

void HeldAddresses::seen(Held& held) {
  held.present = true;
  held.adding = false;
}

bool HeldAddresses::gone(Held& held, Time now) {
  if (held.echoes_expected > 0 && now <= held.echoes_until) {
    --held.echoes_expected;
    held.present = false;
    held.adding = held.wanted;  // asked for again since
    return false;
  }
  // Asked for and not seen yet: what is gone is an older one, perhaps of a router that had the address before us.
  if (held.adding && !held.present && now - held.added < echo_patience) return false;
  held.echoes_expected = 0;
  held.present = false;
  held.adding = false;
  if (!held.wanted || !held.track) return false;
  restore_after(held.restored ? std::max(now, *held.restored + restore_gap) : now);
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
    if (!held.wanted || held.present || held.adding || !held.track || !exists(held)) continue;
    held.adding = true;
    held.added = now;
    held.restored = now;
    missing.push_back(held.address);
  }
  return missing;
}

}  // namespace engine
