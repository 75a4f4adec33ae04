#include "track/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace track {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr core::Time t0{1h};

ScriptConfig config_of(std::uint32_t rise = 1, std::uint32_t fall = 1) {
  ScriptConfig config;
  config.name = "chk";
  config.rise = rise;
  config.fall = fall;
  return config;
}

ScriptEnd exited(int status) { return {.exit_status = status, .signal = 0, .error = {}}; }
ScriptEnd killed(int signal) { return {.exit_status = -1, .signal = signal, .error = {}}; }

std::vector<std::string> remarks(const ScriptActions& actions) {
  std::vector<std::string> texts;
  for (const auto& each : actions) {
    if (const auto* said = std::get_if<action::Remark>(&each)) texts.push_back(said->text);
  }
  return texts;
}

bool runs(const ScriptActions& actions) {
  return std::ranges::any_of(actions, [](const auto& a) { return std::holds_alternative<action::Run>(a); });
}

// Runs and ends at once, a slot after the other.
struct Bench {
  explicit Bench(const ScriptConfig& config) : script(config) {
    script.handle(t0, event::ScriptScheduled{t0});
  }
  ScriptActions result(const ScriptEnd& end) {
    const core::Time due = *script.next_timeout();
    EXPECT_TRUE(runs(script.handle_timeout(due)));
    return script.handle(due + 5ms, event::ScriptFinished{end});
  }
  Script script;
};

TEST(Script, RunsAtExactIntervalsHoweverLateItIsCalled) {
  Script script(config_of());
  script.handle(t0, event::ScriptScheduled{t0});
  EXPECT_TRUE(runs(script.handle_timeout(t0 + 7ms)));
  script.handle(t0 + 8ms, event::ScriptFinished{exited(0)});
  EXPECT_EQ(script.next_timeout(), t0 + 1s);
  EXPECT_TRUE(runs(script.handle_timeout(t0 + 1s + 300ms)));
  script.handle(t0 + 1310ms, event::ScriptFinished{exited(0)});
  EXPECT_EQ(script.next_timeout(), t0 + 2s);
}

TEST(Script, SlotsSleptThroughAreNotMadeUpFor) {
  Script script(config_of());
  script.handle(t0, event::ScriptScheduled{t0});
  EXPECT_TRUE(runs(script.handle_timeout(t0 + 10s + 1ms)));
  script.handle(t0 + 10s + 2ms, event::ScriptFinished{exited(0)});
  EXPECT_EQ(script.next_timeout(), t0 + 11s);
}

TEST(Script, EarlyAndRepeatedCallsDoNothing) {
  Script script(config_of());
  EXPECT_THAT(script.handle_timeout(t0), IsEmpty());
  script.handle(t0, event::ScriptScheduled{t0 + 1s});
  EXPECT_THAT(script.handle_timeout(t0 + 999ms), IsEmpty());
  EXPECT_TRUE(runs(script.handle_timeout(t0 + 1s)));
  EXPECT_THAT(script.handle_timeout(t0 + 1s), IsEmpty());
}

TEST(Script, TheFirstResultDecidesAlone) {
  Bench well(config_of(3, 3));
  well.result(exited(0));
  EXPECT_TRUE(well.script.known());
  EXPECT_TRUE(well.script.up());
  Bench ill(config_of(3, 3));
  ill.result(exited(1));
  EXPECT_TRUE(ill.script.known());
  EXPECT_FALSE(ill.script.up());
}

TEST(Script, TakesFallFailuresInARowToFall) {
  Bench bench(config_of(2, 3));
  bench.result(exited(0));
  bench.result(exited(1));
  bench.result(exited(1));
  EXPECT_TRUE(bench.script.up());
  bench.result(exited(0));
  bench.result(exited(1));
  bench.result(exited(1));
  EXPECT_TRUE(bench.script.up());
  bench.result(exited(1));
  EXPECT_FALSE(bench.script.up());
  EXPECT_EQ(bench.script.detail(), "exit 1, 3 of 3");
}

TEST(Script, TakesRiseSuccessesInARowToRise) {
  Bench bench(config_of(3, 1));
  bench.result(exited(1));
  bench.result(exited(0));
  bench.result(exited(0));
  EXPECT_FALSE(bench.script.up());
  bench.result(exited(1));
  bench.result(exited(0));
  bench.result(exited(0));
  EXPECT_FALSE(bench.script.up());
  bench.result(exited(0));
  EXPECT_TRUE(bench.script.up());
}

TEST(Script, InitFailStandsForAFirstFailure) {
  ScriptConfig config = config_of();
  config.init_fail = true;
  Script script(config);
  EXPECT_TRUE(script.known());
  EXPECT_FALSE(script.up());
  EXPECT_FALSE(Script(config_of()).known());
}

TEST(Script, AnOverlapSkipsTheRunAndIsSaidOnce) {
  ScriptConfig config = config_of();
  config.timeout = 10s;
  Script script(config);
  script.handle(t0, event::ScriptScheduled{t0});
  script.handle_timeout(t0);
  EXPECT_THAT(remarks(script.handle_timeout(t0 + 1s)), ElementsAre(testing::HasSubstr("still running")));
  EXPECT_THAT(script.handle_timeout(t0 + 2s), IsEmpty());
  EXPECT_EQ(script.snapshot().skipped, 2);
  script.handle(t0 + 2500ms, event::ScriptFinished{exited(0)});
  EXPECT_TRUE(runs(script.handle_timeout(t0 + 3s)));
  EXPECT_THAT(script.handle_timeout(t0 + 4s), IsEmpty())
      << "said already, of a script that is always so slow";
  script.handle(t0 + 4500ms, event::ScriptFinished{exited(0)});
}

TEST(Script, ATimeoutIsATermThenAKillAndAFailure) {
  Bench bench(config_of());
  bench.result(exited(0));
  Script& script = bench.script;
  script.handle_timeout(t0 + 1s);
  EXPECT_THAT(script.handle_timeout(t0 + 2s), ElementsAre(ScriptAction{action::Terminate{}}));
  EXPECT_THAT(script.handle_timeout(t0 + 3s), IsEmpty());
  EXPECT_THAT(script.handle_timeout(t0 + 4s), ElementsAre(ScriptAction{action::Kill{}}));
  EXPECT_TRUE(script.up()) << "judged when it has ended";
  EXPECT_THAT(remarks(script.handle(t0 + 4010ms, event::ScriptFinished{killed(9)})),
              ElementsAre("VRRP_Script(chk) timed_out (timed out after 1 s, ignored SIGTERM)"));
  EXPECT_FALSE(script.up());
  EXPECT_TRUE(runs(script.handle_timeout(t0 + 5s)));
}

TEST(Script, WhoCatchesSigtermAndExitsWithZeroWasWell) {
  Script script(config_of());
  script.handle(t0, event::ScriptScheduled{t0});
  script.handle_timeout(t0);
  script.handle_timeout(t0 + 1s);
  script.handle(t0 + 1100ms, event::ScriptFinished{exited(0)});
  EXPECT_TRUE(script.up());
}

TEST(Script, WhatNotEvenSigkillEndsCountsAsFailedAndIsNeverRunTwice) {
  Bench bench(config_of());
  bench.result(exited(0));
  core::Time now = t0 + 1s;
  std::size_t started = 0, said = 0;
  for (; now < t0 + 60s; now = *bench.script.next_timeout()) {
    const auto actions = bench.script.handle_timeout(now);
    started += runs(actions) ? 1 : 0;
    said += remarks(actions).size();
  }
  EXPECT_EQ(started, 1);
  EXPECT_LE(said, 2);
  EXPECT_FALSE(bench.script.up());
}

TEST(Script, WhatCannotBeStartedHasFailedAndSaysWhy) {
  Bench bench(config_of());
  EXPECT_THAT(remarks(bench.result({.exit_status = -1, .signal = 0, .error = "cannot be started: gone"})),
              ElementsAre("VRRP_Script(chk) failed (cannot be started: gone)"));
  EXPECT_FALSE(bench.script.up());
  EXPECT_THAT(remarks(bench.result({.exit_status = -1, .signal = 0, .error = "cannot be started: gone"})),
              IsEmpty());
}

TEST(Script, DeathBySignalIsAFailure) {
  Bench bench(config_of());
  EXPECT_THAT(remarks(bench.result(killed(11))), ElementsAre("VRRP_Script(chk) failed (ended by signal 11)"));
}

TEST(Script, AnotherExitStatusIsSaidOnce) {
  Bench bench(config_of());
  EXPECT_THAT(remarks(bench.result(exited(1))),
              ElementsAre("VRRP_Script(chk) failed (exited with status 1)"));
  EXPECT_THAT(remarks(bench.result(exited(1))), IsEmpty());
  EXPECT_THAT(remarks(bench.result(exited(2))), ElementsAre("Script `chk` now returning 2"));
  EXPECT_THAT(remarks(bench.result(exited(2))), IsEmpty());
}

TEST(Script, FlappingIsSaidAtMostOnceASecondAndItsEndInTheEnd) {
  ScriptConfig config = config_of();
  config.interval = 10ms;
  Bench bench(config);
  std::vector<std::string> said;
  const auto hear = [&](int status) {
    for (const auto& text : remarks(bench.result(exited(status)))) said.push_back(text);
  };
  for (int i = 0; i < 201; ++i) hear(i % 2);
  EXPECT_LE(said.size(), 3U);
  for (int i = 0; i < 200; ++i) hear(0);
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said.back(), "VRRP_Script(chk) succeeded");
}

TEST(Script, ANewWorkerGoesOnWhereTheOldOneWas) {
  Bench bench(config_of(2, 3));
  bench.result(exited(0));
  bench.result(exited(1));
  bench.result(exited(1));
  const core::Time running_at = *bench.script.next_timeout();
  bench.script.handle_timeout(running_at);
  Script next(config_of(2, 3));
  next.handle(running_at + 200ms, event::ScriptResumed{bench.script.snapshot()});
  EXPECT_EQ(next.detail(), bench.script.detail());
  EXPECT_EQ(next.next_timeout(), bench.script.snapshot().next_run) << "its schedule";
  EXPECT_FALSE(next.running()) << "whether the run of then still runs nobody knows";
  next.handle(running_at + 300ms, event::ScriptFinished{exited(1)});
  EXPECT_FALSE(next.up()) << "the third failure in a row";
}

TEST(Script, LosingTheRunnerIsNoResult) {
  Bench bench(config_of());
  bench.result(exited(0));
  bench.script.handle_timeout(t0 + 1s);
  bench.script.handle(t0 + 1100ms, event::ScriptLost{});
  EXPECT_TRUE(bench.script.up());
  EXPECT_TRUE(runs(bench.script.handle_timeout(t0 + 2s)));
}

TEST(Script, AReloadKeepsTheVerdict) {
  Bench bench(config_of(1, 3));
  bench.result(exited(0));
  bench.result(exited(1));
  bench.script.handle(t0 + 1100ms, event::ScriptReconfigured{config_of(1, 2)});
  EXPECT_TRUE(bench.script.up());
  bench.result(exited(1));
  EXPECT_FALSE(bench.script.up());

  Bench down(config_of(3, 1));
  down.result(exited(1));
  down.result(exited(0));
  down.script.handle(t0 + 1100ms, event::ScriptReconfigured{config_of(1, 1)});
  EXPECT_FALSE(down.script.up());
  down.result(exited(0));
  EXPECT_TRUE(down.script.up());
}

TEST(Script, AShorterIntervalCountsAtOnce) {
  ScriptConfig slow = config_of();
  slow.interval = 60s;
  Bench bench(slow);
  bench.result(exited(0));
  bench.script.handle(t0 + 1s, event::ScriptReconfigured{config_of()});
  EXPECT_EQ(bench.script.next_timeout(), t0 + 2s);
}

}  // namespace
}  // namespace track
