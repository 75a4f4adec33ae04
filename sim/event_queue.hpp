// The only clock of the simulator: what will happen, ordered by time and, within one instant, by the order in which it was
// planned. Running it moves time forward; nothing here waits.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/time.hpp"

namespace sim {

/// Worlds begin in the middle of a machine's life: time zero is nothing special.
inline constexpr core::Time beginning{std::chrono::seconds(1000)};

/// Since then.
inline double seconds(core::Time when) { return std::chrono::duration<double>(when - beginning).count(); }

class EventQueue {
 public:
  explicit EventQueue(core::Time start) : now_(start) {}

  core::Time now() const { return now_; }
  std::uint64_t steps() const { return steps_; }

  /// What lies in the past happens now, after everything already planned for now.
  void at(core::Time when, std::function<void()> what);
  void after(core::Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  /// Runs everything up to and including `limit`; time then stands at `limit`.
  void run_until(core::Time limit);

 private:
  struct Planned {
    core::Time when;
    std::uint64_t sequence;
    std::function<void()> what;
  };
  static bool later(const Planned& a, const Planned& b) {
    return a.when != b.when ? a.when > b.when : a.sequence > b.sequence;
  }

  std::vector<Planned> heap_;
  core::Time now_;
  std::uint64_t sequence_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace sim
