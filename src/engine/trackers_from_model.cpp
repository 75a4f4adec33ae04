#include "engine/trackers_from_model.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "config/tracker_weights.hpp"

namespace engine {

namespace {

using track::Kind;

std::vector<TrackerUse> uses(const config::Model& model, const std::vector<track::Reference>& references) {
  std::vector<TrackerUse> result;
  result.reserve(references.size());
  for (const track::Reference& reference : references)
    result.push_back({reference.kind, reference.name, config::weight_of(model, reference)});
  return result;
}

void take_weights_away(std::vector<TrackerUse>& trackers) {
  std::erase_if(trackers, [](TrackerUse& use) {
    const auto left = config::weight_in_group(use.kind, use.weight);
    use.weight = left.value_or(use.weight);
    return !left;
  });
}

void add_group(const config::Model& model, const config::SyncGroup& group,
               const std::map<std::string_view, InstanceConfig*>& instances, FailoverConfig& result) {
  result.groups.push_back({group.name, group.members, group.hooks});
  const auto shared = uses(model, group.trackers);
  for (const std::string& member : group.members) {
    const auto found = instances.find(member);
    if (found == instances.end()) continue;
    found->second->vrrp.in_sync_group = group.members.size() > 1;
    auto& trackers = found->second->trackers;
    if (!group.tracking_weight) take_weights_away(trackers);
    for (const TrackerUse& use : shared) {
      const bool own = std::ranges::any_of(
          trackers, [&](const TrackerUse& each) { return each.kind == use.kind && each.name == use.name; });
      if (!own) trackers.push_back(use);
    }
  }
}

std::vector<track::PolledInterface> polled(const config::Model& model) {
  std::vector<track::PolledInterface> result = model.polled_interfaces;
  std::set<std::string> known;
  for (const auto& each : result) known.insert(each.interface);
  for (const config::Instance& instance : model.instances) {
    const bool wanted = instance.poll_link || model.globals.poll_every_link;
    const std::string& name = instance.vrrp.interface;
    if (wanted && !name.empty() && known.insert(name).second)
      result.push_back({name, track::PollMethod::automatic});
  }
  return result;
}

}  // namespace

void add_trackers(const config::Model& model, FailoverConfig& result) {
  std::map<std::string_view, InstanceConfig*> instances;
  for (std::size_t i = 0; i < result.instances.size(); ++i) {
    result.instances[i].trackers = uses(model, model.instances[i].trackers);
    instances.emplace(result.instances[i].vrrp.name, &result.instances[i]);
  }
  result.groups.reserve(model.sync_groups.size());
  for (const config::SyncGroup& group : model.sync_groups) add_group(model, group, instances, result);

  // What nobody uses is not watched.
  std::set<std::pair<Kind, std::string>> used;
  for (const InstanceConfig& instance : result.instances) {
    for (const TrackerUse& use : instance.trackers) used.emplace(use.kind, use.name);
  }
  TrackersConfig& trackers = result.trackers;
  for (const config::Script& script : model.scripts) {
    if (used.contains({Kind::script, script.config.name}))
      trackers.scripts.push_back({script.config, script.command});
  }
  for (const auto& file : model.track_files) {
    if (used.contains({Kind::file, file.name})) trackers.files.push_back(file);
  }
  for (const auto& process : model.track_processes) {
    if (used.contains({Kind::process, process.name})) trackers.processes.push_back(process);
  }
  for (const auto& session : model.bfd_sessions) {
    if (used.contains({Kind::bfd, session.name})) trackers.bfd_sessions.push_back(session.name);
  }
  trackers.interface_delays = model.interface_delays;
  trackers.polled_interfaces = polled(model);
  trackers.process_event_buffer = model.globals.process_monitor_buffer;
  trackers.process_event_buffer_force = model.globals.process_monitor_buffer_force;
}

}  // namespace engine
