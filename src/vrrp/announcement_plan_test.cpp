#include "vrrp/announcement_plan.hpp"

#include <gmock/gmock.h>
#include <utility>
#include <vector>

namespace vrrp {
namespace {

using namespace std::chrono_literals;
using core::Duration;
using core::Time;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using Rounds = AnnouncementPlan::Rounds;

constexpr Time t0{1000s};
constexpr Duration gap = 125ms;

/// What is due until `end`: when after t0, and how many rounds.
std::vector<std::pair<Duration, std::uint32_t>> run(AnnouncementPlan& plan, Duration end) {
  std::vector<std::pair<Duration, std::uint32_t>> due;
  while (const auto next = plan.next_timeout()) {
    if (*next > t0 + end) break;
    due.emplace_back(*next - t0, plan.handle_timeout(*next).all);
    EXPECT_EQ(plan.handle_timeout(*next), Rounds{}) << "a repeated call does nothing";
  }
  return due;
}

TEST(AnnouncementPlan, SendsFiveRoundsNowAndFiveAfterFiveSeconds) {
  AnnouncementPlan plan{{}};
  EXPECT_EQ(plan.announce(t0), (Rounds{5, 0}));
  EXPECT_THAT(run(plan, 1h), ElementsAre(Pair(5s, 5U)));
}

TEST(AnnouncementPlan, SendsNoSecondBurstWithoutADelay) {
  AnnouncementConfig config;
  config.master_delay = 0s;
  config.master_repeat = 1;
  AnnouncementPlan plan(config);
  EXPECT_EQ(plan.announce(t0), (Rounds{1, 0}));
  EXPECT_EQ(plan.next_timeout(), std::nullopt);
}

TEST(AnnouncementPlan, RefreshesFirstAfterTheDelayAndThePeriod) {
  AnnouncementConfig config;
  config.master_refresh = 60s;
  config.master_refresh_repeat = 2;
  AnnouncementPlan plan(config);
  plan.announce(t0);
  EXPECT_THAT(run(plan, 200s), ElementsAre(Pair(5s, 5U), Pair(65s, 2U), Pair(125s, 2U), Pair(185s, 2U)));
}

TEST(AnnouncementPlan, DoesNotMakeUpForRefreshesThatWereMissed) {
  AnnouncementConfig config;
  config.master_refresh = 60s;
  AnnouncementPlan plan(config);
  plan.announce(t0);
  EXPECT_EQ(plan.handle_timeout(t0 + 400s).all, 6U);
  EXPECT_EQ(plan.next_timeout(), t0 + 460s);
}

TEST(AnnouncementPlan, AnnouncesOnOtherInterfacesAtTheirOwnPeriod) {
  AnnouncementConfig config;
  config.extra_interfaces_every = 2s;
  AnnouncementPlan plan(config);
  plan.announce(t0);
  EXPECT_EQ(plan.next_timeout(), t0 + 2s);
  EXPECT_EQ(plan.handle_timeout(t0 + 2s), (Rounds{0, 1}));
  EXPECT_EQ(plan.handle_timeout(t0 + 4s), (Rounds{0, 1}));
}

TEST(AnnouncementPlan, AnswersALowerPriorityNowAndAfterItsDelay) {
  AnnouncementConfig config;
  config.lower_prio_repeat = 3;
  config.lower_prio_delay = 7s;
  AnnouncementPlan plan(config);
  EXPECT_EQ(plan.lower_priority_heard(t0, gap), (Rounds{3, 0}));
  EXPECT_THAT(run(plan, 1h), ElementsAre(Pair(7s, 3U)));
}

TEST(AnnouncementPlan, PutsOffWhatComesTooSoonButDoesNotForgetIt) {
  AnnouncementPlan plan{{}};
  plan.lower_priority_heard(t0, gap);
  EXPECT_EQ(plan.lower_priority_heard(t0 + 1ms, gap), Rounds{});
  EXPECT_EQ(plan.lower_priority_heard(t0 + 100ms, gap), Rounds{});
  EXPECT_THAT(run(plan, 1h), ElementsAre(Pair(gap, 5U), Pair(5s, 5U)));
}

TEST(AnnouncementPlan, IsSilentAboutLowerPrioritiesWithoutARepeat) {
  AnnouncementConfig config;
  config.lower_prio_repeat = 0;
  AnnouncementPlan plan(config);
  EXPECT_EQ(plan.lower_priority_heard(t0, gap), Rounds{});
  EXPECT_EQ(plan.next_timeout(), std::nullopt);
}

TEST(AnnouncementPlan, EndsWithMastership) {
  AnnouncementConfig config;
  config.master_refresh = 60s;
  config.extra_interfaces_every = 2s;
  AnnouncementPlan plan(config);
  plan.announce(t0);
  plan.lower_priority_heard(t0, gap);
  plan.cancel();
  EXPECT_EQ(plan.next_timeout(), std::nullopt);
}

TEST(AnnouncementPlan, GoesOnAfterARestartWithWhatWasNotSentYet) {
  AnnouncementPlan plan{{}};
  plan.resume(t0, t0 - 2s);
  EXPECT_THAT(run(plan, 1h), ElementsAre(Pair(3s, 5U)));
  AnnouncementPlan settled{{}};
  settled.resume(t0, t0 - 20s);
  EXPECT_THAT(run(settled, 1h), IsEmpty());
}

}  // namespace
}  // namespace vrrp
