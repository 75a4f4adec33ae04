#include "engine/from_model.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "engine/link_names.hpp"
#include "engine/trackers_from_model.hpp"

namespace engine {

namespace {

// A rule without preference gets one: downward from 16384 in each family, the static ones first.
class Preferences {
 public:
  std::vector<net::Rule> given(std::vector<net::Rule> rules) {
    for (net::Rule& rule : rules) {
      if (!rule.preference) rule.preference = next_[rule.family == net::Family::v4 ? 0 : 1]--;
    }
    return rules;
  }

 private:
  std::uint32_t next_[2] = {16384, 16384};
};

StaticEntries statics(const config::Model& model, Preferences& preferences) {
  StaticEntries result;
  for (const config::StaticAddress& line : model.static_addresses)
    result.addresses.push_back({line.address, line.track_group});
  result.routes = model.static_routes;
  result.rules = preferences.given(model.static_rules);
  for (const config::TrackGroup& group : model.track_groups)
    result.groups.push_back({group.name, group.members});
  return result;
}

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

// A table of our own, and another one for each daemon on the host.
net::FirewallTable firewall(const config::Model& model) {
  const config::FirewallSettings& written = model.globals.firewall;
  net::FirewallTable table;
  if (written.nftables_table) table.name = *written.nftables_table;
  if (!model.globals.daemon.instance.empty()) table.name += "_" + model.globals.daemon.instance;
  table.priority = written.nftables_priority;
  table.counters = written.nftables_counters;
  return table;
}

// Both halves of a vrrp_instance with addresses of both families are of one sync group: the one that the configuration puts them in,
// or one of their own. The half without hooks comes first, so that its addresses are there when the hooks of the other run.
void join_twins(FailoverConfig& result) {
  std::map<std::string_view, InstanceConfig*> by_name;
  for (InstanceConfig& instance : result.instances) by_name.emplace(instance.vrrp.name, &instance);
  for (InstanceConfig& twin : result.instances) {
    if (twin.twin_of.empty()) continue;
    const auto first = by_name.find(twin.twin_of);
    if (first == by_name.end()) continue;
    twin.vrrp.in_sync_group = first->second->vrrp.in_sync_group = true;
    twin.trackers = first->second->trackers;
    const auto group = std::ranges::find_if(result.groups, [&](const GroupConfig& each) {
      return std::ranges::find(each.members, twin.twin_of) != each.members.end();
    });
    if (group == result.groups.end()) {
      result.groups.push_back({twin.twin_of, {twin.vrrp.name, twin.twin_of}, {}, true});
    } else {
      group->members.insert(std::ranges::find(group->members, twin.twin_of), twin.vrrp.name);
    }
  }
}

}  // namespace

FailoverConfig failover_config(const config::Model& model) {
  FailoverConfig result;
  result.router_id = model.globals.router_id;
  Preferences preferences;
  LinkNames links(model);
  result.statics = statics(model, preferences);
  result.instances.reserve(model.instances.size());
  for (const config::Instance& instance : model.instances) {
    result.instances.push_back({instance.vrrp,
                                instance.hooks,
                                instance.routes,
                                preferences.given(instance.rules),
                                {},
                                {},
                                {},
                                instance.twin_of});
    // To the sockets API a VRF is an interface: who is bound to it hears its interfaces and sends by its routes.
    vrrp::Config& router = result.instances.back().vrrp;
    if (router.interface.empty()) router.interface = router.vrf;
    links.equip(instance, result.instances.back(), result.statics);
  }
  result.bfd_sessions = model.bfd_sessions;
  add_trackers(model, result);
  join_twins(result);
  result.firewall = firewall(model);
  result.pacing = pacing(model);
  result.startup_delay = model.globals.startup_delay;
  result.log_unknown_vrids = model.globals.log_unknown_vrids;
  return result;
}

}  // namespace engine
