#include "sim/hooks.hpp"

#include <utility>

namespace sim {

HookRunner::HookRunner(EventQueue& queue, core::Random random, core::Duration longest, Record record)
    : queue_(queue), random_(random), longest_(longest), record_(std::move(record)) {}

void HookRunner::run(const engine::action::RunHooks& hooks) {
  record_(fact::HooksQueued{hooks.queue, hooks.commands});
  Line& line = lines_[hooks.queue];
  line.waiting.insert(line.waiting.end(), hooks.commands.begin(), hooks.commands.end());
  start_next(hooks.queue);
}

void HookRunner::power_off() {
  ++boot_;
  lines_.clear();
}

void HookRunner::start_next(const std::string& key) {
  Line& line = lines_[key];
  if (line.busy || line.waiting.empty()) return;
  const std::uint64_t number = line.next++;
  line.busy = true;
  record_(fact::HookStarted{key, number, line.waiting.front()});
  line.waiting.pop_front();
  queue_.after(core::Duration{random_.between(0, longest_.count())}, [this, key, number, boot = boot_] {
    if (boot != boot_) return;
    lines_[key].busy = false;
    record_(fact::HookFinished{key, number});
    start_next(key);
  });
}

}  // namespace sim
