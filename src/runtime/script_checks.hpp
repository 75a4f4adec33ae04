// The scripts of MISC_CHECKs run in the watcher, which this asks through its socket, so that a fork never stands in the way of the
// other checks. How long they may run is the probe host's business.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/trackers_config.hpp"
#include "runtime/probe/host.hpp"
#include "runtime/watcher_link.hpp"

namespace runtime {

class ScriptChecks : public ProbeScripts {
 public:
  using Ended = std::function<void(ProbeId, const track::ScriptEnd&)>;

  ScriptChecks(WatcherLink& watcher, Ended ended) : watcher_(watcher), ended_(std::move(ended)) {}

  void define(ProbeId check, const notify::Command& command);
  void forget(ProbeId check);
  /// What else the watcher has to watch: files.
  void watch(const engine::TrackersConfig& others);
  /// Tells the watcher what changed since the last call.
  void update();

  void run(ProbeId check) override;
  void end(ProbeId check, bool kill) override;

  void ended(const engine::event::ScriptFinished& script);
  /// The watcher is a new process: it knows nothing, and what the old one ran is lost.
  void watcher_started();

 private:
  struct Script {
    notify::Command command;
    bool running = false;
  };

  WatcherLink& watcher_;
  Ended ended_;
  std::map<ProbeId, Script> scripts_;
  engine::TrackersConfig others_;
  bool changed_ = false;
};

}  // namespace runtime
