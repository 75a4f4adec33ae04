#include "runtime/watcher.hpp"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "runtime/clock.hpp"
#include "runtime/process.hpp"
#include "runtime/watcher_link.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests read better with literals
using testing::HasSubstr;

constexpr core::Duration patience = 20s;

/// A watcher in a process of its own, and the failover worker's end of its socket.
class WatcherTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/standfast-watcher.XXXXXX";  // NOLINT: mkdtemp writes it
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    auto ends = socket_pair(SOCK_SEQPACKET).value();
    pid_ = ::fork();
    if (pid_ == 0) {
      ends.first.reset();
      ::_exit(run_watcher(ends.second.release()));
    }
    socket_ = std::move(ends.first);
    link_.emplace(socket_.get());
    ASSERT_TRUE(hear<engine::event::WatcherStarted>());
  }

  void TearDown() override {
    link_.reset();
    socket_.reset();
    int status = -1;
    ::waitpid(pid_, &status, 0);
    EXPECT_EQ(status, 0);
    std::filesystem::remove_all(directory_);
  }

  static engine::TrackedScript script(std::string name, const std::string& text) {
    engine::TrackedScript script;
    script.config.name = std::move(name);
    script.command = {.argv = {"/bin/sh", "-c", text},
                      .through_shell = true,
                      .uid = ::geteuid(),
                      .gid = ::getegid(),
                      .supplementary_groups = {}};
    return script;
  }

  void watch(const engine::TrackersConfig& trackers) {
    link_->watch(trackers);
    ASSERT_TRUE(link_->flush());
  }
  void run(const std::string& name) {
    link_->add(to_watcher::RunScript{name});
    ASSERT_TRUE(link_->flush());
  }
  void end(const std::string& name, bool kill) {
    link_->add(to_watcher::EndScript{name, kill});
    ASSERT_TRUE(link_->flush());
  }

  /// The next message of that kind; others are put aside.
  template <class T>
  std::optional<T> hear(core::Duration limit = patience) {
    const core::Time until = now() + limit;
    while (true) {
      const auto known =
          std::ranges::find_if(heard_, [](const auto& m) { return std::holds_alternative<T>(m); });
      if (known != heard_.end()) {
        T found = std::get<T>(*known);
        heard_.erase(known);
        return found;
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - now()).count();
      if (left <= 0) return std::nullopt;
      pollfd ready{socket_.get(), POLLIN, 0};
      ::poll(&ready, 1, static_cast<int>(left));
      link_->receive(100, [this](FromWatcher&& message) { heard_.push_back(std::move(message)); });
    }
  }
  track::ScriptEnd result_of(const std::string& name) {
    run(name);
    const auto finished = hear<engine::event::ScriptFinished>();
    return finished && finished->script == name ? finished->end : track::ScriptEnd{-1, -1, "nothing came"};
  }
  /// Hears values of a file until it is this one.
  bool becomes(std::int64_t value, core::Duration limit = patience) {
    while (const auto read = hear<engine::event::TrackedFileChanged>(limit)) {
      last_ = *read;
      if (read->value == value) return true;
    }
    return false;
  }

  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }
  void watch_file(const std::string& name) {
    engine::TrackersConfig trackers;
    trackers.files = {{.name = "f", .path = file(name), .weight = {1, false}, .init = {}}};
    watch(trackers);
  }

  std::string directory_;
  pid_t pid_ = -1;
  Fd socket_;
  std::optional<WatcherLink> link_;
  std::vector<FromWatcher> heard_;
  engine::event::TrackedFileChanged last_;
};

TEST_F(WatcherTest, TellsHowAScriptEnded) {
  engine::TrackersConfig trackers;
  trackers.scripts = {script("well", "exit 0"), script("ill", "exit 3"), script("dead", "kill -SEGV $$")};
  watch(trackers);
  EXPECT_EQ(result_of("well"), (track::ScriptEnd{0, 0, {}}));
  EXPECT_EQ(result_of("ill"), (track::ScriptEnd{3, 0, {}}));
  EXPECT_EQ(result_of("dead"), (track::ScriptEnd{-1, SIGSEGV, {}}));
}

TEST_F(WatcherTest, SaysWhyAScriptCannotBeStarted) {
  engine::TrackersConfig trackers;
  trackers.scripts = {script("gone", ""), script("directory", ""), script("no x bit", "")};
  trackers.scripts[0].command.argv = {file("nothing-here")};
  trackers.scripts[1].command.argv = {directory_};
  write("plain", "#!/bin/sh\n");
  trackers.scripts[2].command.argv = {file("plain")};
  ASSERT_EQ(::chmod(file("plain").c_str(), 0644), 0);
  watch(trackers);
  EXPECT_THAT(result_of("gone").error, HasSubstr("No such file"));
  EXPECT_THAT(result_of("directory").error, HasSubstr("Permission denied"));
  EXPECT_THAT(result_of("no x bit").error, HasSubstr("Permission denied"));
}

TEST_F(WatcherTest, FloodedOutputGoesNowhereAndHoldsNobodyUp) {
  engine::TrackersConfig trackers;
  trackers.scripts = {script("flood", "head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2")};
  watch(trackers);
  EXPECT_EQ(result_of("flood").exit_status, 0);
}

TEST_F(WatcherTest, EndsAScriptWithAllThatItStarted) {
  engine::TrackersConfig trackers;
  trackers.scripts = {script("hangs", "sleep 1000 & echo $! > " + file("child") + "; wait")};
  watch(trackers);
  run("hangs");
  const core::Time limit = now() + patience;
  while (!std::filesystem::exists(file("child")) || std::filesystem::file_size(file("child")) == 0)
    ASSERT_LT(now(), limit);
  end("hangs", false);
  EXPECT_EQ(hear<engine::event::ScriptFinished>()->end.signal, SIGTERM);
  pid_t child = 0;
  std::ifstream(file("child")) >> child;
  ASSERT_GT(child, 0);
  while (::kill(child, 0) == 0 && now() < limit) ::usleep(1000);
  EXPECT_NE(::kill(child, 0), 0) << "the script's own child is gone, too";
}

TEST_F(WatcherTest, OnlySigkillEndsWhoIgnoresSigterm) {
  engine::TrackersConfig trackers;
  trackers.scripts = {
      script("deaf", "trap '' TERM; echo > " + file("ready") + "; while :; do sleep 0.05; done")};
  watch(trackers);
  run("deaf");
  while (!std::filesystem::exists(file("ready"))) ::usleep(1000);
  end("deaf", false);
  EXPECT_FALSE(hear<engine::event::ScriptFinished>(200ms));
  end("deaf", true);
  EXPECT_EQ(hear<engine::event::ScriptFinished>()->end.signal, SIGKILL);
}

TEST_F(WatcherTest, AScriptThatRunsIsNotStartedTwice) {
  engine::TrackersConfig trackers;
  trackers.scripts = {script("slow", "echo x >> " + file("runs") + "; sleep 0.2")};
  watch(trackers);
  run("slow");
  run("slow");
  ASSERT_TRUE(hear<engine::event::ScriptFinished>());
  EXPECT_FALSE(hear<engine::event::ScriptFinished>(300ms));
  EXPECT_EQ(std::filesystem::file_size(file("runs")), 2U);
}

TEST_F(WatcherTest, AScriptThatANewConfigurationLacksIsEndedSilently) {
  engine::TrackersConfig trackers;
  trackers.scripts = {script("old", "exec sleep 1000"), script("kept", "sleep 0.3; exit 5")};
  watch(trackers);
  run("old");
  run("kept");
  trackers.scripts.erase(trackers.scripts.begin());
  watch(trackers);
  EXPECT_EQ(hear<engine::event::ScriptFinished>()->end.exit_status, 5) << "what is as before goes on";
  EXPECT_FALSE(hear<engine::event::ScriptFinished>(200ms));
}

TEST_F(WatcherTest, ReadsAFileThatIsThereAndOneThatComesLater) {
  write("there", "7\n");
  watch_file("there");
  EXPECT_TRUE(becomes(7));
  watch_file("later");
  EXPECT_TRUE(becomes(0));
  write("later", "-3\n");
  EXPECT_TRUE(becomes(-3));
}

TEST_F(WatcherTest, FollowsAFileThroughReplacementAndRemoval) {
  write("f", "1");
  watch_file("f");
  ASSERT_TRUE(becomes(1));
  write("new", "2");
  std::filesystem::rename(file("new"), file("f"));
  EXPECT_TRUE(becomes(2));
  std::filesystem::remove(file("f"));
  EXPECT_TRUE(becomes(0));
  EXPECT_EQ(last_.problem, "") << "a missing file is 0, and that is all";
}

TEST_F(WatcherTest, WaitsForADirectory) {
  watch_file("later/f");
  ASSERT_TRUE(becomes(0));
  std::filesystem::create_directory(file("later"));
  write("later/f", "9");
  EXPECT_TRUE(becomes(9));
}

TEST_F(WatcherTest, SaysWhatIsWrongWithAFile) {
  write("f", "5");
  watch_file("f");
  ASSERT_TRUE(becomes(5));
  write("f", "five");
  ASSERT_TRUE(becomes(0));
  EXPECT_THAT(last_.problem, HasSubstr("no number"));
  std::filesystem::remove(file("f"));
  std::filesystem::create_directory(file("f"));
  do {
    ASSERT_TRUE(becomes(0));
  } while (last_.problem.find("directory") == std::string::npos);
}

TEST_F(WatcherTest, TenMegaOctetsAreReadNoFurtherThanANumberGoes) {
  write("f", "3\n" + std::string(10'000'000, 'x'));
  const core::Time begun = now();
  watch_file("f");
  EXPECT_TRUE(becomes(3));
  EXPECT_LT(now() - begun, 2s);
}

TEST_F(WatcherTest, AFileThatChangesAllTheTimeIsToldItsLastValue) {
  write("f", "1");
  watch_file("f");
  ASSERT_TRUE(becomes(1));
  for (int i = 0; i < 300; ++i) write("f", std::to_string(i % 50));
  write("f", "1000");
  std::size_t told = 0;
  while (const auto read = hear<engine::event::TrackedFileChanged>()) {
    ++told;
    if (read->value == 1000) break;
  }
  EXPECT_LT(told, 150U);
}

TEST_F(WatcherTest, CountsProcessesAsTheyComeAndGo) {
  // A name of its own: nobody else's process shall be counted.
  const std::string name = "sfw" + std::to_string(::getpid());
  std::filesystem::copy_file("/bin/sleep", file(name));
  engine::TrackersConfig trackers;
  track::ProcessConfig process;
  process.name = "p";
  process.process = name;
  trackers.processes = {process};
  const auto count = [&](std::uint32_t wanted) {
    while (const auto counted = hear<engine::event::ProcessesCounted>()) {
      if (counted->count == wanted) return true;
    }
    return false;
  };
  watch(trackers);
  EXPECT_TRUE(count(0));
  const auto child = spawn(file(name), {name, "1000"}, {});
  ASSERT_TRUE(child);
  EXPECT_TRUE(count(1));
  ASSERT_TRUE(child->send_signal(SIGKILL));
  EXPECT_TRUE(count(0));
  ::waitpid(child->pid, nullptr, 0);
}

TEST_F(WatcherTest, ALinkWithoutMiiIsAskedOtherwise) {
  engine::TrackersConfig trackers;
  trackers.polled_interfaces = {{"lo", track::PollMethod::automatic}};
  watch(trackers);
  const auto polled = hear<engine::event::LinkPolled>();
  ASSERT_TRUE(polled);
  EXPECT_EQ(polled->interface, "lo");
}

}  // namespace
}  // namespace runtime
