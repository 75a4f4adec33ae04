#include "runtime/clock.hpp"

#include <algorithm>
#include <ctime>
#include <sys/timerfd.h>

#include "core/check.hpp"
#include "runtime/system_error.hpp"

namespace runtime {

namespace {

constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;

core::Duration read(clockid_t clock) {
  timespec time{};
  SF_CHECK(::clock_gettime(clock, &time) == 0);
  return core::Duration{time.tv_sec * nanoseconds_a_second + time.tv_nsec};
}

}  // namespace

core::Time now() { return core::Time{read(CLOCK_BOOTTIME)}; }

core::Duration processor_time() { return read(CLOCK_THREAD_CPUTIME_ID); }

core::WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

core::Result<Timer> Timer::open() {
  Fd fd{::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC)};
  if (!fd) return std::unexpected(last_error("cannot make a timer"));
  return Timer{std::move(fd)};
}

void Timer::arm(std::optional<core::Time> deadline) {
  if (kernel_knows_ && deadline == armed_) return;
  itimerspec spec{};
  if (deadline) {
    // Zero would disarm; a time long past fires at once.
    const std::int64_t at = std::max<std::int64_t>(deadline->time_since_epoch().count(), 1);
    spec.it_value.tv_sec = at / nanoseconds_a_second;
    spec.it_value.tv_nsec = at % nanoseconds_a_second;
  }
  SF_CHECK(::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) == 0);
  armed_ = deadline;
  kernel_knows_ = true;
}

}  // namespace runtime
