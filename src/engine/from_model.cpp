#include "engine/from_model.hpp"

#include "engine/trackers_from_model.hpp"

namespace engine {

namespace {

std::vector<PacingGroup> pacing(const config::Model& model) {
  std::vector<PacingGroup> groups;
  for (const config::GarpGroup& group : model.garp_groups) {
    groups.push_back({group.interfaces, group.garp_interval.value_or(core::Duration{}),
                      group.gna_interval.value_or(core::Duration{})});
  }
  const config::VrrpDefaults& defaults = model.globals.vrrp;
  if (defaults.garp_interval > core::Duration{} || defaults.gna_interval > core::Duration{}) {
    groups.push_back({{}, defaults.garp_interval, defaults.gna_interval});
  }
  return groups;
}

}  // namespace

FailoverConfig failover_config(const config::Model& model) {
  FailoverConfig result;
  result.router_id = model.globals.router_id;
  result.instances.reserve(model.instances.size());
  for (const config::Instance& instance : model.instances) {
    result.instances.push_back({instance.vrrp, instance.hooks, {}});
  }
  result.bfd_sessions = model.bfd_sessions;
  add_trackers(model, result);
  result.pacing = pacing(model);
  result.startup_delay = model.globals.startup_delay;
  result.log_unknown_vrids = model.globals.log_unknown_vrids;
  return result;
}

}  // namespace engine
