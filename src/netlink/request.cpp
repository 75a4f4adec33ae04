#include "netlink/request.hpp"

#include "netlink/attributes.hpp"
#include "netlink/native.hpp"

namespace netlink {

namespace {

constexpr std::uint16_t nested = 0x8000;

std::uint32_t address_flags(const net::InterfaceAddress& address) {
  std::uint32_t flags = 0;
  const auto set = [&](bool wanted, std::uint32_t bit) { flags |= wanted ? bit : 0; };
  const bool v6 = address.address.address.is_v6();
  set(address.no_prefix_route, address_flag::no_prefix_route);
  set(address.multicast_autojoin, address_flag::multicast_autojoin);
  set(v6 && address.no_dad, address_flag::no_dad);
  set(v6 && address.home, address_flag::home);
  set(v6 && address.manage_temporary, address_flag::manage_temporary);
  return flags;
}

void address_head(MessageWriter& message, const net::InterfaceAddress& address, std::uint32_t flags) {
  const net::Prefix& prefix = address.address;
  message.u8(family_number(prefix.address.family))
      .u8(prefix.length)
      .u8(static_cast<std::uint8_t>(flags))  // the low byte; all of them follow as an attribute
      .u8(address.scope)
      .u32(address.interface.value)
      .attribute(address_attribute::local, prefix.address.bytes())
      .attribute(address_attribute::address, address.peer ? address.peer->bytes() : prefix.address.bytes());
}

void link_head(MessageWriter& message, net::InterfaceIndex index, std::uint32_t flags, std::uint32_t change) {
  message.u8(family::unspecified).u8(0).u16(0).u32(index.value).u32(flags).u32(change);
}

}  // namespace

void append_add_address(Buffer& into, std::uint32_t sequence, const net::InterfaceAddress& address,
                        Acknowledge acknowledge) {
  constexpr std::uint16_t flags = flag::request | flag::create | flag::exclusive;
  MessageWriter message{into, type::new_address, with_ack(flags, acknowledge), sequence};
  const std::uint32_t wanted = address_flags(address);
  address_head(message, address, wanted);
  if (address.address.address.is_v4()) {
    if (!address.label.empty()) message.attribute_text(address_attribute::label, address.label);
    if (address.broadcast) message.attribute(address_attribute::broadcast, address.broadcast->bytes());
  }
  if (wanted > 0xff) message.attribute_u32(address_attribute::flags, wanted);
  if (address.preferred_lifetime) {
    // preferred, valid, created, updated: the address stays valid for ever, it only stops being anybody's
    // first choice.
    Buffer cache_info;
    for (const std::uint32_t value : {*address.preferred_lifetime, lifetime_for_ever, 0U, 0U}) {
      std::uint8_t bytes[sizeof value];
      std::memcpy(bytes, &value, sizeof value);
      cache_info.insert(cache_info.end(), bytes, bytes + sizeof value);
    }
    message.attribute(address_attribute::cache_info, cache_info);
  }
  message.attribute_u8(address_attribute::protocol, our_protocol);
}

void append_remove_address(Buffer& into, std::uint32_t sequence, const net::InterfaceAddress& address,
                           Acknowledge acknowledge) {
  MessageWriter message{into, type::delete_address, with_ack(flag::request, acknowledge), sequence};
  address_head(message, address,
               0);  // without the label: somebody else's of the same address is in our way too
}

void append_dump_links(Buffer& into, std::uint32_t sequence) {
  MessageWriter message{into, type::get_link, flag::request | flag::dump, sequence};
  link_head(message, {}, 0, 0);
  message.attribute_u32(link_attribute::extension_mask, extension_skip_statistics);
}

void append_dump_addresses(Buffer& into, std::uint32_t sequence) {
  MessageWriter message{into, type::get_address, flag::request | flag::dump, sequence};
  message.u8(family::unspecified).u8(0).u8(0).u8(0).u32(0);
}

void append_get_link(Buffer& into, std::uint32_t sequence, const std::string& name) {
  MessageWriter message{into, type::get_link, flag::request, sequence};
  link_head(message, {}, 0, 0);
  message.attribute_text(link_attribute::name, name);
}

void append_add_link(Buffer& into, std::uint32_t sequence, const NewLink& link) {
  constexpr std::uint16_t flags = flag::request | flag::create | flag::exclusive | flag::ack;
  MessageWriter message{into, type::new_link, flags, sequence};
  const std::uint32_t up = link.up ? link_flag::up : 0;
  link_head(message, {}, up, up);
  message.attribute_text(link_attribute::name, link.name);
  if (link.mac) message.attribute(link_attribute::mac, link.mac->octets);
  if (link.parent.value != 0) message.attribute_u32(link_attribute::parent, link.parent.value);
  if (link.group != 0) message.attribute_u32(link_attribute::group, link.group);
  const std::size_t info = message.begin_nest(link_attribute::info | nested);
  message.attribute_text(link_attribute::info_kind, link.kind);
  if (!link.peer.empty() || link.kind == "macvlan" || link.kind == "ipvlan") {
    const std::size_t data = message.begin_nest(link_attribute::info_data | nested);
    if (link.kind == "ipvlan") {
      message.attribute_u16(link_attribute::ipvlan_mode, ipvlan_l2);
      message.attribute_u16(link_attribute::ipvlan_flags, static_cast<std::uint16_t>(link.isolation));
    } else if (link.peer.empty()) {
      message.attribute_u32(link_attribute::macvlan_mode, link.macvlan_mode);
    } else {
      const std::size_t peer = message.begin_nest(link_attribute::veth_peer | nested);
      link_head(message, {}, 0, 0);  // up comes later: an end without the other cannot be
      message.attribute_text(link_attribute::name, link.peer);
      message.end_nest(peer);
    }
    message.end_nest(data);
  }
  message.end_nest(info);
}

void append_dress_link(Buffer& into, std::uint32_t sequence, const std::string& name,
                       const std::string& alias, net::InterfaceIndex master) {
  MessageWriter message{into, type::new_link, flag::request | flag::ack, sequence};
  link_head(message, {}, 0, 0);
  message.attribute_text(link_attribute::name, name);
  message.attribute_text(link_attribute::alias, alias);
  if (master.value != 0) message.attribute_u32(link_attribute::master, master.value);
  const std::size_t families = message.begin_nest(link_attribute::families | nested);
  const std::size_t v6 = message.begin_nest(family::v6 | nested);
  message.attribute_u8(link_attribute::v6_address_generation, generate_no_address);
  message.end_nest(v6);
  message.end_nest(families);
}

void append_set_link_up(Buffer& into, std::uint32_t sequence, net::InterfaceIndex link, bool up) {
  MessageWriter message{into, type::new_link, flag::request | flag::ack, sequence};
  link_head(message, link, up ? link_flag::up : 0, link_flag::up);
}

void append_set_link_group(Buffer& into, std::uint32_t sequence, net::InterfaceIndex link,
                           std::uint32_t group) {
  MessageWriter message{into, type::new_link, flag::request | flag::ack, sequence};
  link_head(message, link, 0, 0);
  message.attribute_u32(link_attribute::group, group);
}

void append_delete_link(Buffer& into, std::uint32_t sequence, net::InterfaceIndex link) {
  MessageWriter message{into, type::delete_link, flag::request | flag::ack, sequence};
  link_head(message, link, 0, 0);
}

}  // namespace netlink
