#include "netlink/conntrack.hpp"

#include <utility>

#include "netlink/attributes.hpp"

namespace netlink {

namespace {

// linux/netfilter/nfnetlink.h and nfnetlink_conntrack.h.
constexpr std::uint16_t conntrack = 1 << 8;
constexpr std::uint16_t new_connection = 0, get_connection = 1, delete_connection = 2;
constexpr std::size_t generic_header_size = 4;

constexpr std::uint16_t original_tuple = 1, reply_tuple = 2, status = 3, identity = 12, zone = 18,
                        filter = 25;
constexpr std::uint16_t tuple_ip = 1, tuple_protocol = 2;
constexpr std::uint16_t ip4_source = 1, ip6_source = 3;
constexpr std::uint16_t protocol_number = 1, protocol_source_port = 2;
constexpr std::uint16_t filter_original = 1, filter_reply = 2;
constexpr std::uint32_t filter_by_source = 1;
constexpr std::uint32_t seen_reply = 1 << 1;
constexpr std::uint16_t nested = 1U << 15;  // this subsystem insists on it

template <class Number>
Number from_network(const Attribute& attribute) {
  if (attribute.value.size() < sizeof(Number)) return 0;
  Number value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<Number>(static_cast<Number>(value << 4 << 4) | attribute.value[i]);
  return value;
}

bool read_reply_tuple(const Attribute& nest, Connection& into) {
  AttributeReader parts{nest.value};
  bool whole = true;
  for (Attribute part; parts.next(part);) {
    AttributeReader values{part.value};
    for (Attribute one; values.next(one);) {
      if (part.type == tuple_ip && (one.type == ip4_source || one.type == ip6_source))
        whole = read_ip(one, into.family, into.answers_from) && whole;
      if (part.type == tuple_protocol && one.type == protocol_number) into.protocol = one.u8();
      if (part.type == tuple_protocol && one.type == protocol_source_port)
        into.answers_from_port = from_network<std::uint16_t>(one);
    }
    whole = whole && values.ok();
  }
  return whole && parts.ok();
}

std::expected<Connection, Damage> read_connection(std::span<const std::uint8_t> body) {
  NativeReader header{body};
  Connection connection;
  const std::uint8_t family = header.u8();
  if (!header.bytes(generic_header_size - 1).data()) return std::unexpected(Damage::body);
  if (family != family::v4 && family != family::v6) return std::unexpected(Damage::body);
  connection.family = family_of(family);
  connection.answers_from = net::IpAddress::any(connection.family);
  AttributeReader attributes{header.rest()};
  bool whole = true;
  for (Attribute one; attributes.next(one);) {
    if (one.type == original_tuple) connection.original.assign(one.value.begin(), one.value.end());
    if (one.type == reply_tuple) whole = read_reply_tuple(one, connection) && whole;
    if (one.type == status) connection.answered = (from_network<std::uint32_t>(one) & seen_reply) != 0;
    if (one.type == zone) connection.zone = from_network<std::uint16_t>(one);
    if (one.type == identity) connection.id = from_network<std::uint32_t>(one);
  }
  if (!attributes.ok() || !whole) return std::unexpected(Damage::attributes);
  return connection;
}

using Content = decltype(ConnectionMessage::content);

template <class Value>
std::expected<Content, Damage> as_content(std::expected<Value, Damage>&& value) {
  if (!value) return std::unexpected(value.error());
  return Content{std::move(*value)};
}

std::expected<Content, Damage> read(const Envelope& envelope) {
  if (envelope.type == type::error) return as_content(read_outcome(envelope.flags, envelope.body));
  if (envelope.type == type::done) return as_content(read_done(envelope.body));
  if (envelope.type == (conntrack | new_connection)) return as_content(read_connection(envelope.body));
  return Content{Other{}};
}

void write_header(MessageWriter& writer, net::Family family) {
  writer.u8(family_number(family)).u8(0).u8(0).u8(0);
}

}  // namespace

void append_list_connections(Buffer& into, std::uint32_t sequence, const net::IpAddress& server) {
  MessageWriter writer(into, conntrack | get_connection, flag::request | flag::dump, sequence);
  const net::Family family = server.is_v4() ? net::Family::v4 : net::Family::v6;
  write_header(writer, family);
  const std::size_t tuple = writer.begin_nest(reply_tuple | nested);
  const std::size_t ip = writer.begin_nest(tuple_ip | nested);
  writer.attribute(family == net::Family::v4 ? ip4_source : ip6_source, server.bytes());
  writer.end_nest(ip);
  writer.end_nest(tuple);
  const std::size_t by = writer.begin_nest(filter | nested);
  writer.attribute_u32(filter_original, 0).attribute_u32(filter_reply, filter_by_source);
  writer.end_nest(by);
}

void append_forget_connection(Buffer& into, std::uint32_t sequence, const Connection& connection,
                              Acknowledge acknowledge) {
  MessageWriter writer(into, conntrack | delete_connection, with_ack(flag::request, acknowledge), sequence);
  write_header(writer, connection.family);
  writer.attribute(original_tuple | nested, connection.original);
  if (connection.zone != 0) writer.attribute(zone, big_endian(connection.zone));
  writer.attribute(identity, big_endian(connection.id));
}

std::expected<ConnectionMessage, Damage> ConnectionReader::next() {
  const auto envelope = reader_.next();
  if (!envelope) return std::unexpected(envelope.error());
  auto content = read(*envelope);
  if (!content) {
    reader_.give_up();
    return std::unexpected(content.error());
  }
  return ConnectionMessage{envelope->sequence, std::move(*content)};
}

}  // namespace netlink
