// Hands events to one notifier, a datagram each, without ever waiting for it. What its socket does not take is kept here up to
// a bound; past it the oldest go, and once the notifier reads again it is owed every state anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/archive.hpp"
#include "core/result.hpp"
#include "notify/event.hpp"

namespace runtime {

class EventSender {
 public:
  /// Does not own `fd`; -1: nobody listens.
  explicit EventSender(int fd, std::size_t limit_octets = std::size_t{8} << 20)
      : fd_(fd), limit_(limit_octets) {}

  void add(const notify::Event& event);
  /// Sends what the socket takes. An error: the datagram cannot be sent at all; it is dropped.
  core::Result<> flush();
  bool empty() const { return waiting_.empty(); }

  /// So many were dropped since this was asked last.
  std::uint64_t take_dropped();
  /// True once after a loss, as soon as everything kept has gone.
  bool take_owed();

 private:
  int fd_;
  std::size_t limit_;
  std::deque<core::Bytes> waiting_;
  std::size_t octets_ = 0;
  std::uint64_t dropped_ = 0;
  bool owed_ = false;
};

}  // namespace runtime
