#include "control/tracker_status.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <nlohmann/json.hpp>

namespace control {
namespace {

using Json = nlohmann::ordered_json;

std::string state_id(vrrp::State state) {
  if (state == vrrp::State::initialize) return "initialize";
  std::string word(vrrp::state_word(state));
  std::ranges::transform(word, word.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

std::string_view verdict(const track::ScriptSnapshot& script) {
  if (!script.known) return "unknown";
  return script.up ? "up" : "down";
}

std::string_view verdict(const engine::ProcessSnapshot& process) {
  if (!process.known) return "unknown";
  return process.up ? "up" : "down";
}

}  // namespace

Json groups_json(const engine::FailoverSnapshot& snapshot, const Moment& moment) {
  Json list = Json::array();
  for (const auto& group : snapshot.groups) {
    Json one{{"name", group.name}, {"state", state_id(group.state)}, {"members", group.members}};
    one["last_transition"] = {{"from", state_id(group.last.from)},
                              {"to", state_id(group.last.to)},
                              {"at", iso_time(moment.wall_of(group.last.when))},
                              {"age_seconds", seconds(moment.now - group.last.when)},
                              {"reason", vrrp::reason_id(group.last.reason)},
                              {"member", group.last.detail}};
    list.push_back(std::move(one));
  }
  return list;
}

Json trackers_json(const engine::TrackersSnapshot& trackers) {
  Json scripts = Json::array();
  for (const auto& script : trackers.scripts) {
    scripts.push_back({{"name", script.name},
                       {"verdict", verdict(script)},
                       {"last", script.last_end},
                       {"in_a_row", script.in_a_row},
                       {"rise", script.rise},
                       {"fall", script.fall},
                       {"running", script.running_since.has_value()},
                       {"runs", script.runs},
                       {"failures", script.failures},
                       {"timeouts", script.timeouts},
                       {"skipped", script.skipped}});
  }
  Json files = Json::array();
  for (const auto& file : trackers.files) {
    Json one{{"name", file.name}, {"value", file.value}, {"known", file.known}};
    if (!file.problem.empty()) one["problem"] = file.problem;
    files.push_back(std::move(one));
  }
  Json processes = Json::array();
  for (const auto& process : trackers.processes)
    processes.push_back({{"name", process.name}, {"count", process.count}, {"verdict", verdict(process)}});
  Json sessions = Json::array();
  for (const auto& session : trackers.sessions)
    sessions.push_back({{"name", session.name}, {"verdict", session.up ? "up" : "down"}});
  return {{"scripts", std::move(scripts)},
          {"files", std::move(files)},
          {"processes", std::move(processes)},
          {"bfd", std::move(sessions)}};
}

std::string groups_text(const engine::FailoverSnapshot& snapshot, const Moment& moment) {
  std::string out;
  if (snapshot.groups.empty()) return out;
  std::size_t width = 5;
  for (const auto& group : snapshot.groups) width = std::max(width, group.name.size());
  const auto line = std::back_inserter(out);
  fmt::format_to(line, "\n{:<{}}  {:<6}  {:<14}  {}\n", "GROUP", width, "STATE", "SINCE", "MEMBERS");
  for (const auto& group : snapshot.groups) {
    fmt::format_to(line, "{:<{}}  {:<6}  {:<14}  {}\n", group.name, width, vrrp::state_word(group.state),
                   age_text(moment.now - group.last.when), fmt::join(group.members, " "));
  }
  return out;
}

std::string trackers_text(const engine::TrackersSnapshot& trackers) {
  std::string out;
  const auto line = std::back_inserter(out);
  for (const auto& script : trackers.scripts) {
    fmt::format_to(line, "script {}: {} ({}, {} in a row)\n", script.name, verdict(script),
                   script.last_end.empty() ? "no result yet" : script.last_end, script.in_a_row);
  }
  for (const auto& file : trackers.files) {
    fmt::format_to(line, "file {}: {}{}\n", file.name, file.value,
                   file.problem.empty() ? "" : " (" + file.problem + ")");
  }
  for (const auto& process : trackers.processes)
    fmt::format_to(line, "process {}: {} ({} running)\n", process.name, verdict(process), process.count);
  for (const auto& session : trackers.sessions)
    fmt::format_to(line, "bfd {}: {}\n", session.name, session.up ? "up" : "down");
  if (!out.empty()) out = "\nTRACKED\n" + out;
  return out;
}

}  // namespace control
