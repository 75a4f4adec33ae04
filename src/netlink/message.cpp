#include "netlink/message.hpp"

#include <algorithm>
#include <limits>

#include "netlink/attributes.hpp"
#include "netlink/route_message.hpp"

namespace netlink {

namespace {

using Content = decltype(Message::content);
using Parsed = std::expected<Content, Damage>;

// What the kind of an interface says of it.
void read_link_info(const Attribute& info, net::Interface& link) {
  std::uint32_t table = 0;
  AttributeReader attributes{info.value};
  for (Attribute attribute; attributes.next(attribute);) {
    if (attribute.type == link_attribute::info_kind) link.kind = attribute.text();
    if (attribute.type != link_attribute::info_data) continue;
    AttributeReader data{attribute.value};
    for (Attribute one; data.next(one);) {
      if (one.type == link_attribute::vrf_table) table = one.u32();
    }
  }
  if (link.kind == "vrf") link.vrf_table = table;
}

// Of the attribute that holds one for every address family, each of which holds what that family wants to say.
bool forwards_ipv6(const Attribute& families) {
  AttributeReader each{families.value};
  for (Attribute one; each.next(one);) {
    if (one.type != family::v6) continue;
    AttributeReader settings{one.value};
    for (Attribute setting; settings.next(setting);) {
      if (setting.type == link_attribute::v6_settings) return setting.u32() != 0;
    }
  }
  return false;
}

Parsed parse_link(std::uint16_t type, std::span<const std::uint8_t> body) {
  NativeReader reader{body};
  const std::uint8_t family = reader.u8();
  reader.u8();
  const std::uint16_t hardware = reader.u16();
  net::Interface link;
  link.index.value = reader.u32();
  const std::uint32_t flags = reader.u32();
  reader.u32();
  if (!reader.ok()) return std::unexpected(Damage::body);
  // A bridge speaks of its ports with the same types (family AF_BRIDGE); a port that leaves a bridge is not a
  // link that is gone.
  if (family != family::unspecified) return Other{};
  if (type == type::delete_link) return LinkGone{link.index};

  link.admin_up = (flags & link_flag::up) != 0;
  link.running = (flags & link_flag::running) != 0;
  link.loopback = (flags & link_flag::loopback) != 0;
  link.multicast = (flags & link_flag::multicast) != 0;
  link.arp = (flags & link_flag::no_arp) == 0;
  bool parent_elsewhere = false;
  AttributeReader attributes{reader.rest()};
  for (Attribute attribute; attributes.next(attribute);) {
    if (attribute.type == link_attribute::name) link.name = attribute.text();
    if (attribute.type == link_attribute::mtu) link.mtu = attribute.u32();
    if (attribute.type == link_attribute::parent) link.parent.value = attribute.u32();
    if (attribute.type == link_attribute::parent_namespace) parent_elsewhere = true;
    if (attribute.type == link_attribute::master) link.master.value = attribute.u32();
    if (attribute.type == link_attribute::alias) link.alias = attribute.text();
    if (attribute.type == link_attribute::group) link.group = attribute.u32();
    if (attribute.type == link_attribute::info) read_link_info(attribute, link);
    if (attribute.type == link_attribute::families) link.forwards_ipv6 = forwards_ipv6(attribute);
    if (attribute.type == link_attribute::mac && attribute.value.size() == link.mac.octets.size()) {
      std::copy(attribute.value.begin(), attribute.value.end(), link.mac.octets.begin());
      link.has_mac = hardware == hardware_ethernet;
    }
  }
  if (!attributes.ok()) return std::unexpected(Damage::attributes);
  if (link.name.empty()) return Other{};
  if (parent_elsewhere) link.parent = {};
  return LinkPresent{std::move(link)};
}

void read_flags(std::uint32_t flags, net::InterfaceAddress& into) {
  if (into.address.address.is_v6()) into.no_dad = (flags & address_flag::no_dad) != 0;
  into.home = (flags & address_flag::home) != 0;
  into.tentative = (flags & address_flag::tentative) != 0;
  into.manage_temporary = (flags & address_flag::manage_temporary) != 0;
  into.no_prefix_route = (flags & address_flag::no_prefix_route) != 0;
  into.multicast_autojoin = (flags & address_flag::multicast_autojoin) != 0;
}

Parsed parse_settings(std::span<const std::uint8_t> body) {
  NativeReader reader{body};
  const std::uint8_t family = reader.u8();
  reader.skip_padding(sizeof family);
  if (!reader.ok()) return std::unexpected(Damage::body);
  ForwardingChanged changed;
  bool forwarding_told = false;
  AttributeReader attributes{reader.rest()};
  for (Attribute attribute; attributes.next(attribute);) {
    if (attribute.type == settings_attribute::interface) changed.interface.value = attribute.u32();
    if (attribute.type != settings_attribute::forwarding) continue;
    changed.forwards_ipv6 = attribute.u32() != 0;
    forwarding_told = true;
  }
  if (!attributes.ok()) return std::unexpected(Damage::attributes);
  if (family != family::v6 || !forwarding_told) return Other{};
  return changed;
}

Parsed parse_address(std::uint16_t type, std::span<const std::uint8_t> body) {
  NativeReader reader{body};
  const std::uint8_t family_number = reader.u8();
  net::InterfaceAddress seen;
  seen.address.length = reader.u8();
  std::uint32_t flags = reader.u8();
  seen.scope = reader.u8();
  seen.interface.value = reader.u32();
  if (!reader.ok()) return std::unexpected(Damage::body);
  if (family_number != family::v4 && family_number != family::v6) return Other{};

  const net::Family family = family_of(family_number);
  std::optional<net::IpAddress> address;
  std::optional<net::IpAddress> local;
  bool sound = true;
  AttributeReader attributes{reader.rest()};
  for (Attribute attribute; attributes.next(attribute);) {
    switch (attribute.type) {
      case address_attribute::address:
        sound = read_ip(attribute, family, address.emplace()) && sound;
        break;
      case address_attribute::local:
        sound = read_ip(attribute, family, local.emplace()) && sound;
        break;
      case address_attribute::broadcast:
        sound = read_ip(attribute, family, seen.broadcast.emplace()) && sound;
        break;
      case address_attribute::label:
        seen.label = attribute.text();
        break;
      case address_attribute::flags:
        flags = attribute.u32();
        break;
      case address_attribute::cache_info:
        if (const std::uint32_t preferred = attribute.u32(); preferred != lifetime_for_ever) {
          seen.preferred_lifetime = preferred;
        }
        break;
      default:
        break;
    }
  }
  if (!attributes.ok() || !sound) return std::unexpected(Damage::attributes);
  if (!address && !local) return std::unexpected(Damage::attributes);
  if (seen.address.length > net::IpAddress::any(family).bits()) return std::unexpected(Damage::body);
  seen.address.address = local ? *local : *address;
  if (local && address && *local != *address) seen.peer = address;
  read_flags(flags, seen);
  if (type == type::delete_address) return AddressGone{std::move(seen)};
  return AddressPresent{std::move(seen)};
}

// The kernel says -errno; the one number that has no negative comes from somebody else.
std::int32_t errno_of(std::int32_t code) {
  return code == std::numeric_limits<std::int32_t>::min() ? std::numeric_limits<std::int32_t>::max() : -code;
}

// An error number, the request (or only its header), and then attributes, if the header's flags say so.
std::expected<Outcome, Damage> parse_outcome(std::uint16_t flags, std::span<const std::uint8_t> body) {
  NativeReader reader{body};
  Outcome outcome{errno_of(reader.i32()), {}};
  const std::uint32_t request_length = reader.u32();
  reader.bytes(header_size - sizeof request_length);
  if (!reader.ok() || outcome.code < 0) return std::unexpected(Damage::body);
  if ((flags & flag::has_attributes) == 0) return outcome;
  if ((flags & flag::capped) == 0) {
    if (request_length < header_size) return std::unexpected(Damage::body);
    reader.bytes(aligned(request_length) - header_size);
    if (!reader.ok()) return std::unexpected(Damage::body);
  }
  AttributeReader attributes{reader.rest()};
  for (Attribute attribute; attributes.next(attribute);) {
    if (attribute.type == ack_attribute::message) outcome.text = attribute.text();
  }
  if (!attributes.ok()) return std::unexpected(Damage::attributes);
  return outcome;
}

std::expected<DumpDone, Damage> parse_done(std::span<const std::uint8_t> body) {
  if (body.empty()) return DumpDone{};
  NativeReader reader{body};
  const std::int32_t code = reader.i32();
  if (!reader.ok()) return std::unexpected(Damage::body);
  return DumpDone{code < 0 ? errno_of(code) : 0};
}

Parsed parse(std::uint16_t type, std::uint16_t flags, std::span<const std::uint8_t> body) {
  switch (type) {
    case type::new_link:
    case type::delete_link:
      return parse_link(type, body);
    case type::new_settings:
      return parse_settings(body);
    case type::new_address:
    case type::delete_address:
      return parse_address(type, body);
    case type::new_route:
    case type::delete_route: {
      auto route = parse_route(body);
      if (!route) return std::unexpected(Damage::body);
      if (!*route) return Other{};
      if (type == type::delete_route) return RouteGone{std::move(**route)};
      return RoutePresent{std::move(**route), (flags & flag::replace) != 0};
    }
    case type::new_rule:
    case type::delete_rule: {
      auto rule = parse_rule(body);
      if (!rule) return std::unexpected(Damage::body);
      if (!*rule) return Other{};
      if (type == type::delete_rule) return RuleGone{std::move(**rule)};
      return RulePresent{std::move(**rule)};
    }
    case type::error: {
      auto outcome = parse_outcome(flags, body);
      if (!outcome) return std::unexpected(outcome.error());
      return std::move(*outcome);
    }
    case type::done: {
      const auto done = parse_done(body);
      if (!done) return std::unexpected(done.error());
      return *done;
    }
    case type::overrun:
      return Overrun{};
    default:
      return Other{};
  }
}

}  // namespace

std::expected<Outcome, Damage> read_outcome(std::uint16_t flags, std::span<const std::uint8_t> body) {
  return parse_outcome(flags, body);
}

std::expected<DumpDone, Damage> read_done(std::span<const std::uint8_t> body) { return parse_done(body); }

std::expected<Envelope, Damage> EnvelopeReader::next() {
  const std::uint32_t length = reader_.u32();
  Envelope envelope;
  envelope.type = reader_.u16();
  envelope.flags = reader_.u16();
  envelope.sequence = reader_.u32();
  reader_.u32();
  if (!reader_.ok() || length < header_size || length - header_size > reader_.remaining()) {
    const Damage damage = reader_.ok() ? Damage::length : Damage::header;
    give_up();
    return std::unexpected(damage);
  }
  envelope.body = reader_.bytes(length - header_size);
  reader_.skip_padding(length);
  return envelope;
}

std::expected<Message, Damage> MessageReader::next() {
  const auto envelope = reader_.next();
  if (!envelope) return std::unexpected(envelope.error());
  auto content = parse(envelope->type, envelope->flags, envelope->body);
  if (!content) {
    reader_.give_up();
    return std::unexpected(content.error());
  }
  Message message;
  message.type = envelope->type;
  message.sequence = envelope->sequence;
  message.dump_interrupted = (envelope->flags & flag::dump_interrupted) != 0;
  message.content = std::move(*content);
  return message;
}

}  // namespace netlink
