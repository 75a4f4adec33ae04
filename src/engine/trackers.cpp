#include "engine/trackers.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "core/overload.hpp"

namespace engine {

using core::Duration;
using core::Time;
using Level = action::Notice::Level;
using track::Kind;
using namespace std::chrono_literals;

namespace {

// First runs are this far apart, or closer if that would take longer than an interval: nobody forks 500 times at once.
constexpr Duration widest_stagger = 2ms;
// A file that nobody could read by then counts as 0, processes that nobody could count as none: a disk that hangs must not
// keep a router from starting.
constexpr Duration file_patience = 1s;
constexpr Duration process_patience = 5s;

void notice(bool bad, std::string id, std::string text, Actions& out) {
  out.emplace_back(action::Notice{bad ? Level::warning : Level::info, {}, std::move(id), std::move(text)});
}

template <class Map, class Wanted>
std::vector<std::string> names_gone(const Map& known, const Wanted& is_wanted) {
  std::vector<std::string> gone;
  for (const auto& [name, unused] : known) {
    if (!is_wanted(name)) gone.push_back(name);
  }
  return gone;
}

}  // namespace

void Trackers::configure(Time now, const TrackersConfig& config, Actions& out) {
  if (config == config_) return;
  configure_scripts(now, config, out);
  configure_files(now, config);
  configure_processes(now, config);
  configure_bfd(config);
  config_ = config;
  watch(out);
}

void Trackers::begin(Time now, const TrackersSnapshot* previous, Actions& out) {
  begun_ = true;
  std::vector<Script*> fresh;
  for (auto& [name, script] : scripts_) {
    const track::ScriptSnapshot* before = nullptr;
    if (previous != nullptr) {
      const auto found = std::ranges::find(previous->scripts, name, &track::ScriptSnapshot::name);
      if (found != previous->scripts.end() && found->next_run) before = &*found;
    }
    if (before == nullptr) {
      fresh.push_back(script.get());
      continue;
    }
    perform(*script, script->machine.handle(now, track::event::ScriptResumed{*before}), out);
  }
  for (auto& [name, file] : files_) deadlines_.set(file.number, now + file_patience);
  for (auto& [name, process] : processes_) deadlines_.set(process.number, now + process_patience);
  if (previous != nullptr) {
    for (const FileSnapshot& before : previous->files) {
      const auto found = files_.find(before.name);
      if (found == files_.end() || !before.known) continue;
      found->second.value = before.value;
      found->second.problem = before.problem;
      found->second.known = true;
      deadlines_.clear(found->second.number);
    }
    for (const ProcessSnapshot& before : previous->processes) {
      const auto found = processes_.find(before.name);
      if (found == processes_.end() || !before.known) continue;
      found->second.count = before.count;
      found->second.up.force(before.up);
      found->second.counted = true;
      deadlines_.clear(found->second.number);
    }
    for (const SessionSnapshot& before : previous->sessions) {
      if (const auto found = sessions_.find(before.name); found != sessions_.end()) found->second = before.up;
    }
  }
  watch(out);
  schedule(now, std::move(fresh));
}

void Trackers::watch(Actions& out) {
  if (!begun_ || config_ == watched_) return;
  watched_ = config_;
  out.emplace_back(action::Watch{config_});
}

void Trackers::schedule(Time now, std::vector<Script*> fresh) {
  std::int64_t place = 0;
  for (Script* script : fresh) {
    const auto count = static_cast<std::int64_t>(fresh.size());
    const Duration gap = std::min<Duration>(widest_stagger, script->config.config.interval / count);
    script->machine.handle(now, track::event::ScriptScheduled{now + place++ * gap});
    settle(*script);
  }
}

// A script whose command is another one is another script, whatever its name.
void Trackers::configure_scripts(Time now, const TrackersConfig& config, Actions& out) {
  std::map<std::string_view, const TrackedScript*> wanted;
  for (const TrackedScript& script : config.scripts) wanted.emplace(script.config.name, &script);
  for (const std::string& name :
       names_gone(scripts_, [&](const std::string& each) { return wanted.contains(each); })) {
    forget(scripts_.find(name)->second->number);
    scripts_.erase(name);
    touched(Kind::script, name);
  }
  std::vector<Script*> fresh;
  for (const TrackedScript& next : config.scripts) {
    auto& script = scripts_[next.config.name];
    if (script && script->config == next) continue;
    touched(Kind::script, next.config.name);
    if (script && script->config.command == next.command) {
      script->config = next;
      perform(*script, script->machine.handle(now, track::event::ScriptReconfigured{next.config}), out);
      continue;
    }
    if (script) forget(script->number);
    const Number number = number_for({Kind::script, next.config.name});
    script = std::make_unique<Script>(
        Script{next, track::Script(next.config), number, next.config.init_fail, false, {}});
    fresh.push_back(script.get());
  }
  if (begun_) schedule(now, std::move(fresh));
}

void Trackers::configure_files(Time now, const TrackersConfig& config) {
  const auto wanted = [&](const std::string& name) {
    return std::ranges::find(config.files, name, &track::FileConfig::name) != config.files.end();
  };
  for (const std::string& name : names_gone(files_, wanted)) {
    forget(files_.find(name)->second.number);
    files_.erase(name);
    touched(Kind::file, name);
  }
  for (const track::FileConfig& next : config.files) {
    File& file = files_[next.name];
    if (file.config == next) continue;
    touched(Kind::file, next.name);
    const bool same = file.config.path == next.path;
    file.config = next;
    if (same) continue;
    if (file.number == 0) file.number = number_for({Kind::file, next.name});
    file.known = false;
    if (begun_) deadlines_.set(file.number, now + file_patience);
  }
}

void Trackers::configure_processes(Time now, const TrackersConfig& config) {
  const auto wanted = [&](const std::string& name) {
    return std::ranges::find(config.processes, name, &track::ProcessConfig::name) != config.processes.end();
  };
  for (const std::string& name : names_gone(processes_, wanted)) {
    forget(processes_.find(name)->second.number);
    processes_.erase(name);
    touched(Kind::process, name);
  }
  for (const track::ProcessConfig& next : config.processes) {
    Process& process = processes_[next.name];
    if (process.config == next) continue;
    touched(Kind::process, next.name);
    const track::ProcessConfig& old = process.config;
    const bool same = old.process == next.process && old.parameters == next.parameters &&
                      old.match == next.match && old.full_command == next.full_command;
    process.config = next;
    process.up.configure({.up = next.fork_delay, .down = next.terminate_delay});
    if (process.number == 0) process.number = number_for({Kind::process, next.name});
    if (same && process.counted) {
      process.up.observe(now, enough(process));
      deadlines_.update(process.number, process.up.next_timeout());
      continue;
    }
    process.counted = false;
    process.up = track::Delayed({.up = next.fork_delay, .down = next.terminate_delay});
    if (begun_) deadlines_.set(process.number, now + process_patience);
  }
}

void Trackers::configure_bfd(const TrackersConfig& config) {
  const auto wanted = [&](const std::string& name) {
    return std::ranges::find(config.bfd_sessions, name) != config.bfd_sessions.end();
  };
  for (const std::string& name : names_gone(sessions_, wanted)) {
    sessions_.erase(name);
    touched(Kind::bfd, name);
  }
  for (const std::string& name : config.bfd_sessions) {
    if (sessions_.try_emplace(name, false).second) touched(Kind::bfd, name);
  }
}

void Trackers::handle(Time now, const event::ScriptFinished& finished, Actions& out) {
  const auto found = scripts_.find(finished.script);
  if (found == scripts_.end()) return;
  perform(*found->second, found->second->machine.handle(now, track::event::ScriptFinished{finished.end}),
          out);
}

void Trackers::handle(Time, const event::TrackedFileChanged& read, Actions& out) {
  const auto found = files_.find(read.file);
  if (found == files_.end()) return;
  File& file = found->second;
  deadlines_.clear(file.number);
  if (read.problem != file.problem && !read.problem.empty()) {
    notice(true, "track_file",
           fmt::format("track_file {}: {}; it counts as {}", read.file, read.problem, read.value), out);
  }
  if (!file.known || file.value != read.value || file.problem != read.problem) touched(Kind::file, read.file);
  file.value = read.value;
  file.problem = read.problem;
  file.known = true;
}

void Trackers::handle(Time now, const event::ProcessesCounted& counted, Actions& out) {
  const auto found = processes_.find(counted.tracker);
  if (found == processes_.end()) return;
  Process& process = found->second;
  const bool first = !std::exchange(process.counted, true);
  const bool other = std::exchange(process.count, counted.count) != counted.count;
  const bool turned = first ? process.up.force(enough(process)) : process.up.observe(now, enough(process));
  deadlines_.update(process.number, process.up.next_timeout());
  if (first || other || turned) touched(Kind::process, counted.tracker);
  if (turned) {
    notice(!*process.up.believed(), "track_process",
           fmt::format("Process {}: {} running, quorum {}", counted.tracker, counted.count,
                       *process.up.believed() ? "met" : "lost"),
           out);
  }
}

void Trackers::handle(Time now, const event::WatcherStarted&, Actions& out) {
  for (auto& [name, script] : scripts_)
    perform(*script, script->machine.handle(now, track::event::ScriptLost{}), out);
  watched_ = {};
  watch(out);
}

void Trackers::set_bfd(const std::string& session, bool up) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end() || found->second == up) return;
  found->second = up;
  touched(Kind::bfd, session);
}

void Trackers::handle_timeout(Time now, Actions& out) {
  while (const auto number = deadlines_.pop_due(now)) expire(now, *number, out);
}

void Trackers::expire(Time now, Number number, Actions& out) {
  if (!numbered_[number]) return;
  const TrackerKey key = *numbered_[number];
  switch (key.kind) {
    case Kind::script: {
      Script& script = *scripts_.find(key.name)->second;
      return perform(script, script.machine.handle_timeout(now), out);
    }
    case Kind::file: {
      File& file = files_.find(key.name)->second;
      if (std::exchange(file.known, true)) return;
      return touched(key.kind, key.name);
    }
    case Kind::process: {
      Process& process = processes_.find(key.name)->second;
      const bool turned =
          process.counted ? process.up.handle_timeout(now) : process.up.force(enough(process));
      deadlines_.update(number, process.up.next_timeout());
      if (!turned) return;
      touched(key.kind, key.name);
      notice(!*process.up.believed(), "track_process",
             fmt::format("Process {}: {} running, quorum {}", key.name, process.count,
                         *process.up.believed() ? "met" : "lost"),
             out);
      return;
    }
    case Kind::interface:
    case Kind::bfd:
      return;
  }
}

void Trackers::perform(Script& script, const track::ScriptActions& actions, Actions& out) {
  for (const auto& each : actions) {
    std::visit(core::Overload{
                   [&](const track::action::Run&) {
                     out.emplace_back(action::RunScript{script.config.config.name});
                   },
                   [&](const track::action::Terminate&) {
                     out.emplace_back(action::EndScript{script.config.config.name, false});
                   },
                   [&](const track::action::Kill&) {
                     out.emplace_back(action::EndScript{script.config.config.name, true});
                   },
                   [&](const track::action::Remark& said) { notice(said.bad, said.id, said.text, out); },
               },
               each);
  }
  settle(script);
  const track::Script& machine = script.machine;
  std::string detail = machine.detail();
  if (script.known == machine.known() && script.up == machine.up() && script.detail == detail) return;
  script.known = machine.known();
  script.up = machine.up();
  script.detail = std::move(detail);
  touched(Kind::script, script.config.config.name);
}

void Trackers::settle(const Script& script) {
  deadlines_.update(script.number, script.machine.next_timeout(), timer_slack(script.config.config.interval));
}

Trackers::Standing Trackers::standing(const TrackerUse& use) const {
  Standing shown;
  switch (use.kind) {
    case Kind::script:
      if (const auto found = scripts_.find(use.name); found != scripts_.end()) {
        shown.known = found->second->machine.known();
        if (shown.known) shown.effect = track::effect_of(found->second->machine.up(), use.weight);
      }
      return shown;
    case Kind::file:
      if (const auto found = files_.find(use.name); found != files_.end()) {
        shown.known = found->second.known;
        if (shown.known) shown.effect = track::effect_of_value(found->second.value, use.weight);
      }
      return shown;
    case Kind::process:
      if (const auto found = processes_.find(use.name); found != processes_.end()) {
        const auto up = found->second.up.believed();
        shown.known = up.has_value();
        if (up) shown.effect = track::effect_of(*up, use.weight);
      }
      return shown;
    case Kind::bfd:
      if (const auto found = sessions_.find(use.name); found != sessions_.end())
        shown.effect = track::effect_of(found->second, use.weight);
      return shown;
    case Kind::interface:
      return shown;
  }
  std::unreachable();
}

std::string Trackers::words_for(const TrackerUse& use) const {
  switch (use.kind) {
    case Kind::script:
      return fmt::format("script {} ({})", use.name, scripts_.find(use.name)->second->machine.detail());
    case Kind::file:
      return fmt::format("file {} ({})", use.name, files_.find(use.name)->second.value);
    case Kind::process: {
      const Process& process = processes_.find(use.name)->second;
      return fmt::format("process {} ({} running, {} wanted)", use.name, process.count,
                         process.config.quorum);
    }
    case Kind::bfd:
      return fmt::format("bfd {} ({})", use.name, sessions_.find(use.name)->second ? "up" : "down");
    case Kind::interface:
      break;
  }
  return use.name;
}

// A script that only changes the priority may take its time.
bool Trackers::holds_back(const TrackerUse& use) const {
  if (use.kind == Kind::script && use.weight.points != 0) return false;
  return !standing(use).known;
}

TrackersSnapshot Trackers::snapshot() const {
  TrackersSnapshot shown;
  for (const auto& [name, script] : scripts_) shown.scripts.push_back(script->machine.snapshot());
  for (const auto& [name, file] : files_) shown.files.push_back({name, file.value, file.problem, file.known});
  for (const auto& [name, process] : processes_) {
    const auto believed = process.up.believed();
    const auto due = process.up.next_timeout();
    shown.processes.push_back({name, process.count, believed.value_or(false), believed.has_value(),
                               due && process.counted, enough(process)});
  }
  for (const auto& [name, up] : sessions_) shown.sessions.push_back({name, up});
  return shown;
}

Trackers::Number Trackers::number_for(const TrackerKey& key) {
  // 0 means "has none yet".
  for (Number number = 1; number < numbered_.size(); ++number) {
    if (numbered_[number]) continue;
    numbered_[number] = key;
    return number;
  }
  if (numbered_.empty()) numbered_.emplace_back();
  numbered_.emplace_back(key);
  return static_cast<Number>(numbered_.size() - 1);
}

void Trackers::forget(Number number) {
  deadlines_.clear(number);
  numbered_[number].reset();
}

bool Trackers::enough(const Process& process) {
  const auto& config = process.config;
  return process.count >= config.quorum && (!config.quorum_max || process.count <= *config.quorum_max);
}

}  // namespace engine
