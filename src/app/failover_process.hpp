// The supervisor's side of the failover worker: starts it, talks to it, notices its end and starts it again, handing over the
// snapshot its predecessor left. Knows nothing of configuration files.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "app/restart_policy.hpp"
#include "runtime/channel.hpp"
#include "runtime/messages.hpp"
#include "runtime/process.hpp"
#include "runtime/snapshot_file.hpp"

namespace app {

class FailoverProcess {
 public:
  struct Observer {
    std::function<void(const runtime::ToSupervisor&)> said;  // all but snapshots
    std::function<void(pid_t)> started;
    /// It has ended and will start again after `delay`; without a value it will not.
    std::function<void(runtime::ExitStatus, std::optional<core::Duration> delay)> ended;
    std::function<void(const core::Error&)> failed;  // could not be started, or its channel is damaged
  };
  using OnSnapshot = std::function<void(std::optional<engine::FailoverSnapshot>, bool live)>;
  enum class State : std::uint8_t { none, starting, running, waiting, stopping };

  /// The task as it is at the moment: asked for at every start, as delays of the daemon's start shrink.
  using Task = std::function<runtime::FailoverWorkerConfig()>;
  using Listeners = std::array<int, runtime::listener_count>;
  /// Sockets to the script runner, to the watcher and to the notifiers, which the worker inherits.
  struct Helpers {
    int scripts = -1;
    int watcher = -1;
    Listeners listeners{-1, -1, -1};
  };

  FailoverProcess(boost::asio::io_context& io, Helpers helpers, bool respawn, Task task, Observer observer);
  ~FailoverProcess();
  FailoverProcess(const FailoverProcess&) = delete;
  FailoverProcess& operator=(const FailoverProcess&) = delete;

  core::Result<> start();
  /// The task has changed.
  void reconfigure();
  /// Resign and end. observer.ended follows, at once if nothing runs.
  void stop();
  void kill();
  void clear_counters();
  /// Tell these listeners (bits) every state again.
  void tell_states(std::uint8_t listeners);
  /// Its present snapshot, or after `limit` what it last left.
  void ask_snapshot(core::Duration limit, OnSnapshot deliver);

  State state() const { return state_; }
  pid_t pid() const { return child_.pid; }
  std::uint32_t restarts() const { return policy_.restarts(); }

 private:
  using Channel = runtime::Channel<runtime::ToSupervisor, runtime::ToWorker>;
  struct Question {
    boost::asio::steady_timer limit;
    OnSnapshot deliver;
  };

  core::Result<> launch();
  void receive(runtime::ToSupervisor message);
  void answer(std::uint64_t request, std::optional<engine::FailoverSnapshot> snapshot);
  void answer_all_from_file();
  void await_end();
  void end();
  void finish();
  void restart_after(core::Duration delay);

  boost::asio::io_context& io_;
  Helpers helpers_;
  bool respawn_;
  Task task_;
  Observer observer_;
  State state_ = State::none;
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

}  // namespace app
