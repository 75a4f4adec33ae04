#include "runtime/event_sender.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "runtime/system_error.hpp"

namespace runtime {

void EventSender::add(const notify::Event& event) {
  if (fd_ < 0) return;
  waiting_.push_back(core::to_bytes(event));
  octets_ += waiting_.back().size();
  while (octets_ > limit_ && waiting_.size() > 1) {
    octets_ -= waiting_.front().size();
    waiting_.pop_front();
    ++dropped_;
    owed_ = true;
  }
}

core::Result<> EventSender::flush() {
  core::Result<> result;
  while (!waiting_.empty()) {
    const core::Bytes& datagram = waiting_.front();
    if (::send(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return result;
      result = std::unexpected(last_error("an event cannot be handed to a notifier"));
    }
    octets_ -= datagram.size();
    waiting_.pop_front();
  }
  return result;
}

std::uint64_t EventSender::take_dropped() { return std::exchange(dropped_, 0); }
bool EventSender::take_owed() { return waiting_.empty() && std::exchange(owed_, false); }

}  // namespace runtime
