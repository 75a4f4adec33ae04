#include "runtime/hook_sender.hpp"

#include <cerrno>
#include <sys/socket.h>

#include "runtime/system_error.hpp"

namespace runtime {

core::Result<> HookSender::flush() {
  core::Result<> result;
  while (!waiting_.empty()) {
    const core::Bytes& datagram = waiting_.front();
    if (::send(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return result;
      result = std::unexpected(last_error("a notify script cannot be handed to the script runner"));
    }
    waiting_.pop_front();
  }
  return result;
}

}  // namespace runtime
