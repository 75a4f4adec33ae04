// The small process that starts scripts, so that neither forking nor a script can make an advert late. It reads RunScripts from
// one SOCK_SEQPACKET socket that supervisor and workers share, and answers the supervisor with ScriptFinished.
//
// Within a queue one command runs at a time, in order; queues know nothing of each other. Each script has a process group of its
// own, /dev/null on 0, 1, 2, its user and groups, the umask of this process and the environment without IFS, LD_PRELOAD and
// LD_LIBRARY_PATH. Past its limit the group gets SIGTERM, two seconds later SIGKILL. A script also gets SIGTERM if this process dies.
//
// When every other end of the socket is closed the queues are drained for a bounded time, then what still runs is killed.
#pragma once

#include "core/time.hpp"

namespace runtime {

struct ScriptRunnerTimes {
  core::Duration until_kill = std::chrono::seconds(2);     // from SIGTERM to SIGKILL
  core::Duration drain = std::chrono::milliseconds(1500);  // after the last peer has gone
  core::Duration impatience =
      std::chrono::seconds(30);  // a script that others wait for is mentioned once after this
};

/// Owns `socket`. Returns the exit status for the process once everything has ended.
int run_script_runner(int socket, const ScriptRunnerTimes& times = {});

}  // namespace runtime
