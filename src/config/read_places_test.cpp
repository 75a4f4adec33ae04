// Every word knows where it was written.
#include <gtest/gtest.h>

#include "config/reading_for_test.hpp"

namespace config {
namespace {

TEST(Places, AreFileLineColumnAndLength) {
  const Reading reading("# c\n  state  MASTER  \"a b\"\nx { yy }");
  const auto statements = reading.tree.statements();
  EXPECT_EQ(where(reading.tree, statements[0].keyword), "k.conf:2:3+5");
  EXPECT_EQ(where(reading.tree, statements[0].arguments()[0]), "k.conf:2:10+6");
  EXPECT_EQ(where(reading.tree, statements[0].arguments()[1], 5), "k.conf:2:18+5");
  EXPECT_EQ(where(reading.tree, statements[1].children()[0].keyword), "k.conf:3:5+2");
  EXPECT_EQ(reading.tree.position(statements[0].keyword.place, 5).source_line, "  state  MASTER  \"a b\"");
  EXPECT_EQ(trail(reading.tree, statements[0].keyword), "");
}

TEST(Places, CountCharactersAndNotOctets) {
  const Reading reading("grüße Ωμέγα x\r\n漢字 y");
  const auto statements = reading.tree.statements();
  EXPECT_EQ(where(reading.tree, statements[0].keyword), "k.conf:1:1+5");
  EXPECT_EQ(where(reading.tree, statements[0].arguments()[0]), "k.conf:1:7+5");
  EXPECT_EQ(where(reading.tree, statements[0].arguments()[1]), "k.conf:1:13+1");
  EXPECT_EQ(where(reading.tree, statements[1].arguments()[0]), "k.conf:2:4+1");
  EXPECT_EQ(reading.tree.position(statements[0].keyword.place, 1).source_line, "grüße Ωμέγα x");
}

TEST(Places, SeeThroughEscapes) {
  const Reading reading("state a\\#b\\!c d");
  const auto arguments = reading.tree.statements()[0].arguments();
  EXPECT_EQ(where(reading.tree, arguments[0]), "k.conf:1:7+7");
  EXPECT_EQ(where(reading.tree, arguments[1]), "k.conf:1:15+1");
}

TEST(Places, OfALineThatIsOnePieceOfItsFileCountFromWhereThePieceStarts) {
  const Reading reading("@main kw x # c\n\\#y z\n$E=\n$E  kw x\n");
  const auto statements = reading.tree.statements();
  EXPECT_EQ(reading.shape(), "kw x; #y z; kw x");
  EXPECT_EQ(where(reading.tree, statements[0].keyword), "k.conf:1:7+2");
  EXPECT_EQ(where(reading.tree, statements[0].arguments()[0]), "k.conf:1:10+1");
  EXPECT_EQ(where(reading.tree, statements[1].keyword), "k.conf:2:2+2");
  EXPECT_EQ(where(reading.tree, statements[1].arguments()[0]), "k.conf:2:5+1");
  EXPECT_EQ(where(reading.tree, statements[2].keyword), "k.conf:4:5+2");
  EXPECT_EQ(trail(reading.tree, statements[2].keyword), "");
}

TEST(Places, OfTextOutOfADefinitionAreWhereItIsUsed) {
  const Reading reading("$A=one two\nstate x${A} y $A\n");
  const auto arguments = reading.tree.statements()[0].arguments();
  ASSERT_EQ(arguments.size(), 5U);
  EXPECT_EQ(where(reading.tree, arguments[0]), "k.conf:2:7+5");  // x${A}
  EXPECT_EQ(trail(reading.tree, arguments[0]), "");              // it begins with text of the file
  EXPECT_EQ(where(reading.tree, arguments[1]), "k.conf:2:8+4");  // two, of ${A}
  EXPECT_EQ(trail(reading.tree, arguments[1]), "k.conf:1:8+3 in the text of $A, defined here\n");
  EXPECT_EQ(where(reading.tree, arguments[2]), "k.conf:2:13+1");
  EXPECT_EQ(where(reading.tree, arguments[4]), "k.conf:2:15+2");
}

TEST(Places, FollowDefinitionsInDefinitions) {
  const Reading reading("$A=bad\n$B=x ${A}\n$C= \\\n  c1 \\\n  c2 $B\ns $C\n");
  const Statement& second = reading.tree.statements()[1];
  EXPECT_EQ(shape(reading.tree.statements()), "s c1; c2 x bad");
  EXPECT_EQ(where(reading.tree, second.keyword), "k.conf:6:3+2");
  EXPECT_EQ(trail(reading.tree, second.keyword), "k.conf:5:3+3 in the text of $C, defined here\n");
  EXPECT_EQ(where(reading.tree, second.arguments()[1]), "k.conf:6:3+2");
  EXPECT_EQ(trail(reading.tree, second.arguments()[1]),
            "k.conf:1:4+3 in the text of $A, defined here\n"
            "k.conf:2:6+4 in the text of $B, defined here\n"
            "k.conf:5:6+2 in the text of $C, defined here\n");
}

TEST(Places, NameTheDefinitionThatHeldAtTheTime) {
  const Reading reading("$A=one\ns $A\n$A=two\ns $A\n");
  const auto statements = reading.tree.statements();
  EXPECT_EQ(trail(reading.tree, statements[0].arguments()[0]),
            "k.conf:1:4+3 in the text of $A, defined here\n");
  EXPECT_EQ(trail(reading.tree, statements[1].arguments()[0]),
            "k.conf:3:4+3 in the text of $A, defined here\n");
}

TEST(Places, FollowIncludes) {
  Reading reading;
  reading.world.write("a.conf", "\n include sub/b.conf\n");
  reading.world.write("sub/b.conf", "w $X\n");
  reading.world.write("k.conf", "$X=1\n@main include a.conf\n");
  reading.read();
  const Statement& statement = reading.tree.statements()[0];
  EXPECT_EQ(where(reading.tree, statement.keyword), "sub/b.conf:1:1+1");
  EXPECT_EQ(trail(reading.tree, statement.keyword),
            "a.conf:2:2+18 included from here\n"
            "k.conf:2:7+14 included from here\n");
  EXPECT_EQ(where(reading.tree, statement.arguments()[0]), "sub/b.conf:1:3+2");
  EXPECT_EQ(trail(reading.tree, statement.arguments()[0]),
            "k.conf:1:4+1 in the text of $X, defined here\n"
            "a.conf:2:2+18 included from here\n"
            "k.conf:2:7+14 included from here\n");
}

TEST(Places, TellTheTurnsOfSequences) {
  const Reading reading(
      "$X= \\\n vrrp_instance V${I}${J} { \\\n  id ${J} \\\n }\n~SEQ(I,1,2) ~SEQ(J,7,8) $X\n");
  const Statement& last = reading.tree.statements()[3];
  EXPECT_EQ(where(reading.tree, last.arguments()[0]), "k.conf:5:25+2");
  EXPECT_EQ(trail(reading.tree, last.children()[0].arguments()[0]),
            "k.conf:3:6+4 in the text of $X, defined here\n"
            "k.conf:5:13+11 in this sequence, where $J is '8'\n"
            "k.conf:5:1+11 in this sequence, where $I is '2'\n");
  const Reading direct("~SEQ(I,1,2) s x$I y");
  const Statement& second = direct.tree.statements()[1];
  EXPECT_EQ(where(direct.tree, second.keyword), "k.conf:1:13+1");
  EXPECT_EQ(where(direct.tree, second.arguments()[0]), "k.conf:1:15+3");
  EXPECT_EQ(where(direct.tree, second.arguments()[1]), "k.conf:1:19+1");
  EXPECT_EQ(trail(direct.tree, second.keyword), "k.conf:1:1+11 in this sequence, where $I is '2'\n");
}

TEST(Places, OfAConditionOutOfAParameter) {
  const Reading reading("$C=@main\n$C state x\n");
  EXPECT_EQ(where(reading.tree, reading.tree.statements()[0].keyword), "k.conf:2:4+5");
  EXPECT_EQ(trail(reading.tree, reading.tree.statements()[0].keyword), "");
}

TEST(Places, OneProblemInManyTurnsIsSaidOnce) {
  EXPECT_EQ(problems_of("$X= \\\n a \\\n b ${NO}\n~SEQ(I,1,3) $X\n"),
            "k.conf:4:13: error: ${NO} is not defined here\n"
            "    ~SEQ(I,1,3) $X\n"
            "                ^~\n"
            "    hint: define it above with $NO=…, or write $NO for a shell's variable\n"
            "k.conf:3:4: note: in the text of $X, defined here\n"
            "     b ${NO}\n"
            "       ^~~~~\n"
            "k.conf:4:1: note: in this sequence, where $I is '1'\n"
            "    ~SEQ(I,1,3) $X\n"
            "    ^~~~~~~~~~~\n");
}

TEST(Places, OfMoreProblemsThanAnybodyReadsAreNotAllShown) {
  std::string text;
  for (int i = 0; i < 4'000; ++i) text += "} ";  // one line, so that positions are dear
  const Reading reading(text);
  ASSERT_EQ(reading.diagnostics.list.size(), 1001U);
  EXPECT_EQ(reading.diagnostics.count(Severity::error), 1001U);
  EXPECT_EQ(reading.diagnostics.list.back().message,
            "from here on there are more problems than the 1000 shown");
  EXPECT_EQ(reading.diagnostics.list.back().where.column, 2001U);
  EXPECT_TRUE(Reading(text, true).diagnostics.usable());

  std::string long_line(8'000'000, 'x');
  for (int i = 0; i < 10; ++i) long_line += " }";
  EXPECT_EQ(Reading(long_line).diagnostics.list.size(), 3U);
}

TEST(Places, ThatPointNowhereGiveAnEmptyPosition) {
  const Tree tree;
  EXPECT_EQ(tree.position({.chunk = 7, .offset = 1}, 3), Position{});
  EXPECT_TRUE(tree.trail({.chunk = 7, .offset = 1}).empty());
}

TEST(Trees, OutliveAMove) {
  Reading reading("a { b \"c d\" }");
  Tree moved = std::move(reading.tree);
  EXPECT_EQ(shape(moved.statements()), "a { b \"c d\" }");
  Tree assigned;
  assigned = std::move(moved);
  EXPECT_EQ(where(assigned, assigned.statements()[0].children()[0].arguments()[0], 5), "k.conf:1:7+5");
}

TEST(Trees, OfTenThousandInstancesAreWhole) {
  const Reading reading(
      "$X= \\\nvrrp_instance VI_${I}_${J} { \\\n interface eth0 \\\n virtual_router_id ${J} \\\n priority "
      "100 \\\n"
      " virtual_ipaddress { \\\n 10.${I}.${J}.1/32 \\\n } \\\n}\n~SEQ(I,1,40) ~SEQ(J,1,250) $X\n");
  EXPECT_EQ(reading.ids(), "");
  const auto statements = reading.tree.statements();
  ASSERT_EQ(statements.size(), 10'000U);
  EXPECT_EQ(
      shape(statements.last(1)),
      "vrrp_instance VI_40_250 { interface eth0; virtual_router_id 250; priority 100; virtual_ipaddress { "
      "10.40.250.1/32 } }");
}

}  // namespace
}  // namespace config
