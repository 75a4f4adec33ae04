// $DEFINITIONS, predefined parameters and @conditions.
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "config/reading_for_test.hpp"

namespace config {
namespace {

TEST(Parameters, StandForTheRestOfTheirLine) {
  EXPECT_EQ(tree_of("$A=one\nstate $A"), "state one");
  EXPECT_EQ(tree_of("  $A=  one two  # c\nstate $A x"), "state one two x");
  EXPECT_EQ(tree_of("$_x9=1\n$Zz=2\n$_x9 $Zz"), "1 2");
}

TEST(Parameters, KeepQuotesInTheirText) {
  EXPECT_EQ(tree_of("$A=\"d e\" f\nstate $A"), "state \"d e\" f");
  EXPECT_EQ(tree_of("$A=\"a # b\" # c\nstate $A"), "state \"a # b\"");
  EXPECT_EQ(tree_of("$J=a#b\nstate $J"), "state a");
}

TEST(Parameters, MayBeEmpty) {
  EXPECT_EQ(tree_of("$I=\nstate .${I}."), "state ..");
  EXPECT_EQ(tree_of("$I= # c\n$I\nstate $I x"), "state x");
  EXPECT_EQ(tree_of("$I=\n$I state $I"), "state");
}

TEST(Parameters, AreUsedAnywhereInBraces) {
  EXPECT_EQ(tree_of("$A=one\nx${A}y \"${A} z\" '${A}'"), "xoney \"one z\" 'one'");
  EXPECT_EQ(tree_of("$A=V\nvrrp_instance ${A}{ a }"), "vrrp_instance V { a }");
}

TEST(Parameters, WithoutBracesEndAtBlankCommaParenthesisOrEndOfLine) {
  EXPECT_EQ(tree_of("$A=one\nx$A"), "xone");
  EXPECT_EQ(tree_of("$A=one\nx $A, $A) $A"), "x one, one) one");
  EXPECT_EQ(tree_of("$A=one\nx $A.x \"$A\" $A"), "x $A.x \"$A\" one");
  EXPECT_EQ(tree_of("$A=one\nx $A# comment"), "x one");
  EXPECT_EQ(tree_of("$A=one\nx \"b $A c\""), "x \"b one c\"");
}

TEST(Parameters, CountFromWhereTheyAreDefinedAgain) {
  EXPECT_EQ(tree_of("$X=b\ns $X\n$X=c\ns $X"), "s b; s c");
  EXPECT_EQ(tree_of("a {\n$X=in\n}\ns $X"), "a { }; s in");
}

TEST(Parameters, LookUpWhatTheirTextNamesWhenTheyAreUsed) {
  EXPECT_EQ(tree_of("$K=$L\n$L=later\nstate $K"), "state later");
  EXPECT_EQ(tree_of("$A=${B}${B}\n$B=${C}-\n$C=x\nstate $A"), "state x-x-");
  EXPECT_EQ(tree_of("$K=$L\n$L=1\ns $K\n$L=2\ns $K"), "s 1; s 2");
}

TEST(Parameters, MayBuildTheNameOfAnother) {
  EXPECT_EQ(tree_of("$N=1\n$X1=yes\nstate ${X${N}}"), "state yes");
  EXPECT_EQ(tree_of("$X1=a\n$X2=b\n~SEQ(I,1,2) state ${X${I}}"), "state a; state b");
}

TEST(Parameters, ThatAreTheirOwnTextAreAnErrorWithTheWholeTrail) {
  EXPECT_EQ(
      problems_of("$X=${Y}a\n$Y=b${X}\nstate $X\n"),
      "k.conf:3:7: error: the text of $X leads to $X again\n"
      "    state $X\n"
      "          ^~\n"
      "    hint: the text is put in when it is used, so a definition cannot build on its own former text\n"
      "k.conf:2:5: note: in the text of $Y, defined here\n"
      "    $Y=b${X}\n"
      "        ^~~~\n"
      "k.conf:1:4: note: in the text of $X, defined here\n"
      "    $X=${Y}a\n"
      "       ^~~~\n");
  EXPECT_EQ(recovered("$X=${X}a\nstate ${X}\nb"), "state ${X}a; b");
  EXPECT_EQ(recovered("$X=$X\n$X\nb"), "$X; b");
  EXPECT_EQ(Reading("$X=${X}\nstate ${X}", true).ids(), "self-reference");
}

TEST(Parameters, UndefinedInBracesAreAnErrorThatKnowsTheNearestName) {
  EXPECT_EQ(problems_of("$INTERFACE=eth0\ninterface ${INTREFACE}\n"),
            "k.conf:2:11: error: ${INTREFACE} is not defined here\n"
            "    interface ${INTREFACE}\n"
            "              ^~~~~~~~~~~~\n"
            "    hint: did you mean ${INTERFACE}?\n");
  EXPECT_EQ(problems_of("state ${U}x"),
            "k.conf:1:7: error: ${U} is not defined here\n"
            "    state ${U}x\n"
            "          ^~~~\n"
            "    hint: define it above with $U=…, or write $U for a shell's variable\n");
  EXPECT_EQ(problems_of("state ${_PDW}").find("did you mean ${_PWD}?") != std::string::npos, true);
  EXPECT_EQ(recovered("a {\n state ${U}x\n}\nb"), "a { state ${U}x }; b");
  EXPECT_EQ(Reading("state ${U}", true).ids(), "undefined-parameter");
  EXPECT_NE(
      problems_of("state ${U}", true).find("warning: ${U} is not defined here; it is left as it stands"),
      std::string::npos);
}

TEST(Parameters, UndefinedWithoutBracesAreText) {
  EXPECT_EQ(tree_of("state $U x $ $1 $$"), "state $U x $ $1 $$");
  EXPECT_EQ(tree_of("$U state"), "$U state");
}

TEST(Parameters, LaterDefinitionsDoNotReachBack) {
  EXPECT_EQ(Reading("state ${U}\n$U=1").ids(), "!undefined-parameter");
}

TEST(Parameters, WithoutAClosingBraceAreAnErrorAndText) {
  EXPECT_EQ(problems_of("a {\n state ${NAME\n}\n"),
            "k.conf:2:8: error: this '${' has no '}' on its line\n"
            "     state ${NAME\n"
            "           ^~~~~~\n"
            "    hint: a parameter is ${NAME}\n");
  EXPECT_EQ(recovered("a {\n state ${NAME\n}\nb"), "a { state ${NAME }; b");
}

TEST(Parameters, ABlankBeforeTheEqualsSignIsAnError) {
  EXPECT_EQ(problems_of("$B =x\nb\n"),
            "k.conf:1:1: error: a definition has no blank between its name and the '='\n"
            "    $B =x\n"
            "    ^~\n"
            "    hint: write $B=…\n");
  EXPECT_EQ(recovered("$B = x\nb\n"), "b");
}

TEST(Parameters, OfSeveralLinesAreThoseLines) {
  EXPECT_EQ(tree_of("$I= \\\na \\\nb\n$I\nc"), "a; b; c");
  EXPECT_EQ(tree_of("$I=first \\\n  second 2\\\n  third\n$I"), "first; second 2; third");
  EXPECT_EQ(tree_of("$I= \\\n  a { \\\n b } \n$I"), "a { b }");
}

TEST(Parameters, OfSeveralLinesJoinTheTextBeforeThem) {
  EXPECT_EQ(tree_of("$X=state a \\\n b\nstate d $X"), "state d state a; b");
  EXPECT_EQ(tree_of("$X= \\\n a \\\n b\nstate d ${X}"), "state d a; b");
}

TEST(Parameters, OfSeveralLinesLeaveTheTextAfterThemALineOfItsOwn) {
  EXPECT_EQ(tree_of("$X= \\\n a \\\n b\nv { $X }\nc"), "v { a; b }; c");
}

TEST(Parameters, OfSeveralLinesMayHaveEmptyOnes) {
  EXPECT_EQ(tree_of("$I= \\\n\\\n a \\\n   \\\n b\n$I"), "a; b");
}

TEST(Parameters, OfSeveralLinesEndAtABlankLine) {
  EXPECT_EQ(tree_of("$I= \\\n a \\\n\nb\n$I"), "b; a");
  EXPECT_EQ(tree_of("$I= \\\n a \\\n# c\nb\n$I"), "b; a");
  EXPECT_EQ(tree_of("$I= \\\n a \\\n# c \\\nb\nx\n$I"), "x; a; b");
  EXPECT_EQ(tree_of("$I= \\\n a \\"), "");
}

TEST(Parameters, OfSeveralLinesMayHoldDefinitionsConditionsAndSequences) {
  EXPECT_EQ(
      tree_of("$I= \\\n a \\\n $Z=9 \\\n z $Z \\\n @main m \\\n @other o \\\n ~SEQ(K,1,2) k$K\n$I\ns $Z"),
      "a; z 9; m; k1; k2; s 9");
}

TEST(Parameters, OfSeveralLinesNest) {
  EXPECT_EQ(tree_of("$IN= \\\n i1 \\\n i2\n$OUT= \\\n o1 \\\n $IN \\\n o2\n$OUT"), "o1; i1; i2; o2");
}

TEST(Parameters, MayBeginWithAConditionOrASequence) {
  EXPECT_EQ(tree_of("$C=@main\n$D=@other\n$C state x\n$D state y"), "state x");
  EXPECT_EQ(tree_of("$S=~SEQ(I,1,2)\n$S x$I"), "x1; x2");
  EXPECT_EQ(tree_of("$S=~SEQ(I,1,2) y$I\n@main $S"), "y1; y2");
  EXPECT_EQ(tree_of("$D=$E=5\n$D\nx $E"), "x 5");
  EXPECT_EQ(tree_of("$X= \\\n @other a \\\n b\n$X"), "b");
  EXPECT_EQ(tree_of("$C=@main\n$K=${C}\n$K state"), "state");
}

TEST(Predefined, NameTheFolderOfTheFile) {
  Reading reading;
  reading.world.directory = "/home/me";
  reading.world.write("/etc/x/k.conf", "a ${_PWD} \"${_PWD}/b\"\ninclude sub/i.conf\n c $_PWD");
  reading.world.write("/etc/x/sub/i.conf", "i ${_PWD}");
  reading.read("/etc/x/k.conf");
  EXPECT_EQ(reading.shape(), "a /etc/x \"/etc/x/b\"; i /etc/x/sub; c /etc/x");
  reading.world.write("/home/me/r/k.conf", "a ${_PWD}");
  reading.read("r/k.conf");
  EXPECT_EQ(reading.shape(), "a /home/me/r");
  reading.world.write("/home/me/k.conf", "a ${_PWD}");
  reading.read("k.conf");
  EXPECT_EQ(reading.shape(), "a /home/me");
}

TEST(Predefined, NameTheConfigurationId) {
  EXPECT_EQ(tree_of("router_id ${_INSTANCE}"), "router_id main");
  Reading reading;
  reading.options.config_id = "";
  reading.world.node = "lb1.example.com";
  reading.world.write("k.conf", "router_id ${_INSTANCE}\n@lb1 here\n@lb1.example.com not");
  reading.read();
  EXPECT_EQ(reading.shape(), "router_id lb1; here");
}

TEST(Predefined, GiveTheEnvironment) {
  Reading reading;
  reading.world.variables["HOME_1"] = "/root";
  reading.world.write("k.conf", "a ${_ENV HOME_1} x${_ENV   UNSET }y\n$V=HOME_1\nb ${_ENV ${V}}");
  reading.read();
  EXPECT_EQ(reading.shape(), "a /root xy; b /root");
  EXPECT_EQ(reading.ids(), "");
}

TEST(Predefined, TheEnvironmentNeedsAName) {
  EXPECT_EQ(problems_of("a ${_ENV}"),
            "k.conf:1:3: error: ${_ENV} names no environment variable\n"
            "    a ${_ENV}\n"
            "      ^~~~~~~\n"
            "    hint: write ${_ENV NAME}, NAME being letters, digits and underscores\n");
  EXPECT_EQ(recovered("a ${_ENV} b"), "a ${_ENV} b");
  EXPECT_EQ(Reading("a ${_ENV x-y}").ids(), "!bad-parameter");
  EXPECT_EQ(Reading("a ${_ENV x y}", true).ids(), "bad-parameter");
}

TEST(Predefined, GiveRandomNumbersThatTheSeedRepeats) {
  const Reading first("a ${_RANDOM 1 1000000} ${_RANDOM 1 1000000} $_RANDOM");
  const Reading again("a ${_RANDOM 1 1000000} ${_RANDOM 1 1000000} $_RANDOM");
  EXPECT_EQ(first.shape(), again.shape());
  const auto arguments = first.tree.statements()[0].arguments();
  EXPECT_NE(arguments[0].text, arguments[1].text);
  Reading other;
  other.world.seed = 2;
  other.world.write("k.conf", "a ${_RANDOM 1 1000000} ${_RANDOM 1 1000000} $_RANDOM");
  other.read();
  EXPECT_NE(first.shape(), other.shape());
}

TEST(Predefined, RandomNumbersStayInTheirBoundsBothIncluded) {
  const Reading reading("~SEQ(I,1,300) ${_RANDOM 7 9} ${_RANDOM} ${_RANDOM 32766}");
  std::set<std::string> small, near;
  for (const Statement& each : reading.tree.statements()) {
    small.emplace(each.keyword.text);
    near.emplace(each.arguments()[1].text);
    EXPECT_LE(std::stoi(std::string(each.arguments()[0].text)), 32767);
  }
  EXPECT_EQ(small, (std::set<std::string>{"7", "8", "9"}));
  EXPECT_EQ(near, (std::set<std::string>{"32766", "32767"}));
}

TEST(Predefined, BadRandomBoundsAreErrors) {
  EXPECT_EQ(recovered("a ${_RANDOM 9 7}"), "a 9");
  EXPECT_EQ(recovered("a ${_RANDOM 40000}"), "a 40000");
  EXPECT_EQ(recovered("a ${_RANDOM x} b"), "a ${_RANDOM x} b");
  EXPECT_EQ(recovered("a ${_RANDOM 1 2 3}"), "a ${_RANDOM 1 2 3}");
  EXPECT_EQ(recovered("a ${_RANDOM -1}"), "a ${_RANDOM -1}");
  EXPECT_EQ(problems_of("a ${_RANDOM 9 7}", true),
            "k.conf:1:3: warning: no number is at least 9 and at most 7; 9 is used\n"
            "    a ${_RANDOM 9 7}\n"
            "      ^~~~~~~~~~~~~~\n"
            "    hint: write ${_RANDOM}, ${_RANDOM MIN} or ${_RANDOM MIN MAX}\n");
}

TEST(Predefined, HashAndBangAreCharactersAndBeginNoComment) {
  EXPECT_EQ(tree_of("state \"${_HASH}\""), "state \"#\"");
  EXPECT_EQ(tree_of("state ${_HASH}x ${_BANG}y"), "state #x !y");
  EXPECT_EQ(tree_of("$A=${_HASH}1\nstate $A z"), "state #1 z");
}

TEST(Predefined, MayBeDefinedAnew) { EXPECT_EQ(tree_of("$_PWD=/x\n$_HASH=h\na ${_PWD} ${_HASH}"), "a /x h"); }

TEST(Conditions, KeepALineOfThisConfigurationId) {
  EXPECT_EQ(tree_of("@main a\n@other b\n@^main c\n@^other d"), "a; d");
  EXPECT_EQ(tree_of("@mai a\n@mainx b"), "");
}

TEST(Conditions, DropALineBracesAndAll) {
  EXPECT_EQ(tree_of("@b vrrp_instance W {\n@main vrrp_instance V {\n state A\n}"),
            "vrrp_instance V { state A }");
}

TEST(Conditions, DropALineThatIsNothingElse) { EXPECT_EQ(tree_of("@main\na\n@other"), "a"); }

TEST(Conditions, MayPrecedeDefinitionsAndSequences) {
  EXPECT_EQ(tree_of("@main $M=1\n@other $M=2\nm $M"), "m 1");
  EXPECT_EQ(tree_of("@main ~SEQ(I,1,2) s$I\n@other ~SEQ(I,1,2) t$I"), "s1; s2");
  EXPECT_EQ(tree_of("@other $M= \\\n a \\\n b\n@main $M= \\\n c \\\n d\n$M"), "c; d");
}

TEST(Conditions, MayNameTheIdByParameter) {
  EXPECT_EQ(tree_of("$ID=main\n@$ID a\n@${ID} b\n@^$ID c\n@x${ID} d"), "a; b");
}

TEST(Conditions, WorkInValueBlocks) {
  EXPECT_EQ(tree_of("v {\n @main 1.1.1.1\n @b 2.2.2.2\n}"), "v { 1.1.1.1 }");
}

TEST(Conditions, ASecondOneIsAnError) {
  EXPECT_EQ(problems_of("@main @main x\n"),
            "k.conf:1:7: error: a line takes one condition\n"
            "    @main @main x\n"
            "          ^\n"
            "    hint: put the line into a definition and use that after the first condition\n");
  EXPECT_EQ(recovered("@main @main x\ny"), "y");
  EXPECT_EQ(Reading("@main @b x", true).ids(), "second-condition");
  EXPECT_EQ(tree_of("@other @main x"), "");
}

TEST(Conditions, WithoutAnIdAreAnError) {
  EXPECT_EQ(Reading("@ main x").ids(), "!empty-condition");
  EXPECT_EQ(Reading("@^ x").ids(), "!empty-condition");
  EXPECT_EQ(recovered("@\nx"), "x");
}

}  // namespace
}  // namespace config
