// An IPv4 or IPv6 address, a prefix and a MAC address as values: bytes in network order, compared as numbers, printed as
// RFC 5952 asks. No host names, no zones (an interface stands beside a link-local address where one is needed).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace net {

enum class Family : std::uint8_t { v4 = 4, v6 = 6 };

struct IpAddress {
  Family family = Family::v4;
  std::array<std::uint8_t, 16> octets{};  // IPv4 uses the first four, the rest stay zero

  static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {Family::v4, {a, b, c, d}};
  }
  static IpAddress v4(std::span<const std::uint8_t, 4> bytes);
  static IpAddress v6(std::span<const std::uint8_t, 16> bytes);
  static constexpr IpAddress any(Family family) { return {family, {}}; }

  /// Dotted quad (exactly four decimal parts, no leading zeros beyond one digit) or RFC 4291 text; nothing else around it.
  static std::optional<IpAddress> parse(std::string_view text);

  std::size_t size() const { return family == Family::v4 ? 4 : 16; }
  unsigned bits() const { return family == Family::v4 ? 32 : 128; }
  std::span<const std::uint8_t> bytes() const { return {octets.data(), size()}; }
  bool is_v4() const { return family == Family::v4; }
  bool is_v6() const { return family == Family::v6; }
  bool is_unspecified() const;
  bool is_multicast() const;   // 224.0.0.0/4, ff00::/8
  bool is_link_local() const;  // 169.254.0.0/16, fe80::/10
  bool is_loopback() const;    // 127.0.0.0/8, ::1
  std::string to_string() const;

  // Within one family the order of the addresses as big-endian numbers (the tie-break of RFC 9568, section 6.4.3).
  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct Prefix {
  IpAddress address;  // host bits are kept: this is also "an address with its mask"
  std::uint8_t length = 0;

  /// "A" (host length) or "A/LEN".
  static std::optional<Prefix> parse(std::string_view text);
  bool contains(const IpAddress& other) const;
  std::string to_string() const;

  friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;
};

struct MacAddress {
  std::array<std::uint8_t, 6> octets{};

  static std::optional<MacAddress> parse(std::string_view text);  // six hexadecimal pairs separated by ':'
  std::string to_string() const;

  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

inline constexpr MacAddress broadcast_mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

}  // namespace net

template <>
struct std::hash<net::IpAddress> {
  std::size_t operator()(const net::IpAddress& address) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(address.octets.data()),
                                          address.size()});  // NOLINT: bytes as characters
  }
};
