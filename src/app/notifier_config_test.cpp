#include "app/notifier_config.hpp"

#include <gtest/gtest.h>

namespace app {
namespace {

using runtime::bit;
using runtime::Listener;

config::Model model() {
  config::Model model;
  config::Instance instance;
  instance.vrrp.name = "VI";
  model.instances.push_back(instance);
  return model;
}

NotifierConfigs configs(const config::Model& model) { return notifier_configs(model, "host", "/var/lib/x"); }

TEST(NotifierConfig, NobodyIsStartedWithoutWork) { EXPECT_EQ(listeners(configs(model())), 0); }

TEST(NotifierConfig, MailNeedsAServerSomebodyToWriteToAndARouterThatWantsIt) {
  config::Model wanted = model();
  wanted.globals.mail.server = "192.0.2.25";
  wanted.globals.mail.recipients = {"a@example.net"};
  EXPECT_EQ(listeners(configs(wanted)), 0);
  wanted.instances[0].hooks.smtp_alert = true;
  EXPECT_EQ(listeners(configs(wanted)), bit(Listener::mail));
  wanted.globals.mail.server.clear();
  EXPECT_EQ(listeners(configs(wanted)), 0);
}

TEST(NotifierConfig, OwnersOfInstancesAndGroupsGoWithTheFifos) {
  config::Model wanted = model();
  wanted.instances[0].hooks.owner.emplace().command.argv = {"/o"};
  wanted.sync_groups.emplace_back().name = "G";
  wanted.sync_groups[0].hooks.owner.emplace().command.argv = {"/o"};
  const auto result = configs(wanted);
  EXPECT_EQ(listeners(result), bit(Listener::pipes));
  const auto& owners = result[0].owners;
  ASSERT_EQ(owners.size(), 2U);
  EXPECT_EQ(notify::subject_key(owners[0].subject), "INSTANCE VI");
  EXPECT_EQ(notify::subject_key(owners[1].subject), "GROUP G");
}

TEST(NotifierConfig, TheFifoOfTheBalancerHearsNothingOfRouters) {
  config::Model wanted = model();
  wanted.globals.lvs_fifo.fifo = notify::Fifo{"/run/l", 0, 0};
  wanted.globals.fifo.fifo = notify::Fifo{"/run/f", 0, 0};
  const auto result = configs(wanted);
  const auto& fifos = result[0].fifos;
  ASSERT_EQ(fifos.size(), 2U);
  EXPECT_TRUE(fifos[0].routers && fifos[0].services);
  EXPECT_TRUE(!fifos[1].routers && fifos[1].services);
}

TEST(NotifierConfig, ANodeWithoutARouterIdIsCalledByItsHostName) {
  EXPECT_EQ(configs(model())[0].node, "host");
  config::Model named = model();
  named.globals.router_id = "lb1";
  EXPECT_EQ(configs(named)[0].node, "lb1");
}

}  // namespace
}  // namespace app
