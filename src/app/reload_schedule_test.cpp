#include "app/reload_schedule.hpp"

#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>

namespace app {
namespace {

using namespace std::chrono_literals;

// 2026-03-10 12:00:00 UTC.
constexpr core::WallTime noon{std::chrono::seconds{1773144000}};

class ReloadTimes : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "XST-2", 1);  // two hours east
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

TEST_F(ReloadTimes, WithoutADateIsTheNextSuchTime) {
  EXPECT_EQ(parse_reload_time("13:00:00Z", noon), (ReloadTime{noon + 1h, false}));
  EXPECT_EQ(parse_reload_time("11:00:00Z", noon), (ReloadTime{noon + 23h, false}));
  EXPECT_EQ(parse_reload_time("12:00:00Z", noon), (ReloadTime{noon + 24h, false}));
}

TEST_F(ReloadTimes, WithoutZAreOfTheZoneOfTheHost) {
  EXPECT_EQ(parse_reload_time("14:30:00", noon), (ReloadTime{noon + 30min, false}));
  EXPECT_EQ(parse_reload_time("2026-03-10 15:00:00", noon), (ReloadTime{noon + 1h, true}));
}

TEST_F(ReloadTimes, WithADateHaveYearsOfTwoOrFourDigits) {
  EXPECT_EQ(parse_reload_time("2026-03-11 12:00:00Z\n", noon), (ReloadTime{noon + 24h, true}));
  EXPECT_EQ(parse_reload_time("26-03-11 12:00:00Z", noon), (ReloadTime{noon + 24h, true}));
  EXPECT_EQ(parse_reload_time("2025-03-10 12:00:00Z", noon), (ReloadTime{noon - 365 * 24h, true}));
}

TEST_F(ReloadTimes, ThatMakeNoSenseAreNone) {
  for (const char* text : {"", "Z", "noon", "12:00", "25:00:00", "12:60:00", "12:00:00 please",
                           "2026-13-01 12:00:00", "2026-04-31 12:00:00", "-1:00:00", "2026-03-11T12:00:00"})
    EXPECT_FALSE(parse_reload_time(text, noon)) << text;
}

}  // namespace
}  // namespace app
