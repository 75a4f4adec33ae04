#include "sim/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scenario_words.hpp"

namespace sim {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using testing::HasSubstr;

TEST(ScenarioWords, ReadTimes) {
  EXPECT_EQ(parse_time("250us"), core::Duration(250us));
  EXPECT_EQ(parse_time("1.5s"), core::Duration(1500ms));
  EXPECT_EQ(parse_time("0.05s"), core::Duration(50ms));
  EXPECT_EQ(parse_time("10"), std::nullopt);
  EXPECT_EQ(parse_time("s"), std::nullopt);
}

TEST(ScenarioWords, EndAtAComment) {
  EXPECT_EQ(split_words("  run   4s # four").size(), 2U);
  EXPECT_TRUE(split_words("# nothing").empty());
}

TEST(Scenario, TellsTheLineThatIsWrong) {
  EXPECT_EQ(play("routers a=100\n\nrnu 4s\n").error(), "3: unknown command 'rnu'");
  EXPECT_EQ(play("run 4s\n").error(), "1: no routers yet");
  EXPECT_THAT(play("routers a=100 colour=red\n").error(), HasSubstr("what is 'colour=red'?"));
  EXPECT_THAT(play("routers a=100\nrun 1s\nwire 5ms\n").error(), HasSubstr("before anything happens"));
}

TEST(Scenario, KeepsTheCommandsAndReplacesTheRest) {
  const auto played = play("routers a=100  # alone\nrun 4s\n----\nnonsense\n");
  ASSERT_TRUE(played);
  EXPECT_TRUE(played->starts_with("routers a=100  # alone\nrun 4s\n----\n"));
  EXPECT_THAT(*played, HasSubstr("backup -> master"));
  EXPECT_THAT(*played, testing::Not(HasSubstr("nonsense")));
  EXPECT_EQ(play(*played), *played) << "playing is repeatable";
}

TEST(Scenario, ShowsWhereTextsDiffer) {
  EXPECT_EQ(difference("a\nb\nc\n", "a\nX\nc\n"), "  a\n- b\n- c\n+ X\n+ c\n");
}

}  // namespace
}  // namespace sim
