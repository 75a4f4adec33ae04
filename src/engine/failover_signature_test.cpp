// auth_hmac from one advert to the next: numbers that only grow, keys that change while adverts go on.
#include "engine/failover_fixture.hpp"
#include "vrrp/signature.hpp"

namespace engine {
namespace {

using namespace testing;

const std::string old_key(32, 'a'), new_key(32, 'b');

InstanceConfig signing(std::vector<vrrp::SigningKey> keys, std::uint8_t active) {
  InstanceConfig config = router();
  config.vrrp.signature.emplace();
  config.vrrp.signature->keys = std::move(keys);
  config.vrrp.signature->active_key = active;
  return config;
}

InstanceConfig with_old_key() { return signing({{1, old_key}}, 1); }

constexpr Duration wall_at_boot = 1'700'000'000s;

std::vector<vrrp::SignatureNumber> numbers(const Actions& actions) {
  std::vector<vrrp::SignatureNumber> out;
  for (const auto& send : all<action::SendPacket>(actions)) {
    const std::span<const std::uint8_t> packet(send.packet);
    out.push_back(vrrp::Signature(packet.last(vrrp::signature_size)).number());
  }
  return out;
}

class SignedAdverts : public ::testing::Test {
 protected:
  static void begin(Node& node) {
    node.tell(event::WallClockSet{wall_at_boot});
    node.start();
  }
  static vrrp::SignatureNumber clock_of(const Node& node) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(node.now.time_since_epoch() + wall_at_boot);
    return static_cast<vrrp::SignatureNumber>(seconds.count()) << 32;
  }
  static std::vector<std::uint8_t> advert(const InstanceConfig& sender, std::uint8_t priority,
                                          vrrp::SignatureNumber number) {
    vrrp::Outgoing outgoing;
    outgoing.source = ip("10.9.0.2");
    outgoing.destination = ip("224.0.0.18");
    outgoing.priority = priority;
    outgoing.signature_number = number;
    return vrrp::encode(sender.vrrp, outgoing);
  }
  static void hear(Node& node, const std::vector<std::uint8_t>& packet) {
    node.receive(packet, ip("10.9.0.2"), ip("224.0.0.18"));
  }
};

TEST_F(SignedAdverts, EachHasTheTimeOnTheWallAndAHigherNumber) {
  Node node(testing::node({with_old_key()}));
  begin(node);
  const auto sent = numbers(node.run(8s));
  ASSERT_GE(sent.size(), 4U);
  EXPECT_TRUE(std::ranges::is_sorted(sent));
  EXPECT_LE(sent.back(), clock_of(node) + (1ULL << 32));
  EXPECT_GE(sent.back(), clock_of(node) - (1ULL << 32));
}

TEST_F(SignedAdverts, AReplayedOneIsNotObeyed) {
  Node node(testing::node({with_old_key()}));
  begin(node);
  const auto recorded = advert(with_old_key(), 200, clock_of(node) + 1);
  hear(node, recorded);
  EXPECT_EQ(node.shown().master_priority, 200);
  node.run(4s);
  ASSERT_EQ(node.state(), vrrp::State::master);
  hear(node, recorded);
  EXPECT_EQ(node.state(), vrrp::State::master);
  EXPECT_EQ(node.shown().counters.signature_replayed, 1U);
}

TEST_F(SignedAdverts, AReplayIsKnownByTheWorkerAfterThatOneToo) {
  Node before(testing::node({with_old_key()}));
  begin(before);
  const auto recorded = advert(with_old_key(), 200, clock_of(before) + 1);
  hear(before, recorded);
  before.run(4s);
  Node after(testing::node({with_old_key()}), before.snapshot(), before.now);
  after.now = before.now + 100ms;
  after.addresses = before.addresses;
  begin(after);
  hear(after, recorded);
  EXPECT_EQ(after.state(), vrrp::State::master);
  EXPECT_EQ(after.shown().counters.signature_replayed, 1U);
}

TEST_F(SignedAdverts, ANewWorkerSendsNoNumberTwice) {
  Node before(testing::node({with_old_key()}));
  begin(before);
  const auto sent = numbers(before.run(8s));
  Node after(testing::node({with_old_key()}), before.snapshot(), before.now);
  after.now = before.now;
  after.addresses = before.addresses;
  after.tell(event::WallClockSet{wall_at_boot - 3s});
  const auto first = numbers(after.start());
  ASSERT_FALSE(first.empty());
  EXPECT_GT(first.front(), sent.back());
}

// A key is added everywhere, then used everywhere, then the old one is taken away: each step by a reload.
TEST_F(SignedAdverts, AKeyIsReplacedWithoutAnAdvertThatIsRefused) {
  const std::vector<vrrp::SigningKey> both = {{1, old_key}, {2, new_key}};
  Node node(testing::node({with_old_key()}));
  begin(node);
  const InstanceConfig steps[] = {signing(both, 1), signing(both, 2), signing({{2, new_key}}, 2)};
  const InstanceConfig* peer = nullptr;
  for (const InstanceConfig& step : steps) {
    // The other node is a step behind, then as far.
    for (const InstanceConfig* sender : {peer, &step}) {
      if (sender != nullptr) hear(node, advert(*sender, 200, clock_of(node) + 1));
      node.run(1s);
    }
    node.reload(testing::node({step}));
    hear(node, advert(step, 200, clock_of(node) + 1));
    peer = &step;
    node.run(1s);
  }
  EXPECT_EQ(node.state(), vrrp::State::backup);
  const auto& counters = node.shown().counters;
  EXPECT_EQ(counters.signature_unknown_key + counters.signature_wrong + counters.signature_missing, 0U);
}

TEST_F(SignedAdverts, AnUnsignedOneIsRefusedUnlessTheModeSaysOtherwise) {
  Node strict(testing::node({with_old_key()}));
  begin(strict);
  hear(strict, advert(router(), 200, 0));
  EXPECT_EQ(strict.shown().master_priority, 0);
  EXPECT_EQ(strict.shown().counters.signature_missing, 1U);
  InstanceConfig lenient = with_old_key();
  lenient.vrrp.signature->mode = vrrp::SignatureMode::receive_only;
  Node node(testing::node({lenient}));
  begin(node);
  hear(node, advert(router(), 200, 0));
  EXPECT_EQ(node.shown().master_priority, 200);
}

}  // namespace
}  // namespace engine
