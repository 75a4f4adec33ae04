#include "control/moment.hpp"

#include <algorithm>
#include <fmt/chrono.h>

namespace control {

std::string iso_time(core::WallTime when) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(when);
  const std::time_t seconds = whole.time_since_epoch().count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds), (when - whole).count());
}

double seconds(core::Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string age_text(core::Duration age) {
  using std::chrono::duration_cast;
  age = std::max(age, core::Duration::zero());
  if (age < std::chrono::seconds(1))
    return fmt::format("{} ms", duration_cast<std::chrono::milliseconds>(age).count());
  if (age < std::chrono::seconds(10)) return fmt::format("{:.2f} s", seconds(age));
  const auto whole = duration_cast<std::chrono::seconds>(age).count();
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {} h", whole / 86400, whole % 86400 / 3600);
}

}  // namespace control
