// The script runner on the virtual clock: one queue a key, the commands of a queue one after the other, each for a random
// time. It outlives the worker that asked, and forgets everything when the machine loses power.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "core/random.hpp"
#include "sim/event_queue.hpp"
#include "sim/facts.hpp"

namespace sim {

class HookRunner {
 public:
  using Record = std::function<void(Fact)>;

  HookRunner(EventQueue& queue, core::Random random, core::Duration longest, Record record);

  void run(const engine::action::RunHooks& hooks);
  void power_off();

 private:
  struct Line {
    std::deque<notify::Command> waiting;
    bool busy = false;
    std::uint64_t next = 1;
  };
  void start_next(const std::string& key);

  EventQueue& queue_;
  core::Random random_;
  core::Duration longest_;
  Record record_;
  std::map<std::string, Line> lines_;
  std::uint64_t boot_ = 0;  // scripts of an earlier boot never end
};

}  // namespace sim
