#include "engine/from_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

config::Model model_of_one() {
  config::Model model;
  config::Instance instance;
  instance.vrrp.name = "VI";
  instance.vrrp.vrid = 51;
  instance.hooks.any.emplace().argv = {"/bin/true"};
  model.instances.push_back(instance);
  return model;
}

TEST(FromModel, TakesInstancesWithTheirHooks) {
  const FailoverConfig config = failover_config(model_of_one());
  ASSERT_THAT(config.instances, SizeIs(1));
  EXPECT_EQ(config.instances[0].vrrp.vrid, 51);
  EXPECT_THAT(config.instances[0].hooks.any->argv, ElementsAre("/bin/true"));
}

TEST(FromModel, PacesNamedInterfacesBeforeAllOthers) {
  config::Model model;
  model.garp_groups.push_back({100ms, {}, {"eth0", "eth1"}});
  model.globals.vrrp.gna_interval = 10ms;
  EXPECT_THAT(failover_config(model).pacing,
              ElementsAre(PacingGroup{{"eth0", "eth1"}, 100ms, 0ms}, PacingGroup{{}, 0ms, 10ms}));
}

TEST(FromModel, HasNoPaceUnlessOneIsWanted) {
  EXPECT_THAT(failover_config(model_of_one()).pacing, SizeIs(0));
}

TEST(FromModel, HoldsBackForTheStartupDelay) {
  config::Model model;
  model.globals.startup_delay = 5s;
  model.globals.log_unknown_vrids = true;
  EXPECT_EQ(failover_config(model).startup_delay, 5s);
  EXPECT_TRUE(failover_config(model).log_unknown_vrids);
}

TEST(FromModel, ARouterInAVrfRunsOnThatAsOnAnInterface) {
  config::Model model = model_of_one();
  model.instances[0].vrrp.vrf = "blue";
  model.instances[0].vrrp.unicast = true;
  EXPECT_EQ(failover_config(model).instances[0].vrrp.interface, "blue");
}

config::Model model_of_both_families() {
  config::Model model = model_of_one();
  config::Instance twin;
  twin.vrrp.name = "VI/IPv6";
  twin.vrrp.family = net::Family::v6;
  twin.twin_of = "VI";
  model.instances.push_back(twin);
  return model;
}

TEST(FromModel, TheHalvesOfAnInstanceAreASilentGroupAndTheOneWithoutHooksIsFirst) {
  const FailoverConfig config = failover_config(model_of_both_families());
  EXPECT_THAT(config.groups, ElementsAre(GroupConfig{"VI", {"VI/IPv6", "VI"}, {}, true}));
  for (const auto& instance : config.instances) EXPECT_TRUE(instance.vrrp.in_sync_group);
  EXPECT_EQ(config.instances[1].twin_of, "VI");
}

TEST(FromModel, TheHalvesOfAnInstanceAreBothInTheGroupOfIt) {
  config::Model model = model_of_both_families();
  model.instances.push_back(model.instances[0]);
  model.instances[2].vrrp.name = "VJ";
  config::SyncGroup group;
  group.name = "G";
  group.members = {"VJ", "VI"};
  model.sync_groups.push_back(group);
  const FailoverConfig config = failover_config(model);
  ASSERT_THAT(config.groups, SizeIs(1));
  EXPECT_FALSE(config.groups[0].silent);
  EXPECT_THAT(config.groups[0].members, ElementsAre("VJ", "VI/IPv6", "VI"));
}

TEST(FromModel, TheTableOfThePacketFilterIsNamedAsWrittenAndForEachDaemonOnTheHost) {
  config::Model model = model_of_one();
  EXPECT_EQ(failover_config(model).firewall, (net::FirewallTable{"standfast", -1, false}));
  model.globals.firewall.nftables_table = "mine";
  model.globals.firewall.nftables_priority = 5;
  model.globals.firewall.nftables_counters = true;
  model.globals.daemon.instance = "two";
  EXPECT_EQ(failover_config(model).firewall, (net::FirewallTable{"mine_two", 5, true}));
}

}  // namespace
}  // namespace engine
