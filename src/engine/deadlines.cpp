#include "engine/deadlines.hpp"

#include <algorithm>
#include <limits>

namespace engine {

namespace {

using core::Duration;
using core::Time;
using namespace std::chrono_literals;

constexpr std::size_t arity = 4;
constexpr std::uint32_t absent = std::numeric_limits<std::uint32_t>::max();
constexpr Duration coarsest = 10ms;

// Halves of the coarsest grid lie on one another, so that an advert every second and one every 300 ms can
// share a wake-up: 10, 5, 2.5, 1.25 ms … 78.125 µs. Finer than that, gathering saves nothing, and the
// deadline stays as it is.
Duration grid_within(Duration slack) {
  constexpr int halvings = 7;
  Duration grid = coarsest;
  for (int i = 0; i <= halvings; ++i, grid /= 2) {
    if (grid <= slack) return grid;
  }
  return 1ns;
}

Time round_up(Time deadline, Duration slack) {
  const Duration grid = grid_within(slack);
  const Duration past = deadline.time_since_epoch() % grid;
  if (past == 0ns) return deadline;
  const Duration missing = past > 0ns ? grid - past : -past;
  return deadline > Time::max() - missing ? deadline : deadline + missing;
}

}  // namespace

Duration advert_slack(Duration interval) { return std::min<Duration>(interval / 100, 10ms); }

Duration timer_slack(Duration timed) { return std::min<Duration>(timed / 100, 1ms); }

void Deadlines::set(Machine machine, Time deadline, Duration slack) {
  const Entry entry{round_up(deadline, slack), machine};
  if (machine >= position_.size()) position_.resize(machine + std::size_t{1}, absent);
  if (position_[machine] == absent) {
    heap_.push_back(entry);
    sift_up(heap_.size() - 1, entry);
    return;
  }
  const std::size_t index = position_[machine];
  if (entry < heap_[index]) {
    sift_up(index, entry);
  } else {
    sift_down(index, entry);
  }
}

void Deadlines::clear(Machine machine) {
  if (waits(machine)) remove_at(position_[machine]);
}

void Deadlines::update(Machine machine, std::optional<Time> deadline, Duration slack) {
  if (deadline) {
    set(machine, *deadline, slack);
  } else {
    clear(machine);
  }
}

std::optional<Time> Deadlines::earliest() const {
  return heap_.empty() ? std::nullopt : std::optional(heap_.front().due);
}

std::optional<Deadlines::Machine> Deadlines::pop_due(Time now) {
  if (heap_.empty() || heap_.front().due > now) return std::nullopt;
  const Machine machine = heap_.front().machine;
  remove_at(0);
  return machine;
}

bool Deadlines::waits(Machine machine) const {
  return machine < position_.size() && position_[machine] != absent;
}

void Deadlines::place(std::size_t index, Entry entry) {
  heap_[index] = entry;
  position_[entry.machine] = static_cast<std::uint32_t>(index);
}

void Deadlines::sift_up(std::size_t index, Entry entry) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / arity;
    if (heap_[parent] < entry) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, entry);
}

void Deadlines::sift_down(std::size_t index, Entry entry) {
  for (;;) {
    const std::size_t first = index * arity + 1;
    if (first >= heap_.size()) break;
    const std::size_t last = std::min(first + arity, heap_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (heap_[child] < heap_[least]) least = child;
    }
    if (entry < heap_[least]) break;
    place(index, heap_[least]);
    index = least;
  }
  place(index, entry);
}

void Deadlines::remove_at(std::size_t index) {
  position_[heap_[index].machine] = absent;
  const Entry moved = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;  // it was the last one
  if (moved < heap_[index]) {
    sift_up(index, moved);
  } else {
    sift_down(index, moved);
  }
}

}  // namespace engine
