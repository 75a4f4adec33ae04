#include "runtime/watcher_link.hpp"

#include <cerrno>
#include <sys/socket.h>

#include "runtime/system_error.hpp"

namespace runtime {

namespace {

// A datagram must fit the socket's buffer; a command line may have some kilobytes.
constexpr std::size_t scripts_a_part = 8;

}  // namespace

void WatcherLink::watch(const engine::TrackersConfig& trackers) {
  to_watcher::Watch message;
  for (const auto& script : trackers.scripts) {
    message.part.scripts.push_back(script);
    if (message.part.scripts.size() < scripts_a_part) continue;
    add(message);
    message.part = {};
  }
  const auto last_scripts = std::move(message.part.scripts);
  message.part = trackers;
  message.part.scripts = last_scripts;
  message.last = true;
  add(message);
}

void WatcherLink::add(const ToWatcher& message) {
  if (fd_ >= 0) waiting_.push_back(core::to_bytes(message));
}

core::Result<> WatcherLink::flush() {
  core::Result<> result;
  while (!waiting_.empty()) {
    const core::Bytes& datagram = waiting_.front();
    if (::send(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return result;
      result = std::unexpected(last_error("the watcher of scripts and files cannot be told what to do"));
    }
    waiting_.pop_front();
  }
  return result;
}

bool WatcherLink::receive(std::size_t at_most, const Sink& sink) {
  for (std::size_t count = 0; count < at_most; ++count) {
    const ssize_t size = ::recv(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    auto message = core::from_bytes<FromWatcher>({buffer_.data(), static_cast<std::size_t>(size)});
    if (message) sink(std::move(*message));
  }
  return true;
}

}  // namespace runtime
