#include "core/archive.hpp"

#include <gmock/gmock.h>

#include "core/time.hpp"

namespace {

struct Inner {
  std::string name;
  std::array<std::uint8_t, 3> octets{};
  std::optional<std::int32_t> limit;
  friend bool operator==(const Inner&, const Inner&) = default;
};

struct Empty {
  friend bool operator==(const Empty&, const Empty&) = default;
};

struct Outer {
  bool flag = false;
  core::Time when{};
  core::Duration span{};
  std::vector<Inner> parts;
  std::map<std::string, double> weights;
  std::variant<Empty, Inner, std::int64_t> choice;
  core::Rare<Inner> there, absent;
  core::Boxed<Inner> boxed;
  core::Shared<Inner> shared;
  friend bool operator==(const Outer&, const Outer&) = default;
};

Outer sample() {
  using namespace std::chrono_literals;
  return {true,
          core::Time{5s},
          20ms,
          {{"a", {1, 2, 3}, 7}, {"", {}, std::nullopt}},
          {{"w", 1.5}},
          Inner{"x", {}, 1},
          Inner{"rare", {}, 2},
          {},
          Inner{"boxed", {4}, 3},
          Inner{"shared", {5}, 4}};
}

TEST(Archive, GivesBackWhatWasWritten) {
  EXPECT_EQ(*core::from_bytes<Outer>(core::to_bytes(sample())), sample());
}

TEST(Archive, WhatIsSharedIsWrittenOnceAndSharedAgain) {
  using Text = core::Shared<std::string>;
  using Pair = core::Shared<std::pair<Text, Text>>;
  const Text text = std::string(1000, 'x');
  const Text other = std::string("other");
  const std::pair<std::vector<Text>, Pair> written{{text, other, text}, std::pair(text, other)};
  const core::Bytes bytes = core::to_bytes(written);
  EXPECT_LT(bytes.size(), 1100U);
  const auto read = core::from_bytes<std::pair<std::vector<Text>, Pair>>(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, written);
  EXPECT_EQ(read->first[0].pointer(), read->first[2].pointer());
  EXPECT_EQ(read->first[0].pointer(), read->second->first.pointer());
  EXPECT_NE(read->first[0].pointer(), read->first[1].pointer());
}

struct Knot {
  std::vector<core::Shared<Knot>> next;
};

TEST(Archive, ASharedValueThatMakesNoSenseIsDamage) {
  using Text = core::Shared<std::string>;
  EXPECT_FALSE(core::from_bytes<Text>(core::Bytes{1, 0})) << "nothing has that number";
  EXPECT_FALSE(core::from_bytes<core::Shared<Knot>>(core::Bytes{0, 1, 0})) << "it holds itself";
  using Two = std::pair<core::Shared<Knot>, Text>;
  ASSERT_TRUE(core::from_bytes<Two>(core::Bytes{0, 0, 1, 0}));
  EXPECT_FALSE(core::from_bytes<Two>(core::Bytes{0, 0, 0})) << "a value of another type";
}

TEST(Archive, InPiecesItIsTheSame) {
  std::vector<Outer> many(2000, sample());
  core::Bytes together;
  std::size_t pieces = 0;
  core::to_pieces(many, [&](std::span<const std::uint8_t> piece) {
    together.insert(together.end(), piece.begin(), piece.end());
    ++pieces;
  });
  EXPECT_EQ(together, core::to_bytes(many));
  EXPECT_GT(pieces, 1U);
}

TEST(Archive, EveryTruncationIsAnError) {
  const core::Bytes whole = core::to_bytes(sample());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(core::from_bytes<Outer>(std::span(whole).first(size)).has_value()) << size;
  }
}

TEST(Archive, BytesLeftOverAreAnError) {
  core::Bytes bytes = core::to_bytes(sample());
  bytes.push_back(0);
  EXPECT_FALSE(core::from_bytes<Outer>(bytes).has_value());
}

TEST(Archive, AnAbsurdCountIsAnErrorNotAnAllocation) {
  EXPECT_FALSE(
      core::from_bytes<std::vector<std::string>>(core::to_bytes(std::uint32_t{0xffffffff})).has_value());
}

template <class T>
void survives(T value) {
  EXPECT_EQ(core::from_bytes<T>(core::to_bytes(value)), value);
}

TEST(Archive, KeepsEveryWholeNumber) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    for (const std::uint64_t value : {power - 1, power, ~power}) {
      survives(value);
      survives(static_cast<std::int64_t>(value));
      survives(static_cast<std::int32_t>(value));
      survives(static_cast<std::uint32_t>(value));
      survives(static_cast<std::int16_t>(value));
      survives(static_cast<std::uint16_t>(value));
    }
  }
}

TEST(Archive, SmallNumbersAreShort) {
  EXPECT_EQ(core::to_bytes(std::uint64_t{127}).size(), 1U);
  EXPECT_EQ(core::to_bytes(std::int64_t{-64}).size(), 1U);
  EXPECT_EQ(core::to_bytes(std::uint64_t{128}).size(), 2U);
}

TEST(Archive, ANumberTooLargeForItsPlaceIsAnError) {
  EXPECT_FALSE(core::from_bytes<std::uint16_t>(core::to_bytes(std::uint32_t{65536})).has_value());
  EXPECT_FALSE(core::from_bytes<std::int16_t>(core::to_bytes(std::int32_t{-32769})).has_value());
  EXPECT_FALSE(core::from_bytes<std::uint64_t>(core::Bytes(10, 0xff)).has_value());
  EXPECT_FALSE(core::from_bytes<std::uint64_t>(core::Bytes(11, 0x80)).has_value());
}

}  // namespace
