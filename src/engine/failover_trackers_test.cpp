// Trackers and sync groups through the engine's doors.
#include <gtest/gtest.h>

#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using track::Kind;

TrackedScript script(std::string name = "chk", Duration interval = 1s) {
  TrackedScript script;
  script.config.name = std::move(name);
  script.config.interval = interval;
  script.config.timeout = interval;
  script.command = command("/chk");
  return script;
}

FailoverConfig tracking(TrackerUse use, std::string name = "VI") {
  auto instance = router(std::move(name));
  instance.trackers = {std::move(use)};
  FailoverConfig config = node({instance});
  return config;
}

FailoverConfig with_script(std::int32_t weight) {
  FailoverConfig config = tracking({Kind::script, "chk", {weight, false}});
  config.trackers.scripts = {script()};
  return config;
}

event::ScriptFinished finished(int status, std::string name = "chk") {
  return {std::move(name), {.exit_status = status, .signal = 0, .error = {}}};
}

// Two routers that are one: VI_1 and VI_2 on eth0.
FailoverConfig pair() {
  auto first = router("VI_1", 51);
  auto second = router("VI_2", 52);
  second.vrrp.addresses = {virtual_address("10.9.0.200/24")};
  first.vrrp.in_sync_group = second.vrrp.in_sync_group = true;
  FailoverConfig config = node({first, second});
  GroupConfig group;
  group.name = "G";
  group.members = {"VI_1", "VI_2"};
  group.hooks.master = command("/gm");
  group.hooks.fault = command("/gf");
  group.hooks.any = command("/g");
  config.groups = {group};
  return config;
}

std::vector<std::string> hooks(const Actions& actions) { return only(words(actions), "hooks"); }

TEST(FailoverTrackers, ARouterWaitsForItsScriptWithoutAWord) {
  Node node(with_script(0));
  EXPECT_THAT(words(node.start()), Not(Contains(StartsWith("INIT>"))));
  EXPECT_THAT(words(node.run(0s)), Contains("run chk"));
  EXPECT_THAT(words(node.run(500ms)), IsEmpty());
  EXPECT_THAT(words(node.tell(finished(0))), Contains("INIT>BACKUP started"));
  EXPECT_EQ(node.next_timeout(), node.now + 500ms) << "the next run, before the master-down timer";
}

TEST(FailoverTrackers, AScriptWithAWeightHoldsNobodyUp) {
  Node node(with_script(20));
  EXPECT_THAT(words(node.start()), Contains("INIT>BACKUP started"));
}

TEST(FailoverTrackers, AFailingScriptIsAFaultAndPriorityZero) {
  Node node(with_script(0));
  node.start();
  node.run(1ms);
  node.tell(finished(0));
  node.run(1s);
  node.tell(finished(0));
  while (node.state() != vrrp::State::master) {
    node.run(1s);
    node.tell(finished(0));
  }
  const auto words_said = words(node.tell(finished(1)));
  EXPECT_THAT(words_said, Contains("advert 0"));
  EXPECT_THAT(words_said, Contains("MASTER>FAULT fault"));
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{vrrp::FaultKind::tracker, "script chk (exit 1)"}));
  node.run(1s);
  EXPECT_THAT(words(node.tell(finished(0))), Contains("FAULT>BACKUP fault_cleared"));
}

TEST(FailoverTrackers, AWeightShowsInThePriorityAndItsParts) {
  FailoverConfig config = with_script(-50);
  config.trackers.scripts.front().config.fall = 3;
  Node node(config);
  node.start();
  node.run(1ms);
  node.tell(finished(0));
  for (int failure = 1; failure <= 3; ++failure) {
    EXPECT_EQ(node.shown().effective_priority, 100);
    node.run(1s);
    node.tell(finished(1));
  }
  EXPECT_EQ(node.shown().effective_priority, 50);
  EXPECT_THAT(
      node.shown().priority_parts,
      ElementsAre(vrrp::PriorityPart{100, "base"}, vrrp::PriorityPart{-50, "script chk (exit 1, 3 of 3)"}));
}

TEST(FailoverTrackers, ManyScriptsBeginOneAfterTheOther) {
  FailoverConfig config = node({router()});
  for (int i = 0; i < 500; ++i) config.trackers.scripts.push_back(script("chk" + std::to_string(i)));
  Node node(config);
  node.start();
  std::size_t most = 0;
  for (int i = 0; i < 1000; ++i) most = std::max(most, only(words(node.run(1ms)), "run ").size());
  EXPECT_LE(most, 2U) << "in one millisecond";
}

TEST(FailoverTrackers, AFileMultiplies) {
  FailoverConfig config = tracking({Kind::file, "f", {2, false}});
  config.trackers.files = {{.name = "f", .path = "/f", .weight = {2, false}, .init = {}}};
  Node node(config);
  EXPECT_THAT(words(node.start()), Not(Contains(StartsWith("INIT>"))));
  EXPECT_THAT(words(node.tell(event::TrackedFileChanged{"f", 0, {}})), Contains("INIT>BACKUP started"));
  node.tell(event::TrackedFileChanged{"f", -20, {}});
  EXPECT_EQ(node.shown().effective_priority, 60);
  EXPECT_THAT(words(node.tell(event::TrackedFileChanged{"f", -200, {}})), Contains("BACKUP>FAULT fault"));
}

TEST(FailoverTrackers, AFileThatNobodyCanReadHoldsARouterUpForASecond) {
  FailoverConfig config = tracking({Kind::file, "f", {1, false}});
  config.trackers.files = {{.name = "f", .path = "/f", .weight = {1, false}, .init = {}}};
  Node node(config);
  node.start();
  EXPECT_THAT(words(node.run(999ms)), IsEmpty());
  EXPECT_THAT(words(node.run(1ms)), Contains("INIT>BACKUP started"));
}

FailoverConfig with_process(Duration terminate_delay = {}) {
  FailoverConfig config = tracking({Kind::process, "p", {0, false}});
  track::ProcessConfig process;
  process.name = process.process = "p";
  process.terminate_delay = terminate_delay;
  config.trackers.processes = {process};
  return config;
}

TEST(FailoverTrackers, AProcessThatIsGoneIsAFaultAtOnce) {
  Node node(with_process());
  node.start();
  EXPECT_THAT(words(node.tell(event::ProcessesCounted{"p", 1})), Contains("INIT>BACKUP started"));
  node.run(5s);
  ASSERT_EQ(node.state(), vrrp::State::master);
  EXPECT_THAT(words(node.tell(event::ProcessesCounted{"p", 0})), Contains("MASTER>FAULT fault"));
  EXPECT_THAT(words(node.tell(event::ProcessesCounted{"p", 1})), Contains("FAULT>BACKUP fault_cleared"));
}

TEST(FailoverTrackers, AProcessThatIsBackWithinItsDelayWasNeverGone) {
  Node node(with_process(2s));
  node.start();
  node.tell(event::ProcessesCounted{"p", 1});
  EXPECT_THAT(words(node.tell(event::ProcessesCounted{"p", 0})), IsEmpty());
  node.run(1s);
  node.tell(event::ProcessesCounted{"p", 1});
  node.run(3s);
  EXPECT_NE(node.state(), vrrp::State::fault);
  node.tell(event::ProcessesCounted{"p", 0});
  EXPECT_THAT(words(node.run(2s)), Contains(StartsWith("MASTER>FAULT")));
}

TEST(FailoverTrackers, ABfdSessionIsDownUntilItIsUp) {
  FailoverConfig config = tracking({Kind::bfd, "B1", {20, false}});
  config.trackers.bfd_sessions = {"B1"};
  Node node(config);
  node.start();
  EXPECT_EQ(node.shown().effective_priority, 100);
  node.tell(event::BfdStateChanged{"B1", true});
  EXPECT_EQ(node.shown().effective_priority, 120);
  node.tell(event::BfdStateChanged{"B1", false});
  EXPECT_EQ(node.shown().effective_priority, 100);
  EXPECT_THAT(words(node.tell(event::BfdStateChanged{"other", true})), IsEmpty());
}

TEST(FailoverTrackers, AnotherInterfaceCountsToo) {
  Node node(tracking({Kind::interface, "eth1", {-30, false}}));
  node.start();
  EXPECT_EQ(node.shown().effective_priority, 70) << "it does not exist";
  node.tell(event::InterfaceChanged{interface("eth1", 3)});
  EXPECT_EQ(node.shown().effective_priority, 100);
  node.tell(event::InterfaceRemoved{{3}});
  EXPECT_EQ(node.shown().effective_priority, 70);
}

TEST(FailoverTrackers, ALinkIsDownWhenItHasBeenForAsLongAsWritten) {
  FailoverConfig config = node({router()});
  config.trackers.interface_delays = {{"eth0", 500ms, 2s}};
  Node node(config);
  node.start();
  node.link(false);
  EXPECT_EQ(node.state(), vrrp::State::backup);
  node.run(500ms);
  EXPECT_EQ(node.state(), vrrp::State::fault);
  node.link(true);
  node.run(1999ms);
  EXPECT_EQ(node.state(), vrrp::State::fault);
  node.run(1ms);
  EXPECT_EQ(node.state(), vrrp::State::backup);
}

TEST(FailoverTrackers, APolledLinkIsAsItsDriverSays) {
  FailoverConfig config = node({router()});
  config.trackers.polled_interfaces = {{"eth0", track::PollMethod::mii}};
  Node node(config);
  EXPECT_THAT(words(node.start()), Contains("watch"));
  EXPECT_THAT(words(node.tell(event::LinkPolled{"eth0", false})), Contains("BACKUP>FAULT fault"));
  EXPECT_THAT(words(node.tell(event::LinkPolled{"eth0", true})), Contains("FAULT>BACKUP fault_cleared"));
}

TEST(FailoverTrackers, ANewWorkerCountsOn) {
  FailoverConfig config = with_script(0);
  config.trackers.scripts.front().config.fall = 2;
  Node node(config);
  node.start();
  node.run(1ms);
  node.tell(finished(0));
  node.run(1s);
  node.tell(finished(1));
  Node next(config, node.snapshot(), node.now);
  next.now = node.now + 100ms;
  EXPECT_THAT(words(next.start()), Contains("watch"));
  EXPECT_EQ(next.state(), vrrp::State::backup);
  next.run(1s);
  EXPECT_THAT(words(next.tell(finished(1))), Contains("BACKUP>FAULT fault")) << "the second failure in a row";
}

TEST(FailoverTrackers, AReloadOfTheSameTouchesNoScript) {
  Node node(with_script(0));
  node.start();
  node.run(1ms);
  node.tell(finished(0));
  node.run(500ms);
  const auto due = node.next_timeout();
  EXPECT_THAT(words(node.reload(with_script(0))), IsEmpty());
  EXPECT_EQ(node.next_timeout(), due);
}

TEST(FailoverTrackers, AReloadThatBringsAScriptHoldsNoRunningRouterUp) {
  Node node(testing::node({router()}));
  node.start();
  EXPECT_THAT(words(node.reload(with_script(0))), Contains("watch"));
  EXPECT_EQ(node.state(), vrrp::State::backup);
  node.run(1ms);
  EXPECT_THAT(words(node.tell(finished(1))), Contains("BACKUP>FAULT fault"));
  EXPECT_THAT(words(node.reload(testing::node({router()}))), Contains("FAULT>BACKUP fault_cleared"));
}

TEST(FailoverTrackers, ANewWatcherIsToldEverythingAndItsScriptsRunAgain) {
  Node node(with_script(0));
  node.start();
  node.run(1ms);
  EXPECT_THAT(words(node.tell(event::WatcherStarted{})), ElementsAre("watch"));
  EXPECT_THAT(words(node.run(1s)), Contains("run chk"));
}

TEST(FailoverGroups, MembersBecomeMasterTogetherAndTheGroupSpeaksLast) {
  Node node(pair());
  node.start();
  const auto said = node.run(10s);
  EXPECT_THAT(only(words(said), "BACKUP>MASTER"), ::testing::SizeIs(2));
  EXPECT_THAT(hooks(said), ElementsAre("hooks /m", "hooks /m", "hooks /gm /g"));
  EXPECT_THAT(only(words(said), "group"), ElementsAre("group G MASTER"));
  EXPECT_EQ(node.snapshot().groups.front().state, vrrp::State::master);
}

TEST(FailoverGroups, AMemberThatHearsABetterMasterHoldsTheOtherBack) {
  Node node(pair());
  node.start();
  const auto elsewhere = pair().instances.front().vrrp;
  for (int second = 0; second < 8; ++second) {
    node.hear(150, "10.9.0.2", elsewhere);
    node.run(1s);
  }
  EXPECT_EQ(node.state(0), vrrp::State::backup);
  EXPECT_EQ(node.state(1), vrrp::State::backup);
  EXPECT_EQ(node.shown(1).wanted, vrrp::State::master);
  node.run(10s);
  EXPECT_EQ(node.state(0), vrrp::State::master);
  EXPECT_EQ(node.state(1), vrrp::State::master);
}

TEST(FailoverGroups, WhoGivesWayTakesTheOtherAlong) {
  Node node(pair());
  node.start();
  node.run(10s);
  const auto said = words(node.hear(150, "10.9.0.2", pair().instances.front().vrrp));
  EXPECT_THAT(said, Contains("MASTER>BACKUP higher_priority_heard"));
  EXPECT_THAT(said, Contains("MASTER>BACKUP group_member_left"));
  EXPECT_THAT(said, Not(Contains("advert 0")));
  EXPECT_THAT(only(said, "group"), ElementsAre("group G BACKUP"));
}

TEST(FailoverGroups, AFaultOfOneIsAFaultOfAll) {
  FailoverConfig config = pair();
  config.instances[0].trackers = {{Kind::bfd, "B", {0, false}}};
  config.trackers.bfd_sessions = {"B"};
  Node node(config);
  EXPECT_THAT(only(words(node.start()), "INIT>"), ElementsAre("INIT>FAULT fault", "INIT>FAULT fault"));
  node.tell(event::BfdStateChanged{"B", true});
  EXPECT_EQ(node.state(1), vrrp::State::backup);
  node.run(10s);
  ASSERT_EQ(node.state(1), vrrp::State::master);
  const auto said = words(node.tell(event::BfdStateChanged{"B", false}));
  EXPECT_THAT(only(said, "advert 0"), ::testing::SizeIs(2));
  EXPECT_THAT(only(said, "MASTER>FAULT"), ::testing::SizeIs(2));
  EXPECT_EQ(said.back(), "group G FAULT");
  EXPECT_THAT(node.shown(1).faults, ElementsAre(vrrp::Fault{vrrp::FaultKind::group_member, "VI_1"}));
}

TEST(FailoverGroups, StopTellsTheGroupsScriptAfterItsMembers) {
  FailoverConfig config = pair();
  config.groups.front().hooks.stop = command("/gs");
  Node node(config);
  node.start();
  EXPECT_THAT(hooks(node.stop()), ElementsAre("hooks /s", "hooks /s", "hooks /gs /g"));
}

TEST(FailoverGroups, ANewWorkerDoesNotTellItAgain) {
  Node node(pair());
  node.start();
  node.run(10s);
  Node next(pair(), node.snapshot(), node.now);
  next.addresses = node.addresses;
  next.now = node.now + 100ms;
  EXPECT_THAT(only(words(next.start()), "group"), IsEmpty());
  EXPECT_EQ(next.state(0), vrrp::State::master);
}

TEST(FailoverGroups, AReloadMayPutARouterIntoOneAndTakeItOut) {
  Node node(pair());
  node.start();
  node.run(10s);
  FailoverConfig apart = pair();
  apart.groups.clear();
  for (auto& instance : apart.instances) instance.vrrp.in_sync_group = false;
  node.reload(apart);
  node.hear(150, "10.9.0.2", apart.instances.front().vrrp);
  EXPECT_EQ(node.state(0), vrrp::State::backup);
  EXPECT_EQ(node.state(1), vrrp::State::master);
  node.reload(pair());
  EXPECT_EQ(node.state(1), vrrp::State::backup) << "they agree at once";
}

}  // namespace
}  // namespace engine
