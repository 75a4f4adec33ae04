#include "config/value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace config {
namespace {

TEST(Integer, TakesLeadingZerosBlanksAndAPlus) {
  EXPECT_EQ(parse_integer("010"), 10);
  EXPECT_EQ(parse_integer(" +7 "), 7);
  EXPECT_EQ(parse_integer("-20"), -20);
}

TEST(Integer, RefusesWhateverFollowsTheDigits) {
  for (const char* text : {"7x", "0x10", "", " ", "-", "+", "--1", "-+1", "1.5", "99999999999999999999"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(Integer, ReadsHexadecimalAndOctalWhereCNotationIsAllowed) {
  EXPECT_EQ(parse_unsigned("0x1F", true), 31U);
  EXPECT_EQ(parse_unsigned("0177", true), 0177U);
  EXPECT_EQ(parse_unsigned("0", true), 0U);
  EXPECT_EQ(parse_unsigned("089", true), std::nullopt);
}

TEST(Decimal, CountsInThousandMillionths) {
  EXPECT_EQ(parse_decimal("1.5")->billionths, 1'500'000'000);
  EXPECT_EQ(parse_decimal(".5")->billionths, 500'000'000);
  EXPECT_EQ(parse_decimal("1.")->billionths, 1'000'000'000);
  EXPECT_EQ(parse_decimal("0.000001")->billionths, 1'000);
  EXPECT_EQ(parse_decimal("1.230")->decimals, 2U);
}

TEST(Decimal, RefusesExponentsSignsAndCommas) {
  for (const char* text : {"1e3", "-1", "1,5", ".", "", "1.2.3", "99999999999"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Decimal, IsWrittenWithoutTrailingZeros) {
  EXPECT_EQ(format_decimal(1'500'000'000), "1.5");
  EXPECT_EQ(format_decimal(3'000'000'000), "3");
  EXPECT_EQ(format_decimal(1'000), "0.000001");
}

TEST(Switch, KnowsSixWordsInLowerCase) {
  EXPECT_EQ(parse_bool("yes"), true);
  EXPECT_EQ(parse_bool("off"), false);
  EXPECT_EQ(parse_bool("Yes"), std::nullopt);
  EXPECT_EQ(parse_bool("1"), std::nullopt);
}

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("priority", "prioirty"), 1U);
  EXPECT_EQ(edit_distance("virtual_ipadress", "virtual_ipaddress"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(Closest, SaysNothingRatherThanSomethingFarFetched) {
  const std::vector<std::string_view> known{"priority", "preempt", "interface", "<NAME>"};
  EXPECT_EQ(closest("prioritty", known), "priority");
  EXPECT_EQ(closest("foobar", known), "");
  EXPECT_EQ(closest("NAME", known), "");
  EXPECT_EQ(closest(std::string(100'000, 'p'), known), "");
}

TEST(Hex, NeedsPairsOfDigits) {
  EXPECT_THAT(*parse_hex("00ffA5"), testing::ElementsAre(0, 255, 0xa5));
  EXPECT_EQ(parse_hex("abc"), std::nullopt);
  EXPECT_EQ(parse_hex("zz"), std::nullopt);
}

}  // namespace
}  // namespace config
