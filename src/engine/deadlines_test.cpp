#include "engine/deadlines.hpp"

#include <gmock/gmock.h>
#include <map>
#include <set>

#include "core/random.hpp"

namespace engine {
namespace {

using namespace std::chrono_literals;
using core::Duration;
using core::Time;
using ::testing::ElementsAre;
using ::testing::Optional;

constexpr Time t0{1000s};

std::vector<Deadlines::Machine> all_due(Deadlines& deadlines, Time now) {
  std::vector<Deadlines::Machine> machines;
  while (const auto machine = deadlines.pop_due(now)) machines.push_back(*machine);
  return machines;
}

TEST(Deadlines, NobodyWaitsAtFirst) {
  Deadlines deadlines;
  EXPECT_EQ(deadlines.earliest(), std::nullopt);
  EXPECT_EQ(deadlines.pop_due(Time::max()), std::nullopt);
  deadlines.clear(3);
  EXPECT_FALSE(deadlines.waits(3));
}

TEST(Deadlines, ComeEarliestFirstAndOfEqualsTheLowestNumber) {
  Deadlines deadlines;
  deadlines.set(5, t0 + 2s);
  deadlines.set(9, t0 + 1s);
  deadlines.set(2, t0 + 2s);
  deadlines.set(7, t0 + 3s);
  EXPECT_EQ(deadlines.earliest(), t0 + 1s);
  EXPECT_THAT(all_due(deadlines, t0 + 2s), ElementsAre(9, 2, 5));
  EXPECT_EQ(deadlines.earliest(), t0 + 3s);
}

TEST(Deadlines, AreNeverDueEarly) {
  Deadlines deadlines;
  deadlines.set(1, t0 + 1s);
  EXPECT_EQ(deadlines.pop_due(t0 + 1s - 1ns), std::nullopt);
  EXPECT_THAT(deadlines.pop_due(t0 + 1s), Optional(1U));
  EXPECT_FALSE(deadlines.waits(1));
}

TEST(Deadlines, ANewOneReplacesTheOldOne) {
  Deadlines deadlines;
  deadlines.set(1, t0 + 1s);
  deadlines.set(2, t0 + 2s);
  deadlines.set(1, t0 + 3s);
  EXPECT_EQ(deadlines.earliest(), t0 + 2s);
  deadlines.set(1, t0 + 1s);
  EXPECT_EQ(deadlines.earliest(), t0 + 1s);
  EXPECT_EQ(deadlines.size(), 2U);
  deadlines.update(1, std::nullopt);
  EXPECT_EQ(deadlines.earliest(), t0 + 2s);
  deadlines.update(2, t0 + 5s);
  EXPECT_EQ(deadlines.earliest(), t0 + 5s);
}

TEST(Deadlines, NeighboursShareAWakeUp) {
  Deadlines deadlines;
  for (std::uint32_t i = 0; i < 100; ++i) deadlines.set(i, t0 + 1s + 1us + i * 90us, advert_slack(1s));
  EXPECT_EQ(deadlines.earliest(), t0 + 1s + 10ms);
  EXPECT_THAT(all_due(deadlines, t0 + 1s + 10ms), ::testing::SizeIs(100));
}

TEST(Deadlines, GridsOfDifferentSlackLieOnOneAnother) {
  Deadlines deadlines;
  deadlines.set(1, t0 + 1s + 9990us, 10ms);
  deadlines.set(2, t0 + 1s + 9990us, 4ms);
  deadlines.set(3, t0 + 1s + 9990us, 1ms);
  deadlines.set(4, t0 + 1s + 9990us, 100us);
  EXPECT_THAT(all_due(deadlines, t0 + 1s + 10ms), ElementsAre(1, 2, 3, 4));
}

TEST(Deadlines, OnTheGridAlreadyMeansOnTime) {
  Deadlines deadlines;
  deadlines.set(1, t0 + 1s, 10ms);
  EXPECT_EQ(deadlines.earliest(), t0 + 1s);
}

TEST(Deadlines, WithoutSlackAreExact) {
  Deadlines deadlines;
  deadlines.set(1, t0 + 1ns);
  EXPECT_EQ(deadlines.earliest(), t0 + 1ns);
  deadlines.set(1, Time{-5s - 1ns}, 10ms);
  EXPECT_EQ(deadlines.earliest(), Time{-5s});
  deadlines.set(1, Time::max(), 10ms);
  EXPECT_EQ(deadlines.earliest(), Time::max());
}

TEST(Deadlines, SlackIsOnePercentAndBounded) {
  EXPECT_EQ(advert_slack(10ms), 100us);
  EXPECT_EQ(advert_slack(500ms), 5ms);
  EXPECT_EQ(advert_slack(1s), 10ms);
  EXPECT_EQ(advert_slack(40s), 10ms);
  EXPECT_EQ(timer_slack(50ms), 500us);
  EXPECT_EQ(timer_slack(3609ms), 1ms);
}

TEST(Deadlines, AreNeverLaterThanTheirSlack) {
  core::Random random(1);
  Deadlines deadlines;
  for (int round = 0; round < 100'000; ++round) {
    const Time deadline{Duration(random.between(0, 100'000'000'000))};
    const Duration slack{random.between(0, 20'000'000)};
    deadlines.set(1, deadline, slack);
    ASSERT_GE(*deadlines.earliest(), deadline);
    ASSERT_LE(*deadlines.earliest(), deadline + slack);
  }
}

// The point of counting on from the deadline: a thousand adverts later the sender is still on time.
TEST(Deadlines, RoundingUpDoesNotDrift) {
  core::Random random(2);
  for (const Duration interval : {Duration(1s), Duration(333ms), Duration(10ms)}) {
    Deadlines deadlines;
    const Time start = t0 + 123'457ns;
    Time deadline = start;
    for (int sent = 0; sent < 1000; ++sent) {
      deadlines.set(1, deadline, advert_slack(interval));
      const Time woken = *deadlines.earliest() + Duration(random.between(0, 50'000));
      ASSERT_TRUE(deadlines.pop_due(woken).has_value());
      ASSERT_LE(woken - (start + sent * interval), advert_slack(interval) + 50us);
      deadline += interval;
    }
  }
}

TEST(Deadlines, AgreeWithANaiveModel) {
  core::Random random(3);
  Deadlines deadlines;
  std::map<Deadlines::Machine, Time> model;
  Time now = t0;
  const auto least = [&] {
    std::set<std::pair<Time, Deadlines::Machine>> ordered;
    for (const auto& [machine, due] : model) ordered.emplace(due, machine);
    return *ordered.begin();
  };
  for (int round = 0; round < 20'000; ++round) {
    const auto machine = static_cast<Deadlines::Machine>(random.between(0, 60));
    switch (random.between(0, 3)) {
      case 0:
      case 1: {
        const Time deadline = now + Duration(random.between(0, 50));  // narrow: many equals
        deadlines.set(machine, deadline);
        model[machine] = deadline;
        break;
      }
      case 2:
        deadlines.clear(machine);
        model.erase(machine);
        break;
      default:
        now += Duration(random.between(0, 10));
        while (!model.empty() && least().first <= now) {
          ASSERT_THAT(deadlines.pop_due(now), Optional(least().second));
          model.erase(least().second);
        }
        ASSERT_EQ(deadlines.pop_due(now), std::nullopt);
    }
    ASSERT_EQ(deadlines.size(), model.size());
    ASSERT_EQ(deadlines.earliest(), model.empty() ? std::nullopt : std::optional(least().first));
    ASSERT_EQ(deadlines.waits(machine), model.contains(machine));
  }
}

}  // namespace
}  // namespace engine
