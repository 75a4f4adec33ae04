#include "vrrp/pacing.hpp"

#include <gmock/gmock.h>
#include <string>

#include "core/random.hpp"

namespace vrrp {
namespace {

using namespace std::chrono_literals;
using core::Time;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Time t0{100s};

TEST(Pacer, WithoutAGapLetsEverythingPassAtOnce) {
  Pacer<std::string> pacer;
  EXPECT_THAT(pacer.handle(t0, 1, "a"), ElementsAre("a"));
  EXPECT_THAT(pacer.handle(t0, 1, "b"), ElementsAre("b"));
  EXPECT_EQ(pacer.next_timeout(), std::nullopt);
}

TEST(Pacer, KeepsFramesApartAndInOrder) {
  Pacer<std::string> pacer(10ms);
  EXPECT_THAT(pacer.handle(t0, 1, "a"), ElementsAre("a"));
  EXPECT_THAT(pacer.handle(t0, 2, "b"), IsEmpty());
  EXPECT_THAT(pacer.handle(t0 + 1ms, 1, "c"), IsEmpty());
  EXPECT_EQ(pacer.next_timeout(), t0 + 10ms);
  EXPECT_THAT(pacer.handle_timeout(t0 + 9ms), IsEmpty());
  EXPECT_THAT(pacer.handle_timeout(t0 + 10ms), ElementsAre("b"));
  EXPECT_THAT(pacer.handle_timeout(t0 + 10ms), IsEmpty());
  EXPECT_THAT(pacer.handle_timeout(t0 + 20ms), ElementsAre("c"));
  EXPECT_EQ(pacer.next_timeout(), std::nullopt);
}

TEST(Pacer, AFrameAfterAQuietTimeGoesAtOnce) {
  Pacer<int> pacer(10ms);
  pacer.handle(t0, 1, 1);
  EXPECT_THAT(pacer.handle(t0 + 10ms, 1, 2), ElementsAre(2));
}

TEST(Pacer, ANewFrameDoesNotOvertakeAWaitingOne) {
  Pacer<int> pacer(10ms);
  pacer.handle(t0, 1, 1);
  pacer.handle(t0, 1, 2);
  EXPECT_THAT(pacer.handle(t0 + 15ms, 1, 3), ElementsAre(2));
}

TEST(Pacer, ALateWakeUpIsNotMadeUpForWithABurst) {
  Pacer<int> pacer(10ms);
  for (int i = 0; i < 5; ++i) pacer.handle(t0, 1, i);
  EXPECT_THAT(pacer.handle_timeout(t0 + 35ms), ElementsAre(1));
  EXPECT_EQ(pacer.next_timeout(), t0 + 45ms);
}

TEST(Pacer, ForgetsWhatALostMasterStillHadToSay) {
  Pacer<int> pacer(10ms);
  for (int i = 0; i < 6; ++i) pacer.handle(t0, static_cast<std::uint32_t>(i % 2), i);
  pacer.drop(1);
  EXPECT_THAT(pacer.handle_timeout(t0 + 10ms), ElementsAre(2));
  EXPECT_THAT(pacer.handle_timeout(t0 + 20ms), ElementsAre(4));
  EXPECT_EQ(pacer.next_timeout(), std::nullopt);
}

TEST(Pacer, HoldsTheGapEvenWhenEverythingWasDropped) {
  Pacer<int> pacer(10ms);
  pacer.handle(t0, 1, 1);
  pacer.handle(t0, 1, 2);
  pacer.drop(1);
  EXPECT_EQ(pacer.next_timeout(), std::nullopt);
  EXPECT_THAT(pacer.handle(t0 + 5ms, 2, 3), IsEmpty());
  EXPECT_EQ(pacer.next_timeout(), t0 + 10ms);
}

TEST(Pacer, AReloadedGapCountsFromTheLastFrame) {
  Pacer<int> pacer(10ms);
  pacer.handle(t0, 1, 1);
  pacer.handle(t0, 1, 2);
  pacer.set_gap(4ms);
  EXPECT_EQ(pacer.next_timeout(), t0 + 4ms);
  pacer.set_gap(20ms);
  EXPECT_EQ(pacer.next_timeout(), t0 + 20ms);
  pacer.set_gap(0ms);
  EXPECT_THAT(pacer.handle_timeout(t0), ElementsAre(2));
}

TEST(Pacer, NeverSendsTwoWithinTheGapAndLosesNone) {
  core::Random random(7);
  Pacer<int> pacer(3ms);
  Time now = t0;
  std::optional<Time> last;
  int given = 0;
  int taken = 0;
  const auto took = [&](const std::vector<int>& items) {
    for (const int item : items) {
      EXPECT_EQ(item, taken++);
      if (last) {
        EXPECT_GE(now - *last, 3ms);
      }
      last = now;
    }
  };
  while (given < 1000) {
    now += std::chrono::microseconds(random.between(0, 4000));
    if (random.chance(50)) took(pacer.handle(now, 1, given++));
    if (pacer.next_timeout() <= now) took(pacer.handle_timeout(now));
  }
  while (const auto due = pacer.next_timeout()) {
    now = std::max(now, *due);
    took(pacer.handle_timeout(now));
  }
  EXPECT_EQ(taken, given);
}

}  // namespace
}  // namespace vrrp
