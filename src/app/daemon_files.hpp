// Where the daemon leaves its files: pid files, dumps, the control socket. Pure: names in, names out.
#pragma once

#include <string>
#include <string_view>

#include "app/daemon_options.hpp"
#include "config/model.hpp"

namespace app {

struct DaemonFiles {
  std::string pid_directory;  // to be made and, when empty, removed; empty = /run itself
  std::string pid_file, failover_pid_file, balancer_pid_file;
  std::string reload_mark;     // exists while the configuration is read; empty = none
  std::string control_socket;  // empty = none
};

/// `net_namespace` is the effective one: the option beats the file.
DaemonFiles daemon_files(const DaemonOptions& options, const config::Globals& globals,
                         const std::string& net_namespace);

/// The control socket of a daemon with that `instance` name.
std::string control_socket_path(std::string_view instance);

enum class Dump { data, bfd_data, check_data, parent_data, stats, json };

/// `temporary` is the directory for dumps: TMPDIR or /tmp.
std::string dump_path(Dump dump, const config::Globals& globals, const std::string& net_namespace,
                      const std::string& temporary);

/// What follows "Keepalived" in the log: "_NAMESPACE_INSTANCE".
std::string ident_suffix(const std::string& net_namespace, const std::string& instance);

}  // namespace app
