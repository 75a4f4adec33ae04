// What the supervisor does when asked: reload, dumps, the control API.
#include <boost/asio/post.hpp>
#include <chrono>
#include <fmt/format.h>
#include <new>
#include <unistd.h>
#include <utility>

#include "app/configuration.hpp"
#include "app/daemonize.hpp"
#include "app/supervisor.hpp"
#include "app/version.hpp"
#include "config/render.hpp"
#include "control/bfd_view.hpp"
#include "control/legacy_dump.hpp"
#include "control/service_view.hpp"
#include "runtime/clock.hpp"
#include "runtime/files.hpp"
#include "runtime/scheduling.hpp"

namespace app {
namespace {

constexpr const char* plain_text = "text/plain; charset=utf-8";
constexpr auto snapshot_limit = std::chrono::milliseconds(1000);

control::Moment moment() { return {runtime::now(), runtime::wall_now()}; }

control::DaemonStatus::Worker::State state_of(WorkerState state) {
  using State = control::DaemonStatus::Worker::State;
  switch (state) {
    case WorkerState::none:
      return State::none;
    case WorkerState::starting:
      return State::starting;
    case WorkerState::running:
      return State::running;
    case WorkerState::waiting:
      return State::waiting;
    case WorkerState::stopping:
      break;
  }
  return State::stopping;
}

template <class Process>
control::DaemonStatus::Worker worker_status(const std::optional<Process>& process, bool live) {
  if (!process) return {};
  return {state_of(process->state()), process->pid(), process->restarts(), live};
}

}  // namespace

void Supervisor::log_diagnostics(const config::Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics.list) {
    const std::string line = diagnostic_line(diagnostic);
    switch (diagnostic.severity) {
      case config::Severity::error:
        log_.error("{}", line);
        break;
      case config::Severity::warning:
        log_.warning("{}", line);
        break;
      case config::Severity::note:
        log_.debug("{}", line);
        break;
    }
  }
}

bool Supervisor::needs_restart(const config::Model& next) {
  const auto& now = running_.globals();
  const auto& then = next.globals;
  const auto changed = [this](bool differs, std::string_view what) {
    if (differs) log_.error("{} changed: that takes a restart, the running configuration is kept", what);
    return differs;
  };
  // All are looked at, so that all are named.
  return static_cast<int>(changed(now.daemon.net_namespace != then.daemon.net_namespace, "net_namespace")) +
             static_cast<int>(changed(now.daemon.net_namespace_ipvs != then.daemon.net_namespace_ipvs,
                                      "net_namespace_ipvs")) +
             static_cast<int>(changed(now.daemon.instance != then.daemon.instance, "instance")) +
             static_cast<int>(
                 changed(now.firewall.nftables_table != then.firewall.nftables_table, "the nftables table")) +
             static_cast<int>(changed(now.firewall.nftables_ipvs_table != then.firewall.nftables_ipvs_table,
                                      "the nftables_ipvs table")) +
             static_cast<int>(
                 changed(now.tmp_config_directory != then.tmp_config_directory, "tmp_config_directory")) +
             static_cast<int>(
                 changed(now.disable_local_igmp != then.disable_local_igmp, "disable_local_igmp")) >
         0;
}

void Supervisor::refuse(const config::Diagnostics& diagnostics) {
  refused_ = control::DaemonStatus::Refused{runtime::now(), diagnostics.count(config::Severity::error),
                                            "a restart is needed"};
  for (const auto& diagnostic : diagnostics.list) {
    if (diagnostic.severity != config::Severity::error) continue;
    refused_->first =
        fmt::format("{}:{}: {}", diagnostic.where.file, diagnostic.where.line, diagnostic.message);
    break;
  }
  log_.error("the new configuration is refused, the running one is kept");
  loading_finished();
}

Supervisor::Reloaded Supervisor::reload() {
  if (phase_ != Phase::running || reloading_ || !ready_) {
    reload_again_ = true;
    return {};
  }
  reloading_ = true;
  service_manager_.reloading(std::chrono::steady_clock::now().time_since_epoch());
  log_.info("reading the configuration again");
  if (!files_.reload_mark.empty()) {
    if (const auto marked = runtime::write_file(files_.reload_mark, "", 0644); !marked)
      log_.warning("{}", marked.error().message);
  }
  runtime::keep_free_memory();
  config::Loaded next;
  try {
    next = load_configuration(load_options(options_), world_);
  } catch (const std::bad_alloc&) {
    next = {};
    next.diagnostics.add(
        {config::Severity::error, "no-memory", {}, "there is no memory left to read the configuration"});
  }
  log_diagnostics(next.diagnostics);
  if (!next.diagnostics.usable() || needs_restart(next.model)) {
    refuse(next.diagnostics);
    auto diagnostics = std::move(next.diagnostics);
    next = {};
    runtime::return_free_memory();
    return {ReloadResult::refused, std::move(diagnostics)};
  }
  refused_.reset();
  auto diagnostics = std::move(next.diagnostics);
  running_ = RunningConfiguration(std::move(next));
  ++generation_;
  configuration_loaded_ = runtime::now();
  log_.info("configuration {} accepted, {}", generation_, running_.counted());
  configure_notifiers();
  if (failover_) {
    start_watcher();
    failover_->reconfigure();
  } else if (wants_failover()) {
    start_failover();
  }
  if (balancer_) {
    start_check_watcher();
    balancer_->reconfigure();
  } else if (wants_balancer()) {
    start_balancer();
  }
  if (!failover_ && !balancer_) say_ready();
  return {ReloadResult::accepted, std::move(diagnostics)};
}

runtime::ControlReply Supervisor::reload_reply(const Reloaded& reloaded, bool text) const {
  const auto [word, status] = reloaded.result == ReloadResult::accepted  ? std::pair{"accepted", 200U}
                              : reloaded.result == ReloadResult::refused ? std::pair{"refused", 422U}
                                                                         : std::pair{"queued", 202U};
  if (text) {
    std::string body = config::render_text(reloaded.diagnostics);
    body += fmt::format("configuration {}; number {} is running\n", word, generation_);
    if (reloaded.result == ReloadResult::refused && refused_)
      body += fmt::format("reason: {}\n", refused_->first);
    return {status, std::move(body), plain_text};
  }
  return {status, fmt::format("{{\n\"result\": \"{}\",\n\"running\": {},\n\"report\": {}\n}}\n", word,
                              generation_, config::render_json(reloaded.diagnostics))};
}

void Supervisor::loading_finished() {
  if (!files_.reload_mark.empty()) ::unlink(files_.reload_mark.c_str());
  service_manager_.ready(::getpid());
  reloading_ = false;
  if (!std::exchange(reload_again_, false)) return;
  boost::asio::post(io_, [this] { reload(); });
}

// One after the other; each has its own time to answer in.
void Supervisor::ask_snapshots(OnSnapshots deliver) {
  const auto then_balancer = [this, deliver = std::move(deliver)](
                                 std::optional<engine::FailoverSnapshot> failover, bool failover_live) {
    auto found = std::make_shared<Found>();
    found->snapshots.failover = std::move(failover);
    found->failover_live = failover_live;
    if (!balancer_) return deliver(*found);
    balancer_->ask_snapshot(snapshot_limit,
                            [found, deliver](std::optional<engine::BalancerSnapshot> balancer, bool live) {
                              found->snapshots.balancer = std::move(balancer);
                              found->balancer_live = live;
                              deliver(*found);
                            });
  };
  if (failover_) return failover_->ask_snapshot(snapshot_limit, then_balancer);
  then_balancer(std::nullopt, true);
}

void Supervisor::dump(Dump kind, bool then_clear) {
  ask_snapshots([this, kind, then_clear](const Found& found) {
    if (!found.failover_live)
      log_.warning("the failover worker does not answer; the dump shows what it last left");
    if (!found.balancer_live)
      log_.warning("the balancer worker does not answer; the dump shows what it last left");
    write_dump(kind, *running_.model(), found.snapshots);
    if (then_clear && failover_) failover_->tell(runtime::to_worker::ClearCounters{});
  });
}

void Supervisor::write_dump(Dump kind, const config::Model& model,
                            const control::WorkerSnapshots& snapshots) {
  const engine::FailoverSnapshot snapshot = snapshots.failover.value_or(engine::FailoverSnapshot{});
  const auto write = [&](Dump which, const std::string& text) {
    const std::string path = dump_path(which, model.globals, options_.net_namespace, temporary_directory());
    const auto mask = options_.file_mode_mask.value_or(model.globals.daemon.file_mode_mask.value_or(0177));
    const auto written = runtime::write_file(path, text, 0666 & ~mask);
    if (!written) log_.error("dump: {}", written.error().message);
  };
  switch (kind) {
    case Dump::stats:
      return write(kind, control::legacy_stats(snapshot));
    case Dump::json:
      return write(kind, control::legacy_json(model, snapshot, moment()));
    case Dump::data:
    case Dump::bfd_data:
    case Dump::check_data:
    case Dump::parent_data:
      write(Dump::data, control::legacy_data(model, snapshot, moment()));
      if (!model.bfd_sessions.empty()) write(Dump::bfd_data, control::legacy_bfd_data(snapshot, moment()));
      if (snapshots.balancer)
        write(Dump::check_data, control::legacy_check_data(*snapshots.balancer, moment()));
      return write(Dump::parent_data, control::legacy_parent_data(model));
  }
}

control::DaemonStatus Supervisor::status(const Found& found) const {
  control::DaemonStatus status;
  status.version = version();
  status.node = running_.globals().router_id.empty() ? world_.host_name() : running_.globals().router_id;
  status.pid = ::getpid();
  status.started = started_;
  status.files = running_.files();
  status.generation = generation_;
  status.loaded = configuration_loaded_;
  status.refused = refused_;
  status.failover = worker_status(failover_, found.failover_live);
  status.balancer = worker_status(balancer_, found.balancer_live);
  return status;
}

void Supervisor::handle(runtime::ControlRequest request, const runtime::ControlServer::Respond& respond) {
  const auto& [method, path, query, accept, body] = request;
  const bool get = method == "GET";
  const bool post = method == "POST";
  const bool text = accept.starts_with("text/plain");
  if (get && path == "/v1/version") return respond({200, control::version_json(version())});
  if (get && path == "/v1/status") {
    return ask_snapshots([this, text, respond](const Found& found) {
      const auto model = running_.model();
      if (text)
        return respond(
            {200, control::status_text(status(found), *model, found.snapshots, moment()), plain_text});
      respond({200, control::status_json(status(found), *model, found.snapshots, moment())});
    });
  }
  if (post && path == "/v1/reload") return respond(reload_reply(reload(), text));
  if (post && path == "/v1/stop") {
    respond({202, "{\"result\": \"stopping\"}\n"});
    return stop(0);
  }
  const bool known =
      path == "/v1/version" || path == "/v1/status" || path == "/v1/reload" || path == "/v1/stop";
  respond({known ? 405U : 404U, control::error_json(known ? "method not allowed" : "no such resource")});
}

}  // namespace app
