// The half of route_message.hpp that speaks of policy rules.
#include "netlink/attributes.hpp"
#include "netlink/route_message.hpp"

namespace netlink {

namespace {

namespace a = rule_attribute;

template <class Number>
void write_range(MessageWriter& message, std::uint16_t type, const net::Range<Number>& range) {
  std::uint8_t bytes[2 * sizeof(Number)];
  std::memcpy(bytes, &range.low, sizeof(Number));
  std::memcpy(bytes + sizeof(Number), &range.high, sizeof(Number));
  message.attribute(type, bytes);
}

template <class Number>
bool read_range(const Attribute& attribute, std::optional<net::Range<Number>>& into) {
  if (attribute.value.size() != 2 * sizeof(Number)) return false;
  auto& range = into.emplace();
  std::memcpy(&range.low, attribute.value.data(), sizeof(Number));
  std::memcpy(&range.high, attribute.value.data() + sizeof(Number), sizeof(Number));
  return true;
}

void write_rule(MessageWriter& message, const net::Rule& rule) {
  // l3mdev finds its table itself.
  const bool looks_up = rule.action == net::RuleAction::table && !rule.l3mdev;
  const std::uint32_t table = looks_up ? rule.table : 0;
  const auto action = rule.l3mdev ? net::RuleAction::table : rule.action;
  message.u8(family_number(rule.family))
      .u8(rule.to ? rule.to->length : 0)
      .u8(rule.from ? rule.from->length : 0)
      .u8(rule.tos.value_or(0))
      .u8(static_cast<std::uint8_t>(table <= largest_short_table ? table : 0))
      .u8(0)
      .u8(0)
      .u8(static_cast<std::uint8_t>(action))
      .u32(rule.invert ? rule_inverted : 0);
  if (rule.from) message.attribute(a::from, rule.from->address.bytes());
  if (rule.to) message.attribute(a::to, rule.to->address.bytes());
  const auto put = [&](std::uint16_t type, const std::optional<std::uint32_t>& value) {
    if (value) message.attribute_u32(type, *value);
  };
  put(a::preference, rule.preference);
  put(a::mark, rule.mark);
  put(a::mark_mask, rule.mark_mask);
  if (rule.realms) message.attribute_u32(a::realms, rule.realms->from << 16 | rule.realms->to);
  if (table > largest_short_table) message.attribute_u32(a::table, table);
  put(a::suppress_prefix_length, rule.suppress_prefix_length);
  put(a::suppress_interface_group, rule.suppress_interface_group);
  if (!rule.input_interface.empty()) message.attribute_text(a::input_interface, rule.input_interface);
  if (!rule.output_interface.empty()) message.attribute_text(a::output_interface, rule.output_interface);
  if (rule.action == net::RuleAction::goto_) message.attribute_u32(a::goto_target, rule.goto_target);
  if (rule.l3mdev) message.attribute_u8(a::l3mdev, 1);
  if (rule.tunnel_id) message.attribute(a::tunnel_id, big_endian(*rule.tunnel_id));
  if (rule.users) write_range(message, a::users, *rule.users);
  message.attribute_u8(a::protocol, rule.protocol);
  if (rule.ip_protocol) message.attribute_u8(a::ip_protocol, *rule.ip_protocol);
  if (rule.source_ports) write_range(message, a::source_ports, *rule.source_ports);
  if (rule.destination_ports) write_range(message, a::destination_ports, *rule.destination_ports);
}

std::uint64_t read_big_endian(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

bool read_attribute(const Attribute& attribute, net::Rule& rule, std::uint32_t& table) {
  switch (attribute.type) {
    case a::from:
      return !rule.from || read_ip(attribute, rule.family, rule.from->address);  // "all" has no address
    case a::to:
      return !rule.to || read_ip(attribute, rule.family, rule.to->address);
    case a::preference:
      rule.preference = attribute.u32();
      break;
    case a::mark:
      rule.mark = attribute.u32();
      break;
    case a::mark_mask:
      rule.mark_mask = attribute.u32();
      break;
    case a::realms:
      rule.realms = net::Realms{attribute.u32() >> 16, attribute.u32() & 0xffff};
      break;
    case a::table:
      table = attribute.u32();
      break;
    case a::suppress_prefix_length:
      if (attribute.u32() != suppress_nothing) rule.suppress_prefix_length = attribute.u32();
      break;
    case a::suppress_interface_group:
      if (attribute.u32() != suppress_nothing) rule.suppress_interface_group = attribute.u32();
      break;
    case a::input_interface:
      rule.input_interface = attribute.text();
      break;
    case a::output_interface:
      rule.output_interface = attribute.text();
      break;
    case a::goto_target:
      rule.goto_target = attribute.u32();
      break;
    case a::l3mdev:
      rule.l3mdev = attribute.u8() != 0;
      break;
    case a::tunnel_id:
      if (attribute.value.size() != sizeof(std::uint64_t)) return false;
      rule.tunnel_id = read_big_endian(attribute.value);
      break;
    case a::users:
      return read_range(attribute, rule.users);
    case a::protocol:
      rule.protocol = attribute.u8();
      break;
    case a::ip_protocol:
      rule.ip_protocol = attribute.u8();
      break;
    case a::source_ports:
      return read_range(attribute, rule.source_ports);
    case a::destination_ports:
      return read_range(attribute, rule.destination_ports);
    default:
      break;
  }
  return true;
}

}  // namespace

void append_add_rule(Buffer& into, std::uint32_t sequence, const net::Rule& rule, Acknowledge acknowledge) {
  constexpr std::uint16_t flags = flag::request | flag::create | flag::exclusive;
  MessageWriter message{into, type::new_rule, with_ack(flags, acknowledge), sequence};
  write_rule(message, rule);
}

void append_remove_rule(Buffer& into, std::uint32_t sequence, const net::Rule& rule,
                        Acknowledge acknowledge) {
  MessageWriter message{into, type::delete_rule, with_ack(flag::request, acknowledge), sequence};
  write_rule(message, rule);
}

void append_dump_rules(Buffer& into, std::uint32_t sequence) {
  MessageWriter message{into, type::get_rule, flag::request | flag::dump, sequence};
  message.u8(family::unspecified).u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).u32(0);
}

std::expected<std::optional<net::Rule>, Senseless> parse_rule(std::span<const std::uint8_t> body) {
  NativeReader reader{body};
  net::Rule rule;
  rule.protocol = 0;
  const std::uint8_t family = reader.u8();
  const std::uint8_t to_length = reader.u8();
  const std::uint8_t from_length = reader.u8();
  const std::uint8_t tos = reader.u8();
  std::uint32_t table = reader.u8();
  reader.u16();
  rule.action = static_cast<net::RuleAction>(reader.u8());
  rule.invert = (reader.u32() & rule_inverted) != 0;
  if (!reader.ok()) return std::unexpected(Senseless{});
  if (family != family::v4 && family != family::v6) return std::nullopt;

  rule.family = family_of(family);
  const net::IpAddress any = net::IpAddress::any(rule.family);
  if (to_length > any.bits() || from_length > any.bits()) return std::unexpected(Senseless{});
  if (to_length != 0) rule.to = net::Prefix{any, to_length};
  if (from_length != 0) rule.from = net::Prefix{any, from_length};
  if (tos != 0) rule.tos = tos;
  bool sound = true;
  AttributeReader attributes{reader.rest()};
  for (Attribute attribute; attributes.next(attribute);) {
    sound = read_attribute(attribute, rule, table) && sound;
  }
  if (!attributes.ok() || !sound) return std::unexpected(Senseless{});
  if (rule.action == net::RuleAction::table && !rule.l3mdev) rule.table = table;
  return rule;
}

}  // namespace netlink
