// The byte strings are what `ip route prepend …` and `ip rule add …` of iproute2 6.1 sent, little-endian; on other machines those
// tests are skipped. Ours must say the same, in whatever order.
#include "netlink/route_message.hpp"

#include <algorithm>
#include <bit>
#include <gmock/gmock.h>
#include <string_view>

#include "netlink/message.hpp"

namespace netlink {
namespace {

using std::chrono_literals::operator""ms;
using Lines = std::vector<std::string>;

Buffer from_hex(std::string_view text) {
  Buffer bytes;
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return bytes;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// One attribute a line, those inside another one below its number, sorted: order means nothing to the kernel.
Lines attributes(std::span<const std::uint8_t> bytes, const std::string& path,
                 const std::vector<std::uint16_t>& nests) {
  Lines lines;
  AttributeReader reader{bytes};
  for (Attribute one; reader.next(one);) {
    const std::string name = path + std::to_string(one.type);
    if (path.empty() && std::ranges::find(nests, one.type) != nests.end()) {
      const Lines inside = attributes(one.value, name + "/", {});
      lines.insert(lines.end(), inside.begin(), inside.end());
    } else if (!one.value.empty()) {  // `from all` is said with nothing in it, or not at all
      lines.push_back(name + " " + to_hex(one.value));
    }
  }
  EXPECT_TRUE(reader.ok());
  std::ranges::sort(lines);
  return lines;
}

// All that a message says but for its length, its number and whether it wants an answer.
Lines meaning(const Buffer& message, const std::vector<std::uint16_t>& nests) {
  constexpr std::size_t body = 12;
  NativeReader reader{message};
  EXPECT_EQ(aligned(reader.u32()), message.size());
  Lines lines{"type " + std::to_string(reader.u16()), "flags " + std::to_string(reader.u16() & ~flag::ack)};
  reader.bytes(8);
  lines.push_back("body " + to_hex(reader.bytes(body)));
  const Lines rest = attributes(reader.rest(), "", nests);
  lines.insert(lines.end(), rest.begin(), rest.end());
  return lines;
}

net::IpAddress ip(std::string_view text) { return net::IpAddress::parse(text).value(); }
net::Prefix prefix(std::string_view text) { return net::Prefix::parse(text).value(); }

net::KernelRoute to(std::string_view destination) {
  net::KernelRoute route;
  route.route.destination = prefix(destination);
  route.route.family = route.route.destination.address.family;
  return route;
}

net::Rule looking_up(std::uint32_t table, std::uint32_t preference) {
  net::Rule rule;
  rule.action = net::RuleAction::table;
  rule.table = table;
  rule.preference = preference;
  return rule;
}

class LikeIp : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::endian::native != std::endian::little) GTEST_SKIP() << "the captures are little-endian";
  }
  static void expect_same(const net::KernelRoute& route, std::string_view captured) {
    Buffer ours;
    append_add_route(ours, 1, route, Acknowledge::always);
    const std::vector<std::uint16_t> nests{route_attribute::metrics, route_attribute::encapsulation};
    EXPECT_EQ(meaning(ours, nests), meaning(from_hex(captured), nests));
  }
  static void expect_same(const net::Rule& rule, std::string_view captured) {
    Buffer ours;
    append_add_rule(ours, 1, rule, Acknowledge::always);
    EXPECT_EQ(meaning(ours, {}), meaning(from_hex(captured), {}));
  }
};

// ip route prepend 10.1.0.0/16 via 10.9.0.9 dev eth0 proto 18
TEST_F(LikeIp, ARouteViaAGateway) {
  auto route = to("10.1.0.0/16");
  route.route.via = ip("10.9.0.9");
  route.interface = {7};
  expect_same(
      route,
      "340000001800050403bc036b0000000002100000fe12000100000000080001000a010000080005000a09000908000400"
      "07000000");
}

// ip route prepend 10.2.0.0/16 dev eth0 src 10.9.0.1 table 1000 metric 77 tos 0x10 proto 18
TEST_F(LikeIp, ARouteOnAnInterface) {
  auto route = to("10.2.0.0/16");
  route.interface = {7};
  route.route.preferred_source = ip("10.9.0.1");
  route.route.table = 1000;
  route.route.metric = 77;
  route.route.tos = 0x10;
  expect_same(
      route,
      "440000001800050404bc036b00000000021000100012fd0100000000080001000a020000080007000a09000108000f00"
      "e8030000080006004d0000000800040007000000");
}

// ip route prepend default via 10.9.0.9 dev eth0 onlink realms 3/4 proto 18
TEST_F(LikeIp, ARouteDefaultOnLink) {
  auto route = to("0.0.0.0/0");
  route.route.via = ip("10.9.0.9");
  route.interface = {7};
  route.route.on_link = true;
  route.route.realms = net::Realms{3, 4};
  expect_same(
      route,
      "340000001800050404bc036b0000000002000000fe12000104000000080005000a09000908000b000400030008000400"
      "07000000");
}

// ip route prepend 10.3.0.0/16 via 10.9.0.9 dev eth0 mtu lock 1400 advmss 1300 rtt 400ms rttvar 300ms rto_min 250ms reordering 5 window 9000 cwnd 12 ssthresh 20 initcwnd 10 initrwnd 14 hoplimit 33 features ecn quickack 1 congctl reno fastopen_no_cookie 1 proto 18
TEST_F(LikeIp, ARouteEveryMetric) {
  auto route = to("10.3.0.0/16");
  route.route.via = ip("10.9.0.9");
  route.interface = {7};
  net::RouteMetrics& metrics = route.route.metrics;
  metrics.mtu = 1400;
  metrics.locked = 1U << 2 | 1U << 13;  // a least timeout is always locked
  metrics.advertised_mss = 1300;
  metrics.round_trip_time = 400ms;
  metrics.round_trip_variance = 300ms;
  metrics.least_retransmit_timeout = 250ms;
  metrics.reordering = 5;
  metrics.window = 9000;
  metrics.congestion_window = 12;
  metrics.slow_start_threshold = 20;
  metrics.initial_congestion_window = 10;
  metrics.initial_receive_window = 14;
  metrics.hop_limit = 33;
  metrics.ecn = true;
  metrics.quick_ack = true;
  metrics.congestion_control = "reno";
  metrics.fast_open_no_cookie = true;
  expect_same(
      route,
      "c00000001800050404bc036b0000000002100000fe12000100000000080001000a030000080005000a09000908000400"
      "070000008c0008000800020078050000080008001405000008000400800c000008000500b004000008000d00fa000000"
      "08000900050000000800030028230000080007000c000000080006001400000008000b000a00000008000e000e000000"
      "08000a002100000008000c000100000008000f00010000000800100072656e6f08001100010000000800010004200000");
}

// ip route prepend 10.4.0.0/16 nexthop via 10.9.0.9 dev eth0 weight 3 nexthop via 10.9.0.8 dev eth0 weight 1 onlink proto 18
TEST_F(LikeIp, ARouteMultipath) {
  auto route = to("10.4.0.0/16");
  net::NextHop first, second;
  first.via = ip("10.9.0.9");
  first.weight = 3;
  second.via = ip("10.9.0.8");
  second.on_link = true;
  route.route.next_hops = {first, second};
  route.hop_interfaces = {{7}, {7}};
  expect_same(
      route,
      "480000001800050404bc036b0000000002100000fe12000100000000080001000a040000240009001000000207000000"
      "080005000a0900091000040007000000080005000a090008");
}

// ip route prepend local 10.5.0.1/32 dev eth0 proto 18
TEST_F(LikeIp, ARouteLocal) {
  auto route = to("10.5.0.1/32");
  route.route.type = net::RouteType::local;
  route.route.table = 255;  // which `ip` takes if none is written
  route.interface = {7};
  expect_same(route,
              "2c0000001800050404bc036b0000000002200000ff12fe0200000000080001000a0500010800040007000000");
}

// ip route prepend blackhole 10.6.0.0/16 proto 18
TEST_F(LikeIp, ARouteBlackhole) {
  auto route = to("10.6.0.0/16");
  route.route.type = net::RouteType::blackhole;
  expect_same(route, "240000001800050404bc036b0000000002100000fe12000600000000080001000a060000");
}

// ip route prepend 10.7.0.0/16 encap ip id 42 dst 192.0.2.1 src 192.0.2.2 tos 4 ttl 9 dev eth0 proto 18
TEST_F(LikeIp, ARouteTunnelOfIpv4) {
  auto route = to("10.7.0.0/16");
  route.interface = {7};
  net::Encapsulation tunnel;
  tunnel.id = 42;
  tunnel.destination = ip("192.0.2.1");
  tunnel.source = ip("192.0.2.2");
  tunnel.traffic_class = 4;
  tunnel.hop_limit = 9;
  route.route.encapsulation = tunnel;
  expect_same(
      route,
      "640000001800050404bc036b0000000002100000fe12fd0100000000080001000a070000300016800c00010000000000"
      "0000002a08000200c000020108000300c00002020500050004e101000500040009e10100060015000200000008000400"
      "07000000");
}

// ip route prepend 10.8.0.0/16 encap mpls 100/200 via 10.9.0.9 dev eth0 proto 18
TEST_F(LikeIp, ARouteTunnelOfLabels) {
  auto route = to("10.8.0.0/16");
  route.route.via = ip("10.9.0.9");
  route.interface = {7};
  net::Encapsulation tunnel;
  tunnel.kind = net::Encapsulation::Kind::mpls;
  tunnel.labels = {100, 200};
  route.route.encapsulation = tunnel;
  expect_same(
      route,
      "4c0000001800050404bc036b0000000002100000fe12000100000000080001000a080000100016800c00010000064000"
      "000c81000600150001000100080005000a0900090800040007000000");
}

// ip route prepend 10.10.0.0/16 encap ip6 id 42 dst 2001:db8::1 tc 4 hoplimit 9 dev eth0 proto 18
TEST_F(LikeIp, ARouteTunnelOfIpv6) {
  auto route = to("10.10.0.0/16");
  route.interface = {7};
  net::Encapsulation tunnel;
  tunnel.kind = net::Encapsulation::Kind::ip6;
  tunnel.id = 42;
  tunnel.destination = ip("2001:db8::1");
  tunnel.traffic_class = 4;
  tunnel.hop_limit = 9;
  route.route.encapsulation = tunnel;
  expect_same(
      route,
      "680000001800050404bc036b0000000002100000fe12fd0100000000080001000a0a0000340016800c00010000000000"
      "0000002a1400020020010db8000000000000000000000001050005000400000005000400090000000600150004000000"
      "0800040007000000");
}

// ip route prepend 2001:db8:1::/48 via fe80::9 dev eth0 expires 600 pref high proto 18
TEST_F(LikeIp, ARouteIpv6ThatExpires) {
  auto route = to("2001:db8:1::/48");
  route.route.via = ip("fe80::9");
  route.interface = {7};
  route.route.expires = 600;
  route.route.preference = 1;
  expect_same(
      route,
      "5c0000001800050404bc036b000000000a300000fe120001000000001400010020010db8000100000000000000000000"
      "14000500fe800000000000000000000000000009080017005802000005001400010000000800040007000000");
}

// ip route prepend 2001:db8:2::/48 from 2001:db8:f::/64 dev eth0 metric 9 proto 18
TEST_F(LikeIp, ARouteIpv6BySource) {
  auto route = to("2001:db8:2::/48");
  route.route.source_prefix = prefix("2001:db8:f::/64");
  route.interface = {7};
  route.route.metric = 9;
  expect_same(
      route,
      "540000001800050405bc036b000000000a304000fe120001000000001400010020010db8000200000000000000000000"
      "1400020020010db8000f0000000000000000000008000600090000000800040007000000");
}

// ip route prepend 2001:db8:3::/48 encap ila 1:2:3:4 via fe80::9 dev eth0 proto 18
TEST_F(LikeIp, ARouteTunnelOfLocators) {
  auto route = to("2001:db8:3::/48");
  route.route.via = ip("fe80::9");
  route.interface = {7};
  net::Encapsulation tunnel;
  tunnel.kind = net::Encapsulation::Kind::ila;
  tunnel.locator = 0x0001000200030004;
  route.route.encapsulation = tunnel;
  expect_same(
      route,
      "640000001800050405bc036b000000000a300000fe120001000000001400010020010db8000300000000000000000000"
      "100016800c0001000001000200030004060015000300010014000500fe80000000000000000000000000000908000400"
      "07000000");
}

// ip rule add from 10.1.0.0/16 table 50 pref 600 protocol 18
TEST_F(LikeIp, ARuleBySource) {
  net::Rule rule = looking_up(50, 600);
  rule.from = prefix("10.1.0.0/16");
  expect_same(
      rule,
      "340000002000050605bc036b00000000020010003200000100000000080002000a010000080006005802000005001500"
      "12000000");
}

// ip rule add to 10.2.0.0/16 iif eth0 fwmark 5/255 table 1000 pref 601 suppress_prefixlength 0 protocol 18
TEST_F(LikeIp, ARuleByDestinationInterfaceAndMark) {
  net::Rule rule = looking_up(1000, 601);
  rule.to = prefix("10.2.0.0/16");
  rule.input_interface = "eth0";
  rule.mark = 5;
  rule.mark_mask = 255;
  rule.suppress_prefix_length = 0;
  expect_same(
      rule,
      "600000002000050605bc036b00000000021000000000000100000000080001000a020000090003006574683000000000"
      "08000a000500000008001000ff00000008000f00e8030000080006005902000008000e00000000000500150012000000");
}

// ip rule add not from 10.3.0.0/16 oif eth1 tos 0x10 blackhole pref 602 protocol 18
TEST_F(LikeIp, ARuleInvertedAndBlack) {
  net::Rule rule = looking_up(0, 602);
  rule.action = net::RuleAction::blackhole;
  rule.invert = true;
  rule.from = prefix("10.3.0.0/16");
  rule.output_interface = "eth1";
  rule.tos = 0x10;
  expect_same(
      rule,
      "400000002000050605bc036b00000000020010100000000602000000080002000a030000090011006574683100000000"
      "080006005a0200000500150012000000");
}

// ip rule add from all uidrange 10-20 ipproto tcp sport 10-20 dport 80-90 table main pref 603 tun_id 99 protocol 18
TEST_F(LikeIp, ARuleByUserPortsAndTunnel) {
  net::Rule rule = looking_up(254, 603);
  rule.users = net::Range<std::uint32_t>{10, 20};
  rule.ip_protocol = 6;
  rule.source_ports = net::Range<std::uint16_t>{10, 20};
  rule.destination_ports = net::Range<std::uint16_t>{80, 90};
  rule.tunnel_id = 99;
  expect_same(
      rule,
      "600000002000050605bc036b0000000002000000fe00000100000000040002000c0014000a0000001400000005001600"
      "06000000080017000a0014000800180050005a00080006005b0200000c000c0000000000000000630500150012000000");
}

// ip rule add from all goto 700 pref 604 protocol 18
TEST_F(LikeIp, ARuleGoto) {
  net::Rule rule = looking_up(0, 604);
  rule.action = net::RuleAction::goto_;
  rule.goto_target = 700;
  expect_same(
      rule,
      "380000002000050605bc036b000000000200000000000002000000000400020008000400bc020000080006005c020000"
      "0500150012000000");
}

// ip rule add from all l3mdev pref 605 protocol 18
TEST_F(LikeIp, ARuleTableOfTheVrf) {
  net::Rule rule = looking_up(0, 605);
  rule.l3mdev = true;
  expect_same(
      rule,
      "380000002000050605bc036b00000000020000000000000100000000040002000500130001000000080006005d020000"
      "0500150012000000");
}

// ip rule add from 10.4.0.0/16 table 50 realms 3/4 pref 606 suppress_ifgroup 4 protocol 18
TEST_F(LikeIp, ARuleRealmsAndGroup) {
  net::Rule rule = looking_up(50, 606);
  rule.from = prefix("10.4.0.0/16");
  rule.realms = net::Realms{3, 4};
  rule.suppress_interface_group = 4;
  expect_same(
      rule,
      "440000002000050605bc036b00000000020010003200000100000000080002000a04000008000b000400030008000600"
      "5e02000008000d00040000000500150012000000");
}

template <class Content>
Content only(const Buffer& datagram) {
  MessageReader reader{datagram};
  const auto message = reader.next();
  const auto* content = message ? std::get_if<Content>(&message->content) : nullptr;
  EXPECT_NE(content, nullptr);
  return content == nullptr ? Content{} : *content;
}

TEST(RouteMessage, WhatIsAskedForIsUnderstood) {
  auto route = to("2001:db8:1::/48");
  route.route.source_prefix = prefix("2001:db8:f::/64");
  route.route.via = ip("fe80::9");
  route.route.table = 5000;
  route.route.metric = 7;
  route.interface = {7};
  Buffer bytes;
  append_add_route(bytes, 1, route, Acknowledge::always);
  route.route.scope = 0;  // the kernel always says it
  EXPECT_EQ(only<RoutePresent>(bytes).route, route);
}

TEST(RouteMessage, EveryHopIsUnderstood) {
  auto route = to("10.4.0.0/16");
  net::NextHop first, second;
  first.via = ip("10.9.0.9");
  first.weight = 256;
  second.on_link = true;
  second.via = ip("10.9.0.8");
  route.route.next_hops = {first, second};
  route.hop_interfaces = {{7}, {8}};
  Buffer bytes;
  append_add_route(bytes, 1, route, Acknowledge::always);
  const auto seen = only<RoutePresent>(bytes).route;
  EXPECT_EQ(seen.route.next_hops, route.route.next_hops);
  EXPECT_EQ(seen.hop_interfaces, route.hop_interfaces);
}

TEST(RouteMessage, ARemovalNamesTheRouteAndNotItsLook) {
  auto route = to("10.1.0.0/16");
  route.route.metrics.mtu = 1400;
  route.interface = {7};
  Buffer bytes;
  append_remove_route(bytes, 1, route, Acknowledge::always);
  const auto gone = only<RouteGone>(bytes).route;
  EXPECT_EQ(gone.route.destination, route.route.destination);
  EXPECT_EQ(gone.route.scope, scope_anything);
  for (const auto& line : meaning(bytes, {route_attribute::metrics}))
    EXPECT_FALSE(line.starts_with(std::to_string(route_attribute::metrics))) << line;
}

TEST(RuleMessage, EverySelectorIsUnderstood) {
  net::Rule rule = looking_up(1000, 601);
  rule.invert = true;
  rule.from = prefix("10.1.0.0/16");
  rule.to = prefix("10.2.0.0/16");
  rule.tos = 0x10;
  rule.mark = 5;
  rule.mark_mask = 255;
  rule.realms = net::Realms{3, 4};
  rule.suppress_prefix_length = 0;
  rule.suppress_interface_group = 4;
  rule.input_interface = "eth0";
  rule.output_interface = "eth1";
  rule.tunnel_id = 0x0102030405060708;
  rule.users = net::Range<std::uint32_t>{10, 20};
  rule.ip_protocol = 6;
  rule.source_ports = net::Range<std::uint16_t>{10, 20};
  rule.destination_ports = net::Range<std::uint16_t>{80, 90};
  Buffer bytes;
  append_add_rule(bytes, 1, rule, Acknowledge::always);
  EXPECT_EQ(only<RulePresent>(bytes).rule, rule);
}

TEST(RouteMessage, ADamagedOneIsAnErrorWhereverItEnds) {
  auto route = to("10.4.0.0/16");
  net::NextHop hop;
  hop.via = ip("10.9.0.9");
  route.route.next_hops = {hop, hop};
  route.hop_interfaces = {{7}, {8}};
  Buffer bytes;
  append_add_route(bytes, 1, route, Acknowledge::always);
  for (std::size_t size = header_size; size < bytes.size(); ++size) {
    const auto seen = parse_route(std::span{bytes}.subspan(header_size, size - header_size));
    if (!seen || !*seen) continue;
    EXPECT_LE((*seen)->route.next_hops.size(), 2U);
  }
  bytes[header_size + 12] = 255;  // the length of the first attribute
  EXPECT_FALSE(parse_route(std::span{bytes}.subspan(header_size)).has_value());
}

}  // namespace
}  // namespace netlink
