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

}  // namespace
}  // namespace engine
