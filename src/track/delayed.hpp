// A yes or no that is believed only when it has lasted: `interface_up_down_delays`, and the fork and terminate delays of a
// tracked process. The first value ever is believed at once; a change back within the delay was nothing.
#pragma once

#include <optional>

#include "core/time.hpp"

namespace track {

class Delayed {
 public:
  struct Delays {
    core::Duration up{};    // until a yes is believed
    core::Duration down{};  // until a no is
    friend bool operator==(const Delays&, const Delays&) = default;
  };

  Delayed() = default;
  explicit Delayed(Delays delays) : delays_(delays) {}

  /// True if what is believed has changed.
  bool observe(core::Time now, bool value);
  bool handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const { return due_; }
  /// Without waiting: what a new worker takes over, or what cannot be otherwise.
  bool force(bool value);
  void configure(Delays delays) { delays_ = delays; }

  /// Empty before the first value.
  std::optional<bool> believed() const { return believed_; }

 private:
  Delays delays_;
  std::optional<bool> believed_;
  std::optional<core::Time> due_;  // the opposite is believed then
};

}  // namespace track
