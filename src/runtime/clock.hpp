// The clocks: time since boot, which every decision is made on, and the wall clock, which people read.
#pragma once

#include <optional>

#include "core/result.hpp"
#include "core/time.hpp"
#include "runtime/fd.hpp"

namespace runtime {

core::Time now();
core::WallTime wall_now();
/// What this thread has had of a processor: what a step costs, however long others made it wait.
core::Duration processor_time();

/// The one timer of a loop: readable from the deadline on, until it is armed anew.
class Timer {
 public:
  static core::Result<Timer> open();

  int fd() const { return fd_.get(); }
  /// Costs no system call if the deadline is the one that is waited for already.
  void arm(std::optional<core::Time> deadline);
  /// It was found readable: whatever is armed next must reach the kernel.
  void fired() { kernel_knows_ = false; }

 private:
  explicit Timer(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
  std::optional<core::Time> armed_;
  bool kernel_knows_ = true;
};

}  // namespace runtime
