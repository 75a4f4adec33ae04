// Reading the configuration the way the daemon does, and what of it the failover worker is given.
#pragma once

#include <string>

#include "app/daemon_options.hpp"
#include "config/load.hpp"
#include "core/time.hpp"
#include "runtime/balancer_messages.hpp"
#include "runtime/messages.hpp"

namespace app {

/// The file a command means: as written, or the default of the name with keepalived's own as fallback.
std::string configuration_file(const DaemonOptions& options);

config::LoadOptions load_options(const DaemonOptions& options);

/// The file with everything that is wrong with it, also what only the data plane it names cannot do.
config::Loaded load_configuration(const config::LoadOptions& options, const config::World& world);

/// One line for a log: place, what, and what to write instead.
std::string diagnostic_line(const config::Diagnostic& diagnostic);

/// True when the main file itself could not be read.
bool main_file_missing(const config::Loaded& loaded);

/// The worker's task. `uptime` is that of the machine and `running` how long the daemon is: delays of the start shrink by them.
runtime::FailoverWorkerConfig worker_config(const DaemonOptions& options, const config::Model& model,
                                            core::Duration uptime, core::Duration running, std::uint64_t seed,
                                            std::uint32_t generation);
runtime::BalancerWorkerConfig balancer_worker_config(const DaemonOptions& options, const config::Model& model,
                                                     std::uint64_t seed, std::uint32_t generation);

}  // namespace app
