#include "engine/interface_table.hpp"

#include <algorithm>
#include <utility>

namespace engine {

void InterfaceTable::clear() {
  interfaces_.clear();
  names_.clear();
  addresses_.clear();
  places_.clear();
  sources_.clear();
}

void InterfaceTable::put(const net::Interface& interface) {
  const auto [known, is_new] = interfaces_.try_emplace(interface.index, interface);
  if (!is_new) {
    const auto old_name = names_.find(known->second.name);
    if (old_name != names_.end() && old_name->second == interface.index) names_.erase(old_name);
    known->second = interface;
  }
  names_[interface.name] = interface.index;
}

void InterfaceTable::erase(net::InterfaceIndex index) {
  const auto known = interfaces_.find(index);
  if (known == interfaces_.end()) return;
  const auto name = names_.find(known->second.name);
  if (name != names_.end() && name->second == index) names_.erase(name);
  interfaces_.erase(known);
  std::erase_if(addresses_, [&](const auto& entry) { return entry.first.interface == index; });
  std::erase_if(places_, [&](const auto& entry) { return entry.first.interface == index; });
  sources_.erase(index);
}

void InterfaceTable::put(const net::InterfaceAddress& address, const IsVirtual& is_virtual) {
  const AddressKey key = key_of(address);
  const auto [known, is_new] = addresses_.try_emplace(key, Known{next_order_, address.tentative});
  if (is_new) {
    ++next_order_;
    ++places_[{key.interface, key.address.address}];
    if (!is_virtual(key)) add_source(key, address.tentative);
    return;
  }
  known->second.tentative = address.tentative;
  if (const auto sources = sources_.find(key.interface); sources != sources_.end()) {
    for (Source& source : sources->second) {
      if (source.address == key.address) source.tentative = address.tentative;
    }
  }
}

void InterfaceTable::erase(const AddressKey& key) {
  if (addresses_.erase(key) == 0) return;
  const auto place = places_.find({key.interface, key.address.address});
  if (place != places_.end() && --place->second == 0) places_.erase(place);
  if (const auto sources = sources_.find(key.interface); sources != sources_.end()) {
    std::erase_if(sources->second, [&](const Source& source) { return source.address == key.address; });
  }
}

void InterfaceTable::sort_out_sources(const IsVirtual& is_virtual) {
  std::vector<std::pair<std::uint64_t, AddressKey>> ordered;
  for (const auto& [key, known] : addresses_) {
    if (!is_virtual(key)) ordered.emplace_back(known.order, key);
  }
  std::ranges::sort(ordered, {}, &std::pair<std::uint64_t, AddressKey>::first);
  sources_.clear();
  for (const auto& [order, key] : ordered) add_source(key, addresses_.at(key).tentative);
}

void InterfaceTable::add_source(const AddressKey& key, bool tentative) {
  sources_[key.interface].push_back({key.address, tentative});
}

const net::Interface* InterfaceTable::find(net::InterfaceIndex index) const {
  const auto known = interfaces_.find(index);
  return known == interfaces_.end() ? nullptr : &known->second;
}

const net::Interface* InterfaceTable::find(std::string_view name) const {
  const auto index = names_.find(std::string(name));
  return index == names_.end() ? nullptr : find(index->second);
}

bool InterfaceTable::has(net::InterfaceIndex interface, const net::IpAddress& address) const {
  return places_.contains({interface, address});
}

Sources InterfaceTable::sources(net::InterfaceIndex interface) const {
  Sources found;
  const auto sources = sources_.find(interface);
  if (sources == sources_.end()) return found;
  for (const Source& source : sources->second) {
    const net::IpAddress& address = source.address.address;
    if (address.is_v4() && !found.v4) found.v4 = address;
    // A tentative address cannot be sent from; the kernel says when duplicate address detection is done.
    if (address.is_v6() && address.is_link_local() && !source.tentative && !found.v6_link_local) {
      found.v6_link_local = address;
    }
  }
  return found;
}

}  // namespace engine
