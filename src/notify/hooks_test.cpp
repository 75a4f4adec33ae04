#include "notify/hooks.hpp"

#include <gmock/gmock.h>

namespace notify {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Words = std::vector<std::string>;

Command command(Words argv) {
  Command command;
  command.argv = std::move(argv);
  command.uid = 7;
  return command;
}

Command shell(std::string text) {
  Command command;
  command.argv = {"/bin/sh", "-c", std::move(text)};
  command.through_shell = true;
  return command;
}

std::vector<Words> argvs(const std::vector<Command>& commands) {
  std::vector<Words> all;
  for (const Command& each : commands) all.push_back(each.argv);
  return all;
}

Hooks every_hook() {
  Hooks hooks;
  hooks.master = command({"/m", "one two"});
  hooks.backup = command({"/b"});
  hooks.fault = command({"/f"});
  hooks.stop = command({"/s"});
  hooks.deleted = command({"/d"});
  hooks.any = command({"/any", "x"});
  hooks.master_rx_lower_priority = command({"/rx"});
  return hooks;
}

const Subject vi{Subject::Kind::instance, "VI 1", 150};
const Subject group{Subject::Kind::group, "G1", 99};

TEST(Hooks, TheSpecificScriptComesFirstAndGetsNoWords) {
  EXPECT_THAT(argvs(entered(every_hook(), vi, HookState::master)),
              ElementsAre(Words{"/m", "one two"}, Words{"/any", "x", "INSTANCE", "VI 1", "MASTER", "150"}));
}

TEST(Hooks, EveryStateHasItsScriptAndItsWord) {
  const auto words = [](HookState state) { return argvs(entered(every_hook(), vi, state)); };
  EXPECT_THAT(words(HookState::backup),
              ElementsAre(Words{"/b"}, Words{"/any", "x", "INSTANCE", "VI 1", "BACKUP", "150"}));
  EXPECT_THAT(words(HookState::fault),
              ElementsAre(Words{"/f"}, Words{"/any", "x", "INSTANCE", "VI 1", "FAULT", "150"}));
  EXPECT_THAT(words(HookState::stop),
              ElementsAre(Words{"/s"}, Words{"/any", "x", "INSTANCE", "VI 1", "STOP", "150"}));
}

TEST(Hooks, AGroupHasNoPriority) {
  EXPECT_THAT(argvs(entered(every_hook(), group, HookState::backup)),
              ElementsAre(Words{"/b"}, Words{"/any", "x", "GROUP", "G1", "BACKUP", "0"}));
}

TEST(Hooks, WhatIsNotConfiguredIsNotRun) {
  EXPECT_THAT(entered({}, vi, HookState::master), IsEmpty());
  EXPECT_THAT(removed({}, vi, false), IsEmpty());
  EXPECT_THAT(lower_priority_heard({}), IsEmpty());
  Hooks hooks;
  hooks.backup = command({"/b"});
  EXPECT_THAT(entered(hooks, vi, HookState::master), IsEmpty());
}

TEST(Hooks, TheUserOfACommandStaysWithIt) {
  for (const Command& each : entered(every_hook(), vi, HookState::master)) EXPECT_EQ(each.uid, 7U);
}

TEST(Hooks, ALowerPriorityIsForItsOwnScriptAlone) {
  EXPECT_THAT(argvs(lower_priority_heard(every_hook())), ElementsAre(Words{"/rx"}));
}

TEST(Hooks, RemovalIsDeletedToWhoAskedForThatWord) {
  EXPECT_THAT(argvs(removed(every_hook(), vi, false)),
              ElementsAre(Words{"/d"}, Words{"/any", "x", "INSTANCE", "VI 1", "DELETED", "150"}));
  Hooks without_script = every_hook();
  without_script.deleted.reset();
  without_script.notify_deleted = true;
  for (const bool was_in_fault : {false, true}) {
    EXPECT_THAT(argvs(removed(without_script, vi, was_in_fault)),
                ElementsAre(Words{"/any", "x", "INSTANCE", "VI 1", "DELETED", "150"}));
  }
}

TEST(Hooks, RemovalIsFaultToTheGenericScriptOtherwise) {
  Hooks hooks = every_hook();
  hooks.deleted.reset();
  EXPECT_THAT(argvs(removed(hooks, vi, false)),
              ElementsAre(Words{"/any", "x", "INSTANCE", "VI 1", "FAULT", "150"}))
      << "notify_fault must not run";
  EXPECT_THAT(removed(hooks, vi, true), IsEmpty()) << "it has been told already";
}

TEST(HooksThroughShell, WordsArePositionalParametersOfTheText) {
  Hooks hooks;
  hooks.any = shell("/x a >> /log");
  EXPECT_THAT(
      argvs(entered(hooks, vi, HookState::master)),
      ElementsAre(Words{"/bin/sh", "-c", R"(/x a >> /log "$@")", "sh", "INSTANCE", "VI 1", "MASTER", "150"}));
}

TEST(HooksThroughShell, ANameIsNeverPartOfTheText) {
  const Command made = with_arguments(shell("/x | /y"), {"INSTANCE", "a; rm -rf / $(reboot)"});
  EXPECT_EQ(made.argv.at(2), R"(/x | /y "$@")");
  EXPECT_EQ(made.argv.back(), "a; rm -rf / $(reboot)");
}

TEST(HooksThroughShell, ATextThatPlacesTheWordsItselfIsLeftAlone) {
  for (const char* text : {"echo $3 > /f", "echo ${4} > /f", R"(/x "$@" && /y)", "for w in $*; do /x; done",
                           "test $# = 4 && /x"}) {
    EXPECT_EQ(with_arguments(shell(text), {"w"}).argv, (Words{"/bin/sh", "-c", text, "sh", "w"}));
  }
}

TEST(HooksThroughShell, AVariableIsNoPositionalParameter) {
  EXPECT_EQ(with_arguments(shell("/x $HOME ${USER} $$ $"), {"w"}).argv.at(2),
            R"(/x $HOME ${USER} $$ $ "$@")");
}

TEST(HooksThroughShell, NothingIsAppendedWhereItWouldBeACommandOfItsOwn) {
  for (const char* text : {"/x &", "/x;", "(/x; /y)", "{ /x; }", "if /x; then /y; fi", "while /x; do /y;done",
                           "case a in a) /x;; esac", "/x \\ ", ""}) {
    EXPECT_EQ(with_arguments(shell(text), {"w"}).argv.at(2), text);
  }
}

TEST(HooksThroughShell, BlanksAtTheEndOfTheTextDoNotSeparateTheWords) {
  EXPECT_EQ(with_arguments(shell("/x > /f \n"), {"w"}).argv.at(2), R"(/x > /f "$@")");
}

TEST(HooksThroughShell, ASpecificScriptIsRunAsWritten) {
  Hooks hooks;
  hooks.master = shell("/x > /f");
  EXPECT_THAT(argvs(entered(hooks, vi, HookState::master)), ElementsAre(Words{"/bin/sh", "-c", "/x > /f"}));
}

}  // namespace
}  // namespace notify
