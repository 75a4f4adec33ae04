// The byte strings were said by the IPVS of a 6.1 kernel, little-endian; on other machines those tests are skipped, the round
// trips are not. Services and servers were put there with ipvsadm.
#include "netlink/ipvs.hpp"

#include <bit>
#include <gmock/gmock.h>
#include <map>
#include <string_view>

#include "netlink/native.hpp"

namespace netlink::ipvs {
namespace {

using net::ipvs::Command;
using net::ipvs::Destination;
using net::ipvs::Endpoint;
using net::ipvs::Method;
using net::ipvs::Protocol;
using net::ipvs::ServiceKey;
using net::ipvs::ServiceSettings;
using ::testing::SizeIs;
namespace command = net::ipvs::command;

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
  for (Reader reader{datagram}; !reader.at_end();) {
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

Endpoint at(std::string_view address, std::uint16_t port) {
  return {net::IpAddress::parse(address).value(), port};
}

class CapturedIpvs : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::endian::native != std::endian::little) GTEST_SKIP() << "the captures are little-endian";
  }
};

const Buffer captured_family = from_hex(
    "840100001000000001000000ae02000001020000090002004950565300000000060001001c000000080003000100000008000400"
    "00000000080005000600000044010600140001000800010001000000080002000b00000014000200080001000200000008000200"
    "0b000000140003000800010003000000080002000b000000140004000800010004000000080002000f0000001400050008000100"
    "05000000080002000b000000140006000800010006000000080002000b000000140007000800010007000000080002000b000000"
    "140008000800010008000000080002000d000000140009000800010009000000080002000b00000014000a00080001000a000000"
    "080002000b00000014000b00080001000b000000080002000d00000014000c00080001000c000000080002000b00000014000d00"
    "080001000d000000080002000b00000014000e00080001000f000000080002000b00000014000f00080001001000000008000200"
    "0b000000140010000800010011000000080002000b000000");
const Buffer captured_services = from_hex(
    "680100001c00020002000000ae0200000101000054010100060001000a000000060002001100000014000300fd00000000000000"
    "00000000000000500600040000350000070006006d6800000c0007001e000000ffffffff08000800000000000800090080000000"
    "60000a000800010000000000080002000000000008000300000000000c000400000000000000000004000b000c00050000000000"
    "00000000080006000000000008000700000000000800080000000000080009000000000008000a0000000000a0000c000c000100"
    "000000000000000004000b000c000200000000000000000004000b000c000300000000000000000004000b000c00040000000000"
    "0000000004000b000c000500000000000000000004000b000c000600000000000000000004000b000c0007000000000000000000"
    "04000b000c000800000000000000000004000b000c000900000000000000000004000b000c000a00000000000000000068010000"
    "1c00020002000000ae020000010100005401010006000100020000000600020006000000140003000a0900320000000000000000"
    "00000000060004000050000008000600777272000c00070003000000ffffffff080008002c01000008000900ffffff0060000a00"
    "0800010000000000080002000000000008000300000000000c000400000000000000000004000b000c0005000000000000000000"
    "080006000000000008000700000000000800080000000000080009000000000008000a0000000000a0000c000c00010000000000"
    "0000000004000b000c000200000000000000000004000b000c000300000000000000000004000b000c0004000000000000000000"
    "04000b000c000500000000000000000004000b000c000600000000000000000004000b000c000700000000000000000004000b00"
    "0c000800000000000000000004000b000c000900000000000000000004000b000c000a000000000000000000500100001c000200"
    "02000000ae020000010100003c0101000600010002000000080005000700000007000600727200000c00070002000000ffffffff"
    "080008000000000008000900ffffffff64000a0008000100000000000800020000000000080003000000000004000b000c000400"
    "000000000000000004000b000c000500000000000000000008000600000000000800070000000000080008000000000008000900"
    "0000000008000a0000000000a0000c000c000100000000000000000004000b000c000200000000000000000004000b000c000300"
    "000000000000000004000b000c000400000000000000000004000b000c000500000000000000000004000b000c00060000000000"
    "0000000004000b000c000700000000000000000004000b000c000800000000000000000004000b000c0009000000000000000000"
    "04000b000c000a000000000000000000");
const Buffer captured_destinations = from_hex(
    "900100001c00020003000000ae020000050100007c010200140001000a0900010000000000000000000000000600020000500000"
    "0800030003000000080004000100000005000d000000000006000e000000000006000f0000000000080005000000000008000600"
    "0000000008000700000000000800080000000000080009000000000006000b000200000064000a00080001000000000008000200"
    "00000000080003000000000004000b000c000400000000000000000004000b000c00050000000000000000000800060000000000"
    "08000700000000000800080000000000080009000000000008000a0000000000a0000c000c000100000000000000000004000b00"
    "0c000200000000000000000004000b000c000300000000000000000004000b000c000400000000000000000004000b000c000500"
    "000000000000000004000b000c000600000000000000000004000b000c000700000000000000000004000b000c00080000000000"
    "0000000004000b000c000900000000000000000004000b000c000a000000000000000000900100001c00020003000000ae020000"
    "050100007c010200140001000a08000c000000000000000000000000060002000050000008000300020000000800040001000000"
    "05000d000100000006000e0015b3000006000f000100000008000500000000000800060000000000080007000000000008000800"
    "00000000080009000000000006000b000200000064000a0008000100000000000800020000000000080003000000000004000b00"
    "0c000400000000000000000004000b000c0005000000000000000000080006000000000008000700000000000800080000000000"
    "080009000000000008000a0000000000a0000c000c000100000000000000000004000b000c000200000000000000000004000b00"
    "0c000300000000000000000004000b000c000400000000000000000004000b000c000500000000000000000004000b000c000600"
    "000000000000000004000b000c000700000000000000000004000b000c000800000000000000000004000b000c00090000000000"
    "0000000004000b000c000a000000000000000000900100001c00020003000000ae020000050100007c010200140001000a08000b"
    "000000000000000000000000060002001f9000000800030000000000080004000300000005000d000000000006000e0000000000"
    "06000f00000000000800050064000000080006000a00000008000700000000000800080000000000080009000000000006000b00"
    "0200000064000a0008000100000000000800020000000000080003000000000004000b000c000400000000000000000004000b00"
    "0c0005000000000000000000080006000000000008000700000000000800080000000000080009000000000008000a0000000000"
    "a0000c000c000100000000000000000004000b000c000200000000000000000004000b000c000300000000000000000004000b00"
    "0c000400000000000000000004000b000c000500000000000000000004000b000c000600000000000000000004000b000c000700"
    "000000000000000004000b000c000800000000000000000004000b000c000900000000000000000004000b000c000a0000000000"
    "00000000");
const Buffer captured_daemons = from_hex(
    "500000001c00020004000000ae020000090100003c00030008000100010000000700020064300000080003003300000006000400"
    "c00500000600070090220000050008000100000008000500e0000051");
const Buffer captured_timeouts =
    from_hex("2c0000001c00000005000000ae0200000c01000008000400840300000800050078000000080006002c010000");
const Buffer captured_info =
    from_hex("240000001c00000006000000ae0200000e01000008000100010201000800020000100000");
const Buffer captured_done =
    from_hex("240000000200000107000000ae02000000000000440000001c0005000700000000000000");
const Buffer captured_refusal = from_hex(
    "580000000200000008000000ae020000fdffffff440000001c000500080000000000000003010000300001000600010002000000"
    "0600020006000000140003000a0900320000000000000000000000000600040000500000");

TEST_F(CapturedIpvs, TheNumberOfTheFamily) { EXPECT_EQ(only<FamilyFound>(captured_family).id, 28); }

TEST_F(CapturedIpvs, ServicesOfAddressesAndMarks) {
  std::map<ServiceKey, ServiceSettings> seen;
  for (const Message& message : all(captured_services)) {
    const auto* present = std::get_if<ServicePresent>(&message.content);
    ASSERT_NE(present, nullptr);
    seen[present->service.key] = present->service.settings;
  }
  ServiceSettings web;
  web.scheduler = "wrr";
  web.persistent = true;
  web.timeout_seconds = 300;
  web.mask_length = 24;
  ServiceSettings names;
  names.scheduler = "mh";
  names.one_packet = names.flag_1 = names.flag_2 = true;
  ServiceSettings marked;
  marked.scheduler = "rr";
  const std::map<ServiceKey, ServiceSettings> expected{
      {ServiceKey::of(Protocol::tcp, at("10.9.0.50", 80)), web},
      {ServiceKey::of(Protocol::udp, at("fd00::50", 53)), names},
      {ServiceKey::of_mark(7, net::Family::v4), marked}};
  EXPECT_EQ(seen, expected);
}

TEST_F(CapturedIpvs, ServersWithTheirTunnelsAndThresholds) {
  std::map<Endpoint, Destination> seen;
  for (const Message& message : all(captured_destinations)) {
    const auto* present = std::get_if<DestinationPresent>(&message.content);
    ASSERT_NE(present, nullptr);
    seen[present->destination.destination.endpoint] = present->destination.destination;
  }
  const std::map<Endpoint, Destination> expected{
      {at("10.8.0.11", 8080), {at("10.8.0.11", 8080), {}, 3, 100, 10}},
      {at("10.8.0.12", 80),
       {at("10.8.0.12", 80),
        {Method::tunnel, net::ipvs::TunnelType::gue, 5555, net::ipvs::TunnelChecksum::full},
        1,
        0,
        0}},
      {at("10.9.0.1", 80), {at("10.9.0.1", 80), {Method::direct, {}, 0, {}}, 1, 0, 0}}};
  EXPECT_EQ(seen, expected);
}

TEST_F(CapturedIpvs, ASynchronisationDaemon) {
  const auto messages = all(captured_daemons);
  ASSERT_THAT(messages, SizeIs(1));
  const net::ipvs::Daemon expected{net::ipvs::DaemonRole::master,    "d0", 51, 1472, 8848, 1,
                                   net::IpAddress::v4(224, 0, 0, 81)};
  EXPECT_EQ(std::get<DaemonPresent>(messages.front().content).daemon, expected);
}

TEST_F(CapturedIpvs, TimeoutsAndVersion) {
  EXPECT_EQ(only<TimeoutsPresent>(captured_timeouts).timeouts, (net::ipvs::Timeouts{900, 120, 300}));
  EXPECT_EQ(only<InfoPresent>(captured_info), (InfoPresent{0x010201, 4096}));
}

TEST_F(CapturedIpvs, HowCommandsEnded) {
  EXPECT_EQ(only<Outcome>(captured_done).code, 0);
  EXPECT_EQ(only<Outcome>(captured_refusal).code, 3);
}

// ---- what we write can be read: the kernel speaks of services and servers with the messages that make them

constexpr std::uint16_t family = 28;

Buffer written(const Command& change) {
  Buffer bytes;
  append(bytes, 5, family, change, Acknowledge::errors_only);
  return bytes;
}

TEST(IpvsMessage, AServiceIsReadAsItWasWritten) {
  ServiceSettings settings;
  settings.scheduler = "sh";
  settings.persistent = true;
  settings.flag_1 = settings.flag_3 = true;
  settings.timeout_seconds = 360;
  settings.persistence_engine = "sip";
  for (const auto& [key, length] : {std::pair{ServiceKey::of(Protocol::sctp, at("2001:db8::1", 9)), 64},
                                    std::pair{ServiceKey::of(Protocol::udp, at("192.0.2.1", 0)), 20},
                                    std::pair{ServiceKey::of_mark(9, net::Family::v6), 100}}) {
    settings.mask_length = static_cast<std::uint8_t>(length);
    const auto seen = only<ServicePresent>(written(command::AddService{key, settings})).service;
    EXPECT_EQ(seen.key, key);
    EXPECT_EQ(seen.settings, settings);
  }
}

TEST(IpvsMessage, AServerIsReadAsItWasWritten) {
  const ServiceKey key = ServiceKey::of(Protocol::tcp, at("192.0.2.1", 80));
  const Destination destination{
      at("2001:db8::2", 8080),
      {Method::tunnel, net::ipvs::TunnelType::gue, 6080, net::ipvs::TunnelChecksum::remote},
      17,
      200,
      100};
  const auto messages = all(written(command::AddDestination{key, destination}));
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages.front().sequence, 5U);
  EXPECT_EQ(std::get<DestinationPresent>(messages.front().content).destination.destination, destination);
}

TEST(IpvsMessage, ADaemonIsReadAsItWasWritten) {
  const net::ipvs::Daemon daemon{net::ipvs::DaemonRole::backup,    "eth0", 7, 1400, 8849, 3,
                                 net::IpAddress::parse("ff05::81")};
  EXPECT_EQ(only<DaemonPresent>(written(command::StartDaemon{daemon})).daemon, daemon);
}

TEST(IpvsMessage, TimeoutsThatAreLeftAloneAreNotSent) {
  EXPECT_EQ(only<TimeoutsPresent>(written(command::SetTimeouts{{900, 0, 0}})).timeouts,
            (net::ipvs::Timeouts{900, 0, 0}));
}

TEST(IpvsMessage, ManyRequestsStandInOneBuffer) {
  Buffer bytes;
  for (std::uint32_t i = 1; i <= 1000; ++i)
    append(bytes, i, family, command::RemoveService{ServiceKey::of_mark(i, net::Family::v4)},
           Acknowledge::always);
  std::uint32_t sequence = 0;
  for (EnvelopeReader reader{bytes}; !reader.at_end();) {
    const auto envelope = reader.next();
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->sequence, ++sequence);
    EXPECT_EQ(envelope->flags, flag::request | flag::ack);
  }
  EXPECT_EQ(sequence, 1000U);
}

TEST_F(CapturedIpvs, HalfAnAnswerIsAnErrorAndNothingWorse) {
  for (const Buffer* whole :
       {&captured_family, &captured_services, &captured_destinations, &captured_daemons}) {
    for (std::size_t size = 0; size < whole->size(); ++size) {
      for (Reader reader{std::span(*whole).first(size)}; !reader.at_end();) {
        if (!reader.next()) break;
      }
    }
  }
  Buffer damaged = captured_destinations;
  damaged[20] = 0xff;  // the nest is longer than the message
  Reader reader{damaged};
  const auto message = reader.next();
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error(), Damage::attributes);
  EXPECT_TRUE(reader.at_end());
}

}  // namespace
}  // namespace netlink::ipvs
