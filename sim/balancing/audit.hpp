// What a balancer promises, watched from outside: by what the kernel's table holds, and by what is true of the servers, whatever
// anybody has found out about them. Told of things by whoever knows them, so a made-up history tests it as well as a simulated one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/balancer.hpp"
#include "lvs/table.hpp"
#include "sim/audit.hpp"

namespace sim::balancing {

using net::ipvs::Endpoint;
using net::ipvs::ServiceKey;

struct Truth {
  bool alive = true;
  core::Time since{};
};
/// By what checks ask: address and port. Whoever is not here is alive.
using Truths = std::map<Endpoint, Truth>;

/// Weights that an operator ordered.
using Orders = std::map<engine::CheckedServer, std::uint32_t>;

/// Those who get connections under a key.
std::set<Endpoint> serving(const lvs::Table& table, const ServiceKey& key);

/// Who may get them once everything is known of everybody: two sets while the weight is within the hysteresis.
std::vector<std::set<Endpoint>> may_serve(const lvs::ServicePlan& plan, const engine::ServiceTasks& tasks,
                                          const Truths& truths, const Orders& orders);

/// How long a dead server may still get connections when nothing else is wrong.
core::Duration promised(const engine::ServerTasks& tasks);

/// Who could serve, as the balancer knows.
lvs::Fit fit_of(const lvs::DirectorSnapshot& director);

class Audit {
 public:
  /// A command that the kernel has done: no service that served is left with nobody while somebody is known who could.
  void commanded(core::Time now, const lvs::Table& before, const net::ipvs::Command& command,
                 const lvs::Table& after, const lvs::Fit& fit);
  /// Any moment: a server that is dead gets no connections for longer than its check may take. `calm_since`: nothing else has been
  /// wrong since then.
  void looked(core::Time now, const lvs::Table& table, const engine::BalancerConfig& config,
              const Truths& truths, core::Time calm_since);
  /// Nothing has changed for long: the table is as the truth wants it.
  void settled(core::Time now, const lvs::Table& table, const engine::BalancerConfig& config,
               const Truths& truths, const Orders& orders);
  /// Somebody was told that a server is up, or down; or that it is none any more.
  void told(const notify::Event& event);
  /// Of a server that was down when it left the configuration nobody is told, nor of one that is new and well.
  void configured(const engine::BalancerConfig& config);
  /// As settled(), and of what was told.
  void news_settled(core::Time now, const engine::BalancerConfig& config, const Truths& truths);
  /// What others made is as they made it.
  void others(core::Time now, const lvs::Table& table, const lvs::Table& foreign);
  /// Anything else that should not have been.
  void demand(core::Time now, bool kept, std::string promise, std::string text);

  const std::vector<Finding>& findings() const { return findings_; }
  bool clean() const { return findings_.empty(); }

 private:
  std::vector<Finding> findings_;
  std::map<std::pair<std::string, std::string>, bool>
      told_;  // by server and service, as people are told of them: up
};

}  // namespace sim::balancing
