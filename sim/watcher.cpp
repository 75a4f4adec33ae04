#include "sim/watcher.hpp"

#include <algorithm>
#include <utility>

#include "track/effect.hpp"

namespace sim {

namespace {

constexpr std::int32_t sigterm = 15;
constexpr std::int32_t sigkill = 9;

template <class Map>
typename Map::mapped_type value_or(const Map& map, const std::string& key,
                                   typename Map::mapped_type fallback) {
  const auto found = map.find(key);
  return found == map.end() ? fallback : found->second;
}

}  // namespace

Watcher::Watcher(EventQueue& queue, core::Random random, Tell tell)
    : queue_(queue), random_(random), tell_(std::move(tell)) {}

void Watcher::tell_soon(engine::Event event) {
  const core::Duration delay{random_.between(20'000, 2'000'000)};
  queue_.after(delay, [this, event = std::move(event), life = life_] {
    if (life == life_) tell_(event);
  });
}

void Watcher::watch(const engine::TrackersConfig& trackers) {
  for (const auto& file : trackers.files)
    tell_soon(engine::event::TrackedFileChanged{file.name, value_or(files_, file.name, 0), {}});
  for (const auto& process : trackers.processes) {
    tell_soon(engine::event::ProcessesCounted{
        process.name, value_or(processes_, process.name, std::max<std::uint32_t>(process.quorum, 1))});
  }
  for (const auto& session : trackers.bfd_sessions) {
    const bool up = value_or(sessions_, session, true);
    tell_soon(engine::event::BfdStateChanged{session, up});
  }
}

void Watcher::run(const std::string& script) {
  if (running_.contains(script)) return;
  const ScriptManner manner = manners_[script];
  const std::uint64_t run = ++runs_;
  running_[script] = run;
  if (manner.hangs) return;
  queue_.after(manner.takes, [this, script, run, end = manner.end] {
    if (running_.contains(script) && running_[script] == run) finish(script, end);
  });
}

void Watcher::end(const std::string& script, bool kill) {
  if (!running_.contains(script) || (!kill && manners_[script].ignores_term)) return;
  finish(script, {.exit_status = -1, .signal = kill ? sigkill : sigterm, .error = {}});
}

void Watcher::finish(const std::string& script, track::ScriptEnd end) {
  running_.erase(script);
  tell_soon(engine::event::ScriptFinished{script, std::move(end)});
}

void Watcher::set_file(const std::string& file, std::int64_t value) {
  files_[file] = value;
  tell_soon(engine::event::TrackedFileChanged{file, value, {}});
}

void Watcher::set_processes(const std::string& tracker, std::uint32_t count) {
  processes_[tracker] = count;
  tell_soon(engine::event::ProcessesCounted{tracker, count});
}

void Watcher::set_session(const std::string& session, bool up) {
  sessions_[session] = up;
  tell_soon(engine::event::BfdStateChanged{session, up});
}

void Watcher::restart() {
  running_.clear();
  ++life_;
  tell_soon(engine::event::WatcherStarted{});
}

void Watcher::power_off() {
  running_.clear();
  ++life_;
}

bool Watcher::sound(const engine::FailoverConfig& config, const engine::TrackerUse& use) const {
  using track::Kind;
  switch (use.kind) {
    case Kind::script: {
      const auto manner = manners_.find(use.name);
      const bool well = manner == manners_.end() || (!manner->second.hangs && manner->second.end.well());
      return !track::effect_of(well, use.weight).fault;
    }
    case Kind::file:
      return !track::effect_of_value(value_or(files_, use.name, 0), use.weight).fault;
    case Kind::process: {
      const auto& all = config.trackers.processes;
      const auto process = std::ranges::find(all, use.name, &track::ProcessConfig::name);
      if (process == all.end()) return true;
      const std::uint32_t count = value_or(processes_, use.name, std::max<std::uint32_t>(process->quorum, 1));
      const bool well = count >= process->quorum && count <= process->quorum_max.value_or(UINT32_MAX);
      return !track::effect_of(well, use.weight).fault;
    }
    case Kind::bfd:
      return !track::effect_of(value_or(sessions_, use.name, true), use.weight).fault;
    case Kind::interface:
      return true;  // the kernel knows
  }
  std::unreachable();
}

}  // namespace sim
