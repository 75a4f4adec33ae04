// One instant on both clocks, so that times since boot can be shown as dates. Given from outside: nothing here asks a clock.
#pragma once

#include <string>

#include "core/time.hpp"

namespace control {

struct Moment {
  core::Time now{};
  core::WallTime wall{};

  core::WallTime wall_of(core::Time when) const {
    return wall + std::chrono::duration_cast<std::chrono::microseconds>(when - now);
  }
};

/// "2026-11-22T23:51:32.123456Z"
std::string iso_time(core::WallTime when);
/// "3 d 4 h", "5 min 3 s", "1.25 s", "40 ms": two units at most.
std::string age_text(core::Duration age);
double seconds(core::Duration duration);

}  // namespace control
