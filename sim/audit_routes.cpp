#include <algorithm>
#include <map>
#include <set>

#include "sim/audit.hpp"

namespace sim {

namespace {

// A master has its routes and rules and nobody else has them; one that somebody removes is back within a netlink round trip.
class Routes : public Auditor {
 public:
  explicit Routes(const Layout& layout) : Auditor("L2 routes", layout) {}

 private:
  struct Missing {
    HostId host;
    std::string text;
    core::Time since;
  };

  void watch(const Observation& observation) override {
    calm_.watch(observation);
    const HostId host = observation.host;
    if (const auto* there = std::get_if<fact::RouteThere>(&observation.fact)) {
      there_[host].insert(there->text);
      put_back_[{host, there->text}] = observation.when;
      std::erase_if(missing_,
                    [&](const Missing& each) { return each.host == host && each.text == there->text; });
    }
    if (const auto* gone = std::get_if<fact::RouteGone>(&observation.fact)) there_[host].erase(gone->text);
    if (const auto* taken = std::get_if<fact::RouteTaken>(&observation.fact)) on_taken(observation, *taken);
    if (const auto* report = std::get_if<fact::Reported>(&observation.fact)) {
      states_[{host, report->instance}] = report->transition.to;
      // A better router was heard meanwhile, or the other way round: what is wanted is another thing now.
      std::erase_if(missing_, [&](const Missing& each) { return each.host == host; });
    }
    if (const auto* seen = std::get_if<fact::StatesSeen>(&observation.fact); seen != nullptr && seen->at_rest)
      on_rest(observation, *seen);
    if (!calm_.calm() || std::holds_alternative<fact::Disturbed>(observation.fact)) missing_.clear();
  }

  bool wanted(HostId host, const std::string& text) const {
    return std::ranges::any_of(layout().routes, [&](const auto& entry) {
      const auto& [member, texts] = entry;
      if (member.node != host || std::ranges::find(texts, text) == texts.end()) return false;
      const auto state = states_.find(member);
      return state != states_.end() && state->second == vrrp::State::master;
    });
  }

  void on_taken(const Observation& observation, const fact::RouteTaken& taken) {
    if (!calm_.calm() || !wanted(observation.host, taken.text)) return;
    const auto before = put_back_.find({observation.host, taken.text});
    const core::Time from = before == put_back_.end()
                                ? observation.when
                                : std::max(observation.when, before->second + fight_gap + layout().slack);
    missing_.push_back({observation.host, taken.text, from});
  }

  void on_rest(const Observation& observation, const fact::StatesSeen& seen) {
    for (const auto& each : seen.states) {
      const auto texts = layout().routes.find({observation.host, each.instance});
      if (texts == layout().routes.end()) continue;
      const bool master = each.state == vrrp::State::master;
      for (const std::string& text : texts->second) {
        if (there_[observation.host].contains(text) == master) continue;
        complain(observation.when,
                 node_name(observation.host) + " " + each.instance + (master ? " lacks " : " has ") + text);
      }
    }
  }

  void pass(core::Time now) override {
    std::erase_if(missing_, [&](const Missing& each) {
      if (now <= each.since + layout().round_trip) return false;
      complain(now, node_name(each.host) + " did not put " + each.text + " back");
      return true;
    });
  }

  Calm calm_;
  std::map<Member, vrrp::State> states_;
  std::map<HostId, std::set<std::string>> there_;
  std::map<std::pair<HostId, std::string>, core::Time> put_back_;
  std::vector<Missing> missing_;
};

}  // namespace

std::unique_ptr<Auditor> audit_routes(const Layout& layout) { return std::make_unique<Routes>(layout); }

}  // namespace sim
