#include "app/supervisor.hpp"

#include <chrono>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "app/configuration.hpp"
#include "app/daemonize.hpp"
#include "app/track_files.hpp"
#include "config/render.hpp"
#include "runtime/clock.hpp"
#include "runtime/files.hpp"
#include "runtime/scheduling.hpp"

namespace app {
namespace {

constexpr const char* startup_queue = "startup_script";
constexpr const char* shutdown_queue = "shutdown_script";
constexpr auto script_ending =
    std::chrono::seconds(6);  // SIGTERM, SIGKILL and some slack past a script's own limit

std::string words(const notify::Command& command) {
  std::string text;
  for (const auto& word : command.argv) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

Supervisor::Supervisor(Start start)
    : options_(std::move(start.options)),
      running_(std::move(start.loaded)),
      files_(std::move(start.files)),
      pid_file_(std::move(start.pid_file)),
      service_manager_(std::move(start.service_manager)),
      log_(std::move(start.log)),
      failover_log_(options_.log, options_.compatible ? "Keepalived_vrrp" : "Standfast_vrrp", true),
      balancer_log_(options_.log, options_.compatible ? "Keepalived_healthcheckers" : "Standfast_balancer",
                    true),
      signals_(io_, SIGTERM, SIGHUP, SIGCHLD),
      watchdog_(io_),
      stop_limit_(io_),
      reload_schedule_(io_, reload_observer()),
      scripts_(io_, script_observer()),
      watcher_(io_, options_.home_namespace, watcher_observer()),
      check_watcher_(io_, options_.home_namespace, watcher_observer()),
      started_(runtime::now()),
      configuration_loaded_(started_) {
  for (const int signal : {SIGUSR1, SIGUSR2, SIGRTMAX - 1, SIGRTMIN + 2}) signals_.add(signal);
  if (!options_.ignore_interrupt) signals_.add(SIGINT);
}

int Supervisor::run() {
  ::signal(SIGPIPE, SIG_IGN);
  if (options_.ignore_interrupt) ::signal(SIGINT, SIG_IGN);
  await_signal();
  feed_watchdog();
  open_control_socket();
  start_scripts();
  for (const auto& refused : runtime::apply_process_settings(running_.globals().supervisor))
    log_.warning("{}", refused.message);
  io_.run();
  control_.reset();
  if (exit_status_ != 0) service_manager_.failed(exit_status_);
  log_.info("stopped");
  log_.flush();
  return exit_status_;
}

void Supervisor::start_scripts() {
  if (const auto opened = scripts_.open(); !opened) return cannot_start(opened.error());
  open_notifiers();
  const auto& daemon = running_.globals().daemon;
  if (!daemon.startup_script) return start_workers();
  if (const auto started = scripts_.start(); !started) return cannot_start(started.error());
  phase_ = Phase::startup_script;
  log_.info("running startup_script {}", words(*daemon.startup_script));
  scripts_.run({startup_queue, {*daemon.startup_script}, daemon.startup_script_timeout});
}

// Not before a worker runs, which then need not wait for it: what it wants run in the meantime waits in the runner's socket.
void Supervisor::start_script_runner() {
  if (const auto started = scripts_.start(); !started) log_.error("{}", started.error().message);
}

void Supervisor::cannot_start(const core::Error& error) {
  log_.error("{}", error.message);
  exit_status_ = 1;
  io_.stop();
}

bool Supervisor::wants_failover() const {
  return options_.run_failover && (options_.run_always || running_.wants_failover());
}

runtime::FailoverWorkerConfig Supervisor::worker_config() const {
  const auto now = runtime::now();
  auto worker = app::worker_config(options_, *running_.model(), now.time_since_epoch(), now - started_,
                                   world_.random_seed(), generation_);
  worker.listeners = listeners_;
  return worker;
}

void Supervisor::start_workers() {
  phase_ = Phase::running;
  configure_notifiers();
  if (!wants_failover() && !wants_balancer()) {
    log_.warning("nothing is configured: nothing to do until a reload brings something");
    return say_ready();
  }
  if (wants_failover()) start_failover();
  if (wants_balancer()) start_balancer();
}

void Supervisor::start_failover() {
  if (!failover_pid_file_) {
    auto file = runtime::PidFile::lock(files_.failover_pid_file);
    if (file) {
      failover_pid_file_ = std::move(*file);
    } else {
      log_.warning("{}", file.error().message);
    }
  }
  if (const auto opened = watcher_.open(); !opened) log_.error("{}", opened.error().message);
  for (const auto& error : create_track_files(running_.model()->track_files)) log_.error("{}", error.message);
  start_watcher();
  failover_.emplace(
      io_, worker_helpers(watcher_), options_.respawn, [this] { return worker_config(); },
      failover_observer());
  if (const auto started = failover_->start(); !started) {
    log_.error("the failover worker cannot be started: {}", started.error().message);
    failover_.reset();
    stop(1);
  }
}

void Supervisor::open_control_socket() {
  if (files_.control_socket.empty()) return;
  auto server = runtime::ControlServer::open(
      io_, files_.control_socket,
      [this](runtime::ControlRequest request, const runtime::ControlServer::Respond& respond) {
        handle(std::move(request), respond);
      });
  if (server) {
    control_ = std::move(*server);
  } else {
    log_.warning("{}; going on without it", server.error().message);
  }
}

ReloadSchedule::Observer Supervisor::reload_observer() {
  ReloadSchedule::Observer observer;
  observer.due = [this] {
    log_.info("the time in {} has come", running_.globals().reload.time_file);
    reload();
  };
  observer.information = [this](const std::string& text) { log_.info("{}", text); };
  observer.problem = [this](const std::string& text) { log_.warning("{}", text); };
  return observer;
}

void Supervisor::say_ready() {
  running_.pack();
  runtime::return_free_memory();
  reload_schedule_.configure(running_.globals().reload);
  loading_finished();
  service_manager_.status("running, " + running_.counted());
  if (ready_) return;
  ready_ = true;
  log_.info("running, {}", running_.counted());
}

void Supervisor::ready_if_all_are() {
  if (failover_ && failover_generation_ != generation_) return;
  if (balancer_ && balancer_generation_ != generation_) return;
  say_ready();
}

FailoverProcess::Observer Supervisor::failover_observer() {
  namespace said = runtime::to_supervisor;
  FailoverProcess::Observer observer;
  observer.said = [this](const runtime::ToSupervisor& message) {
    if (const auto* report = std::get_if<said::TransitionReported>(&message))
      failover_log_.transition(report->report);
    if (const auto* changed = std::get_if<said::BfdChanged>(&message)) failover_log_.bfd(changed->report);
    if (const auto* report = std::get_if<said::GroupTransitionReported>(&message))
      failover_log_.transition(report->report);
    if (const auto* noticed = std::get_if<said::Noticed>(&message)) failover_log_.notice(noticed->notice);
    if (const auto* ready = std::get_if<said::Ready>(&message)) {
      start_script_runner();
      // Of what a worker before it said, something may have been lost with it.
      failover_->tell(runtime::to_worker::TellStates{listeners_});
      failover_generation_ = ready->generation;
      ready_if_all_are();
    }
    if (const auto* reconfigured = std::get_if<said::Reconfigured>(&message)) {
      failover_generation_ = reconfigured->generation;
      ready_if_all_are();
    }
    pass_on(message);
  };
  observer.started = [this](pid_t pid) {
    failover_log_.set_pid(pid);
    log_.info("failover worker started, process {}", pid);
    if (!failover_pid_file_) return;
    if (const auto written = failover_pid_file_->write(pid); !written)
      log_.warning("{}", written.error().message);
  };
  observer.ended = [this](runtime::ExitStatus exit, std::optional<core::Duration> delay) {
    worker_ended("failover", exit, delay);
  };
  observer.failed = [this](const core::Error& error) { log_.error("failover worker: {}", error.message); };
  return observer;
}

ScriptProcess::Observer Supervisor::script_observer() {
  ScriptProcess::Observer observer;
  observer.finished = [this](const runtime::ScriptFinished& finished) { script_finished(finished); };
  observer.died = [this](runtime::ExitStatus exit) {
    log_.error("the script runner {}; starting it again", exit.to_string());
  };
  observer.ended = [this] { helper_ended(); };
  observer.failed = [this](const core::Error& error) { log_.error("the script runner: {}", error.message); };
  return observer;
}

WatcherProcess::Observer Supervisor::watcher_observer() {
  WatcherProcess::Observer observer;
  observer.died = [this](runtime::ExitStatus exit) {
    log_.error("the watcher of scripts and files {}; starting it again", exit.to_string());
  };
  observer.failed = [this](const core::Error& error) {
    log_.error("the watcher of scripts and files: {}", error.message);
  };
  return observer;
}

// Who tracks nothing of the kind needs no process for it.
void Supervisor::start_watcher() {
  const engine::TrackersConfig trackers = worker_config().failover.trackers;
  if (!trackers.scripts.empty() || !trackers.files.empty() || !trackers.processes.empty() ||
      !trackers.polled_interfaces.empty()) {
    watcher_.start();
  }
}

void Supervisor::script_finished(const runtime::ScriptFinished& finished) {
  if (!finished.error.empty()) {
    log_.error("script {} ({}): {}", finished.command, finished.queue, finished.error);
  } else if (finished.timed_out) {
    log_.warning("script {} ({}) ran too long and was ended", finished.command, finished.queue);
  } else if (finished.signal != 0 || finished.exit_status != 0) {
    log_.warning("script {} ({}) {}", finished.command, finished.queue,
                 runtime::ExitStatus{finished.exit_status, finished.signal}.to_string());
  } else {
    log_.debug("script {} ({}) succeeded", finished.command, finished.queue);
  }
  if (phase_ == Phase::startup_script && finished.queue == startup_queue) start_workers();
  if (phase_ == Phase::shutdown_script && finished.queue == shutdown_queue) {
    phase_ = Phase::stopping_scripts;
    scripts_.close();
  }
}

void Supervisor::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    take_signal(signal);
    await_signal();
  });
}

void Supervisor::take_signal(int signal) {
  if (signal == SIGCHLD) return reap_strangers();
  if (signal == SIGTERM || signal == SIGINT) return stop(0);
  if (signal == SIGHUP) return static_cast<void>(reload());
  if (signal == SIGUSR1) return dump(Dump::data);
  if (signal == SIGUSR2) return dump(Dump::stats);
  if (signal == SIGRTMAX - 1) return dump(Dump::stats, true);
  if (signal == SIGRTMIN + 2) return dump(Dump::json);
}

// As process 1 of a container we inherit the orphans of scripts. Our own children are collected through their pidfds; while one
// of them is first in line it is about to be.
void Supervisor::reap_strangers() {
  if (::getpid() != 1) return;
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
    const pid_t first = info.si_pid;
    if ((failover_ && first == failover_->pid()) || (balancer_ && first == balancer_->pid()) ||
        first == scripts_.pid() || first == watcher_.pid() || first == check_watcher_.pid() ||
        is_notifier(first))
      return;
    ::waitpid(info.si_pid, nullptr, WNOHANG);
    info = {};
  }
}

void Supervisor::feed_watchdog() {
  if (!service_manager_.watchdog_interval()) return;
  service_manager_.alive();
  watchdog_.expires_after(*service_manager_.watchdog_interval());
  watchdog_.async_wait([this](const boost::system::error_code& error) {
    if (!error) feed_watchdog();
  });
}

void Supervisor::stop(int exit_status) {
  if (phase_ != Phase::running && phase_ != Phase::startup_script) return;
  phase_ = Phase::stopping_workers;
  exit_status_ = exit_status;
  log_.info("stopping");
  start_script_runner();  // a worker that is stopped before it was ready may have scripts to run all the same
  reload_schedule_.stop();
  service_manager_.stopping();
  stop_limit_.expires_after(running_.globals().daemon.child_wait_time);
  stop_limit_.async_wait([this](const boost::system::error_code& error) {
    if (error || phase_ != Phase::stopping_workers) return;
    log_.error(
        "a worker did not end within child_wait_time; killing it may leave addresses or services behind");
    if (failover_) failover_->kill();
    if (balancer_) balancer_->kill();
  });
  stop_workers();
}

// One after the other: the addresses go to another machine before the services behind them are taken away. A worker that is no
// more says so from within stop().
void Supervisor::stop_workers() {
  if (failover_ && !std::exchange(failover_stopping_, true)) return failover_->stop();
  if (balancer_ && !std::exchange(balancer_stopping_, true)) return balancer_->stop();
  stop_limit_.cancel();
  close_notifiers();
  run_shutdown_script();
}

void Supervisor::worker_ended(const char* which, runtime::ExitStatus exit,
                              std::optional<core::Duration> delay) {
  if (delay) {
    start_script_runner();
    log_.error("the {} worker {}; restarting it {}", which, exit.to_string(),
               *delay == core::Duration::zero() ? "at once" : "in " + control::age_text(*delay));
    return;
  }
  if (phase_ == Phase::stopping_workers) {
    if (exit != runtime::ExitStatus{}) log_.warning("the {} worker {}", which, exit.to_string());
    return stop_workers();
  }
  log_.error("the {} worker {}: giving up", which, exit.to_string());
  stop(exit.status > 0 ? exit.status : 1);
}

void Supervisor::run_shutdown_script() {
  watcher_.close();
  check_watcher_.close();
  const auto& daemon = running_.globals().daemon;
  if (!daemon.shutdown_script ||
      !scripts_.run({shutdown_queue, {*daemon.shutdown_script}, daemon.shutdown_script_timeout})) {
    phase_ = Phase::stopping_scripts;
    return scripts_.close();
  }
  phase_ = Phase::shutdown_script;
  log_.info("running shutdown_script {}", words(*daemon.shutdown_script));
  stop_limit_.expires_after(daemon.shutdown_script_timeout + script_ending);
  stop_limit_.async_wait([this](const boost::system::error_code& error) {
    if (error || phase_ != Phase::shutdown_script) return;
    phase_ = Phase::stopping_scripts;
    scripts_.close();
  });
}

}  // namespace app
