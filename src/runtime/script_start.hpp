// One script as a process: user, groups, descriptors, environment. Meant for a small process with one thread (script_runner.hpp),
// where fork is cheap; never call it from a worker.
#pragma once

#include "core/result.hpp"
#include "notify/config.hpp"
#include "runtime/process.hpp"

namespace runtime {

struct StartedScript {
  Child child;
  Fd failure;  // holds an errno once the child has ended without reaching the script; empty otherwise
};

core::Result<StartedScript> start_script(const notify::Command& command);
/// After the child was reaped: why the script was never reached; 0 if it was.
int script_start_error(const StartedScript& script);
/// To every process of the script's group.
void signal_script_group(const Child& child, int signal);

}  // namespace runtime
