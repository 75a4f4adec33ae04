// From a command line to a running daemon: configuration checked, pid file locked, into the background, supervisor.
#pragma once

#include "app/daemon_options.hpp"

namespace app {

/// The exit status of the process.
int run_daemon(DaemonOptions options);

}  // namespace app
