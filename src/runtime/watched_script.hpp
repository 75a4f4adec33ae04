// A script that one of our small processes runs itself and waits for: started as its user, in a group of its own, its end
// reported once. One at a time; start it again when it has ended. script_runner.hpp is for scripts that queue.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/time.hpp"
#include "notify/config.hpp"
#include "runtime/script_start.hpp"

namespace runtime {

class WatchedScript {
 public:
  struct Ended {
    bool succeeded = false;
    std::string how;  // "exited with status 1", "ran too long and was ended", "cannot be started: …"
  };
  using OnEnded = std::function<void(const Ended&)>;

  explicit WatchedScript(boost::asio::io_context& io) : io_(io), limit_(io) {}
  ~WatchedScript();
  WatchedScript(const WatchedScript&) = delete;
  WatchedScript& operator=(const WatchedScript&) = delete;

  /// `limit`: then SIGTERM and, two seconds later, SIGKILL to its group; 0 = none. Not while one runs.
  core::Result<> start(const notify::Command& command, core::Duration limit, OnEnded ended);
  bool running() const { return watch_ != nullptr; }
  /// SIGTERM now and SIGKILL two seconds later; `ended` is still called.
  void stop();
  void kill();

 private:
  void overrun();
  void finish();

  boost::asio::io_context& io_;
  boost::asio::steady_timer limit_;
  StartedScript script_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> watch_;
  OnEnded ended_;
  bool signalled_ = false;
  bool timed_out_ = false;
};

}  // namespace runtime
