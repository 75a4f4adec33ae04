// The few numbers of netlink and rtnetlink that we speak (RFC 3549 for the format, the kernel's uapi for the
// values), here because this folder includes no system header. They are the kernel's binary interface and
// cannot change.
#pragma once

#include <cstddef>
#include <cstdint>

namespace netlink {

inline constexpr std::size_t header_size = 16;
inline constexpr std::size_t attribute_header_size = 4;

/// Everything in a netlink message starts at a multiple of four.
constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

namespace type {
inline constexpr std::uint16_t noop = 1;
inline constexpr std::uint16_t error = 2;  // also an acknowledgement: error 0
inline constexpr std::uint16_t done = 3;
inline constexpr std::uint16_t overrun = 4;
inline constexpr std::uint16_t new_link = 16;
inline constexpr std::uint16_t delete_link = 17;
inline constexpr std::uint16_t get_link = 18;
inline constexpr std::uint16_t new_address = 20;
inline constexpr std::uint16_t delete_address = 21;
inline constexpr std::uint16_t get_address = 22;
}  // namespace type

namespace flag {
inline constexpr std::uint16_t request = 0x001;
inline constexpr std::uint16_t multi = 0x002;
inline constexpr std::uint16_t ack = 0x004;
inline constexpr std::uint16_t dump_interrupted = 0x010;  // the tables changed meanwhile: dump again
inline constexpr std::uint16_t dump = 0x300;              // of a GET
inline constexpr std::uint16_t exclusive = 0x200;         // of a NEW
inline constexpr std::uint16_t create = 0x400;            // of a NEW
inline constexpr std::uint16_t capped =
    0x100;  // of an acknowledgement: only the header of the request is repeated
inline constexpr std::uint16_t has_attributes = 0x200;  // of an acknowledgement: extended ones follow
}  // namespace flag

namespace family {
inline constexpr std::uint8_t unspecified = 0;
inline constexpr std::uint8_t v4 = 2;
inline constexpr std::uint8_t v6 = 10;
}  // namespace family

/// Attributes of an acknowledgement.
namespace ack_attribute {
inline constexpr std::uint16_t message = 1;
}  // namespace ack_attribute

namespace link_attribute {
inline constexpr std::uint16_t mac = 1;
inline constexpr std::uint16_t name = 3;
inline constexpr std::uint16_t mtu = 4;
inline constexpr std::uint16_t parent = 5;
inline constexpr std::uint16_t info = 18;
inline constexpr std::uint16_t extension_mask = 29;
inline constexpr std::uint16_t info_kind = 1;
inline constexpr std::uint16_t info_data = 2;
inline constexpr std::uint16_t macvlan_mode = 1;
inline constexpr std::uint16_t veth_peer = 1;
}  // namespace link_attribute

inline constexpr std::uint32_t extension_skip_statistics = 1 << 3;
inline constexpr std::uint32_t macvlan_private = 1;
inline constexpr std::uint16_t hardware_ethernet = 1;

namespace link_flag {
inline constexpr std::uint32_t up = 0x1;
inline constexpr std::uint32_t loopback = 0x8;
inline constexpr std::uint32_t running = 0x40;
inline constexpr std::uint32_t no_arp = 0x80;
inline constexpr std::uint32_t multicast = 0x1000;
}  // namespace link_flag

namespace address_attribute {
inline constexpr std::uint16_t address = 1;  // the peer, if there is one
inline constexpr std::uint16_t local = 2;
inline constexpr std::uint16_t label = 3;
inline constexpr std::uint16_t broadcast = 4;
inline constexpr std::uint16_t cache_info = 6;
inline constexpr std::uint16_t flags = 8;
inline constexpr std::uint16_t protocol = 11;
}  // namespace address_attribute

namespace address_flag {
inline constexpr std::uint32_t no_dad = 0x02;
inline constexpr std::uint32_t home = 0x10;
inline constexpr std::uint32_t tentative = 0x40;
inline constexpr std::uint32_t manage_temporary = 0x100;
inline constexpr std::uint32_t no_prefix_route = 0x200;
inline constexpr std::uint32_t multicast_autojoin = 0x400;
}  // namespace address_flag

/// Who made an address, a route or a rule; `ip` prints 18 as "keepalived", and tools look for it.
inline constexpr std::uint8_t our_protocol = 18;
inline constexpr std::uint32_t lifetime_for_ever = 0xffffffff;

}  // namespace netlink
