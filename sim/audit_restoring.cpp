#include <algorithm>
#include <optional>

#include "sim/audit.hpp"

namespace sim {

namespace {

class Restoring : public Auditor {
 public:
  explicit Restoring(const Layout& layout) : Auditor("L2 restoring", layout) {}

 private:
  struct Missing {
    HostId host;
    SegmentId segment;
    net::IpAddress address;
    core::Time since;
  };

  void watch(const Observation& observation) override {
    calm_.watch(observation);
    if (const auto* taken = std::get_if<fact::AddressTaken>(&observation.fact)) {
      if (calm_.calm() && masters(observation.host, *taken)) {
        const auto before = put_back_.find({observation.host, taken->address});
        const core::Time from = before == put_back_.end()
                                    ? observation.when
                                    : std::max(observation.when, before->second + fight_gap + layout().slack);
        missing_.push_back({observation.host, taken->segment, taken->address, from});
      }
    }
    if (const auto* owned = std::get_if<fact::AddressOwned>(&observation.fact)) {
      put_back_[{observation.host, owned->address}] = observation.when;
      std::erase_if(missing_, [&](const Missing& each) {
        return each.host == observation.host && each.segment == owned->segment &&
               each.address == owned->address;
      });
    }
    if (const auto* report = std::get_if<fact::Reported>(&observation.fact)) {
      states_[{observation.host, report->instance}] = report->transition.to;
      if (report->transition.to != vrrp::State::master) forgive(observation.host, report->instance);
    }
    if (!calm_.calm() || std::holds_alternative<fact::Disturbed>(observation.fact)) missing_.clear();
  }

  bool masters(HostId host, const fact::AddressTaken& taken) const {
    const Group* group = layout().group_of(taken.segment, taken.address);
    if (group == nullptr) return false;
    return std::ranges::any_of(group->members, [&](const Member& member) {
      const auto state = states_.find(member);
      return member.node == host && state != states_.end() && state->second == vrrp::State::master;
    });
  }

  // A better router was heard meanwhile: the address is not ours any more.
  void forgive(HostId host, const std::string& instance) {
    const Group* group = layout().group_of(Member{host, instance});
    std::erase_if(missing_, [&](const Missing& each) {
      return each.host == host && layout().group_of(each.segment, each.address) == group;
    });
  }

  void pass(core::Time now) override {
    std::erase_if(missing_, [&](const Missing& each) {
      if (now <= each.since + layout().round_trip) return false;
      complain(now, node_name(each.host) + " did not put " + each.address.to_string() + " back");
      return true;
    });
  }

  Calm calm_;
  std::map<Member, vrrp::State> states_;
  std::vector<Missing> missing_;
  std::map<std::pair<HostId, net::IpAddress>, core::Time> put_back_;
};

}  // namespace

std::unique_ptr<Auditor> audit_restoring(const Layout& layout) { return std::make_unique<Restoring>(layout); }

}  // namespace sim
