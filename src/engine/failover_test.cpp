#include "engine/failover.hpp"

#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using vrrp::State;

const std::string vip = "10.9.0.100/24";

TEST(Failover, DoesNothingBeforeTheKernelWasListed) {
  Node node(testing::node({router()}));
  EXPECT_EQ(node.next_timeout(), std::nullopt);
  EXPECT_THAT(node.hear(200), IsEmpty());
}

TEST(Failover, StartsAsBackupAndListens) {
  Node node(testing::node({router()}));
  const auto actions = node.start();
  EXPECT_THAT(words(actions), ElementsAre("hooks /b", "INIT>BACKUP started", "listen"));
  const auto sockets = all<action::Listen>(actions).front().sockets;
  ASSERT_THAT(sockets, SizeIs(1));
  EXPECT_EQ(sockets[0].interface, eth0);
  EXPECT_THAT(sockets[0].groups, ElementsAre(ip("224.0.0.18")));
}

TEST(Failover, TakesOverWhenNobodyIsHeard) {
  Node node(testing::node({router()}));
  node.start();
  EXPECT_THAT(node.run(3609ms), IsEmpty());
  EXPECT_THAT(words(node.run(2ms)),
              ElementsAre("advert 100", "add 10.9.0.100/24", "announce 10.9.0.100", "announce 10.9.0.100",
                          "announce 10.9.0.100", "announce 10.9.0.100", "announce 10.9.0.100", "hooks /m",
                          "BACKUP>MASTER master_silent"));
  EXPECT_TRUE(node.has(vip));
  EXPECT_TRUE(node.shown().addresses_installed);
}

TEST(Failover, YieldsToAHigherPriority) {
  Node node(testing::node({router()}));
  node.start();
  node.run(4s);
  EXPECT_THAT(words(node.hear(150)), ElementsAre("advert 100", "remove 10.9.0.100/24", "hooks /b",
                                                 "MASTER>BACKUP higher_priority_heard"));
  EXPECT_FALSE(node.has(vip));
}

TEST(Failover, StopsWithPriorityZero) {
  Node node(testing::node({router()}));
  node.start();
  node.run(4s);
  EXPECT_THAT(words(node.stop()),
              ElementsAre("advert 0", "remove 10.9.0.100/24", "hooks /s", "MASTER>INIT stopped", "stopped"));
  EXPECT_EQ(node.next_timeout(), std::nullopt);
  EXPECT_THAT(node.hear(200), IsEmpty());
}

}  // namespace
}  // namespace engine
