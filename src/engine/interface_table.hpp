// What the kernel has, as far as its messages told us: interfaces by index and by name, and every address on them. Also
// answers which address of an interface adverts may come from. Decides nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/interface.hpp"

namespace engine {

/// What makes an address on an interface that address (and not merely look different).
struct AddressKey {
  net::InterfaceIndex interface;
  net::Prefix address;

  friend bool operator==(const AddressKey&, const AddressKey&) = default;
};

inline AddressKey key_of(const net::InterfaceAddress& address) {
  return {address.interface, address.address};
}

}  // namespace engine

template <>
struct std::hash<engine::AddressKey> {
  std::size_t operator()(const engine::AddressKey& key) const noexcept {
    const std::size_t address = std::hash<net::IpAddress>{}(key.address.address);
    return (address ^ key.interface.value) * 0x9E3779B97F4A7C15ULL + key.address.length;
  }
};

namespace engine {

/// The addresses of an interface that adverts may come from.
struct Sources {
  std::optional<net::IpAddress> v4;             // the first
  std::optional<net::IpAddress> v6_link_local;  // the first that is usable

  friend bool operator==(const Sources&, const Sources&) = default;
};

class InterfaceTable {
 public:
  /// Virtual addresses come and go with mastership, so they are no sources.
  using IsVirtual = std::function<bool(const AddressKey&)>;

  void clear();
  void put(const net::Interface& interface);
  void erase(net::InterfaceIndex index);  // and its addresses
  void put(const net::InterfaceAddress& address, const IsVirtual& is_virtual);
  void erase(const AddressKey& key);
  /// After a change of what is virtual.
  void sort_out_sources(const IsVirtual& is_virtual);

  const net::Interface* find(net::InterfaceIndex index) const;
  const net::Interface* find(std::string_view name) const;
  bool has(const AddressKey& key) const { return addresses_.contains(key); }
  /// The address on that interface with whatever prefix length, virtual or not.
  bool has(net::InterfaceIndex interface, const net::IpAddress& address) const;
  Sources sources(net::InterfaceIndex interface) const;

 private:
  struct Known {
    std::uint64_t order = 0;  // of appearance
    bool tentative = false;
  };
  struct Source {
    net::Prefix address;
    bool tentative = false;
  };
  struct Place {  // an address whatever its prefix length
    net::InterfaceIndex interface;
    net::IpAddress address;
    friend bool operator==(const Place&, const Place&) = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const noexcept {
      return (std::hash<net::IpAddress>{}(place.address) ^ place.interface.value) * 0x9E3779B97F4A7C15ULL;
    }
  };

  void add_source(const AddressKey& key, bool tentative);

  std::unordered_map<net::InterfaceIndex, net::Interface> interfaces_;
  std::unordered_map<std::string, net::InterfaceIndex> names_;
  std::unordered_map<AddressKey, Known> addresses_;
  std::unordered_map<Place, std::uint32_t, PlaceHash> places_;            // how many prefix lengths
  std::unordered_map<net::InterfaceIndex, std::vector<Source>> sources_;  // few: virtual ones are not in it
  std::uint64_t next_order_ = 0;
};

}  // namespace engine
