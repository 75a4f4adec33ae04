// Hands scripts to the script runner, one datagram each, without ever waiting for it: what its socket does not take is kept
// here, in order.
#pragma once

#include <deque>
#include <optional>

#include "core/archive.hpp"
#include "core/result.hpp"
#include "runtime/messages.hpp"

namespace runtime {

class HookSender {
 public:
  /// Does not own `fd`.
  explicit HookSender(int fd) : fd_(fd) {}

  void add(const RunScripts& scripts) { waiting_.push_back(core::to_bytes(scripts)); }
  /// Sends what the socket takes. An error: the runner is gone or the datagram too long; what could not go is dropped.
  core::Result<> flush();
  bool empty() const { return waiting_.empty(); }

 private:
  int fd_;
  std::deque<core::Bytes> waiting_;
};

}  // namespace runtime
