// Auditors: each watches what happens and holds the routers to one promise of the contract. They know the layout and the
// observations and nothing else, so a made-up history tests them as well as a simulated one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/facts.hpp"

namespace sim {

struct Finding {
  std::string auditor;
  core::Time when{};
  std::string text;
};

/// For people, with its end.
std::string line_of(const Finding& finding);

class Auditor {
 public:
  Auditor(std::string name, Layout layout) : name_(std::move(name)), layout_(std::move(layout)) {}
  virtual ~Auditor() = default;

  void observe(const Observation& observation) {
    pass(observation.when);
    watch(observation);
  }
  /// Nothing more will be observed.
  void finish(core::Time now) {
    pass(now);
    end(now);
  }
  const std::vector<Finding>& findings() const { return findings_; }

 protected:
  const Layout& layout() const { return layout_; }
  std::string node_name(HostId host) const;
  void complain(core::Time when, std::string text) { findings_.push_back({name_, when, std::move(text)}); }

 private:
  virtual void watch(const Observation& observation) = 0;
  /// Time has come to `now`: what should have happened by then has or has not.
  virtual void pass(core::Time) {}
  virtual void end(core::Time) {}

  std::string name_;
  Layout layout_;
  std::vector<Finding> findings_;
};

/// Somebody who removes an address again and again need not be answered more often than this.
inline constexpr core::Duration fight_gap = std::chrono::milliseconds(100);

/// Since when nothing has been done to the world.
class Calm {
 public:
  void watch(const Observation& observation);
  bool calm() const { return impairments_ == 0; }
  core::Time since() const { return since_; }
  /// The last time anything but the wire was in trouble.
  core::Time machines_well_since() const { return machines_well_since_; }
  bool machines_well() const { return machine_impairments_ == 0; }

 private:
  int impairments_ = 0;
  int machine_impairments_ = 0;
  core::Time since_{};
  core::Time machines_well_since_{};
};

// S1: with two-way connectivity and bounded time since the last fault, never two owners for longer than a handover takes.
std::unique_ptr<Auditor> audit_single_owner(const Layout& layout);
// S2: when a partition heals, neighbour caches follow the owner within an advert interval, and its hooks run again.
std::unique_ptr<Auditor> audit_healing(const Layout& layout);
// S3: reports without gaps that equal the state; hooks one at a time, in order, the last one true.
std::unique_ptr<Auditor> audit_reports(const Layout& layout);
// S4: a reload touches what changed and nothing else.
std::unique_ptr<Auditor> audit_reload(const Layout& layout);
// S6: a killed worker that is back in time keeps mastership and addresses.
std::unique_ptr<Auditor> audit_resume(const Layout& layout);
// S7: who slept longer than the others wait listens before it sends.
std::unique_ptr<Auditor> audit_listening(const Layout& layout);
// L1: once faults stop, somebody owns every address within four advert intervals, and FAULT clears itself.
std::unique_ptr<Auditor> audit_convergence(const Layout& layout);
// L2: an address that somebody else removes is back within a netlink round trip.
std::unique_ptr<Auditor> audit_restoring(const Layout& layout);
// L2 for routes and rules, and: they are there with a master and with nobody else.
std::unique_ptr<Auditor> audit_routes(const Layout& layout);
// What a single node must keep to by itself: timers, adverts only by masters, addresses only with masters.
std::unique_ptr<Auditor> audit_local_rules(const Layout& layout);

// The members of a sync group are in one state, whatever happens to one of them.
std::unique_ptr<Auditor> audit_groups(const Layout& layout);

/// All of them.
class Audit : public Recorder {
 public:
  explicit Audit(const Layout& layout);
  void record(const Observation& observation) override;
  void finish(core::Time now);
  std::vector<Finding> findings() const;
  bool clean() const;

 private:
  std::vector<std::unique_ptr<Auditor>> auditors_;
};

}  // namespace sim
