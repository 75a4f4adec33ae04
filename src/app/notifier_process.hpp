// The supervisor's side of one notifier: starts it when there is work for it, hands it changes, starts it again if it dies.
// Both ends of the socket for events stay open here, so events survive a notifier, and workers keep the end they have inherited.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "app/restart_policy.hpp"
#include "runtime/channel.hpp"
#include "runtime/messages.hpp"
#include "runtime/process.hpp"

namespace app {

class NotifierProcess {
 public:
  struct Observer {
    std::function<void(const runtime::from_notifier::Said&)> said;
    std::function<void()> ready;                    // listens; may have missed something before
    std::function<void(runtime::ExitStatus)> died;  // starts again
    std::function<void()> ended;                    // after close()
    std::function<void(const core::Error&)> failed;
  };

  NotifierProcess(boost::asio::io_context& io, Observer observer);
  ~NotifierProcess();
  NotifierProcess(const NotifierProcess&) = delete;
  NotifierProcess& operator=(const NotifierProcess&) = delete;

  /// Before the first worker starts.
  core::Result<> open();
  /// For workers to inherit; -1 if open() failed.
  int socket() const { return worker_end_.get(); }
  /// Starts it, or hands it what changed, or stops it when there is nothing to do any more.
  void configure(runtime::NotifierConfig config);
  pid_t pid() const { return child_.pid; }
  bool wanted() const { return config_.has_work(); }
  /// It says its last words and ends; `ended` follows, at once if nothing runs.
  void close();

 private:
  using Channel = runtime::Channel<runtime::FromNotifier, runtime::ToNotifier>;

  core::Result<> launch();
  void receive(runtime::FromNotifier message);
  void end();
  void finish();
  void restart();
  void ask_to_end();

  boost::asio::io_context& io_;
  Observer observer_;
  runtime::NotifierConfig config_;
  runtime::Fd worker_end_, notifier_end_;
  runtime::Child child_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> child_ended_;
  std::unique_ptr<Channel> channel_;
  boost::asio::steady_timer timer_;
  std::optional<runtime::ExitStatus> exit_;  // reaped, its last words not yet read
  core::Time started_{};
  RestartPolicy policy_;
  bool ending_ = false;   // it was told to
  bool closing_ = false;  // and will not be started again
};

}  // namespace app
