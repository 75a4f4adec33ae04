#include "app/configuration.hpp"

#include <algorithm>
#include <unistd.h>

#include "engine/from_model.hpp"

namespace app {
namespace {

constexpr const char* own_file = "/etc/standfast/standfast.conf";
constexpr const char* compatible_file = "/etc/keepalived/keepalived.conf";

}  // namespace

std::string configuration_file(const DaemonOptions& options) {
  if (!options.file.empty()) return options.file;
  if (options.compatible) return compatible_file;
  if (::access(own_file, F_OK) != 0 && ::access(compatible_file, F_OK) == 0) return compatible_file;
  return own_file;
}

config::LoadOptions load_options(const DaemonOptions& options) {
  config::LoadOptions load;
  load.file = configuration_file(options);
  load.read.config_id = options.config_id;
  load.read.lenient = options.compatible;
  if (options.check_includes) load.read.include_checks = {true, true, true, true};
  return load;
}

std::string diagnostic_line(const config::Diagnostic& diagnostic) {
  const auto& where = diagnostic.where;
  std::string line = where.file;
  if (where.line > 0) line += ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
  line += ": " + diagnostic.message;
  return diagnostic.hint.empty() ? line : line + " (" + diagnostic.hint + ")";
}

bool main_file_missing(const config::Loaded& loaded) { return loaded.files.empty(); }

runtime::FailoverWorkerConfig worker_config(const DaemonOptions& options, const config::Model& model,
                                            core::Duration uptime, core::Duration running, std::uint64_t seed,
                                            std::uint32_t generation) {
  const auto& globals = model.globals;
  runtime::FailoverWorkerConfig worker;
  worker.failover = engine::failover_config(model);
  const core::Duration delay = std::max(globals.startup_delay, globals.delay_after_boot - (uptime - running));
  worker.failover.startup_delay = std::max(delay - running, core::Duration::zero());
  worker.failover.remove_addresses_on_stop = options.release_addresses;
  worker.process = globals.vrrp_process;
  worker.log = options.log;
  worker.netlink_command_buffer = globals.vrrp_netlink.command;
  worker.netlink_command_buffer_force = globals.vrrp_netlink.command_force;
  worker.netlink_monitor_buffer = globals.vrrp_netlink.monitor;
  worker.netlink_monitor_buffer_force = globals.vrrp_netlink.monitor_force;
  worker.log_address_changes = options.log_address_changes;
  worker.no_local_igmp = model.globals.disable_local_igmp;
  worker.hook_limit = globals.notify_script_timeout;
  worker.seed = seed;
  worker.generation = generation;
  return worker;
}

}  // namespace app
