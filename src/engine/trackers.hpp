// Everything this node tracks: scripts, files, processes and BFD sessions, each a machine or a value, and what each is worth to
// who uses it. Interfaces are link_states.hpp's. Runs nothing and reads nothing: what must be run goes out as actions, results
// come in as events, and who is concerned is told by take_changed().
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "engine/deadlines.hpp"
#include "engine/failover.hpp"
#include "engine/trackers_config.hpp"
#include "track/delayed.hpp"
#include "track/effect.hpp"
#include "track/script.hpp"

namespace engine {

struct TrackerKey {
  track::Kind kind = track::Kind::script;
  std::string name;

  friend auto operator<=>(const TrackerKey&, const TrackerKey&) = default;
};

class Trackers {
 public:
  /// What did not change keeps its state. Before begin() nothing is asked for.
  void configure(core::Time now, const TrackersConfig& config, Actions& out);
  void begin(core::Time now, const TrackersSnapshot* previous, Actions& out);

  void handle(core::Time now, const event::ScriptFinished& finished, Actions& out);
  void handle(core::Time now, const event::TrackedFileChanged& read, Actions& out);
  void handle(core::Time now, const event::ProcessesCounted& counted, Actions& out);
  void handle(core::Time now, const event::WatcherStarted& started, Actions& out);
  void set_bfd(const std::string& session, bool up);
  void handle_timeout(core::Time now, Actions& out);
  std::optional<core::Time> next_timeout() const { return deadlines_.earliest(); }
  TrackersSnapshot snapshot() const;

  /// Whose standing, or the words for it, has changed since the last call.
  std::set<TrackerKey> take_changed() { return std::exchange(changed_, {}); }

  struct Standing {
    bool known = true;  // there was a result
    track::Effect effect;

    bool matters() const { return known && (effect.fault || effect.points != 0); }
  };
  /// Of anything but an interface. Who is not there is no trouble.
  Standing standing(const TrackerUse& use) const;
  /// "script chk (exit 1, 3 of 3)"
  std::string words_for(const TrackerUse& use) const;
  /// Whether a router that has not begun must wait to hear of it first.
  bool holds_back(const TrackerUse& use) const;

 private:
  using Number = Deadlines::Machine;
  struct Script {
    TrackedScript config;
    track::Script machine;
    Number number = 0;
    bool known = false, up = false;  // as its users were told
    std::string detail;
  };
  struct File {
    track::FileConfig config;
    std::int64_t value = 0;
    std::string problem;
    bool known = false;
    Number number = 0;
  };
  struct Process {
    track::ProcessConfig config;
    std::uint32_t count = 0;
    track::Delayed up;
    Number number = 0;
    bool counted = false;
  };

  void configure_scripts(core::Time now, const TrackersConfig& config, Actions& out);
  void configure_files(core::Time now, const TrackersConfig& config);
  void configure_processes(core::Time now, const TrackersConfig& config);
  void configure_bfd(const TrackersConfig& config);
  void watch(Actions& out);
  void schedule(core::Time now, std::vector<Script*> fresh);
  void perform(Script& script, const track::ScriptActions& actions, Actions& out);
  void expire(core::Time now, Number number, Actions& out);
  void settle(const Script& script);
  void touched(track::Kind kind, const std::string& name) { changed_.insert({kind, name}); }
  Number number_for(const TrackerKey& key);
  void forget(Number number);
  static bool enough(const Process& process);

  TrackersConfig config_;
  TrackersConfig watched_;  // as was asked for last
  bool begun_ = false;
  std::map<std::string, std::unique_ptr<Script>, std::less<>> scripts_;
  std::map<std::string, File, std::less<>> files_;
  std::map<std::string, Process, std::less<>> processes_;
  std::map<std::string, bool, std::less<>> sessions_;
  Deadlines deadlines_;
  std::vector<std::optional<TrackerKey>> numbered_;  // by number
  std::set<TrackerKey> changed_;
};

}  // namespace engine
