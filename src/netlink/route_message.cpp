#include "netlink/route_message.hpp"

#include <algorithm>

#include "netlink/attributes.hpp"

namespace netlink {

namespace {

using net::Route;

constexpr std::uint16_t nested = 0x8000;
constexpr std::uint8_t scope_universe = 0;

// What `ip route` takes when nothing is written.
std::uint8_t scope_of(const Route& route) {
  if (route.scope) return *route.scope;
  if (route.family == net::Family::v6) return scope_universe;
  switch (route.type) {
    case net::RouteType::local:
    case net::RouteType::nat:
      return static_cast<std::uint8_t>(net::Scope::host);
    case net::RouteType::broadcast:
    case net::RouteType::multicast:
    case net::RouteType::anycast:
      return static_cast<std::uint8_t>(net::Scope::link);
    case net::RouteType::unicast:
    case net::RouteType::unspecified: {
      const auto has_gateway = [](const net::NextHop& hop) { return hop.via.has_value(); };
      const bool gateway = route.via || std::ranges::any_of(route.next_hops, has_gateway);
      return gateway ? scope_universe : static_cast<std::uint8_t>(net::Scope::link);
    }
    default:
      return scope_universe;
  }
}

void write_encapsulation(MessageWriter& message, const net::Encapsulation& tunnel) {
  using Kind = net::Encapsulation::Kind;
  constexpr std::uint16_t kinds[] = {tunnel::ip, tunnel::ip6, tunnel::mpls, tunnel::ila};
  message.attribute_u16(route_attribute::encapsulation_type, kinds[static_cast<std::size_t>(tunnel.kind)]);
  const std::size_t nest = message.begin_nest(route_attribute::encapsulation | nested);
  if (tunnel.kind == Kind::mpls) {
    Buffer stack;
    for (std::size_t i = 0; i < tunnel.labels.size(); ++i) {
      const bool bottom = i + 1 == tunnel.labels.size();
      append_big_endian<std::uint32_t>(stack, tunnel.labels[i] << 12 | (bottom ? 1U << 8 : 0U));
    }
    message.attribute(tunnel::mpls_labels, stack);
  } else if (tunnel.kind == Kind::ila) {
    message.attribute(tunnel::ila_locator, big_endian(tunnel.locator));
  } else {
    if (tunnel.id) message.attribute(tunnel::id, big_endian(*tunnel.id));
    if (tunnel.destination) message.attribute(tunnel::destination, tunnel.destination->bytes());
    if (tunnel.source) message.attribute(tunnel::source, tunnel.source->bytes());
    if (tunnel.traffic_class) message.attribute_u8(tunnel::traffic_class, *tunnel.traffic_class);
    if (tunnel.hop_limit) message.attribute_u8(tunnel::hop_limit, *tunnel.hop_limit);
    if (tunnel.flags) message.attribute(tunnel::flags, big_endian(*tunnel.flags));
  }
  message.end_nest(nest);
}

std::uint32_t milliseconds(core::Duration time) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

// In units of 1/`parts` ms, as the kernel keeps them.
std::uint32_t fractions(core::Duration time, std::uint32_t parts) {
  const std::chrono::duration<std::uint64_t, std::micro> exact{
      std::chrono::duration_cast<std::chrono::microseconds>(time).count()};
  return static_cast<std::uint32_t>(exact.count() * parts / 1000);
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {  // NOLINT: characters as bytes
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void write_metrics(MessageWriter& message, const net::RouteMetrics& metrics) {
  if (metrics == net::RouteMetrics{}) return;
  namespace m = route_metric;
  const std::size_t nest = message.begin_nest(route_attribute::metrics);
  const auto put = [&](std::uint16_t type, const auto& value) {
    if (value) message.attribute_u32(type, static_cast<std::uint32_t>(*value));
  };
  if (metrics.locked != 0) message.attribute_u32(m::lock, metrics.locked);
  put(m::mtu, metrics.mtu);
  put(m::window, metrics.window);
  if (metrics.round_trip_time)
    message.attribute_u32(m::round_trip_time, fractions(*metrics.round_trip_time, 8));
  if (metrics.round_trip_variance)
    message.attribute_u32(m::round_trip_variance, fractions(*metrics.round_trip_variance, 4));
  put(m::slow_start_threshold, metrics.slow_start_threshold);
  put(m::congestion_window, metrics.congestion_window);
  put(m::advertised_mss, metrics.advertised_mss);
  put(m::reordering, metrics.reordering);
  put(m::hop_limit, metrics.hop_limit);
  put(m::initial_congestion_window, metrics.initial_congestion_window);
  if (metrics.ecn) message.attribute_u32(m::features, feature_ecn);
  if (metrics.least_retransmit_timeout)
    message.attribute_u32(m::least_retransmit_timeout, milliseconds(*metrics.least_retransmit_timeout));
  put(m::initial_receive_window, metrics.initial_receive_window);
  put(m::quick_ack, metrics.quick_ack);
  if (!metrics.congestion_control.empty())
    message.attribute(m::congestion_control, bytes_of(metrics.congestion_control));
  put(m::fast_open_no_cookie, metrics.fast_open_no_cookie);
  message.end_nest(nest);
}

void write_hops(MessageWriter& message, const net::KernelRoute& wanted) {
  const std::size_t nest = message.begin_nest(route_attribute::multipath);
  for (std::size_t i = 0; i < wanted.route.next_hops.size(); ++i) {
    const net::NextHop& hop = wanted.route.next_hops[i];
    const std::size_t start = message.size();
    const std::uint32_t interface = i < wanted.hop_interfaces.size() ? wanted.hop_interfaces[i].value : 0;
    message.u16(0)
        .u8(hop.on_link ? next_hop_on_link : 0)
        .u8(static_cast<std::uint8_t>(hop.weight - 1))
        .u32(interface);
    if (hop.via) message.attribute(route_attribute::gateway, hop.via->bytes());
    if (hop.realms) message.attribute_u32(route_attribute::realms, hop.realms->from << 16 | hop.realms->to);
    if (hop.encapsulation) write_encapsulation(message, *hop.encapsulation);
    message.set_length(start);
  }
  message.end_nest(nest);
}

enum class Purpose : std::uint8_t { add, remove };

void write_route(MessageWriter& message, const net::KernelRoute& wanted, Purpose purpose) {
  const Route& route = wanted.route;
  const bool adding = purpose == Purpose::add;
  std::uint8_t scope = scope_of(route);
  if (!adding && !route.scope) scope = scope_anything;
  message.u8(family_number(route.family))
      .u8(route.destination.length)
      .u8(route.source_prefix ? route.source_prefix->length : 0)
      .u8(route.tos)
      .u8(static_cast<std::uint8_t>(route.table <= largest_short_table ? route.table : 0))
      .u8(route.protocol)
      .u8(scope)
      .u8(static_cast<std::uint8_t>(route.type))
      .u32(route.on_link ? next_hop_on_link : 0);
  if (route.destination.length != 0)
    message.attribute(route_attribute::destination, route.destination.address.bytes());
  if (route.source_prefix) message.attribute(route_attribute::source, route.source_prefix->address.bytes());
  if (route.table > largest_short_table) message.attribute_u32(route_attribute::table, route.table);
  if (route.metric) message.attribute_u32(route_attribute::priority, *route.metric);
  if (route.preferred_source)
    message.attribute(route_attribute::preferred_source, route.preferred_source->bytes());
  if (route.next_hops.empty()) {
    if (route.via) message.attribute(route_attribute::gateway, route.via->bytes());
    if (wanted.interface.value != 0)
      message.attribute_u32(route_attribute::output_interface, wanted.interface.value);
    if (adding && route.encapsulation) write_encapsulation(message, *route.encapsulation);
  } else {
    write_hops(message, wanted);
  }
  if (!adding) return;
  if (route.realms)
    message.attribute_u32(route_attribute::realms, route.realms->from << 16 | route.realms->to);
  write_metrics(message, route.metrics);
  if (route.expires) message.attribute_u32(route_attribute::expires, *route.expires);
  if (route.preference) message.attribute_u8(route_attribute::preference, *route.preference);
  if (route.ttl_propagate) message.attribute_u8(route_attribute::ttl_propagate, *route.ttl_propagate ? 1 : 0);
}

std::uint16_t insertion_flags(net::RouteInsertion insertion) {
  switch (insertion) {
    case net::RouteInsertion::add:
      return flag::create | flag::exclusive;
    case net::RouteInsertion::append:
      return flag::create | flag::append;
    default:
      return flag::create;
  }
}

bool read_hops(const Attribute& attribute, net::Family family, net::KernelRoute& seen) {
  constexpr std::size_t hop_header = 8;
  NativeReader reader{attribute.value};
  while (reader.remaining() != 0) {
    const std::uint16_t length = reader.u16();
    net::NextHop hop;
    hop.on_link = (reader.u8() & next_hop_on_link) != 0;
    hop.weight = static_cast<std::uint16_t>(reader.u8() + 1);
    net::InterfaceIndex interface;
    interface.value = reader.u32();
    if (!reader.ok() || length < hop_header) return false;
    const auto rest = reader.bytes(length - hop_header);
    if (!reader.ok()) return false;
    reader.skip_padding(length);
    AttributeReader attributes{rest};
    for (Attribute one; attributes.next(one);) {
      if (one.type == route_attribute::gateway && !read_ip(one, family, hop.via.emplace())) return false;
    }
    if (!attributes.ok()) return false;
    seen.route.next_hops.push_back(std::move(hop));
    seen.hop_interfaces.push_back(interface);
  }
  return true;
}

}  // namespace

void append_add_route(Buffer& into, std::uint32_t sequence, const net::KernelRoute& route,
                      Acknowledge acknowledge) {
  const auto flags = static_cast<std::uint16_t>(flag::request | insertion_flags(route.route.insertion));
  MessageWriter message{into, type::new_route, with_ack(flags, acknowledge), sequence};
  write_route(message, route, Purpose::add);
}

void append_remove_route(Buffer& into, std::uint32_t sequence, const net::KernelRoute& route,
                         Acknowledge acknowledge) {
  MessageWriter message{into, type::delete_route, with_ack(flag::request, acknowledge), sequence};
  write_route(message, route, Purpose::remove);
}

void append_dump_routes(Buffer& into, std::uint32_t sequence, net::Family family, std::uint8_t protocol) {
  MessageWriter message{into, type::get_route, flag::request | flag::dump, sequence};
  message.u8(family_number(family)).u8(0).u8(0).u8(0).u8(0).u8(protocol).u8(0).u8(0).u32(0);
}

std::expected<std::optional<net::KernelRoute>, Senseless> parse_route(std::span<const std::uint8_t> body) {
  NativeReader reader{body};
  net::KernelRoute seen;
  Route& route = seen.route;
  const std::uint8_t family = reader.u8();
  const std::uint8_t destination_length = reader.u8();
  const std::uint8_t source_length = reader.u8();
  route.tos = reader.u8();
  route.table = reader.u8();
  route.protocol = reader.u8();
  route.scope = reader.u8();
  route.type = static_cast<net::RouteType>(reader.u8());
  const std::uint32_t flags = reader.u32();
  if (!reader.ok()) return std::unexpected(Senseless{});
  if ((family != family::v4 && family != family::v6) || (flags & route_cloned) != 0) return std::nullopt;

  route.family = family_of(family);
  route.on_link = (flags & next_hop_on_link) != 0;
  route.destination = {net::IpAddress::any(route.family), destination_length};
  if (source_length != 0) route.source_prefix = {net::IpAddress::any(route.family), source_length};
  bool sound = destination_length <= route.destination.address.bits() &&
               source_length <= route.destination.address.bits();
  AttributeReader attributes{reader.rest()};
  for (Attribute attribute; attributes.next(attribute);) {
    switch (attribute.type) {
      case route_attribute::destination:
        sound = read_ip(attribute, route.family, route.destination.address) && sound;
        break;
      case route_attribute::source:
        if (route.source_prefix)
          sound = read_ip(attribute, route.family, route.source_prefix->address) && sound;
        break;
      case route_attribute::output_interface:
        seen.interface.value = attribute.u32();
        break;
      case route_attribute::gateway:
        sound = read_ip(attribute, route.family, route.via.emplace()) && sound;
        break;
      case route_attribute::priority:
        route.metric = attribute.u32();
        break;
      case route_attribute::preferred_source:
        sound = read_ip(attribute, route.family, route.preferred_source.emplace()) && sound;
        break;
      case route_attribute::table:
        route.table = attribute.u32();
        break;
      case route_attribute::multipath:
        sound = read_hops(attribute, route.family, seen) && sound;
        break;
      default:
        break;
    }
  }
  if (!attributes.ok() || !sound) return std::unexpected(Senseless{});
  return seen;
}

}  // namespace netlink
