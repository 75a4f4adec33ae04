// The byte strings marked "captured" came from a 6.18 kernel's rtnetlink socket, little-endian; on other
// machines those tests are skipped, the round trips are not.
#include <bit>
#include <gmock/gmock.h>
#include <string_view>

#include "netlink/message.hpp"
#include "netlink/request.hpp"

namespace netlink {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

Buffer from_hex(std::string_view text) {
  Buffer bytes;
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return bytes;
}

std::vector<Message> all(std::span<const std::uint8_t> datagram) {
  std::vector<Message> messages;
  for (MessageReader reader{datagram}; !reader.at_end();) {
    auto message = reader.next();
    EXPECT_TRUE(message.has_value());
    if (message) messages.push_back(std::move(*message));
  }
  return messages;
}

template <class Content>
Content only(std::span<const std::uint8_t> datagram) {
  const auto messages = all(datagram);
  EXPECT_THAT(messages, SizeIs(1));
  const auto* content = messages.empty() ? nullptr : std::get_if<Content>(&messages.front().content);
  EXPECT_NE(content, nullptr);
  return content ? *content : Content{};
}

net::IpAddress ip(std::string_view text) { return net::IpAddress::parse(text).value(); }
net::Prefix prefix(std::string_view text) { return net::Prefix::parse(text).value(); }

class Captured : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::endian::native != std::endian::little) GTEST_SKIP() << "the captures are little-endian";
  }
};

const Buffer captured_address_v4 = from_hex(
    "58000000140000001f82036b782a0000021880fd03000000080001000a090064080002000a090064080004000a0900ff0a000300"
    "776b413a31"
    "000000080008008000000014000600ffffffffffffffffbbd20200bbd20200");
const Buffer captured_address_peer = from_hex(
    "4c000000140000001f82036b7a2a00000220800003000000080001000a090102080002000a09010108000300776b410008000800"
    "8000000014"
    "000600ffffffffffffffffdad20200dad20200");
const Buffer captured_address_v6_gone = from_hex(
    "480000001500000000000000000000000a40a2000300000014000100fd0000000000000000000000000000641400060000000000"
    "fffffffffa"
    "d20200fad2020008000800a2020000");
const Buffer captured_bridge_port_left = from_hex(
    "540000001100000000000000000000000700010002000000431001000000000008000300776b420008000a000400000008000400"
    "dc05000005"
    "001000060000000a0001008243970aaa8600000800050003000000");
// Cut behind the hardware address, the length corrected.
const Buffer captured_link = from_hex(
    "440000001000000000000000000000000000010003000000431001000000000008000300776b410008000400dc0500000a000100"
    "0200000000"
    "0100000500100006000000");
// `net.ipv6.conf.wkA.forwarding` was set.
const Buffer captured_forwarding =
    from_hex("240000005000000000000000000000000a00000008000100030000000800020001000000");
// Of a link's message: its name, and what each address family says of it, cut to the first setting.
const Buffer captured_link_that_forwards = from_hex(
    "480000001000000000000000000000000000010003000000431001000000000008000300776b410020001a000c00020008000100"
    "0100"
    "000010000a000c0002000100000001000000");
const Buffer captured_exists = from_hex(
    "4800000002000003070000003c4f9ae6efffffff2800000014000506070000000000000023000100697076343a20416464726573"
    "732061"
    "6c72656164792061737369676e65640000");
const Buffer captured_not_there_uncapped = from_hex(
    "58000000020000020b0000003c4f9ae69dffffff28000000150005000b000000000000000218000003000000080002000a09006f"
    "080001000a"
    "09006f1c000100697076343a2041646472657373206e6f7420666f756e6400");
const Buffer captured_done = from_hex("14000000030002000c0000003c4f9ae600000000");

TEST_F(Captured, ForwardingIsHeardOf) {
  EXPECT_EQ(only<ForwardingChanged>(captured_forwarding), (ForwardingChanged{{3}, true}));
  EXPECT_TRUE(only<LinkPresent>(captured_link_that_forwards).interface.forwards_ipv6);
  EXPECT_FALSE(only<LinkPresent>(captured_link).interface.forwards_ipv6);
}

TEST_F(Captured, AnIpv4AddressWithLabelScopeAndBroadcast) {
  net::InterfaceAddress expected;
  expected.interface = {3};
  expected.address = prefix("10.9.0.100/24");
  expected.broadcast = ip("10.9.0.255");
  expected.label = "wkA:1";
  expected.scope = 253;
  EXPECT_EQ(only<AddressPresent>(captured_address_v4).address, expected);
}

TEST_F(Captured, APointToPointAddressIsOursAndThePeerIsThePeer) {
  const auto seen = only<AddressPresent>(captured_address_peer).address;
  EXPECT_EQ(seen.address, prefix("10.9.1.1/32"));
  EXPECT_EQ(seen.peer, ip("10.9.1.2"));
}

TEST_F(Captured, ADeprecatedIpv6AddressGoes) {
  const auto seen = only<AddressGone>(captured_address_v6_gone).address;
  EXPECT_EQ(seen.address, prefix("fd00::64/64"));
  EXPECT_EQ(seen.preferred_lifetime, 0U);
  EXPECT_TRUE(seen.no_dad);
  EXPECT_TRUE(seen.no_prefix_route);  // a flag that fits only the 32-bit attribute
  EXPECT_FALSE(seen.tentative);
}

TEST_F(Captured, ALinkThatIsUpAndRunning) {
  const auto link = only<LinkPresent>(captured_link).interface;
  EXPECT_EQ(link.index.value, 3U);
  EXPECT_EQ(link.name, "wkA");
  EXPECT_EQ(link.mac.to_string(), "02:00:00:00:00:01");
  EXPECT_EQ(link.mtu, 1500U);
  EXPECT_TRUE(link.has_mac && link.admin_up && link.running && link.multicast && link.arp);
  EXPECT_FALSE(link.loopback);
}

TEST_F(Captured, APortThatLeavesItsBridgeIsNotALinkThatIsGone) { only<Other>(captured_bridge_port_left); }

TEST_F(Captured, ARefusalCarriesTheSequenceTheErrnoAndTheKernelsWords) {
  const auto messages = all(captured_exists);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].sequence, 7U);
  EXPECT_EQ(std::get<Outcome>(messages[0].content), (Outcome{17, "ipv4: Address already assigned"}));
}

TEST_F(Captured, ARefusalThatRepeatsTheWholeRequest) {
  EXPECT_EQ(only<Outcome>(captured_not_there_uncapped), (Outcome{99, "ipv4: Address not found"}));
}

TEST_F(Captured, TheEndOfADump) { EXPECT_EQ(only<DumpDone>(captured_done).code, 0); }

TEST_F(Captured, NoTruncationAtAnyLengthIsTakenForAWholeMessage) {
  for (const Buffer& whole : {captured_address_v4, captured_address_peer, captured_address_v6_gone,
                              captured_link, captured_exists, captured_not_there_uncapped, captured_done}) {
    for (std::size_t size = 1; size < whole.size(); ++size) {
      const Buffer part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      MessageReader reader{part};
      EXPECT_FALSE(reader.next().has_value()) << size;
      EXPECT_TRUE(reader.at_end());
    }
  }
}

TEST_F(Captured, NoAttributeMayReachBeyondItsMessage) {
  for (std::size_t offset = 24; offset < captured_address_v4.size(); offset += 4) {
    Buffer damaged = captured_address_v4;
    damaged[offset] = 0xff;
    damaged[offset + 1] = 0xff;
    MessageReader reader{damaged};
    if (auto message = reader.next()) {  // it may have hit a value; then nothing but that value changed
      EXPECT_TRUE(std::holds_alternative<AddressPresent>(message->content));
    }
  }
}

TEST_F(Captured, ManyMessagesShareADatagram) {
  Buffer both = captured_address_v4;
  both.insert(both.end(), captured_link.begin(), captured_link.end());
  const auto messages = all(both);
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_TRUE(std::holds_alternative<AddressPresent>(messages[0].content));
  EXPECT_TRUE(std::holds_alternative<LinkPresent>(messages[1].content));
}

TEST_F(Captured, AnInterruptedDumpSaysSo) {
  Buffer interrupted = captured_address_v4;
  interrupted[6] |= 0x10;
  EXPECT_TRUE(all(interrupted).at(0).dump_interrupted);
  EXPECT_FALSE(all(captured_address_v4).at(0).dump_interrupted);
}

TEST_F(Captured, AnAddressOfTheWrongSizeIsDamage) {
  Buffer odd = captured_address_v4;
  odd[16] = 10;  // says IPv6, carries four octets
  MessageReader reader{odd};
  EXPECT_EQ(reader.next().error(), Damage::attributes);
}

net::InterfaceAddress wanted_v4() {
  net::InterfaceAddress address;
  address.interface = {7};
  address.address = prefix("192.0.2.10/24");
  address.broadcast = ip("192.0.2.255");
  address.label = "eth0:1";
  address.scope = 200;
  address.no_prefix_route = true;
  address.multicast_autojoin = true;
  return address;
}

net::InterfaceAddress wanted_v6() {
  net::InterfaceAddress address;
  address.interface = {8};
  address.address = prefix("2001:db8::10/64");
  address.no_dad = true;
  address.home = true;
  address.manage_temporary = true;
  address.preferred_lifetime = 0;
  return address;
}

// The kernel reports an address in the very format in which it is asked for one, so our own reader must see
// what we asked.
TEST(NetlinkRequest, WhatIsAskedForIsWhatAReaderSees) {
  net::InterfaceAddress with_peer = wanted_v4();
  with_peer.peer = ip("192.0.2.99");
  for (const auto& wanted : {wanted_v4(), wanted_v6(), with_peer}) {
    Buffer bytes;
    append_add_address(bytes, 5, wanted, Acknowledge::always);
    EXPECT_EQ(only<AddressPresent>(bytes).address, wanted);
    EXPECT_EQ(all(bytes).at(0).sequence, 5U);
  }
}

TEST(NetlinkRequest, AnAddressIsMarkedAsOurs) {
  Buffer bytes;
  append_add_address(bytes, 5, wanted_v4(), Acknowledge::errors_only);
  AttributeReader attributes{std::span{bytes}.subspan(24)};
  std::vector<unsigned> protocol;
  for (Attribute attribute; attributes.next(attribute);) {
    if (attribute.type == address_attribute::protocol) protocol.push_back(attribute.u8());
  }
  EXPECT_THAT(protocol, ElementsAre(18U));
}

TEST(NetlinkRequest, ARemovalNamesTheAddressAndItsPeerWhateverTheLabel) {
  net::InterfaceAddress address = wanted_v4();
  address.peer = ip("192.0.2.99");
  Buffer bytes;
  append_remove_address(bytes, 6, address, Acknowledge::errors_only);
  const auto seen = only<AddressGone>(bytes).address;
  EXPECT_EQ(seen.address, address.address);
  EXPECT_EQ(seen.peer, address.peer);
  EXPECT_EQ(seen.label, "");
}

TEST(NetlinkRequest, AnswersAreAskedForOnlyWhenWanted) {
  const auto flags = [](Acknowledge acknowledge) {
    Buffer bytes;
    append_remove_address(bytes, 1, wanted_v6(), acknowledge);
    NativeReader reader{bytes};
    reader.u32();
    reader.u16();
    return reader.u16();
  };
  EXPECT_EQ(flags(Acknowledge::errors_only), flag::request);
  EXPECT_EQ(flags(Acknowledge::always), flag::request | flag::ack);
}

TEST(NetlinkRequest, EveryRequestEndsAtAMultipleOfFour) {
  Buffer bytes;
  append_get_link(bytes, 1, "a-name-of-15-ch");
  EXPECT_EQ(bytes.size() % 4, 0U);
  append_add_link(bytes, 2, {"wk0", "veth", "wk1", {}, macvlan_private, {}, true});
  EXPECT_EQ(bytes.size() % 4, 0U);
  append_add_address(bytes, 3, wanted_v4(), Acknowledge::errors_only);
  append_dump_links(bytes, 4);
  append_dump_addresses(bytes, 5);
  append_set_link_up(bytes, 6, {3}, true);
  append_delete_link(bytes, 7, {3});
  std::vector<std::uint32_t> sequences;
  for (const auto& message : all(bytes)) sequences.push_back(message.sequence);
  EXPECT_THAT(sequences, ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

}  // namespace
}  // namespace netlink
