#include "runtime/vrrp_sockets.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include "net/checksum.hpp"
#include "runtime/frame_socket.hpp"
#include "runtime/test_network.hpp"

namespace runtime {
namespace {

using engine::action::SendPacket;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

net::IpAddress ip(const std::string& text) { return net::IpAddress::parse(text).value(); }

struct Heard {
  net::InterfaceIndex interface;
  net::IpAddress source, destination;
  unsigned hop_limit = 0;
  std::vector<std::uint8_t> payload;
};

// Two ends of a cable, each in a namespace of its own.
class Cable : public testing::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped()) return;
    make_link("wk0", "veth", "wk1");
    left_ = here();
    right_ = new_namespace();
    enter(left_);
    move_link("wk1", right_);
    add_address(index_of("wk0"), "192.0.2.1/24");
    add_address(index_of("wk0"), "fe80::1/64");
    left_interface_ = index_of("wk0");
    enter(right_);
    add_address(index_of("wk1"), "192.0.2.2/24");
    add_address(index_of("wk1"), "fe80::2/64");
    right_interface_ = index_of("wk1");
    wait_until_running("wk1");
    enter(left_);
    wait_until_running("wk0");
  }

  /// Waits for the first packet (the veth delivers at once, its softirq perhaps a moment later), then takes all.
  static std::vector<Heard> hear(VrrpSockets& sockets) {
    pollfd waiting{sockets.fd(), POLLIN, 0};
    ::poll(&waiting, 1, 5000);  // a neighbour solicitation that is lost is repeated after a second
    std::vector<Heard> heard;
    const auto sink = [&](const engine::event::PacketReceived& packet) {
      heard.push_back({packet.interface,
                       packet.source,
                       packet.destination,
                       packet.hop_limit,
                       {packet.payload.begin(), packet.payload.end()}});
    };
    while (!sockets.receive_batch(sink).last) {
    }
    return heard;
  }

  SendPacket v4(const std::string& to, std::vector<std::uint8_t> payload) const {
    SendPacket packet;
    packet.interface = left_interface_;
    packet.source = ip("192.0.2.1");
    packet.destination = ip(to);
    auto& bytes = packet.packet;
    bytes = {0x45, 0xc0, 0, 0, 0, 1, 0, 0, 255, 112, 0, 0};
    const auto source = packet.source.bytes();
    const auto destination = packet.destination.bytes();
    bytes.insert(bytes.end(), source.begin(), source.end());
    bytes.insert(bytes.end(), destination.begin(), destination.end());
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return packet;
  }

  SendPacket v6(const std::string& to, std::vector<std::uint8_t> payload, std::uint8_t hop_limit) const {
    SendPacket packet;
    packet.interface = left_interface_;
    packet.source = ip("fe80::1");
    packet.destination = ip(to);
    packet.hop_limit = hop_limit;
    packet.packet = std::move(payload);
    return packet;
  }

  VrrpSockets sender() {
    enter(left_);
    return VrrpSockets::open().value();
  }

  VrrpSockets receiver(std::vector<VrrpSockets::Where> wheres) {
    enter(right_);
    auto sockets = VrrpSockets::open().value();
    EXPECT_THAT(sockets.listen(wheres, false), IsEmpty());
    return sockets;
  }

  Fd left_, right_;
  net::InterfaceIndex left_interface_, right_interface_;
};

constexpr auto v4_family = net::Family::v4;
constexpr auto v6_family = net::Family::v6;

TEST_F(Cable, AnIpv4AdvertArrivesWithItsHeader) {
  auto ours = receiver({{right_interface_, v4_family, {ip("224.0.0.18")}, 0}});
  auto theirs = sender();
  ASSERT_TRUE(theirs.send(v4("224.0.0.18", {0x21, 51, 100})).has_value());
  const auto heard = hear(ours);
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].interface, right_interface_);
  EXPECT_EQ(heard[0].source, ip("192.0.2.1"));
  EXPECT_EQ(heard[0].destination, ip("224.0.0.18"));
  EXPECT_EQ(heard[0].hop_limit, 255U);
  EXPECT_THAT(heard[0].payload, ElementsAre(0x21, 51, 100));
}

TEST_F(Cable, AnIpv6AdvertArrivesWithItsHopLimit) {
  auto ours = receiver({{right_interface_, v6_family, {ip("ff02::12")}, 0}});
  auto theirs = sender();
  ASSERT_TRUE(theirs.send(v6("ff02::12", {0x31, 51, 100}, 255)).has_value());
  ASSERT_TRUE(theirs.send(v6("fe80::2", {0x31, 52, 100}, 64)).has_value());
  auto heard = hear(ours);
  if (heard.size() == 1)
    std::ranges::move(hear(ours), std::back_inserter(heard));  // the second waited for ND
  ASSERT_THAT(heard, SizeIs(2));
  EXPECT_EQ(heard[0].source, ip("fe80::1"));
  EXPECT_EQ(heard[0].destination, ip("ff02::12"));
  EXPECT_EQ(heard[0].hop_limit, 255U);
  EXPECT_THAT(heard[0].payload, ElementsAre(0x31, 51, 100));
  EXPECT_EQ(heard[1].destination, ip("fe80::2"));
  EXPECT_EQ(heard[1].hop_limit, 64U);
}

TEST_F(Cable, GroupsNobodyAskedForAreNotHeard) {
  auto ours = receiver({{right_interface_, v4_family, {ip("224.0.0.18")}, 0}});
  auto theirs = sender();
  ASSERT_TRUE(theirs.send(v4("224.0.0.99", {1})).has_value());
  ASSERT_TRUE(theirs.send(v4("224.0.0.18", {2})).has_value());
  const auto heard = hear(ours);
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_THAT(heard[0].payload, ElementsAre(2));
}

TEST_F(Cable, MoreGroupsThanOneSocketMayJoinAreAllHeard) {
  VrrpSockets::Where where{right_interface_, v4_family, {}, 0};
  for (int i = 1; i <= 50; ++i) where.groups.push_back(ip("239.1.1." + std::to_string(i)));
  auto ours = receiver({where});
  auto theirs = sender();
  for (const auto& group : where.groups) ASSERT_TRUE(theirs.send(v4(group.to_string(), {7})).has_value());
  EXPECT_THAT(hear(ours), SizeIs(50));
}

TEST_F(Cable, AListThatChangesKeepsWhatItKeeps) {
  auto ours = receiver({{right_interface_, v4_family, {ip("224.0.0.18")}, 0}});
  auto theirs = sender();
  ASSERT_TRUE(theirs.send(v4("224.0.0.18", {1})).has_value());
  enter(right_);
  EXPECT_THAT(ours.listen({{right_interface_, v4_family, {ip("224.0.0.18"), ip("224.0.0.19")}, 0}}, false),
              IsEmpty());
  enter(left_);
  ASSERT_TRUE(theirs.send(v4("224.0.0.19", {2})).has_value());
  EXPECT_THAT(hear(ours), SizeIs(2));
  enter(right_);
  EXPECT_THAT(ours.listen({}, false), IsEmpty());
  enter(left_);
  ASSERT_TRUE(theirs.send(v4("224.0.0.18", {3})).has_value());
  pollfd waiting{ours.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
}

TEST_F(Cable, TheSocketOfAllInterfacesLeavesToTheOthersWhatIsTheirs) {
  auto ours = receiver({{right_interface_, v4_family, {ip("224.0.0.18")}, 0}, {{0}, v4_family, {}, 0}});
  auto theirs = sender();
  ASSERT_TRUE(theirs.send(v4("192.0.2.2", {1})).has_value());
  EXPECT_THAT(hear(ours), SizeIs(1));
  auto alone = receiver({{{0}, v4_family, {}, 0}});
  enter(left_);
  ASSERT_TRUE(theirs.send(v4("192.0.2.2", {1})).has_value());
  const auto heard = hear(alone);
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].interface, right_interface_);
}

TEST_F(Cable, OurOwnMulticastDoesNotComeBack) {
  enter(left_);
  auto both = VrrpSockets::open().value();
  EXPECT_THAT(both.listen({{left_interface_, v4_family, {ip("224.0.0.18")}, 0},
                           {left_interface_, v6_family, {ip("ff02::12")}, 0}},
                          false),
              IsEmpty());
  ASSERT_TRUE(both.send(v4("224.0.0.18", {1})).has_value());
  ASSERT_TRUE(both.send(v6("ff02::12", {1}, 255)).has_value());
  pollfd waiting{both.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
}

TEST_F(Cable, APacketThatCannotGoIsAnError) {
  auto theirs = sender();
  SendPacket lost = v4("224.0.0.18", {1});
  lost.interface = {4711};
  EXPECT_FALSE(theirs.send(lost).has_value());
}

TEST_F(Cable, AGroupThatCannotBeJoinedIsTriedAgain) {
  enter(right_);
  auto sockets = VrrpSockets::open().value();
  const auto problems = sockets.listen({{{4711}, v4_family, {ip("224.0.0.18")}, 0}}, false);
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].interface.value, 4711U);
  EXPECT_THAT(sockets.retry(), SizeIs(1));
}

TEST_F(Cable, FramesOfAnInterfaceThatIsGoneAreGivenUpOneByOne) {
  enter(left_);
  auto frames = FrameSocket::open().value();
  const engine::action::SendFrame good{left_interface_, std::vector<std::uint8_t>(60, 0xff)};
  const engine::action::SendFrame bad{{4711}, std::vector<std::uint8_t>(60, 0xff)};
  const std::array<const engine::action::SendFrame*, 2> good_first{&good, &bad};
  EXPECT_EQ(frames.send(good_first).count, 1U);
  const auto refused = frames.send(std::span{good_first}.subspan(1));
  EXPECT_EQ(refused.count, 1U);
  EXPECT_TRUE(refused.refused.has_value());
}

}  // namespace
}  // namespace runtime
