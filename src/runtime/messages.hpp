// What the supervisor and its workers say to each other over their socketpair, as values (core/archive.hpp
// makes bytes of them, runtime/channel.hpp moves them).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "config/process_settings.hpp"
#include "core/time.hpp"
#include "engine/failover.hpp"

namespace runtime {

/// Where a worker's log lines go and how many.
struct LogSettings {
  bool console = false;
  bool syslog = true;
  std::string file;  // empty = none
  bool flush = false;
  std::int32_t facility = 3 << 3;  // LOG_DAEMON
  bool detail = false;
  std::string suffix;  // namespace and instance, appended to the ident

  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

/// A failover worker's whole task; travels in a sealed memory file at start and in Reconfigure later.
struct FailoverWorkerConfig {
  engine::FailoverConfig failover;
  config::ProcessSettings process;
  LogSettings log;
  std::string net_namespace;                 // empty = ours
  std::uint32_t netlink_command_buffer = 0;  // octets, 0 = the kernel's default
  bool netlink_command_buffer_force = false;
  std::uint32_t netlink_monitor_buffer = 0;
  bool netlink_monitor_buffer_force = false;
  bool log_address_changes = false;
  std::uint64_t seed = 0;
  std::uint32_t generation = 0;  // of the configuration, counts reloads

  friend bool operator==(const FailoverWorkerConfig&, const FailoverWorkerConfig&) = default;
};

namespace to_worker {
struct Reconfigure {
  FailoverWorkerConfig config;
};
struct Stop {};
struct SendSnapshot {
  std::uint64_t request = 0;
};
struct ClearCounters {};
}  // namespace to_worker
using ToWorker =
    std::variant<to_worker::Reconfigure, to_worker::Stop, to_worker::SendSnapshot, to_worker::ClearCounters>;

namespace to_supervisor {
struct Ready {  // sockets open, first kernel listing done
  std::uint32_t generation = 0;
};
struct TransitionReported {
  engine::action::ReportTransition report;
};
struct BfdChanged {
  engine::action::ReportBfdChange report;
};
struct GroupTransitionReported {
  engine::action::ReportGroupTransition report;
};
struct Noticed {
  engine::action::Notice notice;
};
struct SnapshotTaken {
  std::uint64_t request = 0;
  engine::FailoverSnapshot snapshot;
};
struct Reconfigured {  // the new configuration is in force
  std::uint32_t generation = 0;
};
}  // namespace to_supervisor
using ToSupervisor =
    std::variant<to_supervisor::Ready, to_supervisor::TransitionReported,
                 to_supervisor::GroupTransitionReported, to_supervisor::BfdChanged, to_supervisor::Noticed,
                 to_supervisor::SnapshotTaken, to_supervisor::Reconfigured>;

/// Descriptors a worker finds open when it starts.
inline constexpr int worker_channel_fd =
    3;  // SOCK_STREAM socketpair to the supervisor; its end of file means: withdraw and go
inline constexpr int worker_config_fd = 4;  // sealed memory file: FailoverWorkerConfig
inline constexpr int worker_snapshot_fd =
    5;  // shared memory file that outlives the worker (runtime/snapshot_file.hpp)
inline constexpr int worker_scripts_fd = 6;  // SOCK_SEQPACKET socketpair to the script runner

inline constexpr int worker_watcher_fd = 7;  // SOCK_SEQPACKET socketpair to the watcher (runtime/watcher.hpp)

/// Failover worker → watcher, one datagram each.
namespace to_watcher {
/// A part of what is to be watched: what was said before it is replaced when `last` has come.
struct Watch {
  engine::TrackersConfig part;
  bool last = false;
};
struct RunScript {
  std::string script;
};
struct EndScript {
  std::string script;
  bool kill = false;
};
}  // namespace to_watcher
using ToWatcher = std::variant<to_watcher::Watch, to_watcher::RunScript, to_watcher::EndScript>;

/// Watcher → failover worker: events for the engine as they are, and what an operator should read.
using FromWatcher = std::variant<engine::event::WatcherStarted, engine::event::ScriptFinished,
                                 engine::event::TrackedFileChanged, engine::event::ProcessesCounted,
                                 engine::event::LinkPolled, engine::action::Notice>;

/// Worker or supervisor → script runner, one datagram each.
struct RunScripts {
  std::string queue;  // one at a time, in order, within a queue
  std::vector<notify::Command> commands;
  core::Duration
      limit{};  // per command; then SIGTERM and, two seconds later, SIGKILL to its process group. 0 = none
};

/// Script runner → supervisor, for the log.
struct ScriptFinished {
  std::string queue;
  std::string command;
  std::int32_t exit_status = 0;  // of a normal exit; -1 otherwise
  std::int32_t signal = 0;       // that ended it; 0 = none
  bool timed_out = false;
  std::string error;  // could not be started: why
};

}  // namespace runtime
