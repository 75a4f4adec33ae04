#include <algorithm>
#include <set>

#include "sim/audit.hpp"

namespace sim {

namespace {

class LocalRules : public Auditor {
 public:
  explicit LocalRules(const Layout& layout) : Auditor("local rules", layout) {}

 private:
  using Key = std::pair<SegmentId, net::IpAddress>;

  void watch(const Observation& observation) override {
    if (const auto* advert = std::get_if<fact::AdvertSent>(&observation.fact))
      on_advert(observation, *advert);
    if (const auto* timeout = std::get_if<fact::TimeoutHandled>(&observation.fact))
      on_timeout(observation, *timeout);
    if (const auto* owned = std::get_if<fact::AddressOwned>(&observation.fact)) {
      owned_[observation.host].insert({owned->segment, owned->address});
    }
    if (const auto* lost = std::get_if<fact::AddressLost>(&observation.fact)) {
      owned_[observation.host].erase({lost->segment, lost->address});
    }
    if (const auto* seen = std::get_if<fact::StatesSeen>(&observation.fact);
        seen != nullptr && seen->at_rest) {
      for (const auto& each : seen->states) on_rest(observation, each);
    }
  }

  void on_advert(const Observation& observation, const fact::AdvertSent& advert) {
    const bool master = advert.before == vrrp::State::master || advert.after == vrrp::State::master;
    const bool may = advert.priority == 0 ? advert.before == vrrp::State::master : master;
    if (may) return;
    complain(observation.when, node_name(observation.host) + " " + advert.instance + " sent priority " +
                                   std::to_string(advert.priority) + " without being master");
  }

  void on_timeout(const Observation& observation, const fact::TimeoutHandled& timeout) {
    if (timeout.next && *timeout.next <= observation.when) {
      complain(observation.when, node_name(observation.host) + " wants to be woken in the past");
    }
    if (timeout.idle && timeout.actions != 0) {
      complain(observation.when, node_name(observation.host) + " acted although nothing was due");
    }
  }

  void on_rest(const Observation& observation, const fact::SeenState& seen) {
    const Group* group = layout().group_of(Member{observation.host, seen.instance});
    if (group == nullptr) return;
    const bool master = seen.state == vrrp::State::master;
    const std::string who = node_name(observation.host) + " " + seen.instance;
    if (seen.addresses_installed != master)
      complain(observation.when, who + " thinks wrongly of its addresses");
    for (const auto& address : group->addresses) {
      const bool owns = owned_[observation.host].contains({group->segment, address});
      if (owns == master) continue;
      complain(observation.when, who + (owns ? " holds " : " lacks ") + address.to_string());
    }
  }

  std::map<HostId, std::set<Key>> owned_;
};

}  // namespace

std::unique_ptr<Auditor> audit_local_rules(const Layout& layout) {
  return std::make_unique<LocalRules>(layout);
}

}  // namespace sim
