// The failover worker's end of its socket to the watcher: what the engine asks for goes out, what was seen comes in. Neither
// ever waits; what the socket does not take now goes with a later flush().
#pragma once

#include <deque>
#include <functional>

#include "core/archive.hpp"
#include "core/result.hpp"
#include "runtime/messages.hpp"

namespace runtime {

class WatcherLink {
 public:
  /// `fd` stays the caller's; -1 = there is no watcher.
  explicit WatcherLink(int fd) : fd_(fd) {}

  int fd() const { return fd_; }
  void watch(const engine::TrackersConfig& trackers);
  void add(const ToWatcher& message);
  core::Result<> flush();
  bool empty() const { return waiting_.empty(); }

  using Sink = std::function<void(FromWatcher&&)>;
  /// At most so many messages; true if more may wait.
  bool receive(std::size_t at_most, const Sink& sink);

 private:
  int fd_;
  std::deque<core::Bytes> waiting_;
  core::Bytes buffer_ = core::Bytes(64 * 1024);
};

}  // namespace runtime
