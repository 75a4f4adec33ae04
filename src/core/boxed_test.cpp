#include "core/boxed.hpp"

#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "core/shared.hpp"

namespace {

TEST(Boxed, IsAValueThatCostsAPointer) {
  using Name = core::Boxed<std::string>;
  static_assert(sizeof(Name) == sizeof(void*));
  EXPECT_EQ(*Name(), "");
  const Name first = std::string("first");
  Name copy = first;
  EXPECT_EQ(copy, first);
  *copy = "second";
  EXPECT_EQ(*first, "first");
  EXPECT_FALSE(copy == first);
  Name third = std::move(copy);
  EXPECT_EQ(third->size(), 6U);
  copy = first;
  EXPECT_EQ(*copy, "first");
}

TEST(Shared, CopiesAreTheSameAndOthersCompareByValue) {
  using Name = core::Shared<std::string>;
  const Name first = std::string("same");
  const Name copy = first;  // NOLINT: the copy is what is tested
  EXPECT_EQ(copy.pointer(), first.pointer());
  const Name other = std::string("same");
  EXPECT_NE(other.pointer(), first.pointer());
  EXPECT_EQ(other, first);
  EXPECT_FALSE(Name() == first);
  EXPECT_EQ(first->size(), 4U);
}

}  // namespace
