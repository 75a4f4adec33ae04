#include "track/process_table.hpp"

#include <gtest/gtest.h>
#include <optional>

namespace track {
namespace {

ProcessConfig by_name(std::string name) {
  ProcessConfig config;
  config.name = name;
  config.process = std::move(name);
  return config;
}

ProcessConfig by_words(std::string program, std::vector<std::string> parameters, ParameterMatch match) {
  ProcessConfig config = by_name(std::move(program));
  config.parameters = std::move(parameters);
  config.match = match;
  config.full_command = true;
  return config;
}

// Counts of a table with one tracker.
struct Bench {
  explicit Bench(ProcessConfig config) { table.configure({std::move(config)}); }
  std::uint32_t count_of(std::vector<std::string> words) {
    table.seen(++pid, {words.front(), words});
    const auto changes = table.take_changes();
    const std::uint32_t counted = changes.empty() ? 0 : changes.front().count;
    table.ended(pid);
    table.take_changes();
    return counted;
  }
  ProcessTable table;
  ProcessTable::Pid pid = 100;
};

std::optional<std::uint32_t> change(ProcessTable& table) {
  const auto changes = table.take_changes();
  return changes.empty() ? std::nullopt : std::optional(changes.front().count);
}

TEST(ProcessTable, CountsProcessesOfAName) {
  ProcessTable table;
  table.configure({by_name("haproxy")});
  table.seen(1, {"init", {}});
  EXPECT_EQ(change(table), std::nullopt);
  table.seen(2, {"haproxy", {}});
  table.seen(3, {"haproxy", {}});
  EXPECT_EQ(change(table), 2U);
  table.ended(2);
  table.ended(1);
  EXPECT_EQ(change(table), 1U);
}

TEST(ProcessTable, ComparesTheFifteenOctetsTheKernelKeeps) {
  ProcessTable table;
  table.configure({by_name("a-rather-long-name")});
  EXPECT_TRUE(table.wants("a-rather-long-n"));
  table.seen(2, {"a-rather-long-n", {}});
  EXPECT_EQ(change(table), 1U);
}

TEST(ProcessTable, FollowsAProcessThatBecomesAnotherProgram) {
  ProcessTable table;
  table.configure({by_name("haproxy")});
  table.seen(2, {"sh", {}});
  table.seen(2, {"haproxy", {}});
  EXPECT_EQ(change(table), 1U);
  table.seen(2, {"haproxy", {}});
  EXPECT_EQ(change(table), std::nullopt);
  table.seen(2, {"sh", {}});
  EXPECT_EQ(change(table), 0U);
}

TEST(ProcessTable, AChildIsWhatItsParentIsUntilItRunsAnotherProgram) {
  ProcessTable table;
  table.configure({by_name("haproxy")});
  table.seen(2, {"haproxy", {}});
  table.forked(2, 3);
  table.forked(7, 8);
  EXPECT_EQ(change(table), 2U);
  table.seen(3, {"sh", {}});
  EXPECT_EQ(change(table), 1U);
}

TEST(ProcessTable, ParametersMayHaveToBeTheSame) {
  Bench bench(by_words("/usr/bin/app", {"-f", "x"}, ParameterMatch::exact));
  EXPECT_EQ(bench.count_of({"/usr/bin/app", "-f", "x"}), 1U);
  EXPECT_EQ(bench.count_of({"/usr/bin/app", "-f", "x", "-v"}), 0U);
  EXPECT_EQ(bench.count_of({"/usr/bin/app", "-f"}), 0U);
  EXPECT_EQ(bench.count_of({"/bin/app", "-f", "x"}), 0U);
}

TEST(ProcessTable, OrTheFirstOnes) {
  Bench bench(by_words("app", {"-f", "x"}, ParameterMatch::initial));
  EXPECT_EQ(bench.count_of({"/usr/bin/app", "-f", "x", "-v"}), 1U);
  EXPECT_EQ(bench.count_of({"app", "-f", "xy"}), 0U);
}

TEST(ProcessTable, OrTheBeginningOfTheLast) {
  Bench bench(by_words("app", {"-f", "x"}, ParameterMatch::partial));
  EXPECT_EQ(bench.count_of({"app", "-f", "xyz"}), 1U);
  EXPECT_EQ(bench.count_of({"app", "-g", "xyz"}), 0U);
}

TEST(ProcessTable, AListingFindsWhatWasMissed) {
  ProcessTable table;
  table.configure({by_name("haproxy")});
  table.seen(2, {"haproxy", {}});
  table.seen(3, {"haproxy", {}});
  table.take_changes();
  table.began_listing();
  table.seen(3, {"haproxy", {}});
  table.seen(4, {"haproxy", {}});
  table.seen(5, {"haproxy", {}});
  EXPECT_EQ(change(table), std::nullopt) << "half a listing is no news";
  table.ended_listing();
  EXPECT_EQ(change(table), 3U);
}

TEST(ProcessTable, TheFirstListingSaysZeroToo) {
  ProcessTable table;
  table.configure({by_name("haproxy")});
  table.began_listing();
  table.ended_listing();
  EXPECT_EQ(change(table), 0U);
}

TEST(ProcessTable, WhoEndsDuringAListingIsNotCounted) {
  ProcessTable table;
  table.configure({by_name("haproxy")});
  table.began_listing();
  table.seen(2, {"haproxy", {}});
  table.ended(2);
  table.ended_listing();
  EXPECT_EQ(change(table), 0U);
}

}  // namespace
}  // namespace track
