#include "sim/audit.hpp"

namespace sim {

namespace {

// Judged for workers that were dead for less than the shortest advert interval: nobody can have missed more than one advert.
// Giving way to a better router is no fault of the restart.
class Resume : public Auditor {
 public:
  explicit Resume(const Layout& layout) : Auditor("S6 resume", layout) {}

 private:
  struct Worker {
    std::map<std::string, vrrp::State> states{};
    core::Time ended{};
    core::Time back{};
    bool resumed = false;
  };

  void watch(const Observation& observation) override {
    const auto* impaired = std::get_if<fact::Impaired>(&observation.fact);
    const auto* repaired = std::get_if<fact::Repaired>(&observation.fact);
    const bool kill = (impaired != nullptr && impaired->what == "kill") ||
                      (repaired != nullptr && repaired->what == "kill");
    if (!kill) calm_.watch(observation);

    Worker& worker = workers_[observation.host];
    if (std::holds_alternative<fact::WorkerEnded>(observation.fact)) worker.ended = observation.when;
    if (const auto* started = std::get_if<fact::WorkerStarted>(&observation.fact)) {
      worker.resumed = started->resumed;
      worker.back = observation.when;
      if (!started->resumed) worker.states.clear();
    }
    if (const auto* report = std::get_if<fact::Reported>(&observation.fact)) {
      on_report(observation, worker, *report);
      worker.states[report->instance] = report->transition.to;
    }
  }

  void on_report(const Observation& observation, Worker& worker, const fact::Reported& report) {
    const Group* group = layout().group_of(Member{observation.host, report.instance});
    const bool fresh = worker.resumed && observation.when <= worker.back + layout().slack;
    if (group == nullptr || !fresh || worker.states[report.instance] != vrrp::State::master) return;
    const bool quick = worker.back - worker.ended < group->shortest_interval;
    const bool undisturbed = calm_.calm() && calm_.since() + group->takeover < worker.ended;
    if (!quick || !undisturbed || report.transition.to == vrrp::State::master ||
        outranked(report.transition.reason))
      return;
    complain(observation.when,
             node_name(observation.host) + " " + report.instance + " gave up mastership on resuming");
  }

  static bool outranked(vrrp::Reason reason) {
    return reason == vrrp::Reason::higher_priority_heard ||
           reason == vrrp::Reason::equal_priority_higher_address || reason == vrrp::Reason::owner_conflict;
  }

  Calm calm_;
  std::map<HostId, Worker> workers_;
};

}  // namespace

std::unique_ptr<Auditor> audit_resume(const Layout& layout) { return std::make_unique<Resume>(layout); }

}  // namespace sim
