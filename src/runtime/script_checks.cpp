#include "runtime/script_checks.hpp"

#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace runtime {

namespace {

constexpr std::string_view prefix = "MISC_CHECK ";

std::string name_of(ProbeId check) { return fmt::format("{}{}", prefix, check); }

std::optional<ProbeId> check_named(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  ProbeId check = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), check);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return check;
}

}  // namespace

void ScriptChecks::define(ProbeId check, const notify::Command& command) {
  const auto [known, is_new] = scripts_.try_emplace(check, Script{command, false});
  changed_ |= is_new || known->second.command != command;
  known->second.command = command;
}

void ScriptChecks::forget(ProbeId check) { changed_ |= scripts_.erase(check) != 0; }

void ScriptChecks::watch(const engine::TrackersConfig& others) {
  others_ = others;
  changed_ = true;
}

void ScriptChecks::update() {
  if (!std::exchange(changed_, false)) return;
  engine::TrackersConfig all = others_;
  for (const auto& [check, script] : scripts_) {
    track::ScriptConfig config;
    config.name = name_of(check);
    all.scripts.push_back({std::move(config), script.command});
  }
  watcher_.watch(all);
}

void ScriptChecks::run(ProbeId check) {
  update();
  scripts_.at(check).running = true;
  watcher_.add(to_watcher::RunScript{name_of(check)});
}

void ScriptChecks::end(ProbeId check, bool kill) {
  watcher_.add(to_watcher::EndScript{name_of(check), kill});
}

void ScriptChecks::ended(const engine::event::ScriptFinished& script) {
  const auto check = check_named(script.script);
  const auto found = check ? scripts_.find(*check) : scripts_.end();
  if (found == scripts_.end() || !std::exchange(found->second.running, false)) return;
  ended_(*check, script.end);
}

// Not the servers' fault: what was lost is run again, within the time it has left.
void ScriptChecks::watcher_started() {
  changed_ = true;
  for (const auto& [check, script] : scripts_) {
    if (script.running) run(check);
  }
}

}  // namespace runtime
