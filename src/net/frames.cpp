#include "net/frames.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "net/bytes.hpp"
#include "net/checksum.hpp"

namespace net {

namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
constexpr std::uint16_t ethertype_arp = 0x0806;

constexpr std::uint16_t arp_ethernet = 1;
constexpr std::uint16_t arp_ipv4 = 0x0800;
constexpr std::uint16_t arp_request = 1;
constexpr std::uint16_t arp_reply = 2;

constexpr MacAddress all_nodes_mac{{0x33, 0x33, 0, 0, 0, 1}};
constexpr IpAddress all_nodes{Family::v6, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr std::uint8_t icmpv6 = 58;
constexpr std::uint8_t neighbour_advertisement_type = 136;
constexpr std::uint32_t router_flag = 1U << 31;
constexpr std::uint32_t solicited_flag = 1U << 30;
constexpr std::uint32_t override_flag = 1U << 29;
constexpr std::uint8_t target_link_layer_address = 2;  // the option
constexpr std::uint8_t one_unit = 1;                   // of eight octets
constexpr std::size_t icmp_size = 32;                  // header, target and that option

Writer ethernet(const MacAddress& destination, const MacAddress& source, std::uint16_t type) {
  Writer frame(14 + 40 + icmp_size);
  frame.bytes(destination.octets).bytes(source.octets).u16(type);
  return frame;
}

MacAddress read_mac(Reader& reader) {
  MacAddress mac;
  std::ranges::copy(reader.bytes(6), mac.octets.begin());
  return mac;
}

IpAddress read_ip(Reader& reader, Family family) {
  IpAddress address = IpAddress::any(family);
  std::ranges::copy(reader.bytes(address.size()), address.octets.begin());
  return address;
}

// The advertisement itself: type, flags, target and its link-layer address. The checksum was verified before.
std::optional<Announcement> read_advertisement(Reader& icmp, const IpAddress& source) {
  if (icmp.u8() != neighbour_advertisement_type || icmp.u8() != 0) return std::nullopt;
  icmp.u16();
  const std::uint32_t flags = icmp.u32();
  const IpAddress target = read_ip(icmp, Family::v6);
  if ((flags & solicited_flag) != 0 || (flags & override_flag) == 0) return std::nullopt;
  if (target != source || target.is_multicast() || target.is_unspecified()) return std::nullopt;
  if (icmp.u8() != target_link_layer_address || icmp.u8() != one_unit) return std::nullopt;
  const MacAddress mac = read_mac(icmp);
  if (!icmp.ok()) return std::nullopt;
  return Announcement{target, mac, (flags & router_flag) != 0};
}

}  // namespace

std::vector<std::uint8_t> gratuitous_arp(const MacAddress& mac, const IpAddress& address) {
  SF_CHECK(address.is_v4());
  Writer frame = ethernet(broadcast_mac, mac, ethertype_arp);
  frame.u16(arp_ethernet).u16(arp_ipv4).u8(6).u8(4).u16(arp_request);
  frame.bytes(mac.octets).bytes(address.bytes());
  frame.bytes(broadcast_mac.octets).bytes(address.bytes());
  return frame.take();
}

std::vector<std::uint8_t> neighbour_advertisement(const MacAddress& mac, const IpAddress& address,
                                                  bool router) {
  SF_CHECK(address.is_v6());
  Writer icmp(icmp_size);
  icmp.u8(neighbour_advertisement_type).u8(0).u16(0).u32(override_flag | (router ? router_flag : 0));
  icmp.bytes(address.bytes()).u8(target_link_layer_address).u8(one_unit).bytes(mac.octets);
  icmp.patch_u16(
      2, Checksum{}.add(icmp.view()).add_pseudo_header(address, all_nodes, icmpv6, icmp_size).value());

  Writer frame = ethernet(all_nodes_mac, mac, ethertype_ipv6);
  frame.u32(6U << 28).u16(icmp_size).u8(icmpv6).u8(255);
  return frame.bytes(address.bytes()).bytes(all_nodes.bytes()).bytes(icmp.view()).take();
}

std::vector<std::uint8_t> announcement_frame(const Announcement& announcement) {
  return announcement.address.is_v4()
             ? gratuitous_arp(announcement.mac, announcement.address)
             : neighbour_advertisement(announcement.mac, announcement.address, announcement.router);
}

std::vector<std::uint8_t> multicast_frame(const MacAddress& from, const MulticastPacket& packet) {
  const auto& group = packet.group.octets;
  Writer writer(14 + 40 + packet.bytes.size());
  if (packet.group.is_v4()) {
    writer.u16(0x0100).u8(0x5e).u8(group[1] & 0x7f).u8(group[2]).u8(group[3]);
    writer.bytes(from.octets).u16(ethertype_ipv4);
  } else {
    writer.u16(0x3333).u8(group[12]).u8(group[13]).u8(group[14]).u8(group[15]);
    writer.bytes(from.octets).u16(ethertype_ipv6);
    writer.u32(0x60000000U | std::uint32_t{packet.traffic_class} << 20);
    writer.u16(static_cast<std::uint16_t>(packet.bytes.size())).u8(packet.protocol).u8(packet.hop_limit);
    writer.bytes(packet.source.bytes()).bytes(packet.group.bytes());
  }
  writer.bytes(packet.bytes);
  return writer.take();
}

std::optional<Announcement> decode_gratuitous_arp(std::span<const std::uint8_t> frame) {
  Reader reader(frame);
  reader.bytes(12);
  if (reader.u16() != ethertype_arp || reader.u16() != arp_ethernet || reader.u16() != arp_ipv4)
    return std::nullopt;
  if (reader.u8() != 6 || reader.u8() != 4) return std::nullopt;
  const std::uint16_t operation = reader.u16();
  if (operation != arp_request && operation != arp_reply) return std::nullopt;
  const MacAddress sender_mac = read_mac(reader);
  const IpAddress sender = read_ip(reader, Family::v4);
  reader.bytes(6);  // target hardware address: zeros, ones or the sender's, all are in use
  const IpAddress target = read_ip(reader, Family::v4);
  if (!reader.ok() || sender != target || sender.is_unspecified()) return std::nullopt;
  return Announcement{sender, sender_mac, false};
}

std::optional<Announcement> decode_neighbour_advertisement(std::span<const std::uint8_t> frame) {
  Reader reader(frame);
  reader.bytes(12);
  if (reader.u16() != ethertype_ipv6 || reader.u32() >> 28 != 6) return std::nullopt;
  const std::uint16_t length = reader.u16();
  if (reader.u8() != icmpv6 || reader.u8() != 255) return std::nullopt;
  const IpAddress source = read_ip(reader, Family::v6);
  const IpAddress destination = read_ip(reader, Family::v6);
  const auto message = reader.bytes(length);
  if (!reader.ok() || destination != all_nodes) return std::nullopt;
  if (Checksum{}.add(message).add_pseudo_header(source, destination, icmpv6, length).value() != 0)
    return std::nullopt;
  Reader icmp(message);
  return read_advertisement(icmp, source);
}

std::optional<Announcement> decode_announcement(std::span<const std::uint8_t> frame) {
  if (const auto arp = decode_gratuitous_arp(frame)) return arp;
  return decode_neighbour_advertisement(frame);
}

}  // namespace net
