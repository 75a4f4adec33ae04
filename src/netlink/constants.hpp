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
inline constexpr std::uint16_t new_route = 24;
inline constexpr std::uint16_t delete_route = 25;
inline constexpr std::uint16_t get_route = 26;
inline constexpr std::uint16_t new_rule = 32;
inline constexpr std::uint16_t delete_rule = 33;
inline constexpr std::uint16_t get_rule = 34;
inline constexpr std::uint16_t new_settings = 80;  // of an interface: RTM_NEWNETCONF
}  // namespace type

namespace flag {
inline constexpr std::uint16_t request = 0x001;
inline constexpr std::uint16_t multi = 0x002;
inline constexpr std::uint16_t ack = 0x004;
inline constexpr std::uint16_t dump_interrupted = 0x010;  // the tables changed meanwhile: dump again
inline constexpr std::uint16_t dump = 0x300;              // of a GET
inline constexpr std::uint16_t replace = 0x100;           // of a NEW; heard: it took the place of another
inline constexpr std::uint16_t exclusive = 0x200;         // of a NEW
inline constexpr std::uint16_t create = 0x400;            // of a NEW
inline constexpr std::uint16_t append = 0x800;            // of a NEW: after those that match the same
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
inline constexpr std::uint16_t master = 10;
inline constexpr std::uint16_t info = 18;
inline constexpr std::uint16_t alias = 20;
inline constexpr std::uint16_t families = 26;
inline constexpr std::uint16_t group = 27;
inline constexpr std::uint16_t extension_mask = 29;
inline constexpr std::uint16_t parent_namespace = 37;
inline constexpr std::uint16_t info_kind = 1;
inline constexpr std::uint16_t info_data = 2;
inline constexpr std::uint16_t macvlan_mode = 1;
inline constexpr std::uint16_t veth_peer = 1;
inline constexpr std::uint16_t vrf_table = 1;
inline constexpr std::uint16_t ipvlan_mode = 1;
inline constexpr std::uint16_t ipvlan_flags = 2;
inline constexpr std::uint16_t v6_address_generation = 8;  // inside of families, inside of IPv6
inline constexpr std::uint16_t v6_settings = 2;            // the same: numbers, that of forwarding first
}  // namespace link_attribute

/// Attributes of new_settings.
namespace settings_attribute {
inline constexpr std::uint16_t interface = 1;
inline constexpr std::uint16_t forwarding = 2;
}  // namespace settings_attribute

inline constexpr std::uint32_t extension_skip_statistics = 1 << 3;
inline constexpr std::uint32_t macvlan_private = 1;
inline constexpr std::uint16_t ipvlan_l2 = 0;
inline constexpr std::uint8_t generate_no_address = 1;
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

namespace route_attribute {
inline constexpr std::uint16_t destination = 1;
inline constexpr std::uint16_t source = 2;  // a prefix
inline constexpr std::uint16_t output_interface = 4;
inline constexpr std::uint16_t gateway = 5;
inline constexpr std::uint16_t priority = 6;
inline constexpr std::uint16_t preferred_source = 7;
inline constexpr std::uint16_t metrics = 8;
inline constexpr std::uint16_t multipath = 9;
inline constexpr std::uint16_t realms = 11;
inline constexpr std::uint16_t table = 15;
inline constexpr std::uint16_t preference = 20;
inline constexpr std::uint16_t encapsulation_type = 21;
inline constexpr std::uint16_t encapsulation = 22;
inline constexpr std::uint16_t expires = 23;
inline constexpr std::uint16_t ttl_propagate = 26;
}  // namespace route_attribute

inline constexpr std::uint8_t next_hop_on_link = 4;  // of a next hop, and of a route with one
inline constexpr std::uint32_t route_cloned =
    0x200;  // made by the kernel for its cache: not a route of anybody
inline constexpr std::uint32_t largest_short_table = 255;  // what fits the header
inline constexpr std::uint8_t scope_anything = 255;        // in a removal

namespace route_metric {
inline constexpr std::uint16_t lock = 1;
inline constexpr std::uint16_t mtu = 2;
inline constexpr std::uint16_t window = 3;
inline constexpr std::uint16_t round_trip_time = 4;
inline constexpr std::uint16_t round_trip_variance = 5;
inline constexpr std::uint16_t slow_start_threshold = 6;
inline constexpr std::uint16_t congestion_window = 7;
inline constexpr std::uint16_t advertised_mss = 8;
inline constexpr std::uint16_t reordering = 9;
inline constexpr std::uint16_t hop_limit = 10;
inline constexpr std::uint16_t initial_congestion_window = 11;
inline constexpr std::uint16_t features = 12;
inline constexpr std::uint16_t least_retransmit_timeout = 13;
inline constexpr std::uint16_t initial_receive_window = 14;
inline constexpr std::uint16_t quick_ack = 15;
inline constexpr std::uint16_t congestion_control = 16;
inline constexpr std::uint16_t fast_open_no_cookie = 17;
}  // namespace route_metric

inline constexpr std::uint32_t feature_ecn = 1;

/// Kinds of `encap`, and the attributes of each.
namespace tunnel {
inline constexpr std::uint16_t mpls = 1;
inline constexpr std::uint16_t ip = 2;
inline constexpr std::uint16_t ila = 3;
inline constexpr std::uint16_t ip6 = 4;
inline constexpr std::uint16_t id = 1;
inline constexpr std::uint16_t destination = 2;
inline constexpr std::uint16_t source = 3;
inline constexpr std::uint16_t hop_limit = 4;  // of both kinds
inline constexpr std::uint16_t traffic_class = 5;
inline constexpr std::uint16_t flags = 6;
inline constexpr std::uint16_t mpls_labels = 1;
inline constexpr std::uint16_t ila_locator = 1;
}  // namespace tunnel

namespace rule_attribute {
inline constexpr std::uint16_t to = 1;
inline constexpr std::uint16_t from = 2;
inline constexpr std::uint16_t input_interface = 3;
inline constexpr std::uint16_t goto_target = 4;
inline constexpr std::uint16_t preference = 6;
inline constexpr std::uint16_t mark = 10;
inline constexpr std::uint16_t realms = 11;
inline constexpr std::uint16_t tunnel_id = 12;
inline constexpr std::uint16_t suppress_interface_group = 13;
inline constexpr std::uint16_t suppress_prefix_length = 14;
inline constexpr std::uint16_t table = 15;
inline constexpr std::uint16_t mark_mask = 16;
inline constexpr std::uint16_t output_interface = 17;
inline constexpr std::uint16_t l3mdev = 19;
inline constexpr std::uint16_t users = 20;
inline constexpr std::uint16_t protocol = 21;
inline constexpr std::uint16_t ip_protocol = 22;
inline constexpr std::uint16_t source_ports = 23;
inline constexpr std::uint16_t destination_ports = 24;
}  // namespace rule_attribute

inline constexpr std::uint32_t rule_inverted = 2;
inline constexpr std::uint32_t suppress_nothing = 0xffffffff;

/// Who made an address, a route or a rule; `ip` prints 18 as "keepalived", and tools look for it.
inline constexpr std::uint8_t our_protocol = 18;
inline constexpr std::uint32_t lifetime_for_ever = 0xffffffff;

}  // namespace netlink
