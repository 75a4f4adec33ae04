// What the configuration says of one BFD session (RFC 5880, RFC 5881, RFC 5883), as plain values with their defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/time.hpp"
#include "net/ip_address.hpp"

namespace bfd {

using std::chrono_literals::operator""ms;

struct Config {
  std::string name;  // at most 31 characters
  net::IpAddress neighbour;
  std::optional<net::IpAddress> source;  // empty: the kernel chooses
  core::Duration min_rx = 10ms;
  core::Duration min_tx = 10ms;
  core::Duration idle_tx = 1000ms;  // while the session is not up
  std::uint8_t multiplier = 5;
  bool passive = false;
  std::optional<std::uint8_t> hop_limit;  // default 255 for IPv4, 64 for IPv6
  std::int16_t max_hops = 0;              // -1 and 255: any number
  bool multihop = false;                  // UDP port 4784
  std::int32_t weight = 0;                // default for who tracks it; 0 = fault
  bool weight_reverse = false;
  bool tell_vrrp = true;
  bool tell_checkers = true;

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace bfd
