// A reload is a diff: what did not change feels nothing, an edit touches only what it names (contract S4).
#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;
using vrrp::State;

Node master(FailoverConfig config) {
  Node node(std::move(config));
  node.start();
  node.run(20s);
  return node;
}

TEST(FailoverReload, OfTheSameFileDoesNothing) {
  const auto config = testing::node({router("A", 51), router("B", 52)});
  Node node = master(config);
  node.hear(200, "10.9.0.2", config.instances[1].vrrp);
  const auto timeout = node.next_timeout();
  const auto before = node.snapshot();
  EXPECT_THAT(node.reload(config), IsEmpty());
  EXPECT_EQ(node.next_timeout(), timeout);
  EXPECT_EQ(node.snapshot(), before);
}

TEST(FailoverReload, OfAPriorityShowsInTheNextAdvert) {
  auto config = router();
  Node node = master(testing::node({config}));
  config.vrrp.priority = 120;
  EXPECT_THAT(words(node.reload(testing::node({config}))), ElementsAre("notice priority_changed"));
  EXPECT_THAT(words(node.run(1s)), ElementsAre("advert 120"));
}

TEST(FailoverReload, OfHooksCountsFromTheNextTransition) {
  auto config = router();
  Node node = master(testing::node({config}));
  config.hooks.backup = command("/other");
  EXPECT_THAT(node.reload(testing::node({config})), IsEmpty());
  EXPECT_THAT(words(node.hear(200)), Contains("hooks /other"));
}

TEST(FailoverReload, WithOneMoreAddressAddsItAndAnnouncesAll) {
  auto config = router();
  Node node = master(testing::node({config}));
  config.vrrp.addresses.push_back(virtual_address("10.9.0.101/24"));
  const auto said = words(node.reload(testing::node({config})));
  EXPECT_THAT(only(said, "add"), ElementsAre("add 10.9.0.101/24"));
  EXPECT_THAT(only(said, "remove"), IsEmpty());
  EXPECT_THAT(only(said, "announce 10.9.0.100"), SizeIs(5));
  EXPECT_THAT(only(said, "announce 10.9.0.101"), SizeIs(5));
  EXPECT_THAT(only(said, "hooks"), IsEmpty());
  EXPECT_THAT(only(said, "advert"), SizeIs(1)) << "with the longer list";
}

TEST(FailoverReload, WithOneAddressLessRemovesItAndAdvertisesTheShorterList) {
  auto config = router();
  config.vrrp.addresses.push_back(virtual_address("10.9.0.101/24"));
  Node node = master(testing::node({config}));
  config.vrrp.addresses.pop_back();
  EXPECT_THAT(words(node.reload(testing::node({config}))), ElementsAre("remove 10.9.0.101/24", "advert 100"));
  EXPECT_TRUE(node.has("10.9.0.100/24"));
  EXPECT_THAT(only(words(node.run(60s)), "add"), IsEmpty());
}

TEST(FailoverReload, WithAnotherLookOfAnAddressReplacesIt) {
  auto config = router();
  Node node = master(testing::node({config}));
  config.vrrp.addresses.front().address.label = "eth0:1";
  const auto said = words(node.reload(testing::node({config})));
  EXPECT_THAT(said, IsSupersetOf({"remove 10.9.0.100/24", "add 10.9.0.100/24"}));
  EXPECT_THAT(only(said, "notice"), IsEmpty());
  EXPECT_TRUE(node.has("10.9.0.100/24"));
  EXPECT_THAT(only(words(node.lose("10.9.0.100/24")), "notice"), SizeIs(1))
      << "and a stranger is still noticed";
}

TEST(FailoverReload, AsBackupTouchesNoAddress) {
  auto config = router();
  Node node(testing::node({config}));
  node.start();
  config.vrrp.addresses.push_back(virtual_address("10.9.0.101/24"));
  EXPECT_THAT(node.reload(testing::node({config})), IsEmpty());
}

TEST(FailoverReload, WithoutARouterResignsForIt) {
  auto a = router("A", 51), b = router("B", 52);
  b.vrrp.addresses = {virtual_address("10.9.0.102/24")};
  b.hooks.any = command("/any");
  b.hooks.deleted = command("/d");
  b.hooks.notify_deleted = true;
  Node node = master(testing::node({a, b}));
  EXPECT_THAT(words(node.reload(testing::node({a}))),
              ElementsAre("advert 0", "remove 10.9.0.102/24", "hooks /d /any", "MASTER>INIT removed"));
  EXPECT_THAT(node.snapshot().instances, SizeIs(1));
  node.hear(200, "10.9.0.2", b.vrrp);
  EXPECT_EQ(node.snapshot().unknown_vrid_packets, 1U);
}

TEST(FailoverReload, WithANewRouterStartsItAsBackup) {
  auto a = router("A", 51), b = router("B", 52);
  Node node = master(testing::node({a}));
  EXPECT_THAT(words(node.reload(testing::node({b, a}))), ElementsAre("hooks /b", "INIT>BACKUP started"));
  EXPECT_EQ(node.shown(0).name, "B") << "in the order of the file";
  EXPECT_THAT(words(node.run(4s)), Contains("BACKUP>MASTER master_silent"));
}

TEST(FailoverReload, WithAnotherIdentityRestartsTheRouter) {
  auto config = router();
  Node node = master(testing::node({config}));
  config.vrrp.vrid = 60;
  EXPECT_THAT(words(node.reload(testing::node({config}))),
              ElementsAre("advert 0", "remove 10.9.0.100/24", "MASTER>INIT reconfigured", "hooks /b",
                          "INIT>BACKUP started"));
  EXPECT_THAT(words(node.run(4s)), Contains("BACKUP>MASTER master_silent"));
  EXPECT_TRUE(node.has("10.9.0.100/24"));
}

TEST(FailoverReload, WithAnotherGroupListensThere) {
  auto config = router();
  Node node = master(testing::node({config}));
  config.vrrp.multicast_group = ip("224.0.0.99");
  const auto listen = all<action::Listen>(node.reload(testing::node({config})));
  ASSERT_THAT(listen, SizeIs(1));
  EXPECT_THAT(listen[0].sockets.at(0).groups, ElementsAre(ip("224.0.0.99")));
  EXPECT_THAT(words(node.hear(200, "10.9.0.2", config.vrrp)),
              Contains("MASTER>BACKUP higher_priority_heard"));
}

TEST(FailoverReload, MayMoveAnAddressFromOneMasterToAnother) {
  auto a = router("A", 51), b = router("B", 52);
  a.vrrp.addresses.push_back(virtual_address("10.9.0.101/24"));
  b.vrrp.addresses = {virtual_address("10.9.0.102/24")};
  Node node = master(testing::node({a, b}));
  b.vrrp.addresses.push_back(a.vrrp.addresses.back());
  a.vrrp.addresses.pop_back();
  const auto said = words(node.reload(testing::node({a, b})));
  EXPECT_THAT(only(said, "notice"), IsEmpty());
  EXPECT_TRUE(node.has("10.9.0.101/24"));
  node.hear(200, "10.9.0.2", a.vrrp);
  EXPECT_TRUE(node.has("10.9.0.101/24"));
  node.hear(200, "10.9.0.2", b.vrrp);
  EXPECT_FALSE(node.has("10.9.0.101/24"));
}

TEST(FailoverReload, MayComeBeforeTheKernelWasListed) {
  Node node(testing::node({router()}));
  EXPECT_THAT(node.reload(testing::node({router("B", 52)})), IsEmpty());
  EXPECT_THAT(words(node.start()), ElementsAre("hooks /b", "INIT>BACKUP started", "listen"));
  EXPECT_EQ(node.shown().name, "B");
}

TEST(FailoverReload, MayTakeAwayEverything) {
  Node node = master(testing::node({router()}));
  EXPECT_THAT(words(node.reload(testing::node({}))),
              IsSupersetOf({"advert 0", "remove 10.9.0.100/24", "listen"}));
  EXPECT_EQ(node.next_timeout(), std::nullopt);
}

}  // namespace
}  // namespace engine
