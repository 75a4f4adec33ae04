#include "config/script_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace config {
namespace {

using testing::ElementsAre;

std::vector<std::string> line(std::string_view tail) {
  std::vector<std::string> words;
  const auto split = split_command_line(tail);
  if (!split) return {"error: " + split.error().message};
  for (const SplitWord& word : *split) words.push_back(word.text);
  return words;
}

std::vector<std::string> arguments(std::string_view command) {
  return split_arguments(command).value_or(std::vector<std::string>{"error"});
}

TEST(CommandLine, IsTheFirstWordThenUserAndGroup) {
  EXPECT_THAT(line(R"("/s/n.sh a b" root adm)"), ElementsAre("/s/n.sh a b", "root", "adm"));
  EXPECT_THAT(line("/bin/echo a b"), ElementsAre("/bin/echo", "a", "b"));
}

TEST(CommandLine, JoinsPiecesAndKeepsBackslashes) {
  EXPECT_THAT(line(R"(/p/'a b'"c d"\e)"), ElementsAre(R"(/p/a bc d\e)"));
}

TEST(CommandLine, KeepsAnEscapedDoubleQuoteInItsWord) {
  const auto command = line(R"("/bin/echo \"e f\"" nobody)");
  EXPECT_THAT(command, ElementsAre(R"(/bin/echo \"e f\")", "nobody"));
  EXPECT_THAT(arguments(R"(/bin/echo \"e)"), ElementsAre("/bin/echo", "\"e"));
}

TEST(CommandLine, SaysWhereAQuoteIsNotClosed) {
  const auto split = split_command_line("/bin/echo 'a b");
  ASSERT_FALSE(split);
  EXPECT_EQ(split.error().offset, 10U);
}

TEST(CommandLine, KnowsWhereEachWordStands) {
  const auto split = split_command_line("  '/a b'  root");
  ASSERT_TRUE(split);
  EXPECT_EQ((*split)[0].offset, 2U);
  EXPECT_EQ((*split)[1].offset, 10U);
}

TEST(Arguments, AreQuotedLikeAShellDoes) {
  EXPECT_THAT(arguments("/p/x a 'b c' d"), ElementsAre("/p/x", "a", "b c", "d"));
  EXPECT_THAT(arguments(R"(/p/x one "two three")"), ElementsAre("/p/x", "one", "two three"));
  EXPECT_THAT(arguments("/p/x ''"), ElementsAre("/p/x", ""));
  EXPECT_THAT(arguments("/p/x 'open"), ElementsAre("error"));
}

TEST(Arguments, KnowTheEscapes) {
  EXPECT_THAT(arguments(R"(x d\ e \x41 \t $HOME * \101 \cA \q)"),
              ElementsAre("x", "d e", "A", "\t", "$HOME", "*", "A", "\x01", "q"));
  EXPECT_THAT(arguments(R"(x 'a\"b')"), ElementsAre("x", "a\"b"));
}

TEST(ShellOperators, CountOnlyOutsideOfQuotes) {
  EXPECT_TRUE(has_shell_operator("/bin/bash -c '[[ -f /etc/keepalived/down ]]' && exit 7 || exit 0"));
  EXPECT_TRUE(has_shell_operator("</tmp/up"));
  EXPECT_TRUE(has_shell_operator("/bin/x $(hostname)"));
  EXPECT_FALSE(has_shell_operator("/bin/sh -c 'a && b'"));
  EXPECT_FALSE(has_shell_operator(R"(/bin/echo a\;b "c|d")"));
  EXPECT_FALSE(has_shell_operator("/bin/echo $HOME *"));
}

}  // namespace
}  // namespace config
