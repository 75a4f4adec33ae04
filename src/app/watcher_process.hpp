// The supervisor's side of the watcher (runtime/watcher.hpp): starts it when something is tracked, starts it again if it dies.
// Both ends of its socket to the failover worker stay open here, so either may be replaced by a new process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "app/restart_policy.hpp"
#include "runtime/process.hpp"

namespace app {

class WatcherProcess {
 public:
  struct Observer {
    std::function<void(runtime::ExitStatus)> died;  // starts again
    std::function<void(const core::Error&)> failed;
  };

  /// `home_namespace`: a descriptor of the network namespace where the kernel tells of processes, or -1 if it is ours.
  WatcherProcess(boost::asio::io_context& io, int home_namespace, Observer observer);
  ~WatcherProcess();
  WatcherProcess(const WatcherProcess&) = delete;
  WatcherProcess& operator=(const WatcherProcess&) = delete;

  /// The socket, without a process yet.
  core::Result<> open();
  /// From now on there is work for it. Does nothing if it runs.
  void start();
  /// For the failover worker to inherit.
  int worker_end() const { return worker_end_.get(); }
  pid_t pid() const { return child_.pid; }
  /// Its other end closes with the worker; it kills its scripts and ends by itself.
  void close();

 private:
  core::Result<> launch();
  void end();

  boost::asio::io_context& io_;
  int home_namespace_;
  Observer observer_;
  runtime::Fd worker_end_, watcher_end_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> child_ended_;
  boost::asio::steady_timer restart_;
  runtime::Child child_;
  core::Time started_{};
  RestartPolicy policy_;
  bool wanted_ = false;
};

}  // namespace app
