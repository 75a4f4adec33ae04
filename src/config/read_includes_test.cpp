// include and its kin, include_check, and the main file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/includes.hpp"
#include "config/reading_for_test.hpp"

namespace config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Includes : testing::Test, Reading {
  Includes() {
    world.write("vips", "1.1.1.1\n2.2.2.2\n");
    world.write("conf.d/20.conf", "twenty\n");
    world.write("conf.d/10.conf", "ten\n");
    world.write("conf.d/x.txt", "text\n");
    world.write("tool", "#!/bin/sh\n", 0755);
  }
  std::string tree_of_main(std::string text) {
    world.write("k.conf", std::move(text));
    Reading::read();
    return diagnostics.list.empty() ? shape() : problems();
  }
  std::string ids_of_main(std::string text) {
    world.write("k.conf", std::move(text));
    Reading::read();
    return ids();
  }
};

TEST_F(Includes, PutTheTextInPlace) {
  EXPECT_EQ(tree_of_main("a\ninclude conf.d/10.conf\nb\n"), "a; ten; b");
  EXPECT_EQ(tree_of_main("v {\n include vips\n}\n"), "v { 1.1.1.1; 2.2.2.2 }");
  EXPECT_EQ(tree_of_main("include vips # comment\n"), "1.1.1.1; 2.2.2.2");
}

TEST_F(Includes, TakeAPatternInGlobOrder) {
  EXPECT_EQ(tree_of_main("include conf.d/*.conf\n"), "ten; twenty");
  EXPECT_EQ(tree_of_main("include conf.d/{20,10}.conf\n"), "twenty; ten");
  EXPECT_EQ(tree_of_main("include conf.d/?0.conf\n"), "ten; twenty");
  EXPECT_EQ(tree_of_main("include conf.d/[^1]0.conf\n"), "twenty");
  EXPECT_EQ(tree_of_main("include {vips,conf.d/{10,20}.conf}\n"), "1.1.1.1; 2.2.2.2; ten; twenty");
}

TEST_F(Includes, AreFoundFromTheFolderOfTheFileThatNamesThem) {
  world.write("/a/one.conf", "include sub/two.conf\ninclude /etc/keepalived/vips\nafter ${_PWD}\n");
  world.write("/a/sub/two.conf", "two ${_PWD}\ninclude three.conf\n");
  world.write("/a/sub/three.conf", "three\n");
  Reading::read("/a/one.conf");
  EXPECT_EQ(shape(), "two /a/sub; three; 1.1.1.1; 2.2.2.2; after /a");
  EXPECT_THAT(tree.files(),
              ElementsAre("/a/one.conf", "/a/sub/two.conf", "/a/sub/three.conf", "/etc/keepalived/vips"));
}

TEST_F(Includes, TakeParametersInTheName) {
  EXPECT_EQ(tree_of_main("$F=vips\n$D=conf.d\ninclude ${F}\ninclude $D/x\ninclude ${D}/10.conf").find("ten"),
            std::string::npos);
  EXPECT_EQ(tree_of_main("$F=vi\ninclude ${F}ps"), "1.1.1.1; 2.2.2.2");
  EXPECT_EQ(tree_of_main("~LST(f,10,20) include conf.d/${f}.conf"), "ten; twenty");
}

TEST_F(Includes, WorkAfterConditionsInParametersAndAfterBraces) {
  EXPECT_EQ(tree_of_main("@main include vips\n@other include nothere\n"), "1.1.1.1; 2.2.2.2");
  EXPECT_EQ(tree_of_main("$I=include vips\n$I\n"), "1.1.1.1; 2.2.2.2");
  EXPECT_EQ(tree_of_main("v { include vips\n}\n"), "v { 1.1.1.1; 2.2.2.2 }");
  EXPECT_EQ(tree_of_main("v { include vips }\nw"), "v { 1.1.1.1; 2.2.2.2 }; w");
  EXPECT_EQ(tree_of_main("v { include conf.d/{10,20}.conf } x { y }"), "v { ten; twenty }; x { y }");
}

TEST_F(Includes, MayHoldBracesThatOpenOrCloseABlockOfAnotherFile) {
  world.write("open", "vrrp_instance V {\n");
  world.write("close", "}\n");
  EXPECT_EQ(tree_of_main("include open\n state A\ninclude close\nb"), "vrrp_instance V { state A }; b");
}

TEST_F(Includes, MayDefineParametersForTheRest) {
  world.write("defs", "$X=1\n$Y= \\\n a \\\n b");
  EXPECT_EQ(tree_of_main("include defs\nx $X\n$Y"), "x 1; a; b");
}

TEST_F(Includes, TheSameFileMayBeReadAgain) {
  world.write("i", "s ${N}\n");
  EXPECT_EQ(tree_of_main("$N=1\ninclude i\n$N=2\ninclude i\n"), "s 1; s 2");
  EXPECT_THAT(tree.files(), ElementsAre("k.conf", "i"));
}

TEST_F(Includes, AreWordsOnlyAsKeywords) {
  EXPECT_EQ(tree_of_main("x include vips\nincluded vips\nincludex vips\ninclude_check\n"),
            "x include vips; included vips; includex vips; include_check");
}

TEST_F(Includes, WithoutAFileNameAreErrors) {
  EXPECT_EQ(tree_of_main("include\n"),
            "k.conf:1:1: error: 'include' names no file\n    include\n    ^~~~~~~\n");
}

TEST_F(Includes, MayHaveTheirPatternInQuotes) {
  EXPECT_EQ(tree_of_main("include \"vips\"\n"), "1.1.1.1; 2.2.2.2");
  options.lenient = true;
  EXPECT_EQ(ids_of_main("include \"vips\"\n"), "quoted-include");
  EXPECT_EQ(shape(), "1.1.1.1; 2.2.2.2");
}

TEST_F(Includes, PlainOnesWarn) {
  EXPECT_EQ(tree_of_main("include nothere\n"),
            "k.conf:1:9: warning: no file matches 'nothere'\n    include nothere\n            ^~~~~~~\n");
  EXPECT_EQ(
      tree_of_main("include tool\nb"),
      "k.conf:1:9: warning: 'tool' is executable, so it is skipped\n    include tool\n            ^~~~\n"
      "    hint: chmod a-x tool\n");
  EXPECT_EQ(shape(), "b");
  EXPECT_EQ(tree_of_main("include conf.d\n"),
            "k.conf:1:9: warning: 'conf.d' is a directory, so it is skipped\n    include conf.d\n            "
            "^~~~~~\n");
  world.files["/etc/keepalived/vips"].readable = false;
  EXPECT_EQ(tree_of_main("include vips\n"),
            "k.conf:1:9: warning: cannot read vips: Permission denied\n    include vips\n            ^~~~\n");
}

TEST_F(Includes, PatternsThatMatchNothingAreFineUnlessSomebodyAsked) {
  EXPECT_EQ(ids_of_main("include nothere/*.conf\n"), "");
  EXPECT_EQ(ids_of_main("include conf.d/{10,99}.conf\n"), "");
  EXPECT_EQ(ids_of_main("include {98,99}\n"), "include");
}

TEST_F(Includes, RCountsWhatCannotBeRead) {
  EXPECT_EQ(ids_of_main("includer tool\n"), "!include");
  EXPECT_EQ(ids_of_main("includer conf.d\n"), "!include");
  EXPECT_EQ(ids_of_main("includer nothere\n"), "include");
  EXPECT_EQ(ids_of_main("includer nothere*\n"), "");
}

TEST_F(Includes, MCountsANameThatIsNotThere) {
  EXPECT_EQ(ids_of_main("includem nothere\n"), "!include");
  EXPECT_EQ(ids_of_main("includem no*\n"), "");
  EXPECT_EQ(ids_of_main("includem tool\n"), "!include");
}

TEST_F(Includes, WCountsAPatternWithoutAMatch) {
  EXPECT_EQ(ids_of_main("includew no*\n"), "!include");
  EXPECT_EQ(ids_of_main("includew nothere\n"), "!include");
  EXPECT_EQ(ids_of_main("includew conf.d/{10,99}.conf\n"), "");
}

TEST_F(Includes, BCountsABraceAlternativeWithoutAMatch) {
  EXPECT_EQ(tree_of_main("includeb conf.d/{10,99}.conf\n"),
            "k.conf:1:10: error: no file matches 'conf.d/99.conf'\n"
            "    includeb conf.d/{10,99}.conf\n"
            "             ^~~~~~~~~~~~~~~~~~~\n");
  EXPECT_EQ(ids_of_main("includeb nothere\n"), "include");
  EXPECT_EQ(ids_of_main("includeb no*\n"), "");
}

TEST_F(Includes, ACountsEverythingAlsoInLenientReading) {
  for (const bool lenient : {false, true}) {
    options.lenient = lenient;
    EXPECT_EQ(ids_of_main("includea nothere\n"), "!include");
    EXPECT_EQ(ids_of_main("includea no*\n"), "!include");
    EXPECT_EQ(ids_of_main("includea conf.d/{10,99}.conf\n"), "!include");
    EXPECT_EQ(ids_of_main("includea tool\n"), "!include");
    EXPECT_EQ(ids_of_main("includea conf.d/*.conf\n"), "");
  }
}

TEST_F(Includes, TakeTheirChecksFromTheOptions) {
  options.include_checks = {.readable = true, .match = true, .wildcard_match = true, .brace_match = true};
  EXPECT_EQ(ids_of_main("include nothere\n"), "!include");
  EXPECT_EQ(ids_of_main("include no*\n"), "!include");
}

TEST_F(Includes, TakeTheirChecksFromIncludeCheck) {
  EXPECT_EQ(ids_of_main("include nothere\nglobal_defs {\n include_check\n}\ninclude nothere\n"),
            "include !include");
  EXPECT_EQ(ids_of_main("global_defs { include_check match }\ninclude nothere\ninclude no*\n"), "!include");
  EXPECT_EQ(ids_of_main("global_defs { include_check\n include_check -match }\ninclude nothere\n"),
            "include");
  EXPECT_EQ(ids_of_main("global_defs { include_check +wildcard_match }\ninclude no*\ninclude tool"),
            "!include include");
  EXPECT_EQ(ids_of_main("global_defs { include_check read }\ninclude nothere\ninclude tool"),
            "include !include");
  EXPECT_EQ(ids_of_main("vrrp_instance V { include_check }\ninclude nothere\n"), "include");
  EXPECT_EQ(shape(), "vrrp_instance V { include_check }");
}

TEST_F(Includes, ChecksAreRestoredAtTheEndOfTheFileThatChangedThem) {
  world.write("checks", "global_defs { include_check }\ninclude nothere\n");
  EXPECT_EQ(ids_of_main("include checks\ninclude nothere2\n"), "!include include");
}

TEST_F(Includes, ChecksThatAreNoneAreErrors) {
  EXPECT_EQ(tree_of_main("global_defs { include_check readable }\n"),
            "k.conf:1:29: error: 'readable' makes no sense here\n"
            "    global_defs { include_check readable }\n"
            "                                ^~~~~~~~\n"
            "    hint: write one of read, match, wildcard_match, brace_match, then any of them with + or - "
            "before it\n");
  EXPECT_EQ(ids_of_main("global_defs { include_check read match }\n"), "!include-check");
}

TEST_F(Includes, OfTheFileItselfAreAnErrorWithTheChain) {
  world.write("one", "a\ninclude two\n");
  world.write("two", "b\ninclude one\nc\n");
  EXPECT_EQ(tree_of_main("include one\nd\n"),
            "two:2:9: error: 'one' is being read already: /etc/keepalived/k.conf -> /etc/keepalived/one -> "
            "/etc/keepalived/two -> /etc/keepalived/one\n"
            "    include one\n"
            "            ^~~\n"
            "one:2:1: note: included from here\n"
            "    include two\n"
            "    ^~~~~~~~~~~\n"
            "k.conf:1:1: note: included from here\n"
            "    include one\n"
            "    ^~~~~~~~~~~\n");
  EXPECT_EQ(shape(), "a; b; c; d");
  EXPECT_EQ(ids_of_main("include k.conf\nx\n"), "!include-loop");
  EXPECT_EQ(ids_of_main("include ./../keepalived/k.conf\nx\n"), "!include-loop");
  world.link("alias", "k.conf");
  EXPECT_EQ(ids_of_main("include alias\nx\n"), "!include-loop");
  options.lenient = true;
  EXPECT_EQ(ids_of_main("include k.conf\nx\n"), "include-loop");
}

TEST_F(Includes, NestOnlySoDeep) {
  for (int i = 0; i < 200; ++i)
    world.write("n" + std::to_string(i), "include n" + std::to_string(i + 1) + "\n");
  EXPECT_EQ(ids_of_main("include n0\n"), "!include");
}

TEST_F(Includes, OfTooManyNamesAreAnError) {
  std::string pattern = "x";
  for (int i = 0; i < 20; ++i) pattern += "{a,b}";
  EXPECT_EQ(ids_of_main("include " + pattern), "!include");
}

struct MainFile : Includes {};

TEST_F(MainFile, MissingIsAnError) {
  for (const bool lenient : {false, true}) {
    options.lenient = lenient;
    Reading::read("/nowhere.conf");
    EXPECT_EQ(problems(), "/nowhere.conf: error: cannot read /nowhere.conf: No such file or directory\n");
    EXPECT_THAT(tree.statements(), IsEmpty());
    EXPECT_THAT(tree.files(), IsEmpty());
  }
}

TEST_F(MainFile, ThatIsADirectoryOrExecutableIsAnError) {
  Reading::read("conf.d");
  EXPECT_EQ(problems(), "conf.d: error: this is a directory, not a configuration file\n");
  Reading::read("tool");
  EXPECT_EQ(problems(),
            "tool: error: an executable file is not read as a configuration\n    hint: chmod a-x tool\n");
}

TEST_F(MainFile, MayBeAPattern) {
  Reading::read("conf.d/*.conf");
  EXPECT_EQ(shape(), "ten; twenty");
  EXPECT_THAT(tree.files(), ElementsAre("conf.d/10.conf", "conf.d/20.conf"));
  Reading::read("conf.d/{x.txt,10.conf}");
  EXPECT_EQ(shape(), "text; ten");
  Reading::read("nothere/*");
  EXPECT_EQ(problems(), "nothere/*: error: no file matches this pattern\n");
}

TEST(BraceAlternatives, AreWhatAShellMakesOfThem) {
  EXPECT_THAT(brace_alternatives("a{b,c}d", 9), ElementsAre("abd", "acd"));
  EXPECT_THAT(brace_alternatives("{a,{b,c}}{d,e}", 9), ElementsAre("ad", "ae", "bd", "be", "cd", "ce"));
  EXPECT_THAT(brace_alternatives("a", 9), ElementsAre("a"));
  EXPECT_THAT(brace_alternatives("a{b", 9), ElementsAre("a{b"));
  EXPECT_THAT(brace_alternatives("{a,}x", 9), ElementsAre("ax", "x"));
  EXPECT_THAT(brace_alternatives("{a,b}{a,b}", 3), IsEmpty());
}

TEST(Folders, AreWhatStandsBeforeTheLastSlash) {
  EXPECT_EQ(folder_of("/a/b/c"), "/a/b");
  EXPECT_EQ(folder_of("/a"), "/");
  EXPECT_EQ(folder_of("a"), "");
  EXPECT_EQ(in_folder("", "x"), "x");
  EXPECT_EQ(in_folder("/", "x"), "/x");
  EXPECT_EQ(in_folder("a", "x"), "a/x");
  EXPECT_EQ(in_folder("a", "/x"), "/x");
}

}  // namespace
}  // namespace config
