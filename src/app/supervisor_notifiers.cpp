// What the supervisor has to do with the notifiers: FIFOs and owner hooks, mail, webhooks.
#include <algorithm>

#include "app/daemon_files.hpp"
#include "app/supervisor.hpp"

namespace app {
namespace {

constexpr std::array<const char*, runtime::listener_count> names{"FIFO", "mail", "webhook"};

}  // namespace

NotifierConfigs Supervisor::notifier_configs() const {
  const std::string suffix = ident_suffix(options_.net_namespace, running_.globals().daemon.instance);
  return app::notifier_configs(*running_.model(), world_.host_name(), state_directory(suffix));
}

NotifierProcess::Observer Supervisor::notifier_observer(std::size_t which) {
  using Level = engine::action::Notice::Level;
  const char* name = names.at(which);
  NotifierProcess::Observer observer;
  observer.said = [this](const runtime::from_notifier::Said& said) {
    if (said.level == Level::error) return log_.error("{}", said.text);
    if (said.level == Level::warning) return log_.warning("{}", said.text);
    log_.info("{}", said.text);
  };
  observer.ready = [this, which] {
    const runtime::to_worker::TellStates wanted{static_cast<std::uint8_t>(1U << which)};
    if (failover_) failover_->tell(wanted);
    if (balancer_) balancer_->tell(wanted);
  };
  observer.died = [this, name](runtime::ExitStatus exit) {
    log_.error("the {} notifier {}; starting it again, it will be told every state", name, exit.to_string());
  };
  observer.ended = [this] { helper_ended(); };
  observer.failed = [this, name](const core::Error& error) {
    log_.error("the {} notifier: {}", name, error.message);
  };
  return observer;
}

void Supervisor::open_notifiers() {
  for (std::size_t i = 0; i < notifiers_.size(); ++i) {
    notifiers_[i] = std::make_unique<NotifierProcess>(io_, notifier_observer(i));
    if (const auto opened = notifiers_[i]->open(); !opened) log_.error("{}", opened.error().message);
  }
}

void Supervisor::configure_notifiers() {
  auto configs = notifier_configs();
  listeners_ = listeners(configs);
  for (std::size_t i = 0; i < notifiers_.size(); ++i) notifiers_[i]->configure(std::move(configs[i]));
}

std::vector<runtime::InheritedFd> Supervisor::worker_helpers(const WatcherProcess& watcher) const {
  std::vector<runtime::InheritedFd> sockets{{scripts_.socket(), runtime::worker_scripts_fd},
                                            {watcher.worker_end(), runtime::worker_watcher_fd}};
  for (int i = 0; const auto& notifier : notifiers_)
    sockets.push_back({notifier->socket(), runtime::worker_listeners_fd + i++});
  return sockets;
}

bool Supervisor::is_notifier(pid_t pid) const {
  return std::ranges::any_of(notifiers_,
                             [pid](const auto& notifier) { return notifier && notifier->pid() == pid; });
}

// The last to end, together with the script runner: nothing more can happen, so what they still say is the last of it.
void Supervisor::close_notifiers() {
  helpers_running_ += notifiers_.size();
  for (auto& notifier : notifiers_) notifier->close();
}

void Supervisor::helper_ended() {
  if (--helpers_running_ == 0) io_.stop();
}

}  // namespace app
