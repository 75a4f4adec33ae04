// The supervisor: holds the configuration, the workers and the control socket together, and answers signals. It may be slow (it
// reads files and users); the workers do not wait for it. Returns the daemon's exit status.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "app/daemon_files.hpp"
#include "app/daemon_options.hpp"
#include "app/notifier_config.hpp"
#include "app/notifier_process.hpp"
#include "app/reload_schedule.hpp"
#include "app/running_configuration.hpp"
#include "app/script_process.hpp"
#include "app/watcher_process.hpp"
#include "app/worker_process.hpp"
#include "config/load.hpp"
#include "control/status.hpp"
#include "runtime/control_server.hpp"
#include "runtime/host_world.hpp"
#include "runtime/log.hpp"
#include "runtime/pid_file.hpp"
#include "runtime/service_manager.hpp"

namespace app {

class Supervisor {
 public:
  struct Start {
    DaemonOptions options;
    config::Loaded loaded;  // usable
    DaemonFiles files;
    runtime::PidFile pid_file;
    runtime::ServiceManager service_manager;
    runtime::Log log;
  };
  explicit Supervisor(Start start);
  int run();

 private:
  void start_scripts();
  void start_script_runner();
  void cannot_start(const core::Error& error);
  void start_workers();
  void start_failover();
  void ready_if_all_are();
  void open_control_socket();
  void say_ready();
  FailoverProcess::Observer failover_observer();
  ScriptProcess::Observer script_observer();
  WatcherProcess::Observer watcher_observer();
  ReloadSchedule::Observer reload_observer();
  void start_watcher();

  void await_signal();
  void take_signal(int signal);
  void reap_strangers();
  void feed_watchdog();

  enum class ReloadResult : std::uint8_t { accepted, refused, queued };
  struct Reloaded {
    ReloadResult result = ReloadResult::queued;
    config::Diagnostics diagnostics;
  };
  Reloaded reload();
  void refuse(const config::Diagnostics& diagnostics);
  runtime::ControlReply reload_reply(const Reloaded& reloaded, bool text) const;
  bool needs_restart(const config::Model& next);
  void loading_finished();

  void dump(Dump kind, bool then_clear = false);
  void write_dump(Dump kind, const config::Model& model, const control::WorkerSnapshots& snapshots);
  /// What the workers answered, or last left.
  struct Found {
    control::WorkerSnapshots snapshots;
    bool failover_live = true, balancer_live = true;
  };
  using OnSnapshots = std::function<void(const Found&)>;
  void ask_snapshots(OnSnapshots deliver);

  void handle(runtime::ControlRequest request, const runtime::ControlServer::Respond& respond);
  control::DaemonStatus status(const Found& found) const;

  void stop(int exit_status);
  void worker_ended(const char* which, runtime::ExitStatus exit, std::optional<core::Duration> delay);
  void stop_workers();
  void run_shutdown_script();
  void script_finished(const runtime::ScriptFinished& finished);

  // supervisor_balancer.cpp
  bool wants_balancer() const;
  runtime::BalancerWorkerConfig balancer_config() const;
  void start_balancer();
  void start_check_watcher();
  BalancerProcess::Observer balancer_observer();
  void pass_on(const runtime::ToSupervisor& message);
  void tell_balancer_everything();

  // supervisor_notifiers.cpp
  NotifierConfigs notifier_configs() const;
  NotifierProcess::Observer notifier_observer(std::size_t which);
  void open_notifiers();
  void configure_notifiers();
  std::vector<runtime::InheritedFd> worker_helpers(const WatcherProcess& watcher) const;
  bool is_notifier(pid_t pid) const;
  void close_notifiers();
  void helper_ended();

  bool wants_failover() const;
  runtime::FailoverWorkerConfig worker_config() const;
  void log_diagnostics(const config::Diagnostics& diagnostics);

  enum class Phase : std::uint8_t {
    startup_script,
    running,
    stopping_workers,
    shutdown_script,
    stopping_scripts
  };

  DaemonOptions options_;
  RunningConfiguration running_;
  DaemonFiles files_;
  runtime::PidFile pid_file_;
  std::optional<runtime::PidFile> failover_pid_file_, balancer_pid_file_;
  runtime::ServiceManager service_manager_;
  runtime::Log log_, failover_log_, balancer_log_;
  runtime::HostWorld world_;
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer watchdog_, stop_limit_;
  ReloadSchedule reload_schedule_;
  ScriptProcess scripts_;
  WatcherProcess watcher_, check_watcher_;
  std::array<std::unique_ptr<NotifierProcess>, runtime::listener_count> notifiers_;
  std::uint8_t listeners_ = 0;                                  // bits of those that have work
  bool failover_stopping_ = false, balancer_stopping_ = false;  // at the end
  std::size_t helpers_running_ = 1;  // at the end: who still has last words; the script runner is one of them
  std::optional<FailoverProcess> failover_;
  std::optional<BalancerProcess> balancer_;
  std::uint32_t failover_generation_ = 0, balancer_generation_ = 0;  // of the configuration each works with
  std::string plane_;                                                // that the balancer uses
  std::unique_ptr<runtime::ControlServer> control_;

  Phase phase_ = Phase::running;
  int exit_status_ = 0;
  bool ready_ = false;
  bool reloading_ = false;
  bool reload_again_ = false;
  std::uint32_t generation_ = 1;
  core::Time started_{}, configuration_loaded_{};
  std::optional<control::DaemonStatus::Refused> refused_;
};

}  // namespace app
