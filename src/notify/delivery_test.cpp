#include "notify/delivery.hpp"

#include <gmock/gmock.h>

namespace notify {
namespace {

using namespace std::chrono_literals;
using core::Time;
using delivery_action::Attempt;
using delivery_action::Forget;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Time start{1000s};

DeliveryConfig config() {
  DeliveryConfig config;
  config.retry = 2s;
  config.longest_retry = 10s;
  config.lifetime = 100s;
  config.capacity = 5;
  config.parallel = 2;
  return config;
}

struct Bench {
  Delivery delivery{config()};
  Time now = start;

  DeliveryActions queue(std::uint64_t item, std::string lane = "A") {
    return delivery.handle(now, delivery_event::Queued{item, std::move(lane), now});
  }
  DeliveryActions ended(std::uint64_t item, Outcome outcome) {
    return delivery.handle(now, delivery_event::Attempted{item, outcome});
  }
  DeliveryActions wait() {
    now = delivery.next_timeout().value();
    return delivery.handle_timeout(now);
  }
};

DeliveryAction attempt(std::uint64_t item) { return Attempt{item}; }
DeliveryAction forget(std::uint64_t item, Forget::Why why) { return Forget{item, why}; }

TEST(Delivery, TriesAtOnceAndForgetsWhatArrived) {
  Bench bench;
  EXPECT_THAT(bench.queue(1), ElementsAre(attempt(1)));
  EXPECT_THAT(bench.ended(1, Outcome::delivered), ElementsAre(forget(1, Forget::Why::delivered)));
  EXPECT_EQ(bench.delivery.next_timeout(), std::nullopt);
}

TEST(Delivery, KeepsTheOrderWithinALane) {
  Bench bench;
  bench.queue(1);
  EXPECT_THAT(bench.queue(2), IsEmpty());
  EXPECT_THAT(bench.ended(1, Outcome::delivered), ElementsAre(forget(1, Forget::Why::delivered), attempt(2)));
}

TEST(Delivery, LanesDoNotWaitForEachOtherUpToTheLimit) {
  Bench bench;
  bench.queue(1, "A");
  EXPECT_THAT(bench.queue(2, "B"), ElementsAre(attempt(2)));
  EXPECT_THAT(bench.queue(3, "C"), IsEmpty());
  EXPECT_THAT(bench.ended(1, Outcome::delivered), ElementsAre(forget(1, Forget::Why::delivered), attempt(3)));
}

TEST(Delivery, AnUnreachableDestinationIsLeftAloneLongerEachTime) {
  Bench bench;
  bench.queue(1, "A");
  bench.queue(2, "B");
  EXPECT_THAT(bench.ended(1, Outcome::unreachable), IsEmpty());
  EXPECT_THAT(bench.ended(2, Outcome::unreachable), IsEmpty());
  EXPECT_EQ(bench.delivery.next_timeout(), start + 4s);
  EXPECT_THAT(bench.delivery.handle_timeout(start + 3s), IsEmpty());
  EXPECT_EQ(bench.wait().size(), 1U) << "one item finds out whether it is back";
}

TEST(Delivery, GoesOnWithAllWhenTheDestinationIsBack) {
  Bench bench;
  bench.queue(1, "A");
  bench.queue(2, "B");
  bench.ended(1, Outcome::unreachable);
  bench.ended(2, Outcome::unreachable);
  const auto first = std::get<Attempt>(bench.wait().front()).item;
  const auto actions = bench.ended(first, Outcome::delivered);
  EXPECT_THAT(actions, ElementsAre(forget(first, Forget::Why::delivered), attempt(3 - first)));
}

TEST(Delivery, OneItemThatIsDeferredHoldsItsLaneOnly) {
  Bench bench;
  bench.queue(1, "A");
  bench.queue(2, "A");
  bench.queue(3, "B");
  EXPECT_THAT(bench.ended(1, Outcome::deferred), IsEmpty());
  EXPECT_THAT(bench.ended(3, Outcome::delivered), ElementsAre(forget(3, Forget::Why::delivered)));
  EXPECT_EQ(bench.delivery.next_timeout(), start + 2s);
  EXPECT_THAT(bench.wait(), ElementsAre(attempt(1)));
}

TEST(Delivery, WhatIsRefusedIsGivenUp) {
  Bench bench;
  bench.queue(1);
  bench.queue(2);
  EXPECT_THAT(bench.ended(1, Outcome::refused), ElementsAre(forget(1, Forget::Why::refused), attempt(2)));
}

TEST(Delivery, WhatIsTooOldIsGivenUp) {
  Bench bench;
  bench.queue(1);
  for (int i = 0; i < 60 && bench.now < start + 100s; ++i) {
    bench.ended(1, Outcome::unreachable);
    const auto actions = bench.wait();
    if (bench.now >= start + 100s) {
      EXPECT_THAT(actions, ElementsAre(forget(1, Forget::Why::too_old)));
    }
  }
  EXPECT_EQ(bench.delivery.snapshot().waiting, 0U);
}

TEST(Delivery, TheOldestGoesWhenTooMuchWaits) {
  Bench bench;
  bench.queue(0, "A");
  bench.ended(0, Outcome::unreachable);
  for (std::uint64_t item = 1; item < 5; ++item) bench.queue(item, "A");
  EXPECT_THAT(bench.queue(5, "A"), ElementsAre(forget(0, Forget::Why::no_room)));
}

TEST(Delivery, AnItemOfAnEarlierLifeKeepsItsAge) {
  Bench bench;
  EXPECT_THAT(bench.delivery.handle(start, delivery_event::Queued{1, "A", start - 100s}),
              ElementsAre(forget(1, Forget::Why::too_old)));
}

TEST(Delivery, ANewConfigurationTriesAtOnce) {
  Bench bench;
  bench.queue(1);
  bench.ended(1, Outcome::unreachable);
  EXPECT_THAT(bench.delivery.handle(start, delivery_event::Reconfigured{config()}), ElementsAre(attempt(1)));
}

}  // namespace
}  // namespace notify
