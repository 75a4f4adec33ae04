#include <algorithm>
#include <optional>
#include <set>

#include "sim/audit.hpp"

namespace sim {

namespace {

// Judges partitions only: the owners became several, and are reunited, while every machine was well. What a neighbour missed
// because it was itself cut off from the one owner there was, no router can know.
class Healing : public Auditor {
 public:
  explicit Healing(const Layout& layout) : Auditor("S2 healing", layout) {
    for (const Group& group : this->layout().groups) {
      for (const auto& address : group.addresses) {
        if (group.announces_again) addresses_.push_back({.group = &group, .address = address});
      }
    }
  }

 private:
  struct Address {
    const Group* group = nullptr;
    net::IpAddress address{};
    std::set<HostId> owners{};
    core::Time two_since{};
    std::map<HostId, HostId> caches{};
    std::optional<core::Time> healed{};
    bool caches_checked = false;
  };

  void watch(const Observation& observation) override {
    const bool was_calm = calm_.calm();
    calm_.watch(observation);
    if (std::holds_alternative<fact::Disturbed>(observation.fact) ||
        std::holds_alternative<fact::Impaired>(observation.fact)) {
      for (Address& each : addresses_) each.healed.reset();
    }
    if (!was_calm && calm_.calm()) reunite(observation.when);
    if (const auto* queued = std::get_if<fact::HooksQueued>(&observation.fact)) {
      if (!queued->commands.empty()) last_hooks_[{observation.host, queued->queue}] = observation.when;
    }
    for (Address& each : addresses_) note(each, observation);
  }

  static void note(Address& each, const Observation& observation) {
    const auto is = [&](const auto& f) {
      return f.segment == each.group->segment && f.address == each.address;
    };
    if (const auto* owned = std::get_if<fact::AddressOwned>(&observation.fact);
        owned != nullptr && is(*owned)) {
      each.owners.insert(observation.host);
      each.healed.reset();  // an owner that is new takes over; that is another story
      if (each.owners.size() == 2) each.two_since = observation.when;
    }
    if (const auto* lost = std::get_if<fact::AddressLost>(&observation.fact); lost != nullptr && is(*lost)) {
      each.owners.erase(observation.host);
    }
    if (const auto* cache = std::get_if<fact::CacheUpdated>(&observation.fact);
        cache != nullptr && is(*cache)) {
      each.caches[observation.host] = cache->owner;
    }
  }

  void reunite(core::Time now) {
    for (Address& each : addresses_) {
      // Two owners for less than an interval may as well be a handover that was under way.
      const bool partition_only = calm_.machines_well() && calm_.machines_well_since() < each.two_since &&
                                  now - each.two_since > each.group->interval;
      each.caches_checked = false;
      each.healed = each.owners.size() >= 2 && partition_only ? std::optional(now) : std::nullopt;
    }
  }

  void pass(core::Time now) override {
    for (Address& each : addresses_) {
      if (!each.healed) continue;
      if (!each.caches_checked && now > *each.healed + each.group->interval + layout().slack)
        check_caches(now, each);
      if (now > *each.healed + hooks_within(*each.group)) check_hooks(now, each);
    }
  }

  // The second master counts as gone once it was silent for as long as any master may be; it may have spoken up to an advert
  // interval after the heal.
  core::Duration hooks_within(const Group& group) const {
    return group.takeover + 2 * group.interval + layout().slack;
  }

  void check_caches(core::Time now, Address& each) {
    each.caches_checked = true;
    if (each.owners.size() != 1) {
      complain(now, each.address.to_string() + " has " + std::to_string(each.owners.size()) +
                        " owners after the heal");
      each.healed.reset();
      return;
    }
    for (const auto& [neighbour, owner] : each.caches) {
      if (each.owners.contains(owner)) continue;
      complain(now, "the cache of " + node_name(neighbour) + " says " + each.address.to_string() + " is at " +
                        node_name(owner) + ", but it is at " + node_name(*each.owners.begin()));
    }
  }

  void check_hooks(core::Time now, Address& each) {
    const core::Time healed = *each.healed;
    each.healed.reset();
    if (each.owners.size() != 1) return;
    const HostId owner = *each.owners.begin();
    const auto mine = [&](const Member& member) { return member.node == owner; };
    const auto member = std::ranges::find_if(each.group->members, mine);
    if (member == each.group->members.end()) return;
    const auto ran = last_hooks_.find({owner, member->instance});
    if (ran == last_hooks_.end() || ran->second < healed) {
      complain(now, "the hooks of " + node_name(owner) + " " + member->instance + " did not run again");
    }
  }

  Calm calm_;
  std::vector<Address> addresses_;
  std::map<std::pair<HostId, std::string>, core::Time> last_hooks_;  // by queue, which is the instance
};

}  // namespace

std::unique_ptr<Auditor> audit_healing(const Layout& layout) { return std::make_unique<Healing>(layout); }

}  // namespace sim
