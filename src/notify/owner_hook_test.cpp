#include "notify/owner_hook.hpp"

#include <gmock/gmock.h>

namespace notify {
namespace {

using namespace std::chrono_literals;
using core::Time;
using owner_action::RunScript;
using owner_action::StopScript;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Time start{1000s};

OwnerConfig config() {
  OwnerConfig config;
  config.interval = 30s;
  config.timeout = 20s;
  config.retry = 2s;
  return config;
}

struct Bench {
  OwnerHook hook{config()};
  Time now = start;

  OwnerActions master() { return hook.handle(now, owner_event::Stated{true}); }
  OwnerActions backup() { return hook.handle(now, owner_event::Stated{false}); }
  OwnerActions succeeds() { return hook.handle(now, owner_event::ScriptEnded{true, {}}); }
  OwnerActions fails() { return hook.handle(now, owner_event::ScriptEnded{false, "exited with status 1"}); }
  // Lets time pass until the machine wants to be woken.
  OwnerActions wait() {
    now = hook.next_timeout().value();
    return hook.handle_timeout(now);
  }
};

OwnerAction run(OwnerStep step) { return RunScript{step, 20s}; }

TEST(OwnerHook, AcquiresAndLooksWhetherItHelped) {
  Bench bench;
  EXPECT_THAT(bench.master(), ElementsAre(run(OwnerStep::acquire)));
  EXPECT_THAT(bench.succeeds(), ElementsAre(run(OwnerStep::verify)));
  EXPECT_THAT(bench.succeeds(), IsEmpty());
  EXPECT_TRUE(bench.hook.snapshot().in_order);
}

TEST(OwnerHook, LooksAgainAtItsInterval) {
  Bench bench;
  bench.master();
  bench.succeeds();
  bench.succeeds();
  EXPECT_EQ(bench.hook.next_timeout(), start + 30s);
  EXPECT_THAT(bench.hook.handle_timeout(start + 29s), IsEmpty());
  EXPECT_THAT(bench.wait(), ElementsAre(run(OwnerStep::verify)));
}

TEST(OwnerHook, TakesBackAtOnceWhatSomebodyElseTook) {
  Bench bench;
  bench.master();
  bench.succeeds();
  bench.succeeds();
  bench.wait();
  const auto actions = bench.fails();
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_TRUE(std::get<owner_action::Say>(actions[0]).trouble);
  EXPECT_EQ(actions[1], run(OwnerStep::acquire));
}

TEST(OwnerHook, TriesAgainSoonThenLessOften) {
  Bench bench;
  bench.master();
  EXPECT_EQ(bench.fails().size(), 1U) << "said once";
  EXPECT_EQ(bench.hook.next_timeout(), start + 2s);
  EXPECT_THAT(bench.wait(), ElementsAre(run(OwnerStep::acquire)));
  EXPECT_THAT(bench.fails(), IsEmpty());
  EXPECT_EQ(bench.hook.next_timeout(), bench.now + 4s);
  for (int i = 0; i < 10; ++i) {
    bench.wait();
    bench.fails();
  }
  EXPECT_EQ(bench.hook.next_timeout(), bench.now + 30s);
}

TEST(OwnerHook, SaysWhenTroubleIsOver) {
  Bench bench;
  bench.master();
  bench.fails();
  bench.wait();
  bench.succeeds();
  const auto actions = bench.succeeds();
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_FALSE(std::get<owner_action::Say>(actions[0]).trouble);
}

TEST(OwnerHook, ARequestThatHadNoEffectIsMadeAgain) {
  Bench bench;
  bench.master();
  bench.succeeds();
  bench.fails();  // verify
  EXPECT_THAT(bench.wait(), ElementsAre(run(OwnerStep::acquire)));
}

TEST(OwnerHook, EndsAnAcquisitionThatIsNoLongerMeant) {
  Bench bench;
  bench.master();
  EXPECT_THAT(bench.backup(), ElementsAre(OwnerAction{StopScript{}}));
  EXPECT_THAT(bench.fails(), ElementsAre(run(OwnerStep::release)));
}

TEST(OwnerHook, WhatCountsIsTheStateInTheEnd) {
  Bench bench;
  bench.master();
  bench.backup();
  EXPECT_THAT(bench.master(), IsEmpty()) << "it is being ended already";
  EXPECT_THAT(bench.succeeds(), ElementsAre(run(OwnerStep::acquire)));
}

TEST(OwnerHook, ReleasesUntilItSucceedsOnce) {
  Bench bench;
  EXPECT_THAT(bench.backup(), ElementsAre(run(OwnerStep::release)));
  bench.fails();
  EXPECT_THAT(bench.wait(), ElementsAre(run(OwnerStep::release)));
  bench.succeeds();
  EXPECT_EQ(bench.hook.next_timeout(), std::nullopt);
  EXPECT_TRUE(bench.hook.settled());
}

TEST(OwnerHook, TheSameStateAgainIsNoNews) {
  Bench bench;
  bench.master();
  EXPECT_THAT(bench.master(), IsEmpty());
}

TEST(OwnerHook, AnotherScriptBeginsAnew) {
  Bench bench;
  bench.master();
  bench.succeeds();
  bench.succeeds();
  OwnerConfig other = config();
  EXPECT_THAT(bench.hook.handle(start, owner_event::Reconfigured{other}), IsEmpty());
  other.command.argv = {"/other"};
  EXPECT_THAT(bench.hook.handle(start, owner_event::Reconfigured{other}),
              ElementsAre(run(OwnerStep::acquire)));
}

}  // namespace
}  // namespace notify
