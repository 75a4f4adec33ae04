// What keeps packets away from virtual addresses that nobody may talk to (`no_accept`), as plain values: a table of the packet filter
// that is ours alone, and the addresses in it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "net/interface.hpp"
#include "net/ip_address.hpp"

namespace net {

struct FirewallTable {
  std::string name = "standfast";
  std::int32_t priority = -1;  // of its chains, 0 being where firewalls usually filter
  bool counters = false;

  friend bool operator==(const FirewallTable&, const FirewallTable&) = default;
};

struct BlockedAddress {
  IpAddress address;
  InterfaceIndex interface;  // of a link-local one, which each link may have; else 0

  friend auto operator<=>(const BlockedAddress&, const BlockedAddress&) = default;
};

}  // namespace net
