#include "track/effect.hpp"

#include <gtest/gtest.h>

namespace track {
namespace {

Effect points(std::int32_t number) { return {number, false}; }
constexpr Effect fault{0, true};
constexpr Effect nothing{0, false};

TEST(Effect, WeightZeroMakesAFaultOfAFailure) {
  EXPECT_EQ(effect_of(false, {0, false}), fault);
  EXPECT_EQ(effect_of(true, {0, false}), nothing);
}

TEST(Effect, WeightZeroReversedMakesAFaultOfASuccess) {
  EXPECT_EQ(effect_of(true, {0, true}), fault);
  EXPECT_EQ(effect_of(false, {0, true}), nothing);
}

TEST(Effect, APositiveWeightIsGivenWhileAllIsWell) {
  EXPECT_EQ(effect_of(true, {20, false}), points(20));
  EXPECT_EQ(effect_of(false, {20, false}), nothing);
}

TEST(Effect, ANegativeWeightIsTakenWhileItIsNot) {
  EXPECT_EQ(effect_of(true, {-20, false}), nothing);
  EXPECT_EQ(effect_of(false, {-20, false}), points(-20));
}

TEST(Effect, ReverseTurnsTheSignRound) {
  EXPECT_EQ(effect_of(true, {20, true}), points(-20));
  EXPECT_EQ(effect_of(false, {-20, true}), points(20));
}

TEST(Effect, AFilesNumberIsMultiplied) {
  EXPECT_EQ(effect_of_value(3, {2, false}), points(6));
  EXPECT_EQ(effect_of_value(3, {2, true}), points(-6));
  EXPECT_EQ(effect_of_value(-253, {1, false}), points(-253));
}

TEST(Effect, AFilesProductIsHeldAndFarBelowZeroIsAFault) {
  EXPECT_EQ(effect_of_value(300, {1, false}), points(253));
  EXPECT_EQ(effect_of_value(-254, {1, false}), fault);
  EXPECT_EQ(effect_of_value(-127, {2, false}), fault);
  EXPECT_EQ(effect_of_value(INT64_MAX, {254, false}), points(253));
  EXPECT_EQ(effect_of_value(INT64_MIN, {254, false}), fault);
}

TEST(Effect, AFileWithoutWeightIsAFaultUnlessItSaysZero) {
  EXPECT_EQ(effect_of_value(1, {0, false}), fault);
  EXPECT_EQ(effect_of_value(0, {0, false}), nothing);
  EXPECT_EQ(effect_of_value(0, {0, true}), fault);
  EXPECT_EQ(effect_of_value(7, {0, true}), nothing);
}

}  // namespace
}  // namespace track
