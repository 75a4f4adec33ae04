#include "config/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/completion.hpp"
#include "config/not_acted_on.hpp"
#include "config/schema.hpp"
#include "config/without_effect.hpp"

namespace config {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(Explain, SaysEverythingOfAKeyword) {
  const Explanation priority = explain("vrrp_instance.priority");
  EXPECT_TRUE(priority.found);
  EXPECT_THAT(priority.text, AllOf(HasSubstr("priority <N>"), HasSubstr("1..255"), HasSubstr("default"),
                                   HasSubstr("example")));
  EXPECT_THAT(priority.text, Not(HasSubstr("not acted on")));
}

TEST(Explain, TakesASlashForADot) {
  EXPECT_EQ(explain("vrrp_instance/priority").text, explain("vrrp_instance.priority").text);
}

TEST(Explain, ListsTheKeywordsOfABlock) {
  EXPECT_THAT(explain("virtual_server").text, HasSubstr("delay_loop"));
  EXPECT_THAT(explain("authentication").text, HasSubstr("auth_pass"));
}

TEST(Explain, ListsTheBlocksOfAnAmbiguousName) {
  EXPECT_THAT(explain("weight").text,
              AllOf(HasSubstr("several blocks"), HasSubstr("virtual_server.real_server.weight")));
}

TEST(Explain, FindsABlockByTheEndOfItsPath) {
  EXPECT_THAT(explain("real_server.weight").text, HasSubstr("virtual_server.real_server.weight"));
}

TEST(Explain, SaysWhatWasProbablyMeant) {
  const Explanation typo = explain("prioritty");
  EXPECT_FALSE(typo.found);
  EXPECT_THAT(typo.text, HasSubstr("'priority'"));
  EXPECT_THAT(explain("global_defs.priority").text, HasSubstr("vrrp_instance.priority"));
}

TEST(Explain, SaysWhichKeywordHasNoEffectYet) {
  EXPECT_THAT(explain("global_defs.enable_dbus").text, HasSubstr("not acted on yet"));
}

TEST(Schema, HasAHelpTextForEverything) {
  for (const Block& block : schema().blocks()) {
    EXPECT_FALSE(block.help.empty()) << block.path;
    for (const Keyword& keyword : block.keywords) {
      EXPECT_TRUE(!keyword.listed || keyword.help.view().ends_with('.')) << block.path << ' ' << keyword.name;
    }
  }
}

TEST(Schema, SaysOfEveryOldNameWhatToWriteInstead) {
  for (const Block& block : schema().blocks()) {
    for (const Keyword& keyword : block.keywords) {
      if (keyword.seldom->preferred.empty()) continue;
      const bool known = !schema().knowing(keyword.seldom->preferred).empty();
      EXPECT_TRUE(known) << block.path << ' ' << keyword.name;
    }
  }
}

TEST(Schema, ExplainsEachKeyThatCompletionOffers) {
  for (const std::string& key : explain_keys()) EXPECT_TRUE(explain(key).found) << key;
}

TEST(NotActedOn, NamesOnlyKeywordsThatExist) {
  std::size_t named = 0;
  for (const Block& block : schema().blocks()) {
    for (const Keyword& keyword : block.keywords)
      named += not_acted_on(block.path, keyword.name).has_value() ? 1 : 0;
  }
  EXPECT_EQ(named, not_acted_on_count());
}

TEST(WithoutEffect, NamesOnlyKeywordsThatExist) {
  std::size_t named = 0;
  for (const Block& block : schema().blocks()) {
    for (const Keyword& keyword : block.keywords)
      named += without_effect(block.path, keyword.name).empty() ? 0 : 1;
  }
  EXPECT_EQ(named, without_effect_count());
}

TEST(Manual, HasAChapterForEveryBlock) {
  const std::string manual = reference_manual();
  for (const Block& block : schema().blocks()) {
    EXPECT_THAT(manual, HasSubstr(block.path == "/" ? "Top level" : block.path));
  }
}

TEST(Completion, OffersCommandsAndKeys) {
  const CommandWord commands[] = {{"check", "Check files", true, "--strict --json"},
                                  {"explain", "Explain a keyword"}};
  const std::string bash = completion_script(Shell::bash, "standfast", commands);
  EXPECT_THAT(bash, AllOf(HasSubstr("compgen -W 'check explain'"), HasSubstr("vrrp_instance.priority"),
                          HasSubstr("--strict")));
  const std::string zsh = completion_script(Shell::zsh, "standfast", commands);
  EXPECT_THAT(zsh, AllOf(HasSubstr("#compdef standfast"), HasSubstr("'check:Check files'"),
                         HasSubstr("vrrp_instance.priority")));
}

}  // namespace
}  // namespace config
