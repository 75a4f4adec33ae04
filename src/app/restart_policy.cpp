#include "app/restart_policy.hpp"

#include <algorithm>

namespace app {

core::Duration RestartPolicy::delay_after(core::Duration lived) {
  using std::chrono::seconds;
  ++restarts_;
  if (lived >= seconds(60)) next_ = {};
  const core::Duration delay = next_;
  next_ = delay == core::Duration::zero() ? seconds(1) : std::min<core::Duration>(2 * delay, seconds(60));
  return delay;
}

}  // namespace app
