#include "engine/balancer_from_model.hpp"

#include <algorithm>
#include <set>

namespace engine {

namespace {

const track::FileConfig* file_named(const config::Model& model, const std::string& name) {
  const auto found = std::ranges::find(model.track_files, name, &track::FileConfig::name);
  return found == model.track_files.end() ? nullptr : &*found;
}

lvs::ServicePlan plan_of(const config::Model& model, const config::VirtualServer& service) {
  lvs::ServicePlan plan;
  plan.service = service.config;
  plan.servers.reserve(service.servers.size());
  for (const config::RealServer& server : service.servers) {
    plan.servers.push_back(server.config);
    // Down until proven, if one check alone is meant so; without checks there is nothing to prove.
    plan.servers.back().alpha =
        std::ranges::any_of(server.checkers, [](const auto& checker) { return checker.config->alpha; });
  }
  if (const auto* name = std::get_if<lvs::GroupName>(&plan.service.key)) {
    const auto group = std::ranges::find(model.virtual_server_groups, name->name, &lvs::Group::name);
    if (group != model.virtual_server_groups.end()) plan.group = *group;
  }
  return plan;
}

ServiceTasks tasks_of(const config::VirtualServer& service) {
  ServiceTasks tasks;
  tasks.servers.reserve(service.servers.size());
  for (const config::RealServer& server : service.servers) {
    ServerTasks& own = tasks.servers.emplace_back();
    own.notify_up = server.notify_up;
    own.notify_down = server.notify_down;
    own.checks.reserve(server.checkers.size());
    for (const config::Checker& checker : server.checkers)
      own.checks.push_back({checker.config, checker.target, checker.command});
  }
  tasks.quorum_up = service.quorum_up;
  tasks.quorum_down = service.quorum_down;
  return tasks;
}

// The synchronisation daemon may still be asked for in an instance, as it was long ago.
std::optional<lvs::SyncDaemon> sync_daemon(const config::Model& model) {
  if (model.globals.lvs_sync_daemon) return model.globals.lvs_sync_daemon;
  for (const config::Instance& instance : model.instances) {
    if (instance.lvs_sync_interface.empty()) continue;
    lvs::SyncDaemon daemon;
    daemon.interface = instance.lvs_sync_interface;
    daemon.instance = instance.vrrp.name;
    return daemon;
  }
  return std::nullopt;
}

}  // namespace

BalancerConfig balancer_config(const config::Model& model) {
  BalancerConfig result;
  result.director.timeouts = model.globals.lvs_timeouts;
  result.director.sync = sync_daemon(model);
  if (result.director.sync) {
    const auto& followed = result.director.sync->instance;
    const auto instance = std::ranges::find_if(
        model.instances, [&](const config::Instance& candidate) { return candidate.vrrp.name == followed; });
    if (instance != model.instances.end()) result.director.sync_id = instance->vrrp.vrid;
  }
  result.director.flush = model.globals.lvs_flush;
  result.director.flush_on_stop = model.globals.lvs_flush_on_stop;
  result.director.services.reserve(model.virtual_servers.size());
  result.services.reserve(model.virtual_servers.size());
  for (const config::VirtualServer& service : model.virtual_servers) {
    result.director.services.push_back(plan_of(model, service));
    result.services.push_back(tasks_of(service));
  }
  result.director.initial_server_states = model.globals.real_server_initial_notifies;
  std::set<std::string> files;
  for (const ServiceTasks& service : result.services) {
    for (const ServerTasks& server : service.servers) {
      for (const CheckTask& task : server.checks) {
        if (const auto* checked = std::get_if<check::File>(&task.config->probe))
          files.insert(checked->track_file);
      }
    }
  }
  for (const std::string& name : files) {
    if (const auto* file = file_named(model, name)) result.watched.files.push_back(*file);
  }
  return result;
}

}  // namespace engine
