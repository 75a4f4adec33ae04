#include "sim/event_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace sim {
namespace {

using std::chrono_literals::operator""ms;
using testing::ElementsAre;

constexpr core::Time t0{};

TEST(EventQueue, RunsByTimeAndThenByTheOrderOfPlanning) {
  EventQueue queue(t0);
  std::vector<int> ran;
  queue.at(t0 + 2ms, [&] { ran.push_back(3); });
  queue.at(t0 + 1ms, [&] { ran.push_back(1); });
  queue.at(t0 + 1ms, [&] { ran.push_back(2); });
  queue.run_until(t0 + 5ms);
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
  EXPECT_EQ(queue.now(), t0 + 5ms);
}

TEST(EventQueue, LeavesWhatIsLaterThanTheLimit) {
  EventQueue queue(t0);
  int ran = 0;
  queue.at(t0 + 6ms, [&] { ++ran; });
  queue.run_until(t0 + 5ms);
  EXPECT_EQ(ran, 0);
  queue.run_until(t0 + 6ms);
  EXPECT_EQ(ran, 1);
}

TEST(EventQueue, RunsWhatIsPlannedForThePastAtOnceButNeverTurnsBack) {
  EventQueue queue(t0 + 10ms);
  core::Time seen{};
  queue.at(t0, [&] { seen = queue.now(); });
  queue.run_until(t0 + 10ms);
  EXPECT_EQ(seen, t0 + 10ms);
}

}  // namespace
}  // namespace sim
