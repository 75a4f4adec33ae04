// The one heap of deadlines of an engine. A machine is a small number; each has at most one deadline, its
// earliest. A deadline comes with a slack and is rounded up to a grid no coarser than that, so that
// neighbours are due in one wake-up: 65,000 timers then cost a few thousand wake-ups a second at most. Never
// due early, never later than the slack allows. Rounding does not drift as long as a periodic machine counts
// on from its own deadline and not from the time it is called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/time.hpp"

namespace engine {

/// How late an advert may be: 1 % of its interval, 10 ms at most.
core::Duration advert_slack(core::Duration interval);
/// How late anything else may be: 1 % of what it times, 1 ms at most.
core::Duration timer_slack(core::Duration timed);

class Deadlines {
 public:
  using Machine = std::uint32_t;  // dense: memory is that of the largest number

  /// Replaces the machine's deadline.
  void set(Machine machine, core::Time deadline, core::Duration slack = {});
  void clear(Machine machine);
  /// Sets or clears, as a machine's next_timeout() says.
  void update(Machine machine, std::optional<core::Time> deadline, core::Duration slack = {});

  /// When to wake up; empty if nobody waits.
  std::optional<core::Time> earliest() const;
  /// Takes out one machine that is due, earliest first and of equals the lowest number; empty if none is.
  std::optional<Machine> pop_due(core::Time now);

  bool waits(Machine machine) const;
  std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    core::Time due;
    Machine machine;
    friend constexpr auto operator<=>(const Entry&, const Entry&) = default;
  };

  void place(std::size_t index, Entry entry);
  void sift_up(std::size_t index, Entry entry);
  void sift_down(std::size_t index, Entry entry);
  void remove_at(std::size_t index);

  std::vector<Entry> heap_;  // 4-ary: half as deep as a binary one, its children share a cache line
  std::vector<std::uint32_t> position_;  // of each machine in heap_, or absent
};

}  // namespace engine
