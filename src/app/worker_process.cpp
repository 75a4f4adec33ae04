#include "app/worker_process.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <utility>

#include "runtime/clock.hpp"
#include "runtime/files.hpp"
#include "runtime/scheduling.hpp"

namespace app {
namespace {

// Always the file that we are running ourselves, even after an upgrade replaced it: both ends speak one build's archive.
constexpr const char* this_executable = "/proc/self/exe";

// The worker ends as the daemon does when it says: it will not go better next time.
bool permanent(const runtime::ExitStatus& exit) {
  return exit.status == 1 || exit.status == 2 || exit.status == 4;
}

}  // namespace

template <class Protocol>
WorkerProcess<Protocol>::WorkerProcess(boost::asio::io_context& io, std::vector<runtime::InheritedFd> helpers,
                                       bool respawn, Task task, Observer observer)
    : io_(io),
      helpers_(std::move(helpers)),
      respawn_(respawn),
      task_(std::move(task)),
      observer_(std::move(observer)),
      restart_(io) {}

template <class Protocol>
WorkerProcess<Protocol>::~WorkerProcess() {
  if (child_ended_) child_ended_->release();
}

template <class Protocol>
core::Result<> WorkerProcess<Protocol>::start() {
  if (!snapshot_) {
    auto file = runtime::SnapshotFile::create();
    if (!file) return std::unexpected(file.error());
    snapshot_ = std::move(*file);
  }
  return launch();
}

template <class Protocol>
core::Result<> WorkerProcess<Protocol>::launch() {
  auto ends = runtime::socket_pair(SOCK_STREAM);
  if (!ends) return std::unexpected(ends.error());
  const auto config = runtime::sealed_archive("standfast-config", task_());
  if (!config) return std::unexpected(config.error());
  std::vector<runtime::InheritedFd> descriptors = helpers_;
  descriptors.push_back({ends->second.get(), runtime::worker_channel_fd});
  descriptors.push_back({config->get(), runtime::worker_config_fd});
  descriptors.push_back({snapshot_->fd(), runtime::worker_snapshot_fd});
  auto child = runtime::spawn(this_executable, {"standfast", "worker", Protocol::name}, descriptors);
  if (!child) return std::unexpected(child.error());
  child_ = std::move(*child);
  started_ = runtime::now();
  state_ = WorkerState::starting;
  channel_ = std::make_unique<Channel>(
      io_, ends->first.release(), [this](ToSupervisor message) { receive(std::move(message)); },
      [this](const std::optional<core::Error>& error) {
        if (error) {
          observer_.failed(*error);
          kill();
        }
        if (exit_) finish();
      });
  await_end();
  observer_.started(child_.pid);
  return {};
}

template <class Protocol>
void WorkerProcess<Protocol>::await_end() {
  child_ended_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, child_.pidfd.get());
  child_ended_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (!error) end();
                           });
}

template <class Protocol>
void WorkerProcess<Protocol>::receive(ToSupervisor message) {
  if (auto* taken = std::get_if<typename Protocol::SnapshotTaken>(&message)) {
    return answer(taken->request, std::move(taken->snapshot));
  }
  if (std::holds_alternative<runtime::to_supervisor::Ready>(message) && state_ == WorkerState::starting)
    state_ = WorkerState::running;
  observer_.said(message);
}

template <class Protocol>
void WorkerProcess<Protocol>::reconfigure() {
  if (channel_ && !channel_->send(typename Protocol::Reconfigure{task_()})) {
    observer_.failed({0, "it does not take the new configuration"});
  }
}

template <class Protocol>
void WorkerProcess<Protocol>::stop() {
  restart_.cancel();
  const bool alive = state_ == WorkerState::starting || state_ == WorkerState::running;
  state_ = WorkerState::stopping;
  if (!alive) return observer_.ended({}, std::nullopt);
  if (!channel_->send(runtime::to_worker::Stop{})) [[maybe_unused]]
    const auto sent = child_.send_signal(SIGTERM);
}

template <class Protocol>
void WorkerProcess<Protocol>::kill() {
  if (child_.pidfd) [[maybe_unused]]
    const auto sent = child_.send_signal(SIGKILL);
}

template <class Protocol>
void WorkerProcess<Protocol>::tell(const ToWorker& message) {
  if (channel_) channel_->send(message);
}

template <class Protocol>
void WorkerProcess<Protocol>::ask_snapshot(core::Duration limit, OnSnapshot deliver) {
  const std::uint64_t request = ++last_request_;
  auto& question =
      questions_.emplace(request, Question{boost::asio::steady_timer(io_), std::move(deliver)}).first->second;
  if (state_ != WorkerState::running || !channel_->send(runtime::to_worker::SendSnapshot{request}))
    return answer(request, std::nullopt);
  question.limit.expires_after(limit);
  question.limit.async_wait([this, request](const boost::system::error_code& error) {
    if (!error) answer(request, std::nullopt);
  });
}

template <class Protocol>
void WorkerProcess<Protocol>::answer(std::uint64_t request, std::optional<Snapshot> snapshot) {
  auto question = questions_.extract(request);
  if (question.empty()) return;  // too late
  const bool live = snapshot.has_value();
  if (!live && snapshot_) snapshot = snapshot_->template read<Snapshot>();
  question.mapped().deliver(std::move(snapshot), live);
}

template <class Protocol>
void WorkerProcess<Protocol>::answer_all_from_file() {
  while (!questions_.empty()) answer(questions_.begin()->first, std::nullopt);
}

// What it said last may still be on the way, and transitions on its way down are part of the record: the end is complete when
// the process is reaped and its channel read to the last octet.
template <class Protocol>
void WorkerProcess<Protocol>::end() {
  exit_ = runtime::reap(child_).value_or(runtime::ExitStatus{-1, 0});
  child_ended_->release();
  child_ended_.reset();
  child_ = {};
  if (!channel_->open()) finish();
}

template <class Protocol>
void WorkerProcess<Protocol>::finish() {
  const auto exit = *std::exchange(exit_, std::nullopt);
  channel_.reset();
  const bool wanted = state_ == WorkerState::stopping;
  const bool again = !wanted && !permanent(exit) && respawn_;
  state_ = again ? WorkerState::waiting : wanted ? WorkerState::stopping : WorkerState::none;
  answer_all_from_file();
  if (!again) return observer_.ended(exit, std::nullopt);
  const auto delay = policy_.delay_after(runtime::now() - started_);
  observer_.ended(exit, delay);
  restart_after(delay);
}

template <class Protocol>
void WorkerProcess<Protocol>::restart_after(core::Duration delay) {
  restart_.expires_after(delay);
  restart_.async_wait([this](const boost::system::error_code& error) {
    if (error || state_ != WorkerState::waiting) return;
    if (const auto launched = launch(); !launched) {
      observer_.failed(launched.error());
      restart_after(policy_.delay_after({}));
    }
  });
}

template class WorkerProcess<runtime::FailoverProtocol>;
template class WorkerProcess<runtime::BalancerProtocol>;

}  // namespace app
