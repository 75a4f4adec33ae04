#include "engine/failover.hpp"
#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> lines(const Actions& actions) {
  std::vector<std::string> lines;
  for (const auto& told : all<action::Tell>(actions)) {
    std::string line = notify::fifo_line(told.event);
    line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

TEST(Tell, SaysWhatTheScriptsAreTold) {
  Node node(testing::node({router()}));
  EXPECT_THAT(lines(node.start()), ElementsAre(R"(INSTANCE "VI" BACKUP 100)"));
  const auto actions = node.run(4s);
  EXPECT_THAT(lines(actions), ElementsAre(R"(INSTANCE "VI" MASTER 100)"));
  const auto event = all<action::Tell>(actions).front().event;
  EXPECT_EQ(event.previous, "BACKUP");
  EXPECT_EQ(event.reason, "master_silent");
  EXPECT_FALSE(event.gone);
  const auto last = node.stop();
  EXPECT_THAT(lines(last), ElementsAre(R"(INSTANCE "VI" STOP 100)"));
  EXPECT_TRUE(all<action::Tell>(last).front().event.gone);
}

TEST(Tell, NumbersChangesOfStateWithoutAGap) {
  Node node(testing::node({router("A", 51), router("B", 52)}));
  Actions actions = node.start();
  for (auto& action : node.run(4s)) actions.push_back(action);
  for (auto& action : node.stop()) actions.push_back(action);
  std::uint64_t number = 0;
  for (const auto& told : all<action::Tell>(actions)) EXPECT_EQ(told.event.sequence, ++number);
  EXPECT_EQ(number, 6U);
}

TEST(Tell, AWorkerThatResumesGoesOnCounting) {
  Node before(testing::node({router()}));
  before.start();
  before.run(4s);
  EXPECT_EQ(before.snapshot().last_event, 2U);
}

TEST(Tell, LowerPriorityIsForPipesAndTakesNoNumber) {
  Node node(testing::node({router()}));
  node.start();
  node.run(5s);
  const auto told = all<action::Tell>(node.hear(50));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(notify::fifo_line(told[0].event), "INSTANCE \"VI\" MASTER_RX_LOWER_PRI 100\n");
  EXPECT_EQ(told[0].event.sequence, 2U);
}

TEST(Tell, PriorityChangesAreSaidWhereTheyAreWanted) {
  auto config = testing::node({router("A", 51), router("B", 52)});
  config.instances[0].hooks.priority_changes = true;
  Node node(config);
  node.start();
  for (auto& instance : config.instances) instance.vrrp.priority = 120;
  EXPECT_THAT(lines(node.reload(config)), ElementsAre(R"(INSTANCE "A" BACKUP_PRIORITY 120)"));
}

TEST(Tell, AnInstanceThatAReloadTakesAwayIsFaultOrDeletedAsConfigured) {
  auto config = testing::node({router("A", 51), router("B", 52)});
  config.instances[1].hooks.notify_deleted = true;
  Node node(config);
  node.start();
  EXPECT_THAT(lines(node.reload(testing::node({}))),
              ElementsAre(R"(INSTANCE "A" FAULT 100)", R"(INSTANCE "B" DELETED 100)"));
}

TEST(Tell, EveryStateIsSaidAgainToWhoAsks) {
  Node node(testing::node({router("A", 51), router("B", 52)}));
  node.start();
  node.run(4s);
  const auto told = all<action::Tell>(node.tell(event::StatesWanted{2}));
  ASSERT_EQ(told.size(), 2U);
  for (const auto& one : told) {
    EXPECT_EQ(one.listeners, 2);
    EXPECT_TRUE(one.event.repeated);
    EXPECT_EQ(one.event.state, notify::HookState::master);
    EXPECT_EQ(one.event.sequence, 4U);
  }
}

TEST(Tell, AGroupIsToldAfterItsMembersAndCountsWithThem) {
  auto config = testing::node({router("A", 51), router("B", 52)});
  config.groups.emplace_back();
  config.groups[0].name = "G";
  config.groups[0].members = {"A", "B"};
  Node node(config);
  node.start();
  const auto actions = node.run(4s);
  EXPECT_THAT(lines(actions), ElementsAre(R"(INSTANCE "A" MASTER 100)", R"(INSTANCE "B" MASTER 100)",
                                          R"(GROUP "G" MASTER 0)"));
  EXPECT_EQ(all<action::Tell>(actions).back().event.sequence, 6U);
  EXPECT_EQ(all<action::Tell>(node.tell(event::StatesWanted{1})).size(), 3U);
}

TEST(Tell, AReloadOfTheSameFileSaysNothing) {
  const auto config = testing::node({router()});
  Node node(config);
  node.start();
  EXPECT_THAT(lines(node.reload(config)), IsEmpty());
}

}  // namespace
}  // namespace engine
