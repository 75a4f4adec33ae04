// Authentication by AH from one advert to the next: the sequence number that both directions share.
#include "engine/failover_fixture.hpp"
#include "vrrp/authentication_header.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::IsEmpty;

InstanceConfig ah_router() {
  InstanceConfig config = router();
  config.vrrp.version = vrrp::Version::v2;
  config.vrrp.auth_type = vrrp::AuthType::ah;
  config.vrrp.auth_pass = "s3cret";
  return config;
}

std::vector<std::uint32_t> sequences(const Actions& actions) {
  std::vector<std::uint32_t> out;
  for (const auto& send : all<action::SendPacket>(actions)) {
    EXPECT_EQ(send.protocol, 51);
    EXPECT_EQ(send.packet[9], 51);
    out.push_back(vrrp::ah_sequence_of(std::span(send.packet).subspan(20, vrrp::authentication_header_size)));
  }
  return out;
}

class Authentication : public ::testing::Test {
 protected:
  Actions hear(Node& node, std::uint8_t priority, std::uint32_t sequence) {
    vrrp::Outgoing outgoing;
    outgoing.source = ip("10.9.0.2");
    outgoing.destination = ip("224.0.0.18");
    outgoing.priority = priority;
    outgoing.ah_sequence = sequence;
    const auto packet = vrrp::encode(ah_router().vrrp, outgoing);
    event::PacketReceived received;
    received.interface = eth0;
    received.source = outgoing.source;
    received.destination = outgoing.destination;
    received.hop_limit = 255;
    received.protocol = 51;
    received.ipv4_header = std::span(packet).first(20);
    received.payload = std::span(packet).subspan(20);
    return node.tell(received);
  }
};

TEST_F(Authentication, EveryAdvertIsSignedAnewWithTheNextNumber) {
  Node node(testing::node({ah_router()}));
  node.start();
  const Actions actions = node.run(8s);
  const auto sent = sequences(actions);
  ASSERT_GE(sent.size(), 4U);
  vrrp::ReceiveContext context;
  for (const auto& send : all<action::SendPacket>(actions)) {
    const std::span<const std::uint8_t> packet(send.packet);
    const vrrp::ReceivedPacket seen{send.source, send.destination, 255,
                                    51,          packet.first(20), packet.subspan(20)};
    const auto advert = vrrp::receive(ah_router().vrrp, seen, context);
    ASSERT_TRUE(advert) << vrrp::receive_error_text(advert.error());
  }
  EXPECT_EQ(sent.front(), 1U);
  EXPECT_EQ(sent.back(), sent.size());
}

TEST_F(Authentication, WhoTakesOverCountsOnFromTheMasterItFollowed) {
  Node node(testing::node({ah_router()}));
  node.start();
  hear(node, 200, 5000);
  EXPECT_EQ(sequences(node.run(5s)).at(0), 5001U);
}

TEST_F(Authentication, AnOldAdvertIsNotObeyed) {
  Node node(testing::node({ah_router()}));
  node.start();
  node.run(5s);
  ASSERT_EQ(node.state(), vrrp::State::master);
  hear(node, 200, 1);
  EXPECT_EQ(node.state(), vrrp::State::master);
  EXPECT_EQ(node.shown().counters.auth_failures, 1U);
  hear(node, 200, 1000);
  EXPECT_EQ(node.state(), vrrp::State::backup);
}

TEST_F(Authentication, ANewWorkerSendsNoNumberTwice) {
  Node before(testing::node({ah_router()}));
  before.start();
  const auto sent = sequences(before.run(8s));
  ASSERT_THAT(sent, ::testing::Not(IsEmpty()));
  Node after(testing::node({ah_router()}), before.snapshot(), before.now);
  after.now = before.now + 100ms;
  after.addresses = before.addresses;
  after.start();
  EXPECT_GT(sequences(after.run(2s)).at(0), sent.back());
}

TEST_F(Authentication, AReloadKeepsTheNumber) {
  Node node(testing::node({ah_router()}));
  node.start();
  const auto sent = sequences(node.run(8s));
  auto other = ah_router();
  other.vrrp.priority = 120;
  auto after = sequences(node.reload(testing::node({other})));
  const auto later = sequences(node.run(2s));
  after.insert(after.end(), later.begin(), later.end());
  EXPECT_EQ(after.at(0), sent.back() + 1);
}

}  // namespace
}  // namespace engine
