// What a command line asked of the daemon, whichever of the two command lines it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/messages.hpp"

namespace app {

struct DaemonOptions {
  bool compatible = false;  // called as keepalived: lenient reading, its names for files and log
  std::string file;         // empty = the default of the name
  std::string config_id;
  bool check_includes = false;  // -e
  bool foreground = false;
  runtime::LogSettings log;
  std::optional<std::uint32_t> file_mode_mask;
  bool release_addresses = true;  // false with --dont-release-vrrp
  bool respawn = true;
  bool dump_configuration = false;
  bool run_failover = true;  // with -C alone not
  bool run_balancer = true;  // with -P alone not
  bool run_always = false;   // --all: even without configuration
  std::string pid_file, failover_pid_file, checkers_pid_file, bfd_pid_file;
  bool log_address_changes = false;
  std::string net_namespace;
  int home_namespace = -1;  // a descriptor of the network namespace we were started in, if we have left it
  bool core_dumps = false;
  std::optional<std::string> core_pattern;
  bool ignore_interrupt = false;
  std::string control_socket;  // empty = the default; "none" = none
};

}  // namespace app
