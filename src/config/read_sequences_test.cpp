// ~SEQ, ~SEQx and ~LST.
#include <gtest/gtest.h>

#include "config/reading_for_test.hpp"
#include "config/sequence.hpp"

namespace config {
namespace {

TEST(Sequences, CountFromStartToEndInSteps) {
  EXPECT_EQ(tree_of("~SEQ(E,1,2,6) s${E}"), "s1; s3; s5");
  EXPECT_EQ(tree_of("~SEQ(E,6,-2,1) s${E}"), "s6; s4; s2");
  EXPECT_EQ(tree_of("~SEQ(E,-2,2,2) s${E}"), "s-2; s0; s2");
}

TEST(Sequences, OfTwoNumbersStepByOneEitherWay) {
  EXPECT_EQ(tree_of("~SEQ(D,3,1) s$D"), "s3; s2; s1");
  EXPECT_EQ(tree_of("~SEQ(D,1,3) s$D"), "s1; s2; s3");
  EXPECT_EQ(tree_of("~SEQ(D,5,5) s$D"), "s5");
}

TEST(Sequences, OfOneNumberStartAtOneOrMinusOne) {
  EXPECT_EQ(tree_of("~SEQ(A,3) s$A"), "s1; s2; s3");
  EXPECT_EQ(tree_of("~SEQ(B,-2) s$B"), "s-1; s-2");
  EXPECT_EQ(tree_of("~SEQ(I,0) s$I"), "s1; s0");
}

TEST(Sequences, TakeNumbersInCNotation) {
  EXPECT_EQ(tree_of("~SEQ(A,0x10,0x11) s$A"), "s16; s17");
  EXPECT_EQ(tree_of("~SEQ(A,010,+9) s$A"), "s8; s9");
  EXPECT_EQ(Reading("~SEQ(A,08) s").ids(), "!bad-sequence");
}

TEST(Sequences, WithAStepThatLeadsNowhereAreErrors) {
  EXPECT_EQ(problems_of("~SEQ(L,1,0,3) s\n"),
            "k.conf:1:1: error: this sequence cannot be read: a step of 0 never reaches the end\n"
            "    ~SEQ(L,1,0,3) s\n"
            "    ^~~~~~~~~~~~~\n");
  EXPECT_EQ(problems_of("@main ~SEQ(L,1,-1,3) s\n"),
            "k.conf:1:7: error: this sequence cannot be read: a step of -1 leads away from 1 to 3\n"
            "    @main ~SEQ(L,1,-1,3) s\n"
            "          ^~~~~~~~~~~~~~\n");
  EXPECT_EQ(recovered("~SEQ(L,3,1,1) s\nb"), "b");
  EXPECT_EQ(problems_of("~SEQ(L,3,1,1) s", true),
            "k.conf:1:1: warning: this sequence cannot be read: a step of 1 leads away from 3 to 1; the line "
            "is ignored\n"
            "    ~SEQ(L,3,1,1) s\n"
            "    ^~~~~~~~~~~~~\n");
}

TEST(Sequences, InHexadecimal) {
  EXPECT_EQ(tree_of("~SEQx(H,8,4,16) s$H"), "s8; sc; s10");
  EXPECT_EQ(tree_of("~SEQx(H,0xfe,0xff) s$H"), "sfe; sff");
  EXPECT_EQ(Reading("~SEQx(H,-1,2) s$H").ids(), "!bad-sequence");
  EXPECT_EQ(Reading("~SEQx(H,-2) s$H").ids(), "!bad-sequence");
}

TEST(Sequences, TakeParametersForNumbers) {
  EXPECT_EQ(tree_of("$MAX=2\n~SEQ(Q,1,$MAX) s$Q"), "s1; s2");
  EXPECT_EQ(tree_of("$MAX=2\n$MIN=1\n~SEQ(Q,${MIN},${MAX}) s$Q"), "s1; s2");
  EXPECT_EQ(tree_of("~SEQ(A,1,3) ~SEQ(B,1,$A) s${A}${B}"), "s11; s21; s22; s31; s32; s33");
}

TEST(Sequences, NeedNoBlanks) {
  EXPECT_EQ(tree_of("~SEQ (N,1,2)state n${N}"), "state n1; state n2");
  EXPECT_EQ(tree_of("~SEQ( N , 1 , 2 ) state n${N}"), "state n1; state n2");
}

TEST(Lists, GiveEachValueInTurn) {
  EXPECT_EQ(tree_of("~LST(v,a,b,c) s $v"), "s a; s b; s c");
  EXPECT_EQ(tree_of("~LST(v,a,,c) s x$v"), "s xa; s x; s xc");
  EXPECT_EQ(tree_of("~LST(v, a , b) s $v"), "s a; s b");
  EXPECT_EQ(tree_of("$L=a,b\n~LST(v,$L) s $v"), "s a; s b");
}

TEST(Lists, HaveNoBlanksInTheirValues) {
  EXPECT_EQ(problems_of("~LST(F,a b) s"),
            "k.conf:1:1: error: this sequence cannot be read: 'a b' has a blank in it; values are separated "
            "by commas\n"
            "    ~LST(F,a b) s\n"
            "    ^~~~~~~~~~~\n");
}

TEST(Lists, OfSeveralVariables) {
  EXPECT_EQ(tree_of("~LST({v,w},{1,2},{3,4}) s $v $w"), "s 1 2; s 3 4");
  EXPECT_EQ(tree_of("~LST({v,w},{5},6) s $v x$w"), "s 5 x; s 6 x");
  EXPECT_EQ(tree_of("~LST(v,{1},2) s $v"), "s 1; s 2");
  EXPECT_EQ(Reading("~LST({v,w},{1,2,3}) s").ids(), "!bad-sequence");
  EXPECT_EQ(Reading("~LST(v,{1,2}) s").ids(), "!bad-sequence");
  EXPECT_EQ(Reading("~LST({v,w) s").ids(), "!bad-sequence");
  EXPECT_EQ(Reading("~LST(v) s").ids(), "!bad-sequence");
  EXPECT_EQ(Reading("~LST(9,a) s").ids(), "!bad-sequence");
}

TEST(Sequences, NestLeftToRightOuterFirst) {
  EXPECT_EQ(tree_of("~SEQ(J,1,2) ~SEQ(K,5,6) x${J}${K}"), "x15; x16; x25; x26");
  EXPECT_EQ(tree_of("~LST(a,p,q)~SEQ(K,2)x $a $K"), "x p 1; x p 2; x q 1; x q 2");
}

TEST(Sequences, AreTextElsewhereThanAtTheStartOfALine) {
  EXPECT_EQ(tree_of("x ~SEQ(A,1,2)"), "x ~SEQ(A,1,2)");
  EXPECT_EQ(tree_of("a { ~SEQ(A,1,2) }"), "a { ~SEQ(A,1,2) }");
}

TEST(Sequences, ThatAreNoneAreErrors) {
  EXPECT_EQ(problems_of("~FOO(1) x"),
            "k.conf:1:1: error: '~FOO' is no sequence\n"
            "    ~FOO(1) x\n"
            "    ^~~~\n"
            "    hint: sequences are ~SEQ(name,start,step,end), ~SEQx(…) and ~LST(name,value,…)\n");
  for (const char* text :
       {"~SEQ", "~SEQ x", "~SEQ(", "~SEQ()", "~SEQ(A)", "~SEQ(A,) x", "~SEQ(A,x) y", "~SEQ(A,1",
        "~SEQ(A,1,2,3,4) x", "~SEQ(1,2) x", "~SEQ(A,99999999999999999999) x", "~LST() x", "~SEQ(A,1x) y"}) {
    EXPECT_EQ(Reading(std::string(text) + "\nnext").ids(), "!bad-sequence") << text;
    EXPECT_EQ(recovered(std::string(text) + "\nnext"), "next") << text;
  }
}

TEST(Sequences, RepeatALineOfAnyKind) {
  EXPECT_EQ(tree_of("~SEQ(P,1,2) @main s$P\n~SEQ(P,1,2) @b s$P"), "s1; s2");
  EXPECT_EQ(tree_of("$X= \\\n v ${I} { \\\n a \\\n }\n~SEQ(I,1,2) $X"), "v 1 { a }; v 2 { a }");
  EXPECT_EQ(tree_of("$X=~SEQ(K,1,2) k$I$K\n~SEQ(I,1,2) $X"), "k$I1; k$I2; k$I1; k$I2");
  EXPECT_EQ(tree_of("~SEQ(I,1,2) v$I {\na\n}\n}"), "v1 { v2 { a } }");
  EXPECT_EQ(tree_of("~SEQ(I,1,2) v$I { a }"), "v1 { a }; v2 { a }");
}

TEST(Sequences, KeepTheirVariableToThemselves) {
  EXPECT_EQ(tree_of("$I=before\n~SEQ(I,1,2) s$I\ns $I"), "s1; s2; s before");
  EXPECT_EQ(tree_of("~SEQ(I,1,1) s\ns $I"), "s; s $I");
  EXPECT_EQ(tree_of("~SEQ(I,1,2) ~SEQ(I,8,9) s$I\n"), "s8; s9; s8; s9");
}

TEST(Sequences, GiveTheirVariableToTheTextsOfDefinitions) {
  EXPECT_EQ(tree_of("$N=name${I}\n~SEQ(I,1,2) s $N"), "s name1; s name2");
}

TEST(Sequences, MayDefineParametersInEveryTurn) {
  EXPECT_EQ(tree_of("$X= \\\n $Y=y${I} \\\n s $Y\n~SEQ(I,1,2) $X\n"), "s y1; s y2");
}

TEST(Sequences, ThatGrowWithoutMeasureEndWithOneError) {
  Reading reading;
  reading.options.expansion_limit = 10'000;
  reading.world.write("k.conf", "a\n~SEQ(I,1,1000000000) s$I\nb\n");
  reading.read();
  EXPECT_EQ(reading.problems(),
            "k.conf:2:1: error: the configuration grows past 10000 octets when it is expanded\n"
            "    ~SEQ(I,1,1000000000) s$I\n"
            "    ^\n"
            "    hint: a sequence or a definition stands for more text than anybody can have meant\n");
  reading.world.write("k.conf", "~SEQ(I,-9223372036854775807,9223372036854775807) @other x\n");
  reading.read();
  EXPECT_EQ(reading.ids(), "!too-large");
  reading.options.lenient = true;
  reading.read();
  EXPECT_EQ(reading.ids(), "!too-large");
}

TEST(Sequences, AndDefinitionsThatDoubleEndWithAnErrorEvenIfTheyStandForNothing) {
  Reading reading;
  reading.options.expansion_limit = 100'000;
  std::string text = "$A0=\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "${A" + std::to_string(i - 1) + "}";
    text += "$A" + std::to_string(i) + "=" + before + before + "\n";
  }
  reading.world.write("k.conf", text + "x $A39\n");
  reading.read();
  EXPECT_EQ(reading.ids(), "!too-large");
}

TEST(Sequences, NestOnlySoDeep) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "~SEQ(I,1,1) ";
  EXPECT_EQ(Reading(text + "x").ids(), "!nested-too-deep");
  text = "$A0=x\n";
  for (int i = 1; i < 100; ++i) text += "$A" + std::to_string(i) + "=${A" + std::to_string(i - 1) + "}\n";
  EXPECT_EQ(Reading(text + "y $A99").ids(), "!nested-too-deep");
  EXPECT_EQ(tree_of(text + "y $A60"), "y x");
}

TEST(CNumbers, ReachTheirLimits) {
  EXPECT_EQ(parse_c_number("9223372036854775807"), 9223372036854775807LL);
  EXPECT_EQ(parse_c_number("-9223372036854775807"), -9223372036854775807LL);
  EXPECT_EQ(parse_c_number("0"), 0);
  EXPECT_EQ(parse_c_number("-0x1F"), -31);
  EXPECT_FALSE(parse_c_number("9223372036854775808"));
  for (const char* bad : {"", "-", "+", "0x", "1 ", " 1", "1.5", "09", "1a", "--1"}) {
    EXPECT_FALSE(parse_c_number(bad)) << bad;
  }
}

}  // namespace
}  // namespace config
