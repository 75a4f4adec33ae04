#include <set>

#include "sim/audit.hpp"

namespace sim {

namespace {

// "Listened" means: for at least the shortest advert interval of the group, in which a master would have been heard, or until
// the master that was followed said itself that it resigns; an owner that only starts now need not. Master or
// backup, stopped or killed and resumed, makes no difference: whose timer ran out while it slept knows nothing.
class Listening : public Auditor {
 public:
  explicit Listening(const Layout& layout) : Auditor("S7 listening", layout) {}

 private:
  void watch(const Observation& observation) override {
    if (std::holds_alternative<fact::WorkerEnded>(observation.fact))
      ended_[observation.host] = observation.when;
    if (const auto* continued = std::get_if<fact::Continued>(&observation.fact)) {
      const auto before = woke_.find(observation.host);
      const core::Time since = before == woke_.end() ? core::Time{} : before->second.when;
      woke_[observation.host] = {observation.when, continued->slept, since};
      std::erase_if(excused_, [&](const Member& member) { return member.node == observation.host; });
    }
    if (const auto* started = std::get_if<fact::WorkerStarted>(&observation.fact)) {
      woke_.erase(observation.host);
      if (started->resumed)
        woke_[observation.host] = {observation.when, observation.when - ended_[observation.host], {}};
    }
    if (const auto* report = std::get_if<fact::Reported>(&observation.fact)) {
      const Member member{observation.host, report->instance};
      const vrrp::Reason reason = report->transition.reason;
      if (reason == vrrp::Reason::master_resigned || reason == vrrp::Reason::started_as_owner)
        excused_.insert(member);
      if (excused_.contains(member)) suspects_.erase(member);
    }
    if (const auto* advert = std::get_if<fact::AdvertSent>(&observation.fact))
      on_advert(observation, *advert);
  }

  void on_advert(const Observation& observation, const fact::AdvertSent& advert) {
    const Member member{observation.host, advert.instance};
    const auto woke = woke_.find(observation.host);
    const Group* group = layout().group_of(member);
    if (advert.priority == 0 || woke == woke_.end() || group == nullptr || excused_.contains(member)) return;
    if (woke->second.slept <= group->takeover + group->interval + layout().startup_delay) return;
    if (observation.when >= woke->second.when + group->shortest_interval) return;
    // Asleep again before it had listened to the end: a machine that is late over and over must not be silent for ever.
    if (woke->second.when - woke->second.slept < woke->second.before + group->takeover) return;
    suspects_.try_emplace(member, observation.when);  // the report that says why follows in the same instant
  }

  void pass(core::Time now) override {
    std::erase_if(suspects_, [&](const auto& suspect) {
      const auto& [member, when] = suspect;
      if (when == now) return false;
      complain(when, node_name(member.node) + " " + member.instance + " slept and sent before it listened");
      return true;
    });
  }
  void end(core::Time now) override { pass(now + core::Duration(1)); }

  struct Waking {
    core::Time when;
    core::Duration slept;
    core::Time before;  // when it woke the time before
  };
  std::map<HostId, core::Time> ended_;
  std::map<HostId, Waking> woke_;
  std::set<Member> excused_;
  std::map<Member, core::Time> suspects_;
};

}  // namespace

std::unique_ptr<Auditor> audit_listening(const Layout& layout) { return std::make_unique<Listening>(layout); }

}  // namespace sim
