#include <algorithm>
#include <set>

#include "sim/audit.hpp"

namespace sim {

namespace {

// The bound: three adverts missed plus the skew, which is below one more (RFC 9568, section 6.1), so four intervals of the
// slowest master that anybody may have learnt its interval from; in version 2 skew is counted in seconds whatever the interval.
// That is Group::takeover. A start-up delay comes on top for who has just started.
class Convergence : public Auditor {
 public:
  explicit Convergence(const Layout& layout) : Auditor("L1 convergence", layout) {
    for (const Group& group : this->layout().groups) {
      for (const auto& address : group.addresses)
        addresses_.push_back({&group, address, {}, core::Time{}, false, core::Time{}});
    }
  }

 private:
  struct Address {
    const Group* group;
    net::IpAddress address;
    std::set<HostId> owners;
    core::Time none_since;
    bool complained;
    core::Time excused_until{};
  };

  void watch(const Observation& observation) override {
    calm_.watch(observation);
    if (const auto* owned = std::get_if<fact::AddressOwned>(&observation.fact)) {
      for (Address& address : matching(owned->segment, owned->address)) {
        address.owners.insert(observation.host);
        address.complained = false;
      }
    }
    if (const auto* lost = std::get_if<fact::AddressLost>(&observation.fact)) {
      for (Address& address : matching(lost->segment, lost->address)) {
        address.owners.erase(observation.host);
        if (address.owners.empty()) address.none_since = observation.when;
      }
    }
    if (const auto* taken = std::get_if<fact::AddressTaken>(&observation.fact)) {
      for (Address& address : matching(taken->segment, taken->address))
        address.excused_until = observation.when + fight_gap;
    }
    if (const auto* can = std::get_if<fact::Available>(&observation.fact)) {
      const Member member{observation.host, can->instance};
      can->available ? void(available_.insert(member)) : void(available_.erase(member));
      if (const Group* group = layout().group_of(member)) changed_[group] = observation.when;
    }
    if (const auto* seen = std::get_if<fact::StatesSeen>(&observation.fact)) {
      for (const auto& each : seen->states) check_fault(observation, each, seen->at_rest);
    }
  }

  std::vector<std::reference_wrapper<Address>> matching(SegmentId segment, const net::IpAddress& wanted) {
    std::vector<std::reference_wrapper<Address>> out;
    for (Address& each : addresses_) {
      if (each.address == wanted && each.group->segment == segment) out.push_back(each);
    }
    return out;
  }

  void check_fault(const Observation& observation, const fact::SeenState& seen, bool at_rest) {
    const bool may = available_.contains({observation.host, seen.instance});
    if (at_rest && may && calm_.calm() && seen.state == vrrp::State::fault) {
      complain(observation.when,
               node_name(observation.host) + " " + seen.instance + " is in FAULT without a cause");
    }
  }

  void pass(core::Time now) override {
    if (!calm_.calm()) return;
    for (Address& address : addresses_) {
      if (!address.owners.empty() || address.complained) continue;
      const Group& group = *address.group;
      const core::Time settled =
          std::max(calm_.since(), changed_[&group]) + group.takeover + layout().startup_delay;
      if (now <= std::max({address.none_since, settled, address.excused_until}) + layout().slack) continue;
      if (std::ranges::none_of(group.members, [&](const Member& m) { return available_.contains(m); }))
        continue;
      address.complained = true;
      complain(now,
               "nobody owns " + address.address.to_string() + " (vrid " + std::to_string(group.vrid) + ")");
    }
  }
  void end(core::Time now) override { pass(now); }

  Calm calm_;
  std::vector<Address> addresses_;
  std::set<Member> available_;
  std::map<const Group*, core::Time> changed_;  // when somebody last became able or unable to serve
};

}  // namespace

std::unique_ptr<Auditor> audit_convergence(const Layout& layout) {
  return std::make_unique<Convergence>(layout);
}

}  // namespace sim
