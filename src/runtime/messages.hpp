// What the supervisor and its workers say to each other over their socketpair, as values (core/archive.hpp
// makes bytes of them, runtime/channel.hpp moves them).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/process_settings.hpp"
#include "core/time.hpp"
#include "engine/failover.hpp"
#include "notify/mail_config.hpp"

namespace runtime {

/// The notifiers: processes that tell others, each what may be slow for reasons of its own.
enum class Listener : std::uint8_t { pipes, mail, webhooks };  // pipes: FIFOs and owner hooks
inline constexpr std::size_t listener_count = 3;
constexpr std::uint8_t bit(Listener listener) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(listener));
}

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
  bool no_local_igmp = false;   // disable_local_igmp: the kernel reports no groups of 224.0.0.0/24
  core::Duration hook_limit{};  // of one notify script; 0 = none
  std::uint8_t listeners = 0;   // bits: who is told of events
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
struct TellStates {  // to listeners that may have missed some
  std::uint8_t listeners = 0;
};
}  // namespace to_worker
using ToWorker = std::variant<to_worker::Reconfigure, to_worker::Stop, to_worker::SendSnapshot,
                              to_worker::ClearCounters, to_worker::TellStates>;

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
inline constexpr int worker_listeners_fd = 8;  // and two more: SOCK_SEQPACKET to each notifier, notify::Event

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

/// A named pipe and who reads it.
struct FifoTask {
  std::string keyword;  // as configured, for messages: "vrrp_notify_fifo"
  notify::Fifo fifo;
  std::optional<notify::Command> script;
  bool vrrp = true;  // false: only virtual and real servers

  friend bool operator==(const FifoTask&, const FifoTask&) = default;
};
struct OwnerTask {
  notify::Subject subject;  // its priority means nothing
  notify::OwnerConfig config;

  friend bool operator==(const OwnerTask&, const OwnerTask&) = default;
};

/// A notifier's whole task; each has its share of these.
struct NotifierConfig {
  Listener role = Listener::pipes;
  std::string node;       // router_id, else the host name
  std::string host_name;  // for mail
  std::vector<FifoTask> fifos;
  std::vector<std::string> fifos_made;  // by the process before this one: ours to remove
  bool states_on_reload = false;
  std::vector<OwnerTask> owners;
  notify::MailConfig mail;
  std::string state_directory;
  std::vector<notify::WebhookConfig> webhooks;
  core::Duration farewell{};  // how long what is under way may still take at the end

  bool has_work() const {
    return !fifos.empty() || !owners.empty() || !mail.recipients.empty() || !webhooks.empty();
  }
  friend bool operator==(const NotifierConfig&, const NotifierConfig&) = default;
};

namespace to_notifier {
struct Reconfigure {
  NotifierConfig config;
};
struct Stop {};
}  // namespace to_notifier
using ToNotifier = std::variant<to_notifier::Reconfigure, to_notifier::Stop>;

namespace from_notifier {
struct Ready {};  // listens; wants to hear every state
struct Said {     // for the log
  engine::action::Notice::Level level = engine::action::Notice::Level::info;
  std::string text;
};
struct FifoMade {
  std::string path;
};
}  // namespace from_notifier
using FromNotifier = std::variant<from_notifier::Ready, from_notifier::Said, from_notifier::FifoMade>;

/// Descriptors a notifier finds open.
inline constexpr int notifier_channel_fd = 3;
inline constexpr int notifier_config_fd = 4;
inline constexpr int notifier_events_fd = 5;

}  // namespace runtime
