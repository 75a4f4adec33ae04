// Members of a virtual_server_group: addresses, ranges and marks.
#include <fmt/format.h>

#include "config/schema_lvs.hpp"
#include "config/value.hpp"

namespace config {

namespace {

constexpr std::string_view example_member =
    "write for example 192.0.2.1 80, 192.0.2.1-9 80 or 192.0.2.0/28 80";

// "a.b.c.d-N" and "x::y-HEX": only the last octet or group of the end is written.
std::optional<net::IpAddress> short_end(const net::IpAddress& first, std::string_view text) {
  net::IpAddress last = first;
  if (first.is_v4()) {
    const auto octet = parse_unsigned(text);
    if (!octet || *octet > 255) return std::nullopt;
    last.octets[3] = static_cast<std::uint8_t>(*octet);
    return last;
  }
  const auto group = parse_unsigned(fmt::format("0x{}", text), true);
  if (text.find(':') != text.npos || !group || *group > 0xffff) return std::nullopt;
  last.octets[14] = static_cast<std::uint8_t>(*group >> 8);
  last.octets[15] = static_cast<std::uint8_t>(*group);
  return last;
}

std::optional<lvs::AddressRange> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = net::IpAddress::parse(text.substr(0, dash));
  if (!first) return std::nullopt;
  if (dash == text.npos) return lvs::AddressRange{*first, *first, 0};
  const std::string_view end = text.substr(dash + 1);
  auto last = net::IpAddress::parse(end);
  if (!last) last = short_end(*first, end);
  if (!last || last->family != first->family || *last < *first) return std::nullopt;
  return lvs::AddressRange{*first, *last, 0};
}

std::optional<lvs::AddressRange> range_of(const net::Prefix& prefix) {
  lvs::AddressRange range{prefix.address, prefix.address, 0};
  for (unsigned bit = prefix.length; bit < prefix.address.bits(); ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    if ((range.first.octets[bit / 8] & mask) != 0) return std::nullopt;  // host bits are set
    range.last.octets[bit / 8] = static_cast<std::uint8_t>(range.last.octets[bit / 8] | mask);
  }
  return range;
}

}  // namespace

void read_group_member(lvs::Group& group, Words& words) {
  const Word& word = words.take();
  std::optional<lvs::AddressRange> range;
  if (word.text.find('/') != word.text.npos) {
    const auto prefix = net::Prefix::parse(word.text);
    range = prefix && prefix->length > 0 ? range_of(*prefix) : std::nullopt;
    if (prefix && !range) {
      words.refuse(word, "bad-prefix", fmt::format("'{}' has bits set behind its prefix", word.text),
                   std::string(example_member));
      return;
    }
  } else {
    range = parse_range(word.text);
  }
  if (!range) {
    words.refuse(word, "bad-address", fmt::format("'{}' is neither an address nor a range", word.text),
                 std::string(example_member));
    return;
  }
  if (!words.empty()) {
    const auto port = port_or_none().read(words);
    if (!port) return;
    range->port = *port;
  }
  if (!words.empty()) {
    words.refuse(*words.peek(), "surplus-argument",
                 fmt::format("'{}' is one word too many", words.peek()->text), std::string(example_member));
    return;
  }
  group.ranges.push_back(*range);
}

void read_group_mark(lvs::Group& group, Words& words) {
  const auto mark = number(0, most_u32).read(words);
  if (!mark) return;
  lvs::FirewallMark member{static_cast<std::uint32_t>(*mark), {}};
  if (words.take_if("inet")) member.family = net::Family::v4;
  if (words.take_if("inet6")) member.family = net::Family::v6;
  group.marks.push_back(member);
}

}  // namespace config
