// Time as pure code sees it. The clock has no now(): a machine cannot read the time, it is told it with every event.
// A Time is nanoseconds since boot, counting suspension (CLOCK_BOOTTIME), so it never steps back and an hour's
// jump of the wall clock does not show.
#pragma once

#include <chrono>
#include <cstdint>

namespace core {

using Duration = std::chrono::nanoseconds;

struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};

using Time = BootClock::time_point;

/// Seconds and microseconds of the wall clock, shown to people and signed into adverts; no other decision may depend on it.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

}  // namespace core
