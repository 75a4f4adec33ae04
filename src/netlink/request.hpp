// What we ask of the kernel over rtnetlink, as bytes: each function appends one complete message to `into`,
// so that many can leave in one system call. Sequence numbers are the caller's; answers carry them
// (message.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/interface.hpp"
#include "net/virtual_link.hpp"
#include "netlink/constants.hpp"

namespace netlink {

using Buffer = std::vector<std::uint8_t>;

/// Whether the kernel shall also answer a request that went well. Errors are always answered.
enum class Acknowledge : bool { errors_only, always };

void append_add_address(Buffer& into, std::uint32_t sequence, const net::InterfaceAddress& address,
                        Acknowledge acknowledge);
/// Whatever the label: the kernel looks at interface, address, prefix length and peer.
void append_remove_address(Buffer& into, std::uint32_t sequence, const net::InterfaceAddress& address,
                           Acknowledge acknowledge);

void append_dump_links(Buffer& into, std::uint32_t sequence);
void append_dump_addresses(Buffer& into, std::uint32_t sequence);  // of both families
void append_get_link(Buffer& into, std::uint32_t sequence, const std::string& name);

/// A link to be made. `kind` as the kernel names it: "dummy", "veth", "macvlan", "bridge".
struct NewLink {
  std::string name;
  std::string kind;
  std::string peer;            // veth: the name of the other end, which stays down
  net::InterfaceIndex parent;  // macvlan: what it sits on
  std::uint32_t macvlan_mode = macvlan_private;
  std::optional<net::MacAddress> mac;
  bool up = false;
  std::uint32_t group = 0;
  net::VirtualLink::Isolation isolation = net::VirtualLink::Isolation::bridge;  // ipvlan
};
void append_add_link(Buffer& into, std::uint32_t sequence, const NewLink& link);
/// What a new link cannot be given with its making: whose it is, its VRF, and that the kernel invents no IPv6 address for it.
void append_dress_link(Buffer& into, std::uint32_t sequence, const std::string& name,
                       const std::string& alias, net::InterfaceIndex master);
void append_set_link_up(Buffer& into, std::uint32_t sequence, net::InterfaceIndex link, bool up);
/// Also to make the kernel speak of the link: it says so whatever the group was.
void append_set_link_group(Buffer& into, std::uint32_t sequence, net::InterfaceIndex link,
                           std::uint32_t group);
void append_delete_link(Buffer& into, std::uint32_t sequence, net::InterfaceIndex link);

}  // namespace netlink
