// Sync groups: their members are told of each other's faults, become master together and give way together, and the group's
// own scripts hear of it after those of its members.
#include <algorithm>
#include <utility>

#include "core/overload.hpp"
#include "engine/failover_implementation.hpp"
#include "notify/hooks.hpp"

namespace engine {

using core::Time;
using vrrp::FaultKind;

namespace {

// Members that agree need one round, a takeover or a retreat two. More would be a mistake of ours, and shall not be a loop.
constexpr int most_rounds = 4;

notify::HookState hook_state(const vrrp::Transition& transition) {
  switch (transition.to) {
    case vrrp::State::master:
      return notify::HookState::master;
    case vrrp::State::backup:
      return notify::HookState::backup;
    case vrrp::State::fault:
      return notify::HookState::fault;
    case vrrp::State::initialize:
      return notify::HookState::stop;
  }
  std::unreachable();
}

}  // namespace

// A group that is known goes on in its state, whoever its members are now.
void Failover::Implementation::adopt_groups(const std::vector<GroupConfig>& groups) {
  std::vector<Group> before = std::exchange(groups_, {});
  groups_touched_.clear();
  for (const auto& router : routers_) {
    if (router) router->group.reset();
  }
  for (const GroupConfig& config : groups) {
    const auto known =
        std::ranges::find(before, config.name, [](const Group& group) { return group.machine.name(); });
    Group& group = groups_.emplace_back(
        Group{known == before.end() ? vrrp::SyncGroup(config.name) : std::move(known->machine),
              config.hooks,
              config.silent,
              {}});
    for (const std::string& name : config.members) {
      const auto member = by_name_.find(name);
      if (member == by_name_.end()) continue;
      group.members.push_back(member->second);
      routers_[member->second]->group = groups_.size() - 1;
    }
    groups_touched_.insert(groups_.size() - 1);
  }
}

void Failover::Implementation::resume_groups(const std::vector<vrrp::GroupSnapshot>& previous) {
  for (Group& group : groups_) {
    const auto before = std::ranges::find(previous, group.machine.name(), &vrrp::GroupSnapshot::name);
    if (before != previous.end()) group.machine = vrrp::SyncGroup(before->name, *before);
  }
}

void Failover::Implementation::settle_groups(Time now, Actions& out) {
  if (!listed_ || stopped_) return;
  for (int round = 0; round < most_rounds && !groups_touched_.empty(); ++round) {
    for (const std::size_t index : std::exchange(groups_touched_, {})) settle_group(now, groups_[index], out);
  }
}

void Failover::Implementation::settle_group(Time now, Group& group, Actions& out) {
  vrrp::event::GroupObserved observed;
  for (const Number number : group.members) {
    const vrrp::Instance& instance = routers_[number]->instance;
    observed.members.push_back(
        {instance.config().name, instance.state(), instance.wants_master(), instance.last().reason});
  }
  const auto tell = [&](const vrrp::Event& event) {
    for (const Number number : group.members) {
      perform(now, number, routers_[number]->instance.handle(now, event), out);
      settle(number);
    }
  };
  for (const auto& action : group.machine.handle(now, observed)) {
    std::visit(
        core::Overload{
            [&](const vrrp::action::MastersTogether&) { tell(vrrp::event::GroupTakesOver{}); },
            [&](const vrrp::action::YieldTogether& yield) { tell(vrrp::event::GroupYields{yield.member}); },
            [&](const vrrp::action::ReportGroup& said) { report(group, said.transition, out); },
        },
        action);
  }
}

void Failover::Implementation::add_group_faults(Number number, std::vector<vrrp::Fault>& faults) const {
  if (!routers_[number]->group) return;
  for (const Number sibling : groups_[*routers_[number]->group].members) {
    if (sibling != number && routers_[sibling]->has_own_fault)
      faults.push_back({FaultKind::group_member, routers_[sibling]->instance.config().name});
  }
}

void Failover::Implementation::tell_siblings(Time now, Number number, Actions& out) {
  const std::vector<Number> members = groups_[*routers_[number]->group].members;
  for (const Number sibling : members) {
    if (sibling == number) continue;
    auto faults = faults_of(*routers_[sibling]);
    add_group_faults(sibling, faults);
    tell_faults(now, sibling, std::move(faults), out);
    settle(sibling);
  }
}

void Failover::Implementation::lower_priority_in_group(Time now, Number number, Actions& out) {
  if (!routers_[number]->group) return;
  for (const Number sibling : groups_[*routers_[number]->group].members) {
    if (sibling == number) continue;
    perform(now, sibling, routers_[sibling]->instance.handle(now, vrrp::event::GroupHeardLowerPriority{}),
            out);
    settle(sibling);
  }
}

// A reload gave a master addresses of its other family: what is half of it need not wait.
bool Failover::Implementation::joins_master(const Router& router) const {
  if (router.twin_of.empty()) return false;
  const auto first = by_name_.find(router.twin_of);
  return first != by_name_.end() && routers_[first->second]->instance.state() == vrrp::State::master;
}

void Failover::Implementation::stop_groups(Time now, Actions& out) {
  for (const Group& group : groups_) {
    vrrp::Transition stopped;
    stopped.from = group.machine.state();
    stopped.reason = vrrp::Reason::stopped;
    stopped.when = now;
    report(group, stopped, out);
  }
}

// The group's counterpart of report(Router&, …): its scripts, then the record.
void Failover::Implementation::report(const Group& group, const vrrp::Transition& transition, Actions& out) {
  if (group.silent) return;
  const std::string& name = group.machine.name();
  const bool begins = transition.to == vrrp::State::initialize && transition.reason != vrrp::Reason::stopped;
  auto commands =
      begins ? std::vector<notify::Command>{}
             : notify::entered(group.hooks, {notify::Subject::Kind::group, name, 0}, hook_state(transition));
  if (!commands.empty()) out.emplace_back(action::RunHooks{"vrrp_sync_group " + name, std::move(commands)});
  tell_transition(group, transition, out);
  out.emplace_back(action::ReportGroupTransition{++sequence_, name, transition});
}

}  // namespace engine
