// `standfast probe`: asks every server of a configuration once, as its checks would, and prints what they say.
#pragma once

#include <string>

namespace app {

struct ProbeRequest {
  std::string file;
  std::string config_id;
  bool only_bad = false;  // print failures and warnings only
};

/// 0: every check is well, 1: one is not, 2: the configuration cannot be used.
int probe_servers(const ProbeRequest& request);

}  // namespace app
