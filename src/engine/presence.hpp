// What has become, in the kernel, of one thing that somebody here wants there: an address, a route, a rule. Is it there, was it
// asked for, and is a removal we hear of the echo of our own? Knows neither what the thing is nor how it is asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/time.hpp"

namespace engine {

struct Presence {
  /// Somebody who removes a thing again and again gets it put back no more often than this.
  static constexpr core::Duration restore_gap = std::chrono::milliseconds(100);
  /// The kernel reports a removal within microseconds; a report that is missing (the thing was gone before) must not make us
  /// overlook a stranger's removal for longer than this.
  static constexpr core::Duration echo_patience = std::chrono::seconds(2);

  bool wanted = false;
  bool present = false;
  bool adding = false;  // asked for at `added`, not yet seen
  core::Time added{};
  std::optional<core::Time> restored;  // when it was last put back
  std::uint8_t echoes_expected = 0;    // removals of ours that the kernel has yet to report
  core::Time echoes_until{};

  /// True if it must be asked for now.
  bool ask(core::Time now) {
    if (present || adding) return false;
    adding = true;
    added = now;
    return true;
  }

  /// We remove it.
  void expect_removal(core::Time now) {
    if (present || adding) {
      ++echoes_expected;
      echoes_until = now + echo_patience;
    }
    present = false;
    adding = false;
  }

  /// The kernel has it now.
  void seen() {
    present = true;
    adding = false;
  }

  /// The kernel has it no longer. True if that was none of our doing.
  bool gone(core::Time now) {
    if (echoes_expected > 0 && now <= echoes_until) {
      --echoes_expected;
      present = false;
      adding = wanted;  // asked for again since
      return false;
    }
    // Asked for and not seen yet: what is gone is an older one, perhaps of somebody who had it before us.
    if (adding && !present && now - added < echo_patience) return false;
    echoes_expected = 0;
    present = false;
    adding = false;
    return true;
  }

  /// The earliest moment to put it back, if it is gone now.
  core::Time restorable_at(core::Time now) const {
    return restored ? std::max(now, *restored + restore_gap) : now;
  }

  /// After a listing that replaces all that was heard. True if it was neither there nor on its way.
  bool relisted(bool there) {
    const bool on_its_way = adding;
    adding = false;
    echoes_expected = 0;
    present = there;
    return !there && !on_its_way;
  }
};

}  // namespace engine
