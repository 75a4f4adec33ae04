#include <algorithm>
#include <set>

#include "sim/audit.hpp"

namespace sim {

namespace {

// Two owners are legal for as long as a handover takes (the new one has announced itself, the old one has not heard it yet),
// and without limit while something is wrong or has been within the time that routers are given to notice.
class SingleOwner : public Auditor {
 public:
  explicit SingleOwner(const Layout& layout) : Auditor("S1 single owner", layout) {}

 private:
  struct Address {
    const Group* group = nullptr;
    std::set<HostId> owners;
    core::Time two_since{};
    bool complained = false;
  };
  using Key = std::pair<SegmentId, net::IpAddress>;

  void watch(const Observation& observation) override {
    calm_.watch(observation);
    if (const auto* owned = std::get_if<fact::AddressOwned>(&observation.fact)) {
      Address& address = find({owned->segment, owned->address});
      address.owners.insert(observation.host);
      if (address.owners.size() == 2) {
        address.two_since = observation.when;
        address.complained = false;
      }
    }
    if (const auto* lost = std::get_if<fact::AddressLost>(&observation.fact)) {
      find({lost->segment, lost->address}).owners.erase(observation.host);
    }
  }

  void pass(core::Time now) override {
    if (!calm_.calm()) return;
    for (auto& [key, address] : addresses_) {
      if (address.owners.size() < 2 || address.group == nullptr || address.complained) continue;
      const core::Time settled = calm_.since() + address.group->takeover + layout().startup_delay;
      if (now <= std::max(address.two_since, settled) + layout().slack) continue;
      address.complained = true;
      std::string who;
      for (const HostId owner : address.owners) who += " " + node_name(owner);
      complain(now, key.second.to_string() + " has several owners:" + who);
    }
  }
  void end(core::Time now) override { pass(now); }

  Address& find(const Key& key) {
    const auto [entry, is_new] = addresses_.try_emplace(key);
    if (is_new) entry->second.group = layout().group_of(key.first, key.second);
    return entry->second;
  }

  Calm calm_;
  std::map<Key, Address> addresses_;
};

}  // namespace

std::unique_ptr<Auditor> audit_single_owner(const Layout& layout) {
  return std::make_unique<SingleOwner>(layout);
}

}  // namespace sim
