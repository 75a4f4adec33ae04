#include "app/compatible_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <syslog.h>

#include "app/daemon_files.hpp"
#include "app/restart_policy.hpp"
#include "app/version.hpp"

namespace app {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests read better with literals
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Action = CompatibleCommand::Action;

CompatibleCommand parse(std::vector<std::string> words) {
  words.insert(words.begin(), "keepalived");
  return parse_compatible(words);
}

TEST(CompatibleOptions, TakeBundledLettersAndAttachedArguments) {
  const auto command = parse({"-nlD", "-f/tmp/x.conf", "-p", "/run/a.pid", "-r/run/b.pid"});
  EXPECT_EQ(command.action, Action::run);
  EXPECT_TRUE(command.options.foreground);
  EXPECT_TRUE(command.options.log.console);
  EXPECT_TRUE(command.options.log.detail);
  EXPECT_EQ(command.options.file, "/tmp/x.conf");
  EXPECT_EQ(command.options.pid_file, "/run/a.pid");
  EXPECT_EQ(command.options.failover_pid_file, "/run/b.pid");
  EXPECT_THAT(command.problems, IsEmpty());
  EXPECT_TRUE(command.options.compatible);
}

TEST(CompatibleOptions, TakeAbbreviatedLongNames) {
  const auto command = parse({"--use=/tmp/x", "--dont-fork", "--namesp", "blue"});
  EXPECT_EQ(command.options.file, "/tmp/x");
  EXPECT_TRUE(command.options.foreground);
  EXPECT_EQ(command.options.net_namespace, "blue");
}

TEST(CompatibleOptions, RefuseAnEmptyArgumentWhereOneIsNeeded) {
  EXPECT_EQ(parse({"--use-file="}).action, Action::refuse);
  EXPECT_EQ(parse({"-f"}).action, Action::refuse);
}

TEST(CompatibleOptions, NameEveryUnknownOptionBeforeRefusing) {
  const auto command = parse({"-q", "--nonsense", "-n"});
  EXPECT_EQ(command.action, Action::refuse);
  EXPECT_THAT(command.problems, ElementsAre(HasSubstr("-q"), HasSubstr("--nonsense")));
  EXPECT_TRUE(command.options.foreground) << "the rest is still read";
}

TEST(CompatibleOptions, ListWordsThatAreNoOptions) {
  const auto command = parse({"stray", "-n", "words"});
  EXPECT_EQ(command.action, Action::run);
  EXPECT_THAT(command.unexpected, ElementsAre("stray", "words"));
}

TEST(CompatibleOptions, ReadFacilitiesAndMasksAsTheyAlwaysDid) {
  EXPECT_EQ(parse({"-S", "3"}).options.log.facility, LOG_LOCAL3);
  EXPECT_EQ(parse({"-S", "local7"}).options.log.facility, LOG_LOCAL7);
  EXPECT_EQ(parse({"-S", "user"}).options.log.facility, LOG_USER);
  const auto wrong = parse({"-S", "local8", "-u", "01000"});
  EXPECT_EQ(wrong.action, Action::run);
  EXPECT_THAT(wrong.problems, SizeIs(2));
  EXPECT_EQ(wrong.options.file_mode_mask, std::nullopt);
  EXPECT_EQ(parse({"-u", "022"}).options.file_mode_mask, 022U);
  EXPECT_EQ(parse({"-u", "0x12"}).options.file_mode_mask, 0x12U);
}

TEST(CompatibleOptions, TestTakesItsLogOnlyAttached) {
  EXPECT_EQ(parse({"-t", "-f", "x"}).action, Action::test);
  EXPECT_EQ(parse({"-t/tmp/log"}).test_log, "/tmp/log");
  EXPECT_EQ(parse({"--config-test=/tmp/log"}).test_log, "/tmp/log");
  const auto apart = parse({"-t", "/tmp/log"});
  EXPECT_EQ(apart.test_log, "");
  EXPECT_THAT(apart.unexpected, ElementsAre("/tmp/log"));
}

TEST(CompatibleOptions, PrintSignalNumbers) {
  EXPECT_EQ(parse({"--signum=JSON"}).output, "36");
  EXPECT_EQ(parse({"--signum", "DATA"}).output, "10");
  EXPECT_EQ(parse({"--signum=STATS_CLEAR"}).output, "63");
  EXPECT_EQ(parse({"--signum=TDUMP"}).action, Action::refuse);
}

TEST(CompatibleOptions, AcceptWhatIsNotBuiltWithAWarning) {
  const auto command = parse({"-x", "-A", "unix:/x"});
  EXPECT_EQ(command.action, Action::run);
  EXPECT_THAT(command.problems, ElementsAre(HasSubstr("SNMP"), HasSubstr("SNMP")));
}

TEST(VersionText, HasTheShapeExportersParse) {
  const auto text = version_text("Keepalived");
  EXPECT_THAT(text, testing::StartsWith("Keepalived v" + std::string(version()) + "\n"));
  EXPECT_GE(std::ranges::count(text, '\n'), 2);
}

TEST(DaemonFiles, StandWhereToolsLookForThem) {
  DaemonOptions options;
  options.compatible = true;
  config::Globals globals;
  EXPECT_EQ(daemon_files(options, globals, "").pid_file, "/run/keepalived.pid");
  EXPECT_EQ(daemon_files(options, globals, "").failover_pid_file, "/run/vrrp.pid");
  EXPECT_EQ(daemon_files(options, globals, "").pid_directory, "");
  globals.daemon.use_pid_directory = true;
  EXPECT_EQ(daemon_files(options, globals, "").pid_file, "/run/keepalived/keepalived.pid");
  globals.daemon.instance = "blue";
  EXPECT_EQ(daemon_files(options, globals, "").pid_file, "/run/keepalived/keepalived_blue.pid");
  EXPECT_EQ(daemon_files(options, globals, "").control_socket, "/run/standfast/control_blue.sock");
  options.pid_file = "/tmp/mine";
  EXPECT_EQ(daemon_files(options, globals, "").pid_file, "/tmp/mine");
  EXPECT_EQ(daemon_files(options, globals, "").failover_pid_file, "/run/keepalived/vrrp_blue.pid");
  EXPECT_EQ(daemon_files({}, {}, "").pid_file, "/run/standfast/standfast.pid");
}

TEST(DaemonFiles, OfADaemonInANamespaceHaveADirectoryOfTheirOwn) {
  DaemonOptions options;
  options.compatible = true;
  const auto files = daemon_files(options, {}, "red");
  EXPECT_EQ(files.pid_file, "/run/keepalived/keepalived_red/keepalived.pid");
  EXPECT_EQ(files.control_socket, "/run/standfast/control_red.sock");
}

TEST(DumpPath, FollowsItsTemplate) {
  config::Globals globals;
  EXPECT_EQ(dump_path(Dump::data, globals, "", "/tmp"), "/tmp/keepalived.data");
  EXPECT_EQ(dump_path(Dump::bfd_data, globals, "", "/tmp"), "/tmp/keepalived_bfd.data");
  EXPECT_EQ(dump_path(Dump::parent_data, globals, "", "/tmp"), "/tmp/keepalived_parent.data");
  EXPECT_EQ(dump_path(Dump::json, globals, "", "/var/tmp"), "/var/tmp/keepalived.json");
  globals.daemon.state_dump_file = "/var/lib/";
  EXPECT_EQ(dump_path(Dump::data, globals, "", "/tmp"), "/var/lib/keepalived.data");
  globals.daemon.state_dump_file = "some/dir/state.txt";
  EXPECT_EQ(dump_path(Dump::parent_data, globals, "", "/tmp"), "/tmp/state_parent.txt");
  globals.daemon.state_dump_file = "/x.d/state";
  EXPECT_EQ(dump_path(Dump::parent_data, globals, "", "/tmp"), "/x.d/state_parent");
  globals.daemon.state_dump_file.clear();
  globals.daemon.data_use_instance = true;
  globals.daemon.instance = "i";
  EXPECT_EQ(dump_path(Dump::data, globals, "n", "/tmp"), "/tmp/keepalived.n_i.data");
  EXPECT_EQ(ident_suffix("n", "i"), "_n_i");
}

TEST(RestartPolicy, DoublesFromNothingToAMinuteAndForgetsAfterAGoodMinute) {
  RestartPolicy policy;
  std::vector<core::Duration> delays;
  for (int i = 0; i < 9; ++i) delays.push_back(policy.delay_after(1s));
  EXPECT_THAT(delays, ElementsAre(0s, 1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s));
  EXPECT_EQ(policy.delay_after(60s), 0s);
  EXPECT_EQ(policy.delay_after(1s), 1s);
  EXPECT_EQ(policy.restarts(), 11U);
}

}  // namespace
}  // namespace app
