#include "sim/plan.hpp"

#include <algorithm>

namespace sim {

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

const InterfacePlan* interface_of(const NodePlan& node, const std::string& name) {
  const auto found = std::ranges::find(node.interfaces, name, &InterfacePlan::name);
  return found == node.interfaces.end() ? nullptr : &*found;
}

// RFC 9568, section 6.1, with the learnt interval at its worst: anybody may follow the slowest. Skew is below one interval,
// in version 2 below one second.
core::Duration longest_wait(const vrrp::Config& config, core::Duration interval) {
  const auto skew = config.version == vrrp::Version::v2 ? std::max<core::Duration>(interval, 1s) : interval;
  return config.down_timer_adverts * interval + skew;
}

std::vector<net::IpAddress> addresses_of(const vrrp::Config& config) {
  std::vector<net::IpAddress> out;
  for (const auto& line : config.addresses) out.push_back(line.address.address.address);
  for (const auto& line : config.excluded_addresses) out.push_back(line.address.address.address);
  return out;
}

Group& group_for(std::vector<Group>& groups, SegmentId segment, const vrrp::Config& config) {
  const auto found = std::ranges::find_if(groups, [&](const Group& group) {
    return group.segment == segment && group.family == config.family && group.vrid == config.vrid;
  });
  if (found != groups.end()) return *found;
  groups.push_back({.segment = segment,
                    .family = config.family,
                    .vrid = config.vrid,
                    .members = {},
                    .addresses = addresses_of(config)});
  return groups.back();
}

}  // namespace

const Group* Layout::group_of(const Member& member) const {
  for (const Group& group : groups) {
    if (std::ranges::find(group.members, member) != group.members.end()) return &group;
  }
  return nullptr;
}

const Group* Layout::group_of(SegmentId segment, const net::IpAddress& address) const {
  for (const Group& group : groups) {
    if (group.segment == segment && std::ranges::find(group.addresses, address) != group.addresses.end())
      return &group;
  }
  return nullptr;
}

namespace {

constexpr core::Duration first_results =
    20ms;  // of what is tracked: a router waits for them before it begins

}  // namespace

Layout layout_of(const Plan& plan) {
  Layout layout;
  core::Duration longest{};
  for (const NodePlan& node : plan.nodes) {
    for (const auto& instance : node.config.instances)
      longest = std::max(longest, instance.vrrp.advert_interval);
  }
  // There and back on the wire, four kernel echoes, late wake-ups, and the engine's licence to gather deadlines (1 % of the
  // interval, at most 10 ms; 1 ms for what is no advert) on both sides.
  layout.slack = 4 * plan.wire.delay_max + 4 * plan.echo_max + 3 * plan.timer_lateness + 3ms +
                 2 * std::min<core::Duration>(longest / 100, 10ms);
  layout.round_trip = plan.echo_max + 1ms;
  for (std::uint32_t index = 0; index < plan.nodes.size(); ++index) {
    const NodePlan& node = plan.nodes[index];
    layout.node_names.push_back(node.name);
    layout.startup_delay = std::max(layout.startup_delay, node.config.startup_delay);
    if (node.config.trackers != engine::TrackersConfig{})
      layout.startup_delay = std::max(layout.startup_delay, node.config.startup_delay + first_results);
    for (const auto& group : node.config.groups) {
      if (std::ranges::find(layout.sync_groups, group.members) == layout.sync_groups.end())
        layout.sync_groups.push_back(group.members);
    }
    for (const auto& instance : node.config.instances) {
      auto& texts = layout.routes[{HostId{index}, instance.vrrp.name}];
      for (const auto& route : instance.routes) texts.push_back(net::to_string(route));
      for (const auto& rule : instance.rules) texts.push_back(net::to_string(rule));
      const InterfacePlan* interface = interface_of(node, instance.vrrp.interface);
      if (interface == nullptr) continue;
      Group& group = group_for(layout.groups, interface->segment, instance.vrrp);
      group.members.push_back({HostId{index}, instance.vrrp.name});
      const core::Duration interval = instance.vrrp.advert_interval;
      group.interval = std::max(group.interval, interval);
      group.shortest_interval =
          group.members.size() == 1 ? interval : std::min(group.shortest_interval, interval);
      group.announces_again =
          group.announces_again && instance.vrrp.reannounce_after_second_master && !instance.vrrp.strict;
    }
  }
  for (const NodePlan& node : plan.nodes) {
    for (const auto& instance : node.config.instances) {
      const InterfacePlan* interface = interface_of(node, instance.vrrp.interface);
      if (interface == nullptr) continue;
      Group& group = group_for(layout.groups, interface->segment, instance.vrrp);
      group.takeover = std::max(group.takeover, longest_wait(instance.vrrp, group.interval));
    }
  }
  return layout;
}

}  // namespace sim
