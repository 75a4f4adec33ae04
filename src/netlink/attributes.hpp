// What the writers and readers of several kinds of messages share: addresses in attributes, families, numbers in network order.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "net/ip_address.hpp"
#include "netlink/native.hpp"
#include "netlink/request.hpp"

namespace netlink {

inline std::uint16_t with_ack(std::uint16_t flags, Acknowledge acknowledge) {
  return acknowledge == Acknowledge::always ? flags | flag::ack : flags;
}

inline std::uint8_t family_number(net::Family family) {
  return family == net::Family::v4 ? family::v4 : family::v6;
}

inline net::Family family_of(std::uint8_t number) {
  return number == family::v4 ? net::Family::v4 : net::Family::v6;
}

/// False if the length does not fit the family; `into` is the address 0 then.
inline bool read_ip(const Attribute& attribute, net::Family family, net::IpAddress& into) {
  into = net::IpAddress::any(family);
  if (attribute.value.size() != into.size()) return false;
  std::copy(attribute.value.begin(), attribute.value.end(), into.octets.begin());
  return true;
}

template <class Number>
std::array<std::uint8_t, sizeof(Number)> big_endian(Number value) {
  std::array<std::uint8_t, sizeof(Number)> bytes{};
  for (std::size_t i = sizeof value; i-- > 0; value = static_cast<Number>(value >> 4 >> 4)) {
    bytes[i] = static_cast<std::uint8_t>(value);
  }
  return bytes;
}

template <class Number>
void append_big_endian(Buffer& into, Number value) {
  const auto bytes = big_endian(value);
  into.insert(into.end(), bytes.begin(), bytes.end());
}

}  // namespace netlink
