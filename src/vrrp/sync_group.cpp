#include "vrrp/sync_group.hpp"

#include <algorithm>
#include <utility>

namespace vrrp {

namespace {

// Of members that do not agree, the state that says most about why the group is not master.
State common_state(const std::vector<GroupMember>& members) {
  for (const State state : {State::fault, State::initialize, State::backup}) {
    if (std::ranges::find(members, state, &GroupMember::state) != members.end()) return state;
  }
  return members.empty() ? State::initialize : State::master;
}

bool may_be_master(const GroupMember& member) { return member.state == State::master || member.wants_master; }
bool is_master(const GroupMember& member) { return member.state == State::master; }

}  // namespace

GroupActions SyncGroup::handle(core::Time now, const event::GroupObserved& observed) {
  GroupActions out;
  const auto& members = observed.members;
  const bool all_masters = std::ranges::all_of(members, is_master);
  if (!all_masters && std::ranges::all_of(members, may_be_master)) {
    out.emplace_back(action::MastersTogether{});
    return out;
  }
  if (!all_masters && std::ranges::any_of(members, is_master)) {
    out.emplace_back(action::YieldTogether{std::ranges::find_if_not(members, is_master)->name});
    return out;
  }
  const State next = common_state(members);
  if (next == state_) return out;
  const auto cause = std::ranges::find_if(members, [&](const GroupMember& member) {
    return member.state == next && member.reason != Reason::group_member_left;
  });
  const bool known = cause != members.end();
  enter(now, next, known ? cause->reason : Reason::none, known ? cause->name : std::string(), out);
  return out;
}

void SyncGroup::enter(core::Time now, State next, Reason reason, std::string detail, GroupActions& out) {
  last_ = {};
  last_.from = std::exchange(state_, next);
  last_.to = next;
  last_.reason = reason;
  last_.when = now;
  last_.detail = std::move(detail);
  out.emplace_back(action::ReportGroup{last_});
}

}  // namespace vrrp
