// The Internet checksum (RFC 1071) with the pseudo-headers of IPv4 (RFC 793, section 3.1) and IPv6 (RFC 8200, section 8.1).
#pragma once

#include <cstdint>
#include <span>

#include "net/ip_address.hpp"

namespace net {

/// Adds up to any number of parts; a part of odd length is padded with a zero, so only the last may be odd.
class Checksum {
 public:
  Checksum& add(std::span<const std::uint8_t> bytes);
  Checksum& add_u16(std::uint16_t word);
  /// `length` is that of the upper-layer packet in bytes. Both addresses are of one family.
  Checksum& add_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                              std::uint32_t length);

  /// The value for the packet's checksum field: 0 when summing a packet whose checksum is right.
  std::uint16_t value() const;

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace net
