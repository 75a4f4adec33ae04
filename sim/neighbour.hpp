// A passive host: a neighbour cache (RFC 826, RFC 4861) that believes gratuitous ARP and unsolicited neighbour advertisements.
// It reads the frames itself rather than with the code under test.
#pragma once

#include <map>
#include <optional>
#include <span>

#include "net/ip_address.hpp"

namespace sim {

struct Announcement {
  net::IpAddress address;
  net::MacAddress mac;

  friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// What a frame tells a host that overhears it; nothing if it is not an announcement that a host must believe.
std::optional<Announcement> read_announcement(std::span<const std::uint8_t> frame);

class NeighbourCache {
 public:
  /// True if the entry was made or changed.
  bool learn(const Announcement& announcement);
  std::optional<net::MacAddress> lookup(const net::IpAddress& address) const;

 private:
  std::map<net::IpAddress, net::MacAddress> entries_;
};

}  // namespace sim
