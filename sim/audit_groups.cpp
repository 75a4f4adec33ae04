#include <algorithm>
#include <optional>

#include "sim/audit.hpp"

namespace sim {

namespace {

// After every call of the engine the members of a sync group have one state. Who has not begun does not count.
class Groups : public Auditor {
 public:
  explicit Groups(const Layout& layout) : Auditor("members move together", layout) {}

 private:
  void watch(const Observation& observation) override {
    const auto* seen = std::get_if<fact::StatesSeen>(&observation.fact);
    if (seen == nullptr) return;
    for (const auto& members : layout().sync_groups) check(observation, *seen, members);
  }

  void check(const Observation& observation, const fact::StatesSeen& seen,
             const std::vector<std::string>& members) {
    std::optional<fact::SeenState> first;
    for (const auto& each : seen.states) {
      const bool member = std::ranges::find(members, each.instance) != members.end();
      if (!member || each.state == vrrp::State::initialize) continue;
      if (!first) first = each;
      if (first->state == each.state) continue;
      complain(observation.when, node_name(observation.host) + " has " + first->instance + " in " +
                                     std::string(vrrp::state_word(first->state)) + " and " + each.instance +
                                     " in " + std::string(vrrp::state_word(each.state)));
    }
  }
};

}  // namespace

std::unique_ptr<Auditor> audit_groups(const Layout& layout) { return std::make_unique<Groups>(layout); }

}  // namespace sim
