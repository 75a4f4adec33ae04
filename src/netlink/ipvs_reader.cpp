// What the kernel's IPVS says. Nothing in it is believed to have the size it should have.
#include <algorithm>
#include <utility>

#include "netlink/attributes.hpp"
#include "netlink/ipvs.hpp"
#include "netlink/ipvs_constants.hpp"

namespace netlink::ipvs {

using net::ipvs::ListedDestination;
using net::ipvs::ListedService;
using net::ipvs::ServiceKey;
using net::ipvs::Statistics;

namespace {

using Content = decltype(Message::content);
using Parsed = std::expected<Content, Damage>;

std::optional<net::Family> family_named(std::uint16_t number) {
  if (number == family::v4) return net::Family::v4;
  if (number == family::v6) return net::Family::v6;
  return std::nullopt;
}

std::uint16_t port_of(const Attribute& one) {
  return one.value.size() < 2 ? std::uint16_t{0}
                              : static_cast<std::uint16_t>(one.value[0] << 8 | one.value[1]);
}

// Sixteen octets, of which IPv4 uses four; the rest need not be zero in what we hear.
bool read_address(const Attribute& one, net::Family family, net::IpAddress& into) {
  into = net::IpAddress::any(family);
  if (one.value.size() < into.size()) return false;
  std::copy_n(one.value.begin(), into.size(), into.octets.begin());
  return true;
}

std::uint64_t number(const Attribute& one) {
  return one.value.size() >= sizeof(std::uint64_t) ? one.u64() : one.u32();
}

// The same attributes with 32 bits and with 64.
bool read_statistics(const Attribute& nest, Statistics& into) {
  std::uint64_t* const fields[] = {&into.connections,
                                   &into.packets_in,
                                   &into.packets_out,
                                   &into.octets_in,
                                   &into.octets_out,
                                   &into.connections_per_second,
                                   &into.packets_in_per_second,
                                   &into.packets_out_per_second,
                                   &into.octets_in_per_second,
                                   &into.octets_out_per_second};
  AttributeReader attributes{nest.value};
  for (Attribute one; attributes.next(one);) {
    if (one.type >= 1 && one.type <= std::size(fields)) *fields[one.type - 1] = number(one);
  }
  return attributes.ok();
}

void read_flags(const Attribute& one, net::ipvs::ServiceSettings& into) {
  const std::uint32_t flags = one.u32();
  into.persistent = (flags & service_flag::persistent) != 0;
  into.one_packet = (flags & service_flag::one_packet) != 0;
  into.flag_1 = (flags & service_flag::scheduler_1) != 0;
  into.flag_2 = (flags & service_flag::scheduler_2) != 0;
  into.flag_3 = (flags & service_flag::scheduler_3) != 0;
}

std::optional<std::uint8_t> mask_length(const Attribute& one, net::Family family) {
  std::uint32_t length = one.u32();
  if (family == net::Family::v4) {
    length = 0;
    for (const std::uint8_t octet : one.value.first(std::min<std::size_t>(one.value.size(), 4)))
      length += static_cast<std::uint32_t>(__builtin_popcount(octet));
  }
  const std::uint32_t all = family == net::Family::v4 ? 32 : 128;
  return length >= all ? std::nullopt : std::optional(static_cast<std::uint8_t>(length));
}

Parsed read_service(const Attribute& nest) {
  ListedService service;
  ServiceKey& key = service.key;
  Attribute address, netmask;
  std::optional<net::Family> family;
  AttributeReader attributes{nest.value};
  bool whole = true;
  for (Attribute one; attributes.next(one);) {
    if (one.type == service_attribute::family) family = family_named(one.u16());
    if (one.type == service_attribute::protocol)
      key.protocol = static_cast<net::ipvs::Protocol>(static_cast<std::uint8_t>(one.u16()));
    if (one.type == service_attribute::address) address = one;
    if (one.type == service_attribute::port) key.endpoint.port = port_of(one);
    if (one.type == service_attribute::mark) key.mark = one.u32();
    if (one.type == service_attribute::scheduler) service.settings.scheduler = one.text();
    if (one.type == service_attribute::flags) read_flags(one, service.settings);
    if (one.type == service_attribute::timeout) service.settings.timeout_seconds = one.u32();
    if (one.type == service_attribute::netmask) netmask = one;
    if (one.type == service_attribute::persistence_engine) service.settings.persistence_engine = one.text();
    if (one.type == service_attribute::statistics || one.type == service_attribute::statistics_64)
      whole = read_statistics(one, service.statistics) && whole;
  }
  if (!attributes.ok() || !whole) return std::unexpected(Damage::attributes);
  if (!family) return std::unexpected(Damage::body);
  if (key.mark != 0) {
    key = ServiceKey::of_mark(key.mark, *family);
  } else {
    key.family = *family;
    if (!read_address(address, *family, key.endpoint.address)) return std::unexpected(Damage::body);
  }
  service.settings.mask_length = mask_length(netmask, *family);
  return ServicePresent{std::move(service)};
}

Parsed read_destination(const Attribute& nest) {
  ListedDestination listed;
  net::ipvs::Destination& destination = listed.destination;
  Attribute address;
  std::optional<net::Family> family;
  AttributeReader attributes{nest.value};
  bool whole = true;
  for (Attribute one; attributes.next(one);) {
    namespace a = destination_attribute;
    net::ipvs::Forwarding& forwarding = destination.forwarding;
    if (one.type == a::family) family = family_named(one.u16());
    if (one.type == a::address) address = one;
    if (one.type == a::port) destination.endpoint.port = port_of(one);
    if (one.type == a::method) forwarding.method = static_cast<net::ipvs::Method>(one.u32() & method_mask);
    if (one.type == a::weight) destination.weight = one.u32();
    if (one.type == a::upper_threshold) destination.upper_threshold = one.u32();
    if (one.type == a::lower_threshold) destination.lower_threshold = one.u32();
    if (one.type == a::active) listed.active = one.u32();
    if (one.type == a::inactive) listed.inactive = one.u32();
    if (one.type == a::persistent) listed.persistent = one.u32();
    if (one.type == a::tunnel_type) forwarding.tunnel = static_cast<net::ipvs::TunnelType>(one.u8());
    if (one.type == a::tunnel_port) forwarding.tunnel_port = port_of(one);
    if (one.type == a::tunnel_flags)
      forwarding.checksum = static_cast<net::ipvs::TunnelChecksum>(static_cast<std::uint8_t>(one.u16()));
    if (one.type == a::statistics || one.type == a::statistics_64)
      whole = read_statistics(one, listed.statistics) && whole;
  }
  if (!attributes.ok() || !whole) return std::unexpected(Damage::attributes);
  if (!family || !read_address(address, *family, destination.endpoint.address))
    return std::unexpected(Damage::body);
  return DestinationPresent{std::move(listed)};
}

Parsed read_daemon(const Attribute& nest) {
  net::ipvs::Daemon daemon;
  AttributeReader attributes{nest.value};
  for (Attribute one; attributes.next(one);) {
    namespace a = daemon_attribute;
    net::IpAddress group;
    if (one.type == a::role)
      daemon.role = static_cast<net::ipvs::DaemonRole>(static_cast<std::uint8_t>(one.u32()));
    if (one.type == a::interface) daemon.interface = one.text();
    if (one.type == a::id) daemon.id = static_cast<std::uint8_t>(one.u32());
    if (one.type == a::max_length) daemon.max_length = one.u16();
    if (one.type == a::port) daemon.port = one.u16();
    if (one.type == a::ttl) daemon.ttl = one.u8();
    if (one.type == a::group_v4 && read_address(one, net::Family::v4, group)) daemon.group = group;
    if (one.type == a::group_v6 && read_address(one, net::Family::v6, group)) daemon.group = group;
  }
  if (!attributes.ok()) return std::unexpected(Damage::attributes);
  return DaemonPresent{std::move(daemon)};
}

Parsed read_family(AttributeReader attributes) {
  FamilyFound found;
  for (Attribute one; attributes.next(one);) {
    if (one.type == control_family_id) found.id = one.u16();
  }
  if (!attributes.ok()) return std::unexpected(Damage::attributes);
  if (found.id == 0) return std::unexpected(Damage::body);
  return found;
}

Parsed read_timeouts(AttributeReader attributes) {
  TimeoutsPresent present;
  for (Attribute one; attributes.next(one);) {
    if (one.type == attribute::timeout_tcp) present.timeouts.tcp = one.u32();
    if (one.type == attribute::timeout_tcp_fin) present.timeouts.tcp_fin = one.u32();
    if (one.type == attribute::timeout_udp) present.timeouts.udp = one.u32();
  }
  if (!attributes.ok()) return std::unexpected(Damage::attributes);
  return present;
}

Parsed read_info(AttributeReader attributes) {
  InfoPresent present;
  for (Attribute one; attributes.next(one);) {
    if (one.type == info_attribute::version) present.version = one.u32();
    if (one.type == info_attribute::connection_table_size) present.connection_table_size = one.u32();
  }
  if (!attributes.ok()) return std::unexpected(Damage::attributes);
  return present;
}

Parsed read_nest(AttributeReader attributes, std::uint16_t type, Parsed (*read)(const Attribute&)) {
  Parsed result = Other{};
  for (Attribute one; attributes.next(one);) {
    if (one.type == type) result = read(one);
    if (!result) return result;
  }
  if (!attributes.ok()) return std::unexpected(Damage::attributes);
  return result;
}

Parsed read(const Envelope& envelope) {
  if (envelope.type == type::error) {
    auto outcome = read_outcome(envelope.flags, envelope.body);
    if (!outcome) return std::unexpected(outcome.error());
    return std::move(*outcome);
  }
  if (envelope.type == type::done) {
    const auto done = read_done(envelope.body);
    if (!done) return std::unexpected(done.error());
    return *done;
  }
  if (envelope.type == type::overrun) return Overrun{};
  if (envelope.type < control_family) return Other{};
  NativeReader reader{envelope.body};
  const std::uint8_t said = reader.u8();
  reader.u8();
  reader.u16();
  if (!reader.ok()) return std::unexpected(Damage::body);
  const AttributeReader attributes{reader.rest()};
  if (envelope.type == control_family)
    return said == control_new_family ? read_family(attributes) : Parsed(Other{});
  switch (said) {
    case verb::new_service:
      return read_nest(attributes, attribute::service, read_service);
    case verb::new_destination:
      return read_nest(attributes, attribute::destination, read_destination);
    case verb::new_daemon:
      return read_nest(attributes, attribute::daemon, read_daemon);
    case verb::set_config:
      return read_timeouts(attributes);
    case verb::set_info:
      return read_info(attributes);
    default:
      return Other{};
  }
}

}  // namespace

std::expected<Message, Damage> Reader::next() {
  const auto envelope = reader_.next();
  if (!envelope) return std::unexpected(envelope.error());
  auto content = read(*envelope);
  if (!content) {
    reader_.give_up();
    return std::unexpected(content.error());
  }
  return Message{envelope->sequence, std::move(*content)};
}

}  // namespace netlink::ipvs
