// The small things everything stands on.
#include <gmock/gmock.h>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <variant>

#include "core/check.hpp"
#include "core/overload.hpp"
#include "core/result.hpp"
#include "core/strong_id.hpp"
#include "core/time.hpp"

namespace core {
namespace {

using Apple = StrongId<struct AppleTag>;
using Pear = StrongId<struct PearTag>;

template <class Clock>
concept CanBeRead = requires { Clock::now(); };

// The promise that pure code cannot read the time, even by accident.
static_assert(!CanBeRead<BootClock>);
static_assert(!std::is_convertible_v<Time, WallTime>);
static_assert(!std::is_convertible_v<Apple, Pear>);
static_assert(!std::is_convertible_v<std::uint32_t, Apple>);

TEST(StrongId, IsAValueInOrderAndInTables) {
  EXPECT_LT(Apple{1}, Apple{2});
  EXPECT_EQ(Apple{}, Apple{0});
  EXPECT_THAT((std::unordered_set<Apple>{Apple{1}, Apple{1}, Apple{2}}), ::testing::SizeIs(2));
}

TEST(Overload, PicksTheLambdaOfTheAlternative) {
  const auto name = [](const std::variant<int, std::string>& value) {
    return std::visit(Overload{[](int) { return "number"; }, [](const std::string&) { return "text"; }},
                      value);
  };
  EXPECT_STREQ(name(1), "number");
  EXPECT_STREQ(name("a"), "text");
}

TEST(Result, CarriesAnErrorOfTheSystemWithItsSentence) {
  const Result<int> failed = std::unexpected(Error{17, "10.0.0.1 on eth0: there already"});
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), (Error{17, "10.0.0.1 on eth0: there already"}));
  EXPECT_NE(failed.error(), (Error{1, "10.0.0.1 on eth0: there already"}));
}

TEST(CheckDeathTest, AnImpossibleStateEndsTheProcessAndIsNamed) {
  const int apples = 3;
  EXPECT_DEATH(SF_CHECK(apples == 4), "apples == 4");
  SF_CHECK(apples == 3);
}

}  // namespace
}  // namespace core
