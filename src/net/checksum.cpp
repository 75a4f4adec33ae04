#include "net/checksum.hpp"

namespace net {

Checksum& Checksum::add(std::span<const std::uint8_t> bytes) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum_ += static_cast<std::uint64_t>(bytes[i]) << 8 | bytes[i + 1];
  if (i < bytes.size()) sum_ += static_cast<std::uint64_t>(bytes[i]) << 8;
  return *this;
}

Checksum& Checksum::add_u16(std::uint16_t word) {
  sum_ += word;
  return *this;
}

Checksum& Checksum::add_pseudo_header(const IpAddress& source, const IpAddress& destination,
                                      std::uint8_t protocol, std::uint32_t length) {
  add(source.bytes());
  add(destination.bytes());
  sum_ += (length >> 16) + (length & 0xffff) + protocol;
  return *this;
}

std::uint16_t Checksum::value() const {
  std::uint64_t sum = sum_;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace net
