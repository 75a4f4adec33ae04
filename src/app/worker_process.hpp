// The supervisor's side of a worker, whichever: starts it, talks to it, notices its end and starts it again, handing over the
// snapshot its predecessor left. Knows nothing of configuration files, nor of what the worker does: what the two say to each
// other is its protocol (runtime/messages.hpp).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "app/restart_policy.hpp"
#include "runtime/balancer_messages.hpp"
#include "runtime/channel.hpp"
#include "runtime/messages.hpp"
#include "runtime/process.hpp"
#include "runtime/snapshot_file.hpp"

namespace app {

enum class WorkerState : std::uint8_t { none, starting, running, waiting, stopping };

template <class Protocol>
class WorkerProcess {
 public:
  using ToWorker = typename Protocol::ToWorker;
  using ToSupervisor = typename Protocol::ToSupervisor;
  using Snapshot = typename Protocol::Snapshot;

  struct Observer {
    std::function<void(const ToSupervisor&)> said;  // all but snapshots
    std::function<void(pid_t)> started;
    /// It has ended and will start again after `delay`; without a value it will not.
    std::function<void(runtime::ExitStatus, std::optional<core::Duration> delay)> ended;
    std::function<void(const core::Error&)> failed;  // could not be started, or its channel is damaged
  };
  using OnSnapshot = std::function<void(std::optional<Snapshot>, bool live)>;

  /// The task as it is at the moment: asked for at every start, as delays of the daemon's start shrink.
  using Task = std::function<typename Protocol::Config()>;
  /// `helpers`: sockets to our other processes, which the worker inherits.
  WorkerProcess(boost::asio::io_context& io, std::vector<runtime::InheritedFd> helpers, bool respawn,
                Task task, Observer observer);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  core::Result<> start();
  /// The task has changed.
  void reconfigure();
  /// Clean up and end. observer.ended follows, at once if nothing runs.
  void stop();
  void kill();
  /// Lost if no worker is there to hear it.
  void tell(const ToWorker& message);
  /// Its present snapshot, or after `limit` what it last left.
  void ask_snapshot(core::Duration limit, OnSnapshot deliver);

  WorkerState state() const { return state_; }
  pid_t pid() const { return child_.pid; }
  std::uint32_t restarts() const { return policy_.restarts(); }

 private:
  using Channel = runtime::Channel<ToSupervisor, ToWorker>;
  struct Question {
    boost::asio::steady_timer limit;
    OnSnapshot deliver;
  };

  core::Result<> launch();
  void receive(ToSupervisor message);
  void answer(std::uint64_t request, std::optional<Snapshot> snapshot);
  void answer_all_from_file();
  void await_end();
  void end();
  void finish();
  void restart_after(core::Duration delay);

  boost::asio::io_context& io_;
  std::vector<runtime::InheritedFd> helpers_;
  bool respawn_;
  Task task_;
  Observer observer_;
  WorkerState state_ = WorkerState::none;
  std::optional<runtime::SnapshotFile> snapshot_;
  runtime::Child child_;
  std::optional<runtime::ExitStatus> exit_;  // reaped, its last words not yet read
  std::unique_ptr<boost::asio::posix::stream_descriptor> child_ended_;
  std::unique_ptr<Channel> channel_;
  boost::asio::steady_timer restart_;
  RestartPolicy policy_;
  core::Time started_{};
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, Question> questions_;
};

extern template class WorkerProcess<runtime::FailoverProtocol>;
extern template class WorkerProcess<runtime::BalancerProtocol>;
using FailoverProcess = WorkerProcess<runtime::FailoverProtocol>;
using BalancerProcess = WorkerProcess<runtime::BalancerProtocol>;

}  // namespace app
