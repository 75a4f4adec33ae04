#include "app/daemon_files.hpp"

#include <fmt/format.h>

namespace app {
namespace {

std::string suffixed(std::string_view name, const std::string& instance, std::string_view extension) {
  return instance.empty() ? fmt::format("{}.{}", name, extension)
                          : fmt::format("{}_{}.{}", name, instance, extension);
}

// "…/name.data" → "…/name_suffix.data"; without a dot in the last part it is appended.
std::string before_last_dot(const std::string& path, const std::string& addition) {
  const auto dot = path.rfind('.');
  const auto slash = path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return path + addition;
  return path.substr(0, dot) + addition + path.substr(dot);
}

// A trailing slash means a directory; of a relative path only the last part counts, inside the temporary directory.
std::string from_template(const std::string& given, const std::string& name, const std::string& temporary) {
  if (given.empty()) return temporary + "/" + name;
  if (given.back() == '/') return given + name;
  if (given.front() == '/') return given;
  const auto slash = given.rfind('/');
  return temporary + "/" + (slash == std::string::npos ? given : given.substr(slash + 1));
}

}  // namespace

std::string control_socket_path(std::string_view instance) {
  return instance.empty() ? "/run/standfast/control.sock"
                          : fmt::format("/run/standfast/control_{}.sock", instance);
}

DaemonFiles daemon_files(const DaemonOptions& options, const config::Globals& globals,
                         const std::string& net_namespace) {
  const auto& daemon = globals.daemon;
  const std::string own = options.compatible ? "keepalived" : "standfast";
  const bool in_directory =
      !options.compatible || daemon.use_pid_directory || !daemon.instance.empty() || !net_namespace.empty();
  DaemonFiles files;
  if (in_directory) files.pid_directory = "/run/" + own;
  // Where another namespace's view of /run/keepalived is bound to, so that tools on the host find it under one name.
  if (!net_namespace.empty()) files.pid_directory += "/" + own + "_" + net_namespace;
  const std::string directory = in_directory ? files.pid_directory : "/run";

  files.pid_file = directory + "/" + suffixed(own, daemon.instance, "pid");
  files.failover_pid_file = directory + "/" + suffixed("vrrp", daemon.instance, "pid");
  files.balancer_pid_file = directory + "/" + suffixed("checkers", daemon.instance, "pid");
  if (!options.pid_file.empty()) files.pid_file = options.pid_file;
  if (!options.failover_pid_file.empty()) files.failover_pid_file = options.failover_pid_file;
  if (!options.checkers_pid_file.empty()) files.balancer_pid_file = options.checkers_pid_file;
  // With every file named there is nothing to put into the directory.
  if (!options.pid_file.empty() && !options.failover_pid_file.empty() && !options.checkers_pid_file.empty())
    files.pid_directory.clear();

  if (globals.reload.mark_file) {
    files.reload_mark = globals.reload.mark_file_path.empty()
                            ? directory + "/" + suffixed(own, daemon.instance, "reload")
                            : globals.reload.mark_file_path;
  }
  if (options.control_socket != "none") {
    std::string name = net_namespace;
    if (!daemon.instance.empty()) name += (name.empty() ? "" : "_") + daemon.instance;
    files.control_socket =
        options.control_socket.empty() ? control_socket_path(name) : options.control_socket;
  }
  return files;
}

std::string dump_path(Dump dump, const config::Globals& globals, const std::string& net_namespace,
                      const std::string& temporary) {
  const auto& daemon = globals.daemon;
  if (dump == Dump::stats) return from_template(daemon.stats_dump_file, "keepalived.stats", temporary);
  if (dump == Dump::json) return from_template(daemon.json_dump_file, "keepalived.json", temporary);
  std::string path = from_template(daemon.state_dump_file, "keepalived.data", temporary);
  if (dump == Dump::bfd_data) path = before_last_dot(path, "_bfd");
  if (dump == Dump::check_data) path = before_last_dot(path, "_check");
  if (dump == Dump::parent_data) path = before_last_dot(path, "_parent");
  if (daemon.data_use_instance && (!net_namespace.empty() || !daemon.instance.empty())) {
    path = before_last_dot(path, fmt::format(".{}_{}", net_namespace, daemon.instance));
  }
  return path;
}

std::string ident_suffix(const std::string& net_namespace, const std::string& instance) {
  std::string suffix;
  if (!net_namespace.empty()) suffix += "_" + net_namespace;
  if (!instance.empty()) suffix += "_" + instance;
  return suffix;
}

}  // namespace app
