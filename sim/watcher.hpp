// The process of a machine that runs tracked scripts and watches files and processes, in small: what they say is set from
// outside, and told to the worker a little later. It outlives workers.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/random.hpp"
#include "engine/failover.hpp"
#include "sim/event_queue.hpp"

namespace sim {

/// How a script behaves when it is run.
struct ScriptManner {
  track::ScriptEnd end{.exit_status = 0, .signal = 0, .error = {}};
  core::Duration takes = std::chrono::milliseconds(5);
  bool hangs = false;         // until it is ended
  bool ignores_term = false;  // SIGTERM does not end it
};

class Watcher {
 public:
  using Tell = std::function<void(const engine::Event&)>;
  Watcher(EventQueue& queue, core::Random random, Tell tell);

  // What the engine asks for.
  void watch(const engine::TrackersConfig& trackers);
  void run(const std::string& script);
  void end(const std::string& script, bool kill);

  // What the world does.
  void set_script(const std::string& script, ScriptManner manner) { manners_[script] = std::move(manner); }
  void set_file(const std::string& file, std::int64_t value);
  void set_processes(const std::string& tracker, std::uint32_t count);
  void set_session(const std::string& session, bool up);
  /// It dies with all scripts, and another one starts.
  void restart();
  void power_off();

  /// Whether the tracked object is, in truth, no fault to who tracks it so.
  bool sound(const engine::FailoverConfig& config, const engine::TrackerUse& use) const;

 private:
  void tell_soon(engine::Event event);
  void finish(const std::string& script, track::ScriptEnd end);

  EventQueue& queue_;
  core::Random random_;
  Tell tell_;
  std::map<std::string, ScriptManner> manners_;
  std::map<std::string, std::int64_t> files_;
  std::map<std::string, std::uint32_t> processes_;
  std::map<std::string, bool> sessions_;
  std::map<std::string, std::uint64_t> running_;  // which run
  std::uint64_t runs_ = 0;
  std::uint64_t life_ = 0;
};

}  // namespace sim
