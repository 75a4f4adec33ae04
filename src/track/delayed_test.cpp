#include "track/delayed.hpp"

#include <gtest/gtest.h>

namespace track {
namespace {

using namespace std::chrono_literals;

constexpr core::Time t0{1h};

TEST(Delayed, TheFirstValueIsBelievedAtOnce) {
  Delayed link({.up = 5s, .down = 2s});
  EXPECT_EQ(link.believed(), std::nullopt);
  EXPECT_TRUE(link.observe(t0, false));
  EXPECT_EQ(link.believed(), false);
}

TEST(Delayed, AChangeIsBelievedWhenItHasLasted) {
  Delayed link({.up = 5s, .down = 2s});
  link.observe(t0, true);
  EXPECT_FALSE(link.observe(t0, false));
  EXPECT_EQ(link.next_timeout(), t0 + 2s);
  EXPECT_FALSE(link.handle_timeout(t0 + 1999ms));
  EXPECT_TRUE(link.handle_timeout(t0 + 2s));
  EXPECT_EQ(link.believed(), false);
  EXPECT_FALSE(link.handle_timeout(t0 + 3s));

  EXPECT_FALSE(link.observe(t0 + 10s, true));
  EXPECT_EQ(link.next_timeout(), t0 + 15s);
}

TEST(Delayed, AFlapWithinTheDelayWasNothing) {
  Delayed link({.up = 5s, .down = 2s});
  link.observe(t0, true);
  link.observe(t0, false);
  EXPECT_FALSE(link.observe(t0 + 1s, true));
  EXPECT_EQ(link.next_timeout(), std::nullopt);
  link.observe(t0 + 2s, false);
  EXPECT_EQ(link.next_timeout(), t0 + 4s);
}

TEST(Delayed, SayingItAgainDoesNotPutItOff) {
  Delayed link({.up = 0s, .down = 2s});
  link.observe(t0, true);
  link.observe(t0, false);
  link.observe(t0 + 1s, false);
  EXPECT_EQ(link.next_timeout(), t0 + 2s);
}

TEST(Delayed, WithoutADelayAChangeIsBelievedAtOnce) {
  Delayed link;
  link.observe(t0, true);
  EXPECT_TRUE(link.observe(t0, false));
}

}  // namespace
}  // namespace track
