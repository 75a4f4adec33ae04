#include "sim/neighbour.hpp"

#include <algorithm>

#include "net/bytes.hpp"
#include "net/checksum.hpp"

namespace sim {

namespace {

constexpr std::uint16_t ethertype_arp = 0x0806;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
constexpr std::uint8_t protocol_icmpv6 = 58;
constexpr std::uint8_t icmp_neighbour_advertisement = 136;
constexpr std::uint8_t option_target_link_layer = 2;
constexpr std::uint32_t flag_override = 0x20000000;

net::MacAddress read_mac(net::Reader& reader) {
  net::MacAddress mac;
  const auto bytes = reader.bytes(6);
  std::ranges::copy(bytes, mac.octets.begin());
  return mac;
}

net::IpAddress read_address(net::Reader& reader, net::Family family) {
  net::IpAddress address = net::IpAddress::any(family);
  const auto bytes = reader.bytes(address.size());
  std::ranges::copy(bytes, address.octets.begin());
  return address;
}

std::optional<Announcement> read_arp(net::Reader reader) {
  const bool ethernet_ipv4 =
      reader.u16() == 1 && reader.u16() == 0x0800 && reader.u8() == 6 && reader.u8() == 4;
  const std::uint16_t operation = reader.u16();
  Announcement said;
  said.mac = read_mac(reader);
  said.address = read_address(reader, net::Family::v4);
  read_mac(reader);
  const net::IpAddress target = read_address(reader, net::Family::v4);
  if (!reader.ok() || !ethernet_ipv4 || operation < 1 || operation > 2 || target != said.address)
    return std::nullopt;
  return said;
}

std::optional<Announcement> read_advertisement(net::Reader reader) {
  reader.u32();
  const std::uint16_t length = reader.u16();
  const std::uint8_t next_header = reader.u8();
  const std::uint8_t hop_limit = reader.u8();
  const net::IpAddress source = read_address(reader, net::Family::v6);
  const net::IpAddress destination = read_address(reader, net::Family::v6);
  const auto message = reader.bytes(length);
  if (!reader.ok() || next_header != protocol_icmpv6 || hop_limit != 255) return std::nullopt;
  net::Checksum sum;
  sum.add_pseudo_header(source, destination, protocol_icmpv6, length).add(message);
  if (sum.value() != 0) return std::nullopt;

  net::Reader body(message);
  const std::uint8_t type = body.u8();
  body.bytes(3);
  const std::uint32_t flags = body.u32();
  Announcement said;
  said.address = read_address(body, net::Family::v6);
  const std::uint8_t option = body.u8();
  const std::uint8_t units = body.u8();
  said.mac = read_mac(body);
  const bool believed = type == icmp_neighbour_advertisement && (flags & flag_override) != 0;
  if (!body.ok() || !believed || option != option_target_link_layer || units != 1) return std::nullopt;
  return said;
}

}  // namespace

std::optional<Announcement> read_announcement(std::span<const std::uint8_t> frame) {
  net::Reader reader(frame);
  reader.bytes(12);
  const std::uint16_t ethertype = reader.u16();
  if (ethertype == ethertype_arp) return read_arp(reader);
  if (ethertype == ethertype_ipv6) return read_advertisement(reader);
  return std::nullopt;
}

bool NeighbourCache::learn(const Announcement& announcement) {
  const auto [entry, is_new] = entries_.try_emplace(announcement.address, announcement.mac);
  if (is_new) return true;
  if (entry->second == announcement.mac) return false;
  entry->second = announcement.mac;
  return true;
}

std::optional<net::MacAddress> NeighbourCache::lookup(const net::IpAddress& address) const {
  const auto found = entries_.find(address);
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sim
