#include "sim/audit.hpp"

namespace sim {

namespace {

// "Listened" means: for at least the shortest advert interval of the group, in which a master would have been heard. Master or
// backup, stopped or killed and resumed, makes no difference: whose timer ran out while it slept knows nothing.
class Listening : public Auditor {
 public:
  explicit Listening(const Layout& layout) : Auditor("S7 listening", layout) {}

 private:
  void watch(const Observation& observation) override {
    if (std::holds_alternative<fact::WorkerEnded>(observation.fact))
      ended_[observation.host] = observation.when;
    if (const auto* continued = std::get_if<fact::Continued>(&observation.fact)) {
      woke_[observation.host] = {observation.when, continued->slept};
    }
    if (const auto* started = std::get_if<fact::WorkerStarted>(&observation.fact)) {
      woke_.erase(observation.host);
      if (started->resumed)
        woke_[observation.host] = {observation.when, observation.when - ended_[observation.host]};
    }
    if (const auto* advert = std::get_if<fact::AdvertSent>(&observation.fact))
      on_advert(observation, *advert);
  }

  void on_advert(const Observation& observation, const fact::AdvertSent& advert) {
    const auto woke = woke_.find(observation.host);
    const Group* group = layout().group_of(Member{observation.host, advert.instance});
    if (advert.priority == 0 || woke == woke_.end() || group == nullptr) return;
    if (woke->second.slept <= group->takeover + group->interval) return;
    if (observation.when >= woke->second.when + group->shortest_interval) return;
    complain(observation.when,
             node_name(observation.host) + " " + advert.instance + " slept and sent before it listened");
  }

  struct Waking {
    core::Time when;
    core::Duration slept;
  };
  std::map<HostId, core::Time> ended_;
  std::map<HostId, Waking> woke_;
};

}  // namespace

std::unique_ptr<Auditor> audit_listening(const Layout& layout) { return std::make_unique<Listening>(layout); }

}  // namespace sim
