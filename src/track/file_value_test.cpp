#include "track/file_value.hpp"

#include <gtest/gtest.h>

namespace track {
namespace {

TEST(FileValue, IsTheNumberInTheFile) {
  EXPECT_EQ(parse_file_value("42\n"), (FileValue{42, {}}));
  EXPECT_EQ(parse_file_value("  -7 and why"), (FileValue{-7, {}}));
  EXPECT_EQ(parse_file_value("+3"), (FileValue{3, {}}));
}

TEST(FileValue, KnowsTheBasesOfC) {
  EXPECT_EQ(parse_file_value("010").value, 8);
  EXPECT_EQ(parse_file_value("0x10").value, 16);
  EXPECT_EQ(parse_file_value("-0x10").value, -16);
  EXPECT_EQ(parse_file_value("0"), (FileValue{0, {}}));
}

TEST(FileValue, NothingIsZero) {
  EXPECT_EQ(parse_file_value(""), FileValue{});
  EXPECT_EQ(parse_file_value("\n"), FileValue{});
  EXPECT_EQ(parse_file_value(std::string_view("\0\0", 2)), FileValue{});
}

TEST(FileValue, LettersAreZeroAndSaid) {
  EXPECT_EQ(parse_file_value("down").value, 0);
  EXPECT_FALSE(parse_file_value("down").problem.empty());
  EXPECT_FALSE(parse_file_value("--5").problem.empty());
  EXPECT_EQ(parse_file_value("12abc").value, 12);
  EXPECT_FALSE(parse_file_value("12abc").problem.empty());
}

TEST(FileValue, HugeNumbersAreHeld) {
  EXPECT_EQ(parse_file_value("99999999999999999999999").value, INT32_MAX);
  EXPECT_EQ(parse_file_value("-99999999999999999999999").value, -INT32_MAX);
}

TEST(FileValue, LooksAtTheBeginningAlone) {
  EXPECT_EQ(parse_file_value(std::string(10'000'000, '1')).value, INT32_MAX);
}

}  // namespace
}  // namespace track
