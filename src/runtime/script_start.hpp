// One script as a process: user, groups, descriptors, environment. Meant for a small process with one thread (script_runner.hpp,
// watcher.hpp): it stands still until the script's program is loaded. Never call it from a worker.
#pragma once

#include "core/result.hpp"
#include "notify/config.hpp"
#include "runtime/process.hpp"

namespace runtime {

struct StartedScript {
  Child child;
};

/// An error says why: "cannot be started: No such file or directory".
core::Result<StartedScript> start_script(const notify::Command& command);
/// To every process of the script's group.
void signal_script_group(const Child& child, int signal);

}  // namespace runtime
