// One vrrp_instance with addresses of both families: two routers on the wire, one state, one set of hooks.
#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

InstanceConfig v6_half() {
  InstanceConfig config = router("VI/IPv6");
  config.vrrp.family = net::Family::v6;
  config.vrrp.multicast_group = ip("ff02::12");
  config.vrrp.addresses = {virtual_address("fd00::100/64")};
  config.vrrp.in_sync_group = true;
  config.hooks = {};
  config.twin_of = "VI";
  return config;
}

FailoverConfig both() {
  InstanceConfig first = router();
  first.vrrp.in_sync_group = true;
  FailoverConfig config = testing::node({first, v6_half()});
  config.groups = {{"VI", {"VI/IPv6", "VI"}, {}, true}};
  return config;
}

TEST(Twins, BecomeMasterTogetherAndTheHooksFindBothAddresses) {
  Node node(both());
  node.start();
  const Actions actions = node.run(5s);
  const auto said = words(actions);
  const auto place = [&](std::string_view word) { return std::ranges::find(said, word) - said.begin(); };
  EXPECT_EQ(node.state(0), vrrp::State::master);
  EXPECT_EQ(node.state(1), vrrp::State::master);
  EXPECT_LT(place("add fd00::100/64"), place("add 10.9.0.100/24"));
  EXPECT_LT(place("add 10.9.0.100/24"), place("hooks /m"));
  EXPECT_THAT(only(said, "hooks"), ElementsAre("hooks /m"));
}

TEST(Twins, StayBackupsWhileTheMasterIsHeardByOneFamily) {
  Node node(both());
  node.start();
  for (int i = 0; i < 10; ++i) {
    node.hear(200);
    node.run(1s);
  }
  EXPECT_EQ(node.state(0), vrrp::State::backup);
  EXPECT_EQ(node.state(1), vrrp::State::backup);
  node.run(5s);
  EXPECT_EQ(node.state(0), vrrp::State::master);
  EXPECT_EQ(node.state(1), vrrp::State::master);
}

TEST(Twins, GiveWayTogetherWhicheverFamilyHearsABetterOne) {
  Node node(both());
  node.start();
  node.run(8s);
  node.hear(200, "fe80::2", v6_half().vrrp);
  EXPECT_EQ(node.state(0), vrrp::State::backup);
  EXPECT_EQ(node.state(1), vrrp::State::backup);
  EXPECT_FALSE(node.has("10.9.0.100/24"));
  EXPECT_FALSE(node.has("fd00::100/64"));
}

TEST(Twins, AreToldOfAsOne) {
  Node node(both());
  node.start();
  const auto told = all<action::Tell>(node.run(5s));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].event.subject.name, "VI");
  const auto repeated = all<action::Tell>(node.tell(event::StatesWanted{}));
  ASSERT_EQ(repeated.size(), 1U);
  EXPECT_EQ(repeated[0].event.subject.name, "VI");
  EXPECT_THAT(node.snapshot().groups, IsEmpty());
  EXPECT_EQ(node.shown(1).twin_of, "VI");
}

TEST(Twins, AMasterThatIsGivenTheOtherFamilyStaysMaster) {
  Node node(testing::node({router()}));
  node.start();
  node.run(8s);
  const Actions actions = node.reload(both());
  EXPECT_EQ(node.state(0), vrrp::State::master);
  EXPECT_EQ(node.state(1), vrrp::State::master);
  EXPECT_TRUE(node.has("fd00::100/64"));
  EXPECT_THAT(only(words(actions), "remove 10"), IsEmpty());
}

TEST(Twins, AMasterThatLosesTheOtherFamilyStaysMaster) {
  Node node(both());
  node.start();
  node.run(8s);
  const Actions actions = node.reload(testing::node({router()}));
  EXPECT_EQ(node.state(0), vrrp::State::master);
  EXPECT_FALSE(node.has("fd00::100/64"));
  EXPECT_THAT(only(words(actions), "remove 10"), IsEmpty());
}

TEST(Twins, ResumeAsOneAfterAWorker) {
  Node before(both());
  before.start();
  before.run(8s);
  Node after(both(), before.snapshot(), before.now);
  after.now = before.now + 100ms;
  after.addresses = before.addresses;
  const Actions actions = after.start();
  EXPECT_EQ(after.state(0), vrrp::State::master);
  EXPECT_EQ(after.state(1), vrrp::State::master);
  EXPECT_THAT(only(words(actions), "remove"), IsEmpty());
  EXPECT_THAT(only(words(actions), "hooks"), IsEmpty());
}

}  // namespace
}  // namespace engine
