// A sync group: virtual routers that are master together or not at all. It looks at all members at once and says what must
// happen so that they agree: when every one of them wants to be master (its timer ran out) they all become it; when one of
// several masters no longer is one, the others give way. Faults need nothing here: a member with a fault is a fault of every
// member (FaultKind::group_member), told by whoever knows them all.
//
// Deliberately unlike keepalived: the group never reports a state that its members do not share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "vrrp/state.hpp"

namespace vrrp {

struct GroupMember {
  std::string name;
  State state = State::initialize;
  bool wants_master = false;
  Reason reason = Reason::none;  // of its last transition

  friend bool operator==(const GroupMember&, const GroupMember&) = default;
};

struct GroupSnapshot {
  std::string name;
  State state = State::initialize;
  Transition last;
  std::vector<std::string> members;

  friend bool operator==(const GroupSnapshot&, const GroupSnapshot&) = default;
};

namespace event {
/// All members, after anything that may have changed one of them.
struct GroupObserved {
  std::vector<GroupMember> members;
};
}  // namespace event

namespace action {
/// Every member that is not master yet becomes it.
struct MastersTogether {
  friend bool operator==(const MastersTogether&, const MastersTogether&) = default;
};
/// Every member that is master gives way, because `member` did.
struct YieldTogether {
  std::string member;
  friend bool operator==(const YieldTogether&, const YieldTogether&) = default;
};
struct ReportGroup {
  Transition transition;
  friend bool operator==(const ReportGroup&, const ReportGroup&) = default;
};
}  // namespace action
using GroupActions =
    std::vector<std::variant<action::MastersTogether, action::YieldTogether, action::ReportGroup>>;

class SyncGroup {
 public:
  explicit SyncGroup(std::string name) : name_(std::move(name)) {}
  /// Goes on where another process was.
  SyncGroup(std::string name, const GroupSnapshot& previous)
      : name_(std::move(name)), state_(previous.state), last_(previous.last) {}

  /// After MastersTogether or YieldTogether was done the members must be shown again.
  GroupActions handle(core::Time now, const event::GroupObserved& observed);

  const std::string& name() const { return name_; }
  State state() const { return state_; }
  const Transition& last() const { return last_; }

 private:
  void enter(core::Time now, State next, Reason reason, std::string detail, GroupActions& out);

  std::string name_;
  State state_ = State::initialize;
  Transition last_;
};

}  // namespace vrrp
