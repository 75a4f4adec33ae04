// The numbers of generic netlink and of IPVS (the kernel's <linux/genetlink.h> and <linux/ip_vs.h>). They cannot change.
#pragma once

#include <cstdint>

namespace netlink::ipvs {

inline constexpr std::uint16_t control_family = 0x10;  // of generic netlink itself
inline constexpr std::uint8_t control_new_family = 1;
inline constexpr std::uint8_t control_get_family = 3;
inline constexpr std::uint16_t control_family_id = 1;
inline constexpr std::uint16_t control_family_name = 2;

inline constexpr std::uint8_t version = 1;

namespace verb {
inline constexpr std::uint8_t new_service = 1;
inline constexpr std::uint8_t set_service = 2;
inline constexpr std::uint8_t delete_service = 3;
inline constexpr std::uint8_t get_service = 4;
inline constexpr std::uint8_t new_destination = 5;
inline constexpr std::uint8_t set_destination = 6;
inline constexpr std::uint8_t delete_destination = 7;
inline constexpr std::uint8_t get_destination = 8;
inline constexpr std::uint8_t new_daemon = 9;
inline constexpr std::uint8_t delete_daemon = 10;
inline constexpr std::uint8_t get_daemon = 11;
inline constexpr std::uint8_t set_config = 12;
inline constexpr std::uint8_t get_config = 13;
inline constexpr std::uint8_t set_info = 14;
inline constexpr std::uint8_t get_info = 15;
inline constexpr std::uint8_t flush = 17;
}  // namespace verb

namespace attribute {
inline constexpr std::uint16_t service = 1;
inline constexpr std::uint16_t destination = 2;
inline constexpr std::uint16_t daemon = 3;
inline constexpr std::uint16_t timeout_tcp = 4;
inline constexpr std::uint16_t timeout_tcp_fin = 5;
inline constexpr std::uint16_t timeout_udp = 6;
}  // namespace attribute

namespace service_attribute {
inline constexpr std::uint16_t family = 1;
inline constexpr std::uint16_t protocol = 2;
inline constexpr std::uint16_t address = 3;
inline constexpr std::uint16_t port = 4;
inline constexpr std::uint16_t mark = 5;
inline constexpr std::uint16_t scheduler = 6;
inline constexpr std::uint16_t flags = 7;
inline constexpr std::uint16_t timeout = 8;
inline constexpr std::uint16_t netmask = 9;
inline constexpr std::uint16_t statistics = 10;
inline constexpr std::uint16_t persistence_engine = 11;
inline constexpr std::uint16_t statistics_64 = 12;
}  // namespace service_attribute

namespace service_flag {
inline constexpr std::uint32_t persistent = 0x01;
inline constexpr std::uint32_t one_packet = 0x04;
inline constexpr std::uint32_t scheduler_1 = 0x08;
inline constexpr std::uint32_t scheduler_2 = 0x10;
inline constexpr std::uint32_t scheduler_3 = 0x20;
}  // namespace service_flag

namespace destination_attribute {
inline constexpr std::uint16_t address = 1;
inline constexpr std::uint16_t port = 2;
inline constexpr std::uint16_t method = 3;
inline constexpr std::uint16_t weight = 4;
inline constexpr std::uint16_t upper_threshold = 5;
inline constexpr std::uint16_t lower_threshold = 6;
inline constexpr std::uint16_t active = 7;
inline constexpr std::uint16_t inactive = 8;
inline constexpr std::uint16_t persistent = 9;
inline constexpr std::uint16_t statistics = 10;
inline constexpr std::uint16_t family = 11;
inline constexpr std::uint16_t statistics_64 = 12;
inline constexpr std::uint16_t tunnel_type = 13;
inline constexpr std::uint16_t tunnel_port = 14;
inline constexpr std::uint16_t tunnel_flags = 15;
}  // namespace destination_attribute

inline constexpr std::uint32_t method_mask = 0x7;

namespace daemon_attribute {
inline constexpr std::uint16_t role = 1;
inline constexpr std::uint16_t interface = 2;
inline constexpr std::uint16_t id = 3;
inline constexpr std::uint16_t max_length = 4;
inline constexpr std::uint16_t group_v4 = 5;
inline constexpr std::uint16_t group_v6 = 6;
inline constexpr std::uint16_t port = 7;
inline constexpr std::uint16_t ttl = 8;
}  // namespace daemon_attribute

namespace info_attribute {
inline constexpr std::uint16_t version = 1;
inline constexpr std::uint16_t connection_table_size = 2;
}  // namespace info_attribute

}  // namespace netlink::ipvs
