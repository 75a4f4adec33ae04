#include "sim/tracker_words.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace sim {

namespace {

using track::Kind;

struct TrackerLine {
  engine::TrackerUse use;
  std::string node, router;  // empty = all
  track::ScriptConfig script;
  track::ProcessConfig process;
};

Done read_option(TrackerLine& line, const Option& option) {
  const auto time = parse_time(option.value);
  const auto number = parse_signed(option.value);
  const auto unsigned_number = static_cast<std::uint32_t>(number.value_or(0));
  if (option.key == "on") return line.node = option.value, Done{};
  if (option.key == "of") return line.router = option.value, Done{};
  if (option.key == "reverse") return line.use.weight.reverse = true, Done{};
  if (option.key == "init_fail") return line.script.init_fail = true, Done{};
  if (option.key == "weight" && number)
    return line.use.weight.points = static_cast<std::int32_t>(*number), Done{};
  if (option.key == "rise" && number) return line.script.rise = unsigned_number, Done{};
  if (option.key == "fall" && number) return line.script.fall = unsigned_number, Done{};
  if (option.key == "quorum" && number) return line.process.quorum = unsigned_number, Done{};
  if (option.key == "quorum_max" && number) return line.process.quorum_max = unsigned_number, Done{};
  if (option.key == "interval" && time) return line.script.interval = line.script.timeout = *time, Done{};
  if (option.key == "timeout" && time) return line.script.timeout = *time, Done{};
  if (option.key == "fork_delay" && time) return line.process.fork_delay = *time, Done{};
  if (option.key == "terminate_delay" && time) return line.process.terminate_delay = *time, Done{};
  return std::unexpected("what is '" + option.key + "' of a tracker?");
}

void add_object(engine::TrackersConfig& trackers, const TrackerLine& line) {
  switch (line.use.kind) {
    case Kind::script:
      trackers.scripts.push_back({line.script, {}});
      trackers.scripts.back().command.argv = {"/" + line.script.name};
      return;
    case Kind::file:
      trackers.files.push_back({line.use.name, "/" + line.use.name, line.use.weight, {}});
      return;
    case Kind::process:
      trackers.processes.push_back(line.process);
      return;
    case Kind::bfd:
      trackers.bfd_sessions.push_back(line.use.name);
      return;
    case Kind::interface:
      return;
  }
}

}  // namespace

std::optional<std::int64_t> parse_signed(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Done add_tracker(Plan& plan, const Words& words) {
  static const std::map<std::string, Kind, std::less<>> kinds{{"script", Kind::script},
                                                              {"file", Kind::file},
                                                              {"process", Kind::process},
                                                              {"bfd", Kind::bfd},
                                                              {"interface", Kind::interface}};
  const auto kind = words.size() > 2 ? kinds.find(words[1]) : kinds.end();
  if (kind == kinds.end())
    return std::unexpected("track needs a kind and a name: track script chk weight=-50");
  TrackerLine line;
  line.use = {kind->second, words[2], {kind->second == Kind::file ? 1 : 0, false}};
  line.script.name = line.process.name = line.process.process = words[2];
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (Done done = read_option(line, parse_option(words[i])); !done) return done;
  }
  for (NodePlan& node : plan.nodes) {
    if (!line.node.empty() && node.name != line.node) continue;
    add_object(node.config.trackers, line);
    for (auto& instance : node.config.instances) {
      if (line.router.empty() || instance.vrrp.name == line.router) instance.trackers.push_back(line.use);
    }
  }
  return {};
}

Done add_group(Plan& plan, const Words& words) {
  if (words.size() < 3) return std::unexpected("group needs a name and members: group G VI_1 VI_2");
  for (NodePlan& node : plan.nodes) {
    engine::GroupConfig group;
    group.name = words[1];
    for (auto& instance : node.config.instances) {
      if (std::find(words.begin() + 2, words.end(), instance.vrrp.name) == words.end()) continue;
      group.members.push_back(instance.vrrp.name);
      instance.vrrp.in_sync_group = true;
    }
    group.hooks.any.emplace();
    group.hooks.any->argv = {"/notify"};
    if (!group.members.empty()) node.config.groups.push_back(group);
  }
  return {};
}

Done add_halves(Plan& plan, const Words& words) {
  if (words.size() != 3) return std::unexpected("halves needs two routers: halves VI VI6");
  for (NodePlan& node : plan.nodes) {
    auto& instances = node.config.instances;
    const auto twin = std::ranges::find(instances, words[2], [](const auto& each) { return each.vrrp.name; });
    const auto first =
        std::ranges::find(instances, words[1], [](const auto& each) { return each.vrrp.name; });
    if (twin == instances.end() || first == instances.end()) continue;
    twin->twin_of = words[1];
    twin->hooks = {};
    twin->vrrp.in_sync_group = first->vrrp.in_sync_group = true;
    node.config.groups.push_back({words[1], {words[2], words[1]}, {}, true});
  }
  return {};
}

std::expected<ScriptManner, std::string> parse_manner(const Words& words, std::size_t from) {
  ScriptManner manner;
  for (std::size_t i = from; i < words.size(); ++i) {
    const Option option = parse_option(words[i]);
    const auto number = parse_signed(option.value);
    if (option.key == "exit" && number) {
      manner.end.exit_status = static_cast<std::int32_t>(*number);
    } else if (option.key == "ends" && number) {
      manner.end = {.exit_status = -1, .signal = static_cast<std::int32_t>(*number), .error = {}};
    } else if (option.key == "missing") {
      manner.end = {.exit_status = -1, .signal = 0, .error = "cannot be started: No such file or directory"};
    } else if (option.key == "takes" && parse_time(option.value)) {
      manner.takes = *parse_time(option.value);
    } else if (option.key == "hangs" || option.key == "deaf") {
      manner.hangs = true;
      manner.ignores_term = option.key == "deaf";
    } else if (option.key != "well") {
      return std::unexpected("what is '" + words[i] + "' of a script?");
    }
  }
  return manner;
}

}  // namespace sim
