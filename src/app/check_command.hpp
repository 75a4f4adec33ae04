// Checking configurations without running them: `standfast check` and keepalived's `-t`.
#pragma once

#include <string>
#include <vector>

#include "app/daemon_options.hpp"

namespace app {

struct CheckRequest {
  std::vector<std::string> files;
  bool strict = false;  // warnings fail
  bool json = false;
  bool compatible = false;  // lenient, as under the name keepalived
  bool check_includes = false;
  bool check_host = true;
  std::string config_id;
};

/// 0 clean, 1 errors, 2 warnings with `strict`.
int check_files(const CheckRequest& request);

/// keepalived's -t: 0 usable, 4 cannot run on this machine, 5 errors, 6 unsafe scripts or a missing file, 1 log not writable.
int test_configuration(const DaemonOptions& options, const std::string& log_file);

}  // namespace app
