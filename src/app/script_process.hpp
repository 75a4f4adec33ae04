// The supervisor's side of the script runner: starts it, gives it work, hears how scripts ended, starts it again if it dies.
// Both ends of its socket stay open here, so requests survive a runner, and workers keep the end they have inherited.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "app/restart_policy.hpp"
#include "runtime/messages.hpp"
#include "runtime/process.hpp"

namespace app {

class ScriptProcess {
 public:
  struct Observer {
    std::function<void(const runtime::ScriptFinished&)> finished;
    std::function<void(runtime::ExitStatus)> died;  // starts again
    std::function<void()> ended;                    // after close()
    std::function<void(const core::Error&)> failed;
  };

  ScriptProcess(boost::asio::io_context& io, Observer observer);
  ~ScriptProcess();
  ScriptProcess(const ScriptProcess&) = delete;
  ScriptProcess& operator=(const ScriptProcess&) = delete;

  /// What is sent from now on waits for the process.
  core::Result<> open();
  /// Starts the process unless it was started; from then on it is started again when it dies.
  core::Result<> start();
  /// For workers to inherit.
  int socket() const { return requests_.get(); }
  pid_t pid() const { return child_.pid; }
  bool run(const runtime::RunScripts& scripts);
  /// No more work: what is queued still runs, for a bounded time.
  void close();

 private:
  core::Result<> launch();
  void launch_later();
  void await_report();
  void receive();
  void end();

  boost::asio::io_context& io_;
  Observer observer_;
  runtime::Fd requests_, runner_end_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> reports_, child_ended_;
  boost::asio::steady_timer timer_;
  runtime::Child child_;
  core::Time started_{};
  RestartPolicy policy_;
  bool wanted_ = false, closing_ = false;
};

}  // namespace app
