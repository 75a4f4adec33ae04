// Braces and what they make of the lines.
#include <gtest/gtest.h>

#include "config/reading_for_test.hpp"

namespace config {
namespace {

TEST(Blocks, OpenOnTheKeywordsLineOrOnTheNext) {
  EXPECT_EQ(tree_of("vrrp_instance A {\n}\n"), "vrrp_instance A { }");
  EXPECT_EQ(tree_of("vrrp_instance A\n{\n}\n"), "vrrp_instance A { }");
  EXPECT_EQ(tree_of("vrrp_instance A\n\n# c\n  {\n}\n"), "vrrp_instance A { }");
}

TEST(Blocks, NeedNoBlanksRoundTheirBraces) {
  EXPECT_EQ(tree_of("vrrp_instance V{\n}\n"), "vrrp_instance V { }");
  EXPECT_EQ(tree_of("virtual_ipaddress{1.2.3.4/24}"), "virtual_ipaddress { 1.2.3.4/24 }");
}

TEST(Blocks, EveryBraceStandsAlone) {
  EXPECT_EQ(tree_of("state a{b\n}"), "state a { b }");
  EXPECT_EQ(tree_of("a{b{c{d}e}f}g"), "a { b { c { d }; e }; f }; g");
}

TEST(Blocks, MayStandOnOneLineWithOneKeywordAPiece) {
  EXPECT_EQ(tree_of("vrrp_instance V { interface eth0 } vrrp_instance W { interface eth0 }"),
            "vrrp_instance V { interface eth0 }; vrrp_instance W { interface eth0 }");
  EXPECT_EQ(tree_of("group { V W }"), "group { V W }");
}

TEST(Blocks, OfUnknownKeywordsDoNotCloseTheOneAroundThem) {
  EXPECT_EQ(tree_of("vrrp_instance V {\n foo {\n priority 300\n }\n state A\n}\nlast"),
            "vrrp_instance V { foo { priority 300 }; state A }; last");
  EXPECT_EQ(tree_of("vrrp_instance V {\n nopreempt {\n }\n state A\n}"),
            "vrrp_instance V { nopreempt { }; state A }");
}

TEST(Blocks, KnowWhereTheirBracesAre) {
  const Reading reading("a {\n b\n  }\n");
  const Statement& block = reading.tree.statements()[0];
  EXPECT_TRUE(block.has_block());
  EXPECT_EQ(reading.tree.position(block.block_open(), 1).column, 3U);
  EXPECT_EQ(reading.tree.position(block.block_close(), 1).line, 3U);
  EXPECT_EQ(reading.tree.position(block.block_close(), 1).column, 3U);
  EXPECT_FALSE(block.children()[0].has_block());
}

TEST(Blocks, QuotedBracesAreText) {
  EXPECT_EQ(tree_of("router_id \"{\"\nnext \"}\" \"a{b}c\"\n"), "router_id \"{\"; next \"}\" \"a{b}c\"");
  EXPECT_EQ(tree_of("vrrp_instance V \"{\" {\n}"), "vrrp_instance V \"{\" { }");
}

// A brace between a ' that begins a word and the next ' on the same line is text: script commands are quoted that way.
TEST(Blocks, BracesInSingleQuotesThatCloseOnTheLineAreText) {
  EXPECT_EQ(tree_of("script '/bin/echo {a}'\nnext"), "script '/bin/echo {a}'; next");
  EXPECT_EQ(Reading("script '/bin/echo {a}' root").tree.statements()[0].tail(), "'/bin/echo {a}' root");
  EXPECT_EQ(tree_of("s { notify '/x { y' { z } }"), "s { notify '/x { y' { z } }");
  EXPECT_EQ(tree_of("script 'a}b' 'c{d'"), "script 'a}b' 'c{d'");
  EXPECT_EQ(tree_of("script '/bin/sh -c \"echo {a}\"'"), "script '/bin/sh -c \"echo {a}\" '");
}

TEST(Blocks, OtherApostrophesDoNotHideBraces) {
  EXPECT_EQ(tree_of("group it's {\n a's\n}"), "group it's { a's }");
  EXPECT_EQ(tree_of("group 'x {\n b\n}"), "group 'x { b }");
  EXPECT_EQ(tree_of("s 'a' { b }"), "s 'a' { b }");
}

TEST(Blocks, WordsBetweenAKeywordAndItsBraceAreArguments) {
  EXPECT_EQ(tree_of("track_interface foo bar {\n eth0\n}"), "track_interface foo bar { eth0 }");
}

TEST(Blocks, EmptyOnesAreThere) {
  EXPECT_EQ(tree_of("track_script { }\nunicast_peer {}"), "track_script { }; unicast_peer { }");
}

TEST(Blocks, ASurplusClosingBraceIsAnErrorAndTheRestIsRead) {
  EXPECT_EQ(problems_of("a {\n}\n}\nb\n"),
            "k.conf:3:1: error: this '}' closes nothing: no block is open here\n"
            "    }\n"
            "    ^\n");
  EXPECT_EQ(recovered("a {\n}\n}\nb { }\n"), "a { }; b { }");
  EXPECT_EQ(problems_of("}", true),
            "k.conf:1:1: warning: this '}' closes nothing: no block is open here; it is ignored\n"
            "    }\n"
            "    ^\n");
}

TEST(Blocks, ASurplusClosingBraceNamesTheLineThatSeemsToLackItsOpeningOne) {
  EXPECT_EQ(problems_of("vrrp_instance V\n  interface eth0\n  priority 1\n}\n"),
            "k.conf:4:1: error: this '}' closes nothing: no block is open here\n"
            "    }\n"
            "    ^\n"
            "k.conf:1:1: note: is the '{' of 'vrrp_instance V' missing here?\n"
            "    vrrp_instance V\n"
            "    ^~~~~~~~~~~~~\n");
  EXPECT_EQ(problems_of("vrrp_instance V {\n  interface eth0\n  virtual_ipaddress\n    10.0.0.1\n  }\n}\n"),
            "k.conf:6:1: error: this '}' closes nothing: no block is open here\n"
            "    }\n"
            "    ^\n"
            "k.conf:3:3: note: is the '{' of 'virtual_ipaddress' missing here?\n"
            "      virtual_ipaddress\n"
            "      ^~~~~~~~~~~~~~~~~\n");
}

TEST(Blocks, AMissingClosingBraceNamesTheBlockAndEndsItWithTheFile) {
  EXPECT_EQ(problems_of("vrrp_instance V {\n  track {\n    a\n  }\n  state A\n"),
            "k.conf:1:17: error: this '{' of 'vrrp_instance V' is never closed\n"
            "    vrrp_instance V {\n"
            "                    ^\n"
            "k.conf:5:10: note: the input ends here\n"
            "      state A\n"
            "             ^\n");
  EXPECT_EQ(recovered("vrrp_instance V {\n state A\n"), "vrrp_instance V { state A }");
  EXPECT_EQ(Reading("a {\n b {\n", true).ids(), "missing-close-brace missing-close-brace");
  EXPECT_EQ(recovered("a {\n b {\n c", true), "a { b { c } }");
}

TEST(Blocks, AnOpeningBraceWithoutKeywordIsAnErrorAndItsLinesBelongOutside) {
  EXPECT_EQ(problems_of("a { {\n b\n} }"),
            "k.conf:1:5: error: this '{' has no keyword before it\n"
            "    a { {\n"
            "        ^\n"
            "    hint: write the block's keyword before the '{', or remove it with its '}'\n");
  EXPECT_EQ(recovered("a { {\n b\n}\n c }\nd"), "a { b; c }; d");
  EXPECT_EQ(recovered("a { } { b }"), "a { }; b");
  EXPECT_EQ(Reading("{", true).ids(), "unexpected-open-brace missing-close-brace");
}

TEST(Blocks, MayNotNestWithoutEnd) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a { ";
  text += "b";
  for (int i = 0; i < 1000; ++i) text += " }";
  const Reading reading(text);
  EXPECT_EQ(reading.diagnostics.list.front().id, "nested-too-deep");
  int depth = 0;
  for (auto level = reading.tree.statements(); !level.empty(); level = level.front().children()) ++depth;
  EXPECT_EQ(depth, 65);
}

TEST(Blocks, BracesOfAnUnresolvedParameterAreText) {
  EXPECT_EQ(tree_of("script \"sh -c '${HOME:-/root}'\""), "script \"sh -c '${HOME:-/root}'\"");
  EXPECT_EQ(tree_of("script ${1+x} b"), "script ${1+x} b");
}

}  // namespace
}  // namespace config
