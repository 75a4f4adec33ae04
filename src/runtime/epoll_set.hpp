// An epoll descriptor: many descriptors watched through one. Sets can lie in each other, so a loop that waits for one
// descriptor (Asio's) costs the same however many sockets there are.
#pragma once

#include <cstdint>
#include <span>
#include <sys/epoll.h>
#include <vector>

#include "core/result.hpp"
#include "runtime/fd.hpp"

namespace runtime {

class EpollSet {
 public:
  static core::Result<EpollSet> open();

  int fd() const { return fd_.get(); }

  enum class Mode : std::uint8_t {
    level,
    once,  // falls silent when it was reported, until rearm_once()
  };
  enum class Interest : std::uint8_t { read, write };
  core::Result<> add(int fd, std::uint64_t tag, Mode mode = Mode::level, Interest interest = Interest::read);
  void rearm_once(int fd, std::uint64_t tag);
  /// Of one in level mode.
  void change(int fd, std::uint64_t tag, Interest interest);
  void remove(int fd);

  /// Tags of what is ready now, or broken; never waits. Valid until the next call.
  std::span<const std::uint64_t> ready();

 private:
  explicit EpollSet(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
  std::vector<epoll_event> events_ = std::vector<epoll_event>(64);
  std::vector<std::uint64_t> tags_;
};

}  // namespace runtime
