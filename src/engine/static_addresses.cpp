#include "engine/static_addresses.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace engine {

using core::Time;
using std::chrono_literals::operator""s;

std::vector<net::InterfaceAddress> StaticAddresses::assign(const std::vector<StaticAddress>& configured,
                                                           const InterfaceTable& interfaces, Time now) {
  const std::vector<Held> before = std::exchange(held_, {});
  for (const StaticAddress& line : configured) {
    Held held;
    held.address = line.address.address;
    held.interface = line.address.interface;
    held.track_group = line.track_group;
    held.track = line.address.track;
    held.wanted = true;
    held_.push_back(std::move(held));
  }
  look_again(interfaces, true);
  std::vector<net::InterfaceAddress> unwanted;
  for (const Held& old : before) {
    Held* const same = find(key_of(old.address));
    if (same != nullptr && same->address == old.address) {
      static_cast<Presence&>(*same) = old;
      continue;
    }
    if (old.address.interface == net::InterfaceIndex{}) continue;
    if (same != nullptr) {  // another look: removed and added
      static_cast<Presence&>(*same) = old;
      same->expect_removal(now);
    }
    unwanted.push_back(old.address);
  }
  return unwanted;
}

void StaticAddresses::look_again(const InterfaceTable& interfaces, bool listed) {
  for (Held& held : held_) {
    const net::Interface* found = interfaces.find(held.interface);
    const net::InterfaceIndex index = found == nullptr ? net::InterfaceIndex{} : found->index;
    held.up = found != nullptr && found->usable();
    const bool moved = index != held.address.interface;
    held.address.interface = index;
    if (moved || listed) held.relisted(index.value != 0 && interfaces.has(key_of(held.address)));
  }
  index();
}

void StaticAddresses::index() {
  by_key_.clear();
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (held_[i].address.interface.value != 0) by_key_.emplace(key_of(held_[i].address), i);
  }
}

StaticAddresses::Held* StaticAddresses::find(const AddressKey& key) {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &held_[found->second];
}

std::vector<net::InterfaceAddress> StaticAddresses::install(Time now) {
  std::vector<net::InterfaceAddress> missing;
  for (Held& held : held_) {
    // Linux takes an IPv4 address on an interface that is down, too; an IPv6 one would be gone again.
    const bool possible =
        held.address.interface.value != 0 && (held.up || held.address.address.address.is_v4());
    if (possible && held.ask(now)) missing.push_back(held.address);
  }
  return missing;
}

std::vector<net::InterfaceAddress> StaticAddresses::withdraw() {
  std::vector<net::InterfaceAddress> unwanted;
  for (const Held& held : held_ | std::views::reverse) {
    if (held.present || held.adding) unwanted.push_back(held.address);
  }
  held_.clear();
  by_key_.clear();
  due_.reset();
  return unwanted;
}

void StaticAddresses::seen(const AddressKey& key) {
  if (Held* held = find(key)) {
    held->seen();
    held->refused = false;
    held->patience = {};
  }
}

bool StaticAddresses::gone(const AddressKey& key, Time now) {
  Held* held = find(key);
  if (held == nullptr || !held->Presence::gone(now) || !held->track) return false;
  make_due(held->restorable_at(now));
  return held->up;
}

const StaticAddresses::Held* StaticAddresses::refused(const AddressKey& key, const std::string& why,
                                                      Time now) {
  Held* held = find(key);
  if (held == nullptr || held->present) return nullptr;
  held->adding = false;
  held->patience = std::clamp<core::Duration>(held->patience * 2, 1s, 10s);
  held->refused = true;
  held->refusal = why;
  make_due(now + held->patience);
  return held;
}

std::vector<net::InterfaceAddress> StaticAddresses::restore(Time now) {
  if (!due_ || now < *due_) return {};
  due_.reset();
  auto missing = install(now);
  for (const auto& address : missing) find(key_of(address))->restored = now;
  return missing;
}

}  // namespace engine
