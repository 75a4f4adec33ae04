// The command line of keepalived: getopt_long's rules, its options, its words. Options for what is not built are accepted with
// a warning. Reads and judges; does nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/daemon_options.hpp"

namespace app {

struct CompatibleCommand {
  enum class Action { run, test, show_version, show_help, show_signal, genhash, refuse };
  Action action = Action::run;
  DaemonOptions options;
  std::string test_log;                 // -tFILE; empty = stderr
  std::string output;                   // of show_signal: the number
  std::vector<std::string> problems;    // for stderr, in order; those of `refuse` end with status 1
  std::vector<std::string> unexpected;  // words that are no options
  std::vector<std::string> rest;        // of genhash: its name and its own words
};

CompatibleCommand parse_compatible(const std::vector<std::string>& arguments);

std::string compatible_usage(std::string_view program);
/// "STOP", "RELOAD", "DATA", "STATS", "STATS_CLEAR", "JSON"
std::optional<int> signal_number(std::string_view name);

}  // namespace app
