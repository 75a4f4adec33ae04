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
  friend bool operator==(const Outer&, const Outer&) = default;
};

Outer sample() {
  using namespace std::chrono_literals;
  return {true,         core::Time{5s},   20ms, {{"a", {1, 2, 3}, 7}, {"", {}, std::nullopt}},
          {{"w", 1.5}}, Inner{"x", {}, 1}};
}

TEST(Archive, GivesBackWhatWasWritten) {
  EXPECT_EQ(*core::from_bytes<Outer>(core::to_bytes(sample())), sample());
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

}  // namespace
