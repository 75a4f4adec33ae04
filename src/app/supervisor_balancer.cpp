// What the supervisor has to do with the balancer worker: start it, log what it says, pass on to it what the failover worker
// found out.
#include "app/configuration.hpp"
#include "app/supervisor.hpp"
#include "runtime/clock.hpp"

namespace app {
namespace {

namespace said = runtime::to_supervisor;

constexpr auto news_limit = std::chrono::milliseconds(1000);

}  // namespace

bool Supervisor::wants_balancer() const {
  return options_.run_balancer &&
         (running_.wants_balancer() || (options_.run_always && !options_.run_failover));
}

runtime::BalancerWorkerConfig Supervisor::balancer_config() const {
  auto worker = balancer_worker_config(options_, *running_.model(), world_.random_seed(), generation_);
  worker.listeners = listeners_;
  return worker;
}

void Supervisor::start_balancer() {
  if (!balancer_pid_file_) {
    auto file = runtime::PidFile::lock(files_.balancer_pid_file);
    if (file) {
      balancer_pid_file_ = std::move(*file);
    } else {
      log_.warning("{}", file.error().message);
    }
  }
  if (const auto opened = check_watcher_.open(); !opened) log_.error("{}", opened.error().message);
  start_check_watcher();
  balancer_.emplace(
      io_, worker_helpers(check_watcher_), options_.respawn, [this] { return balancer_config(); },
      balancer_observer());
  if (const auto started = balancer_->start(); !started) {
    log_.error("the balancer worker cannot be started: {}", started.error().message);
    balancer_.reset();
    stop(1);
  }
}

void Supervisor::start_check_watcher() {
  if (running_.wants_check_watcher()) check_watcher_.start();
}

BalancerProcess::Observer Supervisor::balancer_observer() {
  BalancerProcess::Observer observer;
  observer.said = [this](const runtime::FromBalancer& message) {
    if (const auto* reported = std::get_if<said::ServerReported>(&message))
      balancer_log_.server(reported->change);
    if (const auto* reported = std::get_if<said::QuorumReported>(&message))
      balancer_log_.quorum(reported->change);
    if (const auto* noticed = std::get_if<said::Noticed>(&message)) balancer_log_.notice(noticed->notice);
    if (const auto* opened = std::get_if<said::PlaneOpened>(&message)) plane_ = opened->name;
    if (const auto* ready = std::get_if<said::Ready>(&message)) {
      start_script_runner();
      balancer_->tell(runtime::to_worker::TellStates{listeners_});
      tell_balancer_everything();
      balancer_generation_ = ready->generation;
      ready_if_all_are();
    }
    if (const auto* reconfigured = std::get_if<said::Reconfigured>(&message)) {
      balancer_generation_ = reconfigured->generation;
      ready_if_all_are();
    }
  };
  observer.started = [this](pid_t pid) {
    balancer_log_.set_pid(pid);
    log_.info("balancer worker started, process {}", pid);
    if (!balancer_pid_file_) return;
    if (const auto written = balancer_pid_file_->write(pid); !written)
      log_.warning("{}", written.error().message);
  };
  observer.ended = [this](runtime::ExitStatus exit, std::optional<core::Duration> delay) {
    worker_ended("balancer", exit, delay);
  };
  observer.failed = [this](const core::Error& error) { log_.error("balancer worker: {}", error.message); };
  return observer;
}

// What the failover worker says as it happens.
void Supervisor::pass_on(const runtime::ToSupervisor& message) {
  if (!balancer_) return;
  if (const auto* reported = std::get_if<said::TransitionReported>(&message)) {
    balancer_->tell(runtime::to_worker::HolderChanged{reported->report.instance,
                                                      reported->report.transition.to == vrrp::State::master});
  }
  if (const auto* changed = std::get_if<said::BfdChanged>(&message)) {
    balancer_->tell(
        runtime::to_worker::BfdSessionChanged{changed->report.session, changed->report.change.reachable});
  }
}

// A balancer that has just begun knows nothing of all that.
void Supervisor::tell_balancer_everything() {
  if (!failover_) return;
  failover_->ask_snapshot(news_limit, [this](const std::optional<engine::FailoverSnapshot>& snapshot, bool) {
    if (!snapshot || !balancer_) return;
    for (const auto& instance : snapshot->instances) {
      balancer_->tell(
          runtime::to_worker::HolderChanged{instance.name, instance.state == vrrp::State::master});
    }
    for (const auto& session : snapshot->bfd_sessions)
      balancer_->tell(runtime::to_worker::BfdSessionChanged{session.name, session.reachable});
  });
}

}  // namespace app
