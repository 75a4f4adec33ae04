#include "runtime/script_runner.hpp"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/archive.hpp"
#include "runtime/files.hpp"
#include "runtime/messages.hpp"
#include "runtime/process.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests read better with literals
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int patience_ms = 20'000;

/// A runner in a process of its own, and the supervisor's end of its socket.
class ScriptRunner : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/standfast-runner.XXXXXX";  // NOLINT: mkdtemp writes it
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    ::chmod(name, 0777);
  }

  void TearDown() override {
    socket_.reset();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(directory_);
  }

  void start(const ScriptRunnerTimes& times = {}) {
    auto ends = socket_pair(SOCK_SEQPACKET);
    ASSERT_TRUE(ends);
    pid_ = ::fork();
    if (pid_ == 0) {
      ends->first.reset();
      ::umask(0177);
      ::_exit(run_script_runner(ends->second.release(), times));
    }
    socket_ = std::move(ends->first);
  }

  static notify::Command shell(const std::string& text) {
    return {.argv = {"/bin/sh", "-c", text},
            .through_shell = true,
            .uid = ::geteuid(),
            .gid = ::getegid(),
            .supplementary_groups = {}};
  }

  void run(const std::string& queue, std::vector<notify::Command> commands, core::Duration limit = {}) {
    const auto bytes = core::to_bytes(RunScripts{queue, std::move(commands), limit});
    ASSERT_EQ(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  ScriptFinished finished() {
    pollfd ready{socket_.get(), POLLIN, 0};
    if (::poll(&ready, 1, patience_ms) != 1) return {.queue = "nothing came", .command = {}, .error = {}};
    core::Bytes datagram(65536);
    const ssize_t size = ::recv(socket_.get(), datagram.data(), datagram.size(), 0);
    if (size <= 0) return {.queue = "the runner has gone", .command = {}, .error = {}};
    datagram.resize(static_cast<std::size_t>(size));
    return core::from_bytes<ScriptFinished>(datagram).value();
  }

  /// Waits for the runner's own end.
  int wait_for_end() {
    int status = -1;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  std::string content(const std::string& name) const { return read_text_file(file(name)).value_or("absent"); }

  std::string directory_;
  Fd socket_;
  pid_t pid_ = -1;
};

TEST_F(ScriptRunner, RunsTheCommandsOfOneQueueOneAfterTheOther) {
  start();
  const std::string log = file("log");
  run("VI_1", {shell("echo a1 >> " + log + "; sleep 0.2; echo a2 >> " + log), shell("echo b >> " + log)});
  run("VI_1", {shell("echo c >> " + log)});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(finished().exit_status, 0);
  EXPECT_EQ(content("log"), "a1\na2\nb\nc\n");
}

TEST_F(ScriptRunner, RunsDifferentQueuesSideBySide) {
  start();
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  run("waits", {shell("read word < " + file("pipe") + "; echo $word > " + file("out"))});
  run("writes", {shell("echo met > " + file("pipe"))});
  EXPECT_EQ(finished().exit_status, 0);
  EXPECT_EQ(finished().exit_status, 0);
  EXPECT_EQ(content("out"), "met\n");
}

TEST_F(ScriptRunner, ReportsExitStatusSignalAndCommand) {
  start();
  run("q", {shell("exit 7"), shell("kill -USR1 $$")});
  const auto first = finished();
  EXPECT_EQ(first.queue, "q");
  EXPECT_EQ(first.command, "/bin/sh -c exit 7");
  EXPECT_EQ(first.exit_status, 7);
  const auto second = finished();
  EXPECT_EQ(second.exit_status, -1);
  EXPECT_EQ(second.signal, SIGUSR1);
}

TEST_F(ScriptRunner, SaysWhyAScriptCannotBeStarted) {
  start();
  ASSERT_TRUE(write_file(file("plain"), "#!/bin/sh\n", 0600));
  notify::Command missing = shell("");
  missing.argv = {file("missing")};
  notify::Command plain = shell("");
  plain.argv = {file("plain")};
  run("q", {missing, plain, shell("exit 0")});
  EXPECT_THAT(finished().error, HasSubstr("No such file"));
  EXPECT_THAT(finished().error, HasSubstr("Permission denied"));
  EXPECT_EQ(finished().exit_status, 0);
}

TEST_F(ScriptRunner, EndsTheWholeGroupOfAScriptPastItsLimit) {
  start({.until_kill = 100ms});
  // Both ignore SIGTERM, so only SIGKILL to the group ends them.
  run("q", {shell("trap '' TERM; sleep 600 & echo $! > " + file("child") + "; wait; wait; sleep 600")},
      100ms);
  const auto result = finished();
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGKILL);
  const auto pidfd = open_pidfd(std::stoi(content("child")));
  if (pidfd) {
    pollfd gone{pidfd->get(), POLLIN, 0};
    EXPECT_EQ(::poll(&gone, 1, patience_ms), 1);
  }
}

TEST_F(ScriptRunner, JudgesAScriptThatExitsOnSigtermByItsStatus) {
  start();
  run("q", {shell("trap 'exit 3' TERM; while :; do sleep 0.01; done")}, 100ms);
  const auto result = finished();
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_status, 3);
}

TEST_F(ScriptRunner, GivesScriptsACleanPlaceToRunIn) {
  ::setenv("LD_LIBRARY_PATH", "/nowhere", 1);
  ::setenv("STANDFAST_TEST_VARIABLE", "kept", 1);
  start();
  ::unsetenv("LD_LIBRARY_PATH");
  run("q", {shell("exec > " + file("out") +
                  "; env; ls -l /proc/$$/fd/0 /proc/$$/fd/2; echo group $(ps -o pgid= -p $$) $$; touch " +
                  file("made"))});
  EXPECT_EQ(finished().exit_status, 0);
  const std::string out = content("out");
  EXPECT_THAT(out, Not(HasSubstr("LD_LIBRARY_PATH")));
  EXPECT_THAT(out, HasSubstr("STANDFAST_TEST_VARIABLE=kept"));
  EXPECT_THAT(out, HasSubstr("/fd/0 -> /dev/null"));
  EXPECT_THAT(out, HasSubstr("/fd/2 -> /dev/null"));
  struct stat made{};
  ASSERT_EQ(::stat(file("made").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0600U) << "the daemon's umask reaches the script";
  int group = 0;
  int self = -1;
  ASSERT_EQ(std::sscanf(out.c_str() + out.find("group "), "group %d %d", &group, &self), 2);
  EXPECT_EQ(group, self);
}

TEST_F(ScriptRunner, RunsAsTheUserAndGroupsAsked) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  start();
  auto command = shell("id -u > " + file("out") + "; id -G >> " + file("out"));
  command.uid = 65534;
  command.gid = 65534;
  command.supplementary_groups = {65534, 12345};
  run("q", {command});
  EXPECT_EQ(finished().exit_status, 0);
  const auto text = content("out");
  EXPECT_EQ(text, "65534\n65534 12345\n");
}

TEST_F(ScriptRunner, StillRunsWhatIsQueuedWhenItsPeersGo) {
  start();
  run("q", {shell("sleep 0.2; echo one >> " + file("log")), shell("echo two >> " + file("log"))});
  socket_.reset();
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_EQ(content("log"), "one\ntwo\n");
}

TEST_F(ScriptRunner, DoesNotWaitForEverForTheLastScripts) {
  start({.drain = 100ms});
  run("q", {shell("echo $$ > " + file("pid") + "; sleep 600"), shell("echo never > " + file("log"))});
  const auto before = std::chrono::steady_clock::now();
  socket_.reset();
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
  EXPECT_EQ(content("log"), "absent");
}

TEST_F(ScriptRunner, MentionsAScriptThatOthersWaitFor) {
  start({.impatience = 50ms});
  run("q", {shell("sleep 1"), shell("true")});
  EXPECT_THAT(finished().error, HasSubstr("1 more in its queue"));
  EXPECT_EQ(finished().exit_status, 0);
  EXPECT_EQ(finished().exit_status, 0);
}

TEST_F(ScriptRunner, SurvivesADatagramThatIsNoRequest) {
  start();
  ASSERT_EQ(::send(socket_.get(), "\xff\xff\xff\xffxx", 6, MSG_NOSIGNAL), 6);
  EXPECT_THAT(finished().error, HasSubstr("damaged"));
  run("q", {shell("exit 0")});
  EXPECT_EQ(finished().exit_status, 0);
}

}  // namespace
}  // namespace runtime
