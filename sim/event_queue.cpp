#include "sim/event_queue.hpp"

#include <algorithm>
#include <utility>

namespace sim {

void EventQueue::at(core::Time when, std::function<void()> what) {
  heap_.push_back({std::max(when, now_), sequence_++, std::move(what)});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void EventQueue::run_until(core::Time limit) {
  while (!heap_.empty() && heap_.front().when <= limit) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Planned next = std::move(heap_.back());
    heap_.pop_back();
    now_ = next.when;
    ++steps_;
    next.what();
  }
  now_ = std::max(now_, limit);
}

}  // namespace sim
