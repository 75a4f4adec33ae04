// When to start a worker again that died: at once the first time and after it ran for a minute, otherwise after 0, 1, 2, 4 …
// up to 60 seconds.
#pragma once

#include <cstdint>

#include "core/time.hpp"

namespace app {

class RestartPolicy {
 public:
  core::Duration delay_after(core::Duration lived);
  std::uint32_t restarts() const { return restarts_; }

 private:
  core::Duration next_{};
  std::uint32_t restarts_ = 0;
};

}  // namespace app
