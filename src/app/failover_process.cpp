#include "app/failover_process.hpp"

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

FailoverProcess::FailoverProcess(boost::asio::io_context& io, Helpers helpers, bool respawn, Task task,
                                 Observer observer)
    : io_(io),
      helpers_(helpers),
      respawn_(respawn),
      task_(std::move(task)),
      observer_(std::move(observer)),
      restart_(io) {}

FailoverProcess::~FailoverProcess() {
  if (child_ended_) child_ended_->release();
}

core::Result<> FailoverProcess::start() {
  if (!snapshot_) {
    auto file = runtime::SnapshotFile::create();
    if (!file) return std::unexpected(file.error());
    snapshot_ = std::move(*file);
  }
  return launch();
}

core::Result<> FailoverProcess::launch() {
  auto ends = runtime::socket_pair(SOCK_STREAM);
  if (!ends) return std::unexpected(ends.error());
  const auto config = runtime::sealed_memory("standfast-config", core::to_bytes(task_()));
  if (!config) return std::unexpected(config.error());
  auto child = runtime::spawn(this_executable, {"standfast", "worker", "failover"},
                              {{ends->second.get(), runtime::worker_channel_fd},
                               {config->get(), runtime::worker_config_fd},
                               {snapshot_->fd(), runtime::worker_snapshot_fd},
                               {helpers_.scripts, runtime::worker_scripts_fd},
                               {helpers_.watcher, runtime::worker_watcher_fd},
                               {helpers_.listeners[0], runtime::worker_listeners_fd},
                               {helpers_.listeners[1], runtime::worker_listeners_fd + 1},
                               {helpers_.listeners[2], runtime::worker_listeners_fd + 2}});
  if (!child) return std::unexpected(child.error());
  child_ = std::move(*child);
  started_ = runtime::now();
  state_ = State::starting;
  channel_ = std::make_unique<Channel>(
      io_, ends->first.release(), [this](runtime::ToSupervisor message) { receive(std::move(message)); },
      [this](const std::optional<core::Error>& error) {
        if (error) {
          observer_.failed(*error);
          kill();
        }
        if (exit_) finish();
      });
  await_end();
  observer_.started(child_.pid);
  runtime::return_free_memory();
  return {};
}

void FailoverProcess::await_end() {
  child_ended_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, child_.pidfd.get());
  child_ended_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (!error) end();
                           });
}

void FailoverProcess::receive(runtime::ToSupervisor message) {
  if (auto* taken = std::get_if<runtime::to_supervisor::SnapshotTaken>(&message)) {
    return answer(taken->request, std::move(taken->snapshot));
  }
  if (std::holds_alternative<runtime::to_supervisor::Ready>(message) && state_ == State::starting)
    state_ = State::running;
  observer_.said(message);
}

void FailoverProcess::reconfigure() {
  if (channel_ && !channel_->send(runtime::to_worker::Reconfigure{task_()})) {
    observer_.failed({0, "the failover worker does not take the new configuration"});
  }
}

void FailoverProcess::stop() {
  restart_.cancel();
  const bool alive = state_ == State::starting || state_ == State::running;
  state_ = State::stopping;
  if (!alive) return observer_.ended({}, std::nullopt);
  if (!channel_->send(runtime::to_worker::Stop{})) [[maybe_unused]]
    const auto sent = child_.send_signal(SIGTERM);
}

void FailoverProcess::kill() {
  if (child_.pidfd) [[maybe_unused]]
    const auto sent = child_.send_signal(SIGKILL);
}

void FailoverProcess::clear_counters() {
  if (channel_) channel_->send(runtime::to_worker::ClearCounters{});
}

void FailoverProcess::tell_states(std::uint8_t listeners) {
  if (channel_) channel_->send(runtime::to_worker::TellStates{listeners});
}

void FailoverProcess::ask_snapshot(core::Duration limit, OnSnapshot deliver) {
  const std::uint64_t request = ++last_request_;
  auto& question =
      questions_.emplace(request, Question{boost::asio::steady_timer(io_), std::move(deliver)}).first->second;
  if (state_ != State::running || !channel_->send(runtime::to_worker::SendSnapshot{request}))
    return answer(request, std::nullopt);
  question.limit.expires_after(limit);
  question.limit.async_wait([this, request](const boost::system::error_code& error) {
    if (!error) answer(request, std::nullopt);
  });
}

void FailoverProcess::answer(std::uint64_t request, std::optional<engine::FailoverSnapshot> snapshot) {
  auto question = questions_.extract(request);
  if (question.empty()) return;  // too late
  const bool live = snapshot.has_value();
  if (!live && snapshot_) snapshot = snapshot_->read();
  question.mapped().deliver(std::move(snapshot), live);
}

void FailoverProcess::answer_all_from_file() {
  while (!questions_.empty()) answer(questions_.begin()->first, std::nullopt);
}

// What it said last may still be on the way, and transitions on its way down are part of the record: the end is complete when
// the process is reaped and its channel read to the last octet.
void FailoverProcess::end() {
  exit_ = runtime::reap(child_).value_or(runtime::ExitStatus{-1, 0});
  child_ended_->release();
  child_ended_.reset();
  child_ = {};
  if (!channel_->open()) finish();
}

void FailoverProcess::finish() {
  const auto exit = *std::exchange(exit_, std::nullopt);
  channel_.reset();
  const bool wanted = state_ == State::stopping;
  const bool again = !wanted && !permanent(exit) && respawn_;
  state_ = again ? State::waiting : wanted ? State::stopping : State::none;
  answer_all_from_file();
  if (!again) return observer_.ended(exit, std::nullopt);
  const auto delay = policy_.delay_after(runtime::now() - started_);
  observer_.ended(exit, delay);
  restart_after(delay);
}

void FailoverProcess::restart_after(core::Duration delay) {
  restart_.expires_after(delay);
  restart_.async_wait([this](const boost::system::error_code& error) {
    if (error || state_ != State::waiting) return;
    if (const auto launched = launch(); !launched) {
      observer_.failed(launched.error());
      restart_after(policy_.delay_after({}));
    }
  });
}

}  // namespace app
