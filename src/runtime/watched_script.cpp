#include "runtime/watched_script.hpp"

#include <signal.h>
#include <utility>

namespace runtime {

namespace {

constexpr auto until_kill = std::chrono::seconds(2);

}  // namespace

WatchedScript::~WatchedScript() {
  if (!watch_) return;
  signal_script_group(script_.child, SIGKILL);
  watch_->release();
}

core::Result<> WatchedScript::start(const notify::Command& command, core::Duration limit, OnEnded ended) {
  auto started = start_script(command);
  if (!started) return std::unexpected(started.error());
  script_ = std::move(*started);
  ended_ = std::move(ended);
  signalled_ = timed_out_ = false;
  watch_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, script_.child.pidfd.get());
  watch_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (!error) finish();
                     });
  if (limit > core::Duration::zero()) {
    limit_.expires_after(limit);
    limit_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      timed_out_ = true;
      overrun();
    });
  }
  return {};
}

void WatchedScript::stop() {
  if (!watch_ || signalled_) return;
  overrun();
}

void WatchedScript::kill() {
  if (watch_) signal_script_group(script_.child, SIGKILL);
}

void WatchedScript::overrun() {
  signal_script_group(script_.child, std::exchange(signalled_, true) ? SIGKILL : SIGTERM);
  limit_.expires_after(until_kill);
  limit_.async_wait([this](const boost::system::error_code& error) {
    if (!error) overrun();
  });
}

void WatchedScript::finish() {
  // What a script that was told to end leaves behind goes with it.
  if (signalled_) signal_script_group(script_.child, SIGKILL);
  limit_.cancel();
  Ended ended;
  const auto exit = reap(script_.child);
  if (!exit) {
    ended.how = exit.error().message;
  } else if (timed_out_) {
    ended.how = "ran too long and was ended";
  } else {
    ended.succeeded = *exit == ExitStatus{};
    ended.how = exit->to_string();
  }
  watch_->release();
  watch_.reset();
  script_ = {};
  std::exchange(ended_, nullptr)(ended);
}

}  // namespace runtime
