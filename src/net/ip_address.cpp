#include "net/ip_address.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace net {

namespace {

std::optional<unsigned> parse_number(std::string_view text, int base, unsigned most,
                                     std::size_t most_digits) {
  if (text.empty() || text.size() > most_digits) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

bool parse_v4(std::string_view text, std::span<std::uint8_t, 4> into) {
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return false;
    const std::string_view part = text.substr(0, dot);
    if (part.size() > 1 && part.front() == '0') return false;  // read as octal by some, as decimal by others
    const auto number = parse_number(part, 10, 255, 3);
    if (!number) return false;
    into[i] = static_cast<std::uint8_t>(*number);
    text.remove_prefix(i < 3 ? dot + 1 : dot);
  }
  return text.empty();
}

// RFC 4291, section 2.2: up to eight groups, one "::", an IPv4 tail allowed.
bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& into) {
  std::array<std::uint8_t, 16> octets{};
  std::size_t filled = 0;
  std::optional<std::size_t> gap;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (part.find('.') != std::string_view::npos) {
      if (colon != std::string_view::npos || filled > 12) return false;
      if (!parse_v4(part, std::span<std::uint8_t, 4>(octets.data() + filled, 4))) return false;
      filled += 4;
      text = {};
      break;
    }
    const auto number = parse_number(part, 16, 0xffff, 4);
    if (!number || filled > 14) return false;
    octets[filled++] = static_cast<std::uint8_t>(*number >> 8);
    octets[filled++] = static_cast<std::uint8_t>(*number);
    if (colon == std::string_view::npos) {
      text = {};
      break;
    }
    text.remove_prefix(colon + 1);
    if (text.starts_with(":")) {
      if (gap) return false;
      gap = filled;
      text.remove_prefix(1);
    } else if (text.empty()) {
      return false;  // a single colon at the end
    }
  }
  if (gap) {
    if (filled == 16) return false;
    std::ranges::move_backward(octets.begin() + static_cast<std::ptrdiff_t>(*gap),
                               octets.begin() + static_cast<std::ptrdiff_t>(filled), octets.end());
    std::fill(octets.begin() + static_cast<std::ptrdiff_t>(*gap),
              octets.end() - static_cast<std::ptrdiff_t>(filled - *gap), std::uint8_t{0});
  } else if (filled != 16) {
    return false;
  }
  into = octets;
  return true;
}

// RFC 5952: lower case, no leading zeros, the longest (first, of two or more) run of zero groups as "::".
std::string format_v6(const std::array<std::uint8_t, 16>& octets) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i)
    groups[i] = static_cast<unsigned>(octets[2 * i]) << 8 | octets[2 * i + 1];
  std::size_t run_start = 8;
  std::size_t run_length = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > run_length) {
      run_start = i;
      run_length = end - i;
    }
    i = end + 1;
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == run_start) {
      text += "::";
      i += run_length - 1;
      continue;
    }
    if (!text.empty() && !text.ends_with(':')) text += ':';
    fmt::format_to(std::back_inserter(text), "{:x}", groups[i]);
  }
  return text;
}

}  // namespace

IpAddress IpAddress::v4(std::span<const std::uint8_t, 4> bytes) {
  return v4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

IpAddress IpAddress::v6(std::span<const std::uint8_t, 16> bytes) {
  IpAddress address{Family::v6, {}};
  std::ranges::copy(bytes, address.octets.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    address.family = Family::v6;
    if (parse_v6(text, address.octets)) return address;
  } else if (parse_v4(text, std::span<std::uint8_t, 4>(address.octets.data(), 4))) {
    return address;
  }
  return std::nullopt;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(octets, [](std::uint8_t octet) { return octet == 0; });
}

bool IpAddress::is_multicast() const { return is_v4() ? (octets[0] & 0xf0) == 0xe0 : octets[0] == 0xff; }

bool IpAddress::is_link_local() const {
  return is_v4() ? octets[0] == 169 && octets[1] == 254 : octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80;
}

bool IpAddress::is_loopback() const {
  static constexpr IpAddress v6_loopback{Family::v6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  return is_v4() ? octets[0] == 127 : *this == v6_loopback;
}

std::string IpAddress::to_string() const {
  return is_v4() ? fmt::format("{}.{}.{}.{}", octets[0], octets[1], octets[2], octets[3]) : format_v6(octets);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Prefix{*address, static_cast<std::uint8_t>(address->bits())};
  const auto length = parse_number(text.substr(slash + 1), 10, address->bits(), 3);
  if (!length) return std::nullopt;
  return Prefix{*address, static_cast<std::uint8_t>(*length)};
}

bool Prefix::contains(const IpAddress& other) const {
  if (other.family != address.family) return false;
  const std::size_t whole = length / 8U;
  if (!std::equal(address.octets.begin(), address.octets.begin() + static_cast<std::ptrdiff_t>(whole),
                  other.octets.begin())) {
    return false;
  }
  const unsigned rest = length % 8U;
  if (rest == 0) return true;
  return ((address.octets[whole] ^ other.octets[whole]) >> (8U - rest)) == 0;
}

std::string Prefix::to_string() const { return fmt::format("{}/{}", address.to_string(), length); }

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress mac;
  for (std::size_t i = 0; i < 6; ++i) {
    const std::size_t colon = i < 5 ? text.find(':') : text.size();
    if (colon == std::string_view::npos) return std::nullopt;
    const auto octet = parse_number(text.substr(0, colon), 16, 255, 2);
    if (!octet) return std::nullopt;
    mac.octets[i] = static_cast<std::uint8_t>(*octet);
    text.remove_prefix(i < 5 ? colon + 1 : colon);
  }
  return text.empty() ? std::optional(mac) : std::nullopt;
}

std::string MacAddress::to_string() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", octets[0], octets[1], octets[2], octets[3],
                     octets[4], octets[5]);
}

}  // namespace net
