#include "app/watcher_process.hpp"

#include <sys/socket.h>
#include <utility>

#include "runtime/clock.hpp"
#include "runtime/watcher.hpp"

namespace app {

WatcherProcess::WatcherProcess(boost::asio::io_context& io, int home_namespace, Observer observer)
    : io_(io), home_namespace_(home_namespace), observer_(std::move(observer)), restart_(io) {}

WatcherProcess::~WatcherProcess() {
  if (child_ended_) child_ended_->release();
}

core::Result<> WatcherProcess::open() {
  auto ends = runtime::socket_pair(SOCK_SEQPACKET);
  if (!ends) return std::unexpected(ends.error());
  worker_end_ = std::move(ends->first);
  watcher_end_ = std::move(ends->second);
  return {};
}

void WatcherProcess::start() {
  if (std::exchange(wanted_, true)) return;
  if (const auto launched = launch(); !launched) observer_.failed(launched.error());
}

core::Result<> WatcherProcess::launch() {
  std::vector<runtime::InheritedFd> inherited{{watcher_end_.get(), runtime::watcher_socket_fd}};
  if (home_namespace_ >= 0) inherited.push_back({home_namespace_, runtime::watcher_home_namespace_fd});
  auto child = runtime::spawn("/proc/self/exe", {"standfast", "worker", "watcher"}, inherited);
  if (!child) return std::unexpected(child.error());
  child_ = std::move(*child);
  started_ = runtime::now();
  child_ended_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, child_.pidfd.get());
  child_ended_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (!error) end();
                           });
  return {};
}

void WatcherProcess::end() {
  const auto exit = runtime::reap(child_).value_or(runtime::ExitStatus{-1, 0});
  child_ended_->release();
  child_ended_.reset();
  child_ = {};
  if (!wanted_) return;
  observer_.died(exit);
  restart_.expires_after(policy_.delay_after(runtime::now() - started_));
  restart_.async_wait([this](const boost::system::error_code& error) {
    if (error || !wanted_) return;
    if (const auto launched = launch(); !launched) observer_.failed(launched.error());
  });
}

void WatcherProcess::close() {
  wanted_ = false;
  restart_.cancel();
  worker_end_.reset();
  watcher_end_.reset();
}

}  // namespace app
