#include "core/rare.hpp"

#include <gtest/gtest.h>
#include <string>

namespace {

using Name = core::Rare<std::string>;

TEST(Rare, IsAnOptionalThatCostsAPointer) {
  static_assert(sizeof(Name) == sizeof(void*));
  const Name none;
  EXPECT_FALSE(none.has_value());
  const Name one = std::string("one");
  ASSERT_TRUE(one);
  EXPECT_EQ(*one, "one");
  EXPECT_EQ(one->size(), 3U);
}

TEST(Rare, ACopyIsItsOwn) {
  Name first = std::string("first");
  Name copy = first;
  *copy = "second";
  EXPECT_EQ(*first, "first");
  first = copy;
  EXPECT_EQ(first, copy);
  copy.reset();
  EXPECT_NE(first, copy);
  first = copy;
  EXPECT_FALSE(first);
}

TEST(Rare, TakesWhatAnOptionalHolds) {
  EXPECT_EQ(Name(std::optional<std::string>("x")), Name(std::string("x")));
  EXPECT_EQ(Name(std::optional<std::string>()), Name());
}

TEST(Rare, AnEmptyTextIsNone) {
  EXPECT_FALSE(core::unless_empty(""));
  EXPECT_EQ(*core::unless_empty("x"), "x");
}

}  // namespace
