// Lines, words, quotes and comments.
#include <gtest/gtest.h>
#include <string>

#include "config/reading_for_test.hpp"

namespace config {
namespace {

TEST(Lines, AnEmptyFileAndOneOfCommentsAreFine) {
  EXPECT_EQ(tree_of(""), "");
  EXPECT_EQ(tree_of("\n\n"), "");
  EXPECT_EQ(tree_of("# a\n! b\n   # c"), "");
}

TEST(Lines, EndInLfOrCrLfOrNothing) {
  EXPECT_EQ(tree_of("state BACKUP\r\npriority 1\r\n"), "state BACKUP; priority 1");
  EXPECT_EQ(tree_of("state BACKUP"), "state BACKUP");
  EXPECT_EQ(tree_of("state a\rb"), "state a b");
}

TEST(Lines, MayHaveAnyLength) {
  const std::string word(100'000, 'x');
  EXPECT_EQ(tree_of("router_id " + word), "router_id " + word);
  std::string many = "w";
  for (int i = 0; i < 50'000; ++i) many += " a";
  EXPECT_EQ(tree_of(many), many);
}

TEST(Lines, MayBeginWithAByteOrderMark) { EXPECT_EQ(tree_of("\xEF\xBB\xBFstate A\n"), "state A"); }

TEST(Lines, WithANulByteAreLeftOutWithAnErrorThatNamesIt) {
  const std::string text("one\na\0b c\ntwo\n", 14);
  EXPECT_EQ(recovered(text), "one; two");
  EXPECT_EQ(problems_of(text),
            "k.conf:2:2: error: there is a NUL byte in this line, so the whole line is left out\n"
            "    a?b c\n"
            "     ^\n"
            "    hint: is this a text file? UTF-16 is not understood, UTF-8 is\n");
  EXPECT_EQ(Reading(text, true).ids(), "nul-byte");
}

TEST(Lines, DoNotContinueAfterABackslash) {
  EXPECT_EQ(problems_of("state foo \\\nbar\n"),
            "k.conf:1:11: error: a backslash at the end continues only definitions; this line ends here\n"
            "    state foo \\\n"
            "              ^\n"
            "    hint: write everything on one line, there is no limit to its length\n");
  EXPECT_EQ(recovered("state foo \\\nbar\n"), "state foo; bar");
  EXPECT_EQ(recovered("state foo\\\nbar\n", true), "state foo; bar");
  EXPECT_EQ(tree_of("state a\\b \\c"), "state a\\b \\c");
}

TEST(Words, AreSplitAtEveryKindOfBlank) {
  EXPECT_EQ(tree_of("state\ta b\vc\fd   e"), "state a b c d e");
  EXPECT_EQ(tree_of("   \t state X  \t "), "state X");
}

TEST(Words, ArgumentsAreAllKept) {
  EXPECT_EQ(tree_of("priority 1 2 3"), "priority 1 2 3");
  EXPECT_EQ(tree_of("interface eth0 virtual_router_id 5"), "interface eth0 virtual_router_id 5");
}

TEST(Words, KeepTheirCase) { EXPECT_EQ(tree_of("VRRP_Instance v"), "VRRP_Instance v"); }

TEST(Words, MayBeOfAnyCharacters) {
  EXPECT_EQ(tree_of("router_id grüße-Ωμ-漢字"), "router_id grüße-Ωμ-漢字");
  EXPECT_EQ(tree_of("router_id \xff\xfe\xc3"), "router_id \xff\xfe\xc3");
}

TEST(Quotes, GroupAWordAndVanish) {
  EXPECT_EQ(tree_of("state \"d e\"f"), "state \"d e\" f");
  EXPECT_EQ(tree_of(R"(state "a\tb")"), R"(state "a\tb")");
}

TEST(Quotes, EndTheWordBeforeThem) {
  EXPECT_EQ(tree_of("state abc\"d e\"f"), "state abc \"d e\" f");
  EXPECT_EQ(tree_of("state \"a\"\"b\""), "state \"a\" \"b\"");
}

TEST(Quotes, MakeAnEmptyArgumentThatIsThere) {
  const Reading reading("priority \"\"");
  ASSERT_EQ(reading.tree.statements().size(), 1U);
  const Statement& statement = reading.tree.statements()[0];
  ASSERT_EQ(statement.arguments().size(), 1U);
  EXPECT_EQ(statement.arguments()[0].text, "");
  EXPECT_TRUE(quoted(statement, statement.arguments()[0]));
}

TEST(Quotes, SingleOnesAreOrdinaryCharacters) {
  EXPECT_EQ(tree_of("state 'd e'"), "state 'd e'");
  const Reading reading("state 'd e'");
  ASSERT_EQ(reading.tree.statements()[0].arguments().size(), 2U);
  EXPECT_EQ(reading.tree.statements()[0].arguments()[0].text, "'d");
  EXPECT_EQ(tree_of("state 'd \"e f\" g'"), "state 'd \"e f\" g'");
}

TEST(Quotes, UnbalancedAreAnErrorAndTheWordEndsWithTheLine) {
  EXPECT_EQ(
      problems_of("track { \"eth0\n eth1 }\n"),
      "k.conf:1:9: error: this quote is never closed on its line\n"
      "    track { \"eth0\n"
      "            ^\n"
      "    hint: a word in double quotes ends on the line where it begins; inside double quotes use single "
      "quotes, \\\" does not help\n");
  EXPECT_EQ(recovered("a b \"c d\ne"), "a b \"c d\"; e");
  EXPECT_EQ(recovered("a b \"\ne"), "a b \"\"; e");
}

TEST(Quotes, UnbalancedDoNotHideTheBracesThatEndTheLine) {
  EXPECT_EQ(recovered("vrrp_instance \"V {\n state A\n}\nlast"), "vrrp_instance \"V\" { state A }; last");
  EXPECT_EQ(recovered("a { b { \"c } }\nlast"), "a { b { \"c\" } }; last");
  EXPECT_EQ(recovered("a {\n b \"{\n c\n}\n}"), "a { b \"\" { c } }");
}

TEST(Quotes, UnbalancedInLenientReadingLoseTheRestOfTheLine) {
  EXPECT_EQ(recovered("a b \"c d\ne", true), "a b; e");
  EXPECT_EQ(
      problems_of("track_interface \"eth0", true).substr(0, 96),
      "k.conf:1:17: warning: this quote is never closed on its line; the rest of the line is ignored\n  ");
}

TEST(Quotes, AreNotEscapedByABackslash) { EXPECT_EQ(Reading(R"(state "a\"b")").ids(), "!unbalanced-quote"); }

TEST(Comments, BeginAtHashOrBangEvenInsideAWord) {
  EXPECT_EQ(tree_of("priority 51#x y"), "priority 51");
  EXPECT_EQ(tree_of("priority 51 ! x"), "priority 51");
  EXPECT_EQ(tree_of("a { # x {\n b ! }\n}"), "a { b }");
}

TEST(Comments, DoNotBeginInsideDoubleQuotes) {
  EXPECT_EQ(tree_of("state a\"#b\"c#d"), "state a \"#b\" c");
  EXPECT_EQ(tree_of("state \"!x #y\" ! z"), "state \"!x #y\"");
}

TEST(Comments, BeginInsideSingleQuotesWithAWarning) {
  EXPECT_EQ(recovered("state 'a#b'"), "state 'a");
  EXPECT_EQ(problems_of("state 'a#b'"),
            "k.conf:1:9: warning: a comment begins here: single quotes do not protect '#' and '!'\n"
            "    state 'a#b'\n"
            "            ^\n"
            "    hint: use double quotes, or write \\# and \\!\n");
  EXPECT_EQ(tree_of("state a # it's not what's meant"), "state a");
  EXPECT_EQ(tree_of("state it's # isn't it"), "state it's");
  EXPECT_EQ(tree_of("state 'a' # b"), "state 'a'");
}

TEST(Comments, AreEscapedByABackslashEverywhere) {
  EXPECT_EQ(tree_of("router_id a\\#b"), "router_id a#b");
  EXPECT_EQ(tree_of("x { state \\!a\\#b c # d\n}"), "x { state !a#b c }");
  EXPECT_EQ(tree_of("$A=x\\#y # z\nstate $A"), "state x#y");
  EXPECT_EQ(tree_of("$A= \\\n a \\#1 \\\n b \\!2\n$A"), "a #1; b !2");
  EXPECT_EQ(tree_of("@main state \\#"), "state #");
  EXPECT_EQ(tree_of("~LST(x,a,b) state \\#$x"), "state #a; state #b");
}

TEST(Comments, KeepTheBackslashInsideDoubleQuotes) {
  EXPECT_EQ(tree_of(R"(state "a\#b")"), R"(state "a\#b")");
}

TEST(Tail, IsTheTextAfterTheKeywordAsWritten) {
  const Reading reading(
      "script \"/bin/echo a 'c d' \\x41\"  root  # comment\n"
      "notify '/x y'  \"z # no comment\"\n"
      "bare\n"
      "a{ b  c  d }\n"
      "n a\\#b\"\\#\"\n");
  const auto statements = reading.tree.statements();
  ASSERT_EQ(statements.size(), 5U);
  EXPECT_EQ(statements[0].tail(), "\"/bin/echo a 'c d' \\x41\"  root");
  EXPECT_EQ(statements[1].tail(), "'/x y'  \"z # no comment\"");
  EXPECT_EQ(statements[2].tail(), "");
  EXPECT_EQ(statements[3].tail(), "");
  EXPECT_EQ(statements[3].children()[0].tail(), "c  d");
  EXPECT_EQ(statements[4].tail(), "a#b\"\\#\"");
  const Position at = reading.tree.position(statements[0].tail_place(), statements[0].tail().size());
  EXPECT_EQ(at.line, 1U);
  EXPECT_EQ(at.column, 8U);
  EXPECT_EQ(at.length, 30U);
}

std::uint32_t column_of_tail(const Tree& tree, const Statement& statement) {
  return tree.position(statement.tail_place(), 1).column;
}

TEST(Tail, BeginsAfterAKeywordInQuotesAndAtAQuoteThatTouchesIt) {
  const Reading reading("\"kw\"arg  x\n\"k w\"\"a b\"\nkw\"a b\"c\n\"\"  \"\"\n\"kw\"\n");
  const auto statements = reading.tree.statements();
  ASSERT_EQ(statements.size(), 5U);
  EXPECT_EQ(statements[0].tail(), "arg  x");
  EXPECT_EQ(column_of_tail(reading.tree, statements[0]), 5U);
  EXPECT_EQ(statements[1].tail(), "\"a b\"");
  EXPECT_EQ(column_of_tail(reading.tree, statements[1]), 6U);
  EXPECT_EQ(statements[2].tail(), "\"a b\"c");
  EXPECT_EQ(column_of_tail(reading.tree, statements[2]), 3U);
  EXPECT_EQ(statements[3].tail(), "\"\"");
  EXPECT_EQ(column_of_tail(reading.tree, statements[3]), 5U);
  EXPECT_EQ(statements[4].tail(), "");
}

TEST(Tail, OfAnUnbalancedQuoteGoesWithTheWordsBeforeItInLenientReading) {
  const Reading reading("kw \"a b\n\"kw\" x \"y {\n }\n\"kw\n", true);
  const auto statements = reading.tree.statements();
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_TRUE(statements[0].arguments().empty());
  EXPECT_EQ(statements[0].tail(), "");
  EXPECT_EQ(statements[1].arguments().size(), 1U);
  EXPECT_EQ(statements[1].tail(), "x \"y");
  EXPECT_EQ(column_of_tail(reading.tree, statements[1]), 6U);
  EXPECT_EQ(Reading("kw \"a b\n").tree.statements()[0].tail(), "\"a b");
}

TEST(Tail, HoldsParametersReplaced) {
  const Reading reading("$U=root\nscript \"/bin/${U} x\" $U\n");
  EXPECT_EQ(reading.tree.statements()[0].tail(), "\"/bin/root x\" root");
}

}  // namespace
}  // namespace config
