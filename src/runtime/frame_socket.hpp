// Sends whole Ethernet frames: gratuitous ARP and neighbour advertisements, many in one system call. Receives nothing.
#pragma once

#include <cstdint>
#include <span>

#include "core/result.hpp"
#include "engine/failover.hpp"
#include "runtime/fd.hpp"

namespace runtime {

class FrameSocket {
 public:
  static core::Result<FrameSocket> open();

  struct Sent {
    std::size_t count = 0;               // of the frames given, from the first on, that are done with
    bool full = false;                   // the next one found no room: try again a little later
    std::optional<core::Error> refused;  // of the last one counted: it will never be sent
  };
  static constexpr std::size_t batch_limit = 64;
  /// At most `batch_limit` of them; never waits.
  Sent send(std::span<const engine::action::SendFrame* const> frames);

 private:
  explicit FrameSocket(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace runtime
