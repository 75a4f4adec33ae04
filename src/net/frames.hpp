// The two frames that tell a segment where an address lives now: gratuitous ARP (RFC 5227, section 3) and the
// unsolicited neighbour advertisement (RFC 4861, section 7.2.6), complete from the destination MAC on.
// Ethernet addresses only. The decoders are as strict as a host that would learn from the frame.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "net/ip_address.hpp"

namespace net {

/// "`address` is at `mac`", to everybody.
struct Announcement {
  IpAddress address;
  MacAddress mac;
  bool router = false;  // IPv6: the sender forwards packets

  friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// The request form: ARP opcode 1, sender and target are the address, the target hardware address is all
/// ones. IPv4 only.
std::vector<std::uint8_t> gratuitous_arp(const MacAddress& mac, const IpAddress& address);
/// To all nodes, with the Override flag. IPv6 only.
std::vector<std::uint8_t> neighbour_advertisement(const MacAddress& mac, const IpAddress& address,
                                                  bool router);
/// Whichever of the two the family of the address needs.
std::vector<std::uint8_t> announcement_frame(const Announcement& announcement);

/// A multicast packet as a frame: the group's MAC address (RFC 1112 section 6.4, RFC 2464 section 7), the one it comes from, and the
/// packet, which has its IP header already (IPv4) or is given one (IPv6).
struct MulticastPacket {
  IpAddress source, group;
  std::uint8_t hop_limit = 255;
  std::uint8_t protocol = 0;
  std::uint8_t traffic_class = 0;
  std::span<const std::uint8_t> bytes;
};
std::vector<std::uint8_t> multicast_frame(const MacAddress& from, const MulticastPacket& packet);

/// Empty unless the frame is a gratuitous ARP (request or reply); trailing Ethernet padding is allowed.
std::optional<Announcement> decode_gratuitous_arp(std::span<const std::uint8_t> frame);
/// Empty unless the frame is an unsolicited advertisement to all nodes that overrides what its readers know.
std::optional<Announcement> decode_neighbour_advertisement(std::span<const std::uint8_t> frame);
/// Either of the two.
std::optional<Announcement> decode_announcement(std::span<const std::uint8_t> frame);

}  // namespace net
