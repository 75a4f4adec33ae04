// Everything this machine balances: the services of the configuration, what the data plane holds of them, what of it is ours,
// the timeouts of connections and the synchronisation daemons. Passes events to the services and gathers what they want. The
// first listing comes before the first command, so that what was there already is corrected and not built anew.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <variant>

#include "lvs/service.hpp"

namespace lvs {

struct DirectorSnapshot {
  std::vector<ServiceSnapshot> services;
  std::vector<net::ipvs::ServiceKey> held;  // in the plane by our doing
  std::vector<net::ipvs::Daemon> daemons;   // running by our doing
  std::map<std::string, bool> is_master;    // by instance: whom the daemons follow
  std::uint64_t repaired = 0;               // entries somebody else had changed

  friend bool operator==(const DirectorSnapshot&, const DirectorSnapshot&) = default;
};

namespace event {
struct Started {};
/// All that the plane holds. Asked for by action::ListTable, whose generation it carries.
struct TableListed {
  std::uint64_t generation = 0;
  net::ipvs::Listing listing;
};
/// The plane cannot be listed; it will be tried again.
struct ListingFailed {};
/// Commands that the plane did not carry out; it says why to the operator itself.
struct CommandsRefused {
  Commands commands;
};
/// Whether this machine is master of that VRRP instance.
struct HolderChanged {
  std::string instance;
  bool master = false;
};
/// `found`: what is known of its servers beside what was told, so that none of them begins as if nothing were.
struct Reconfigured {
  DirectorConfig config;
  std::vector<HealthChanged> found = {};
};
struct StopRequested {};
}  // namespace event

using Event =
    std::variant<event::Started, event::TableListed, event::ListingFailed, event::CommandsRefused,
                 event::HealthChanged, event::WeightOrdered, event::AddressChanged, event::ConnectionsCounted,
                 event::HolderChanged, event::Reconfigured, event::StopRequested>;

namespace action {
/// Ask the plane for everything it holds (event::TableListed or event::ListingFailed). A generation is a state of the table as
/// we made it: a listing that comes when commands have gone out since is not looked at.
struct ListTable {
  std::uint64_t generation = 0;
  friend bool operator==(const ListTable&, const ListTable&) = default;
};
/// Somebody else had changed the table; the commands that put it right stand in the Program before this.
struct ReportRepair {
  Commands commands;
  friend bool operator==(const ReportRepair&, const ReportRepair&) = default;
};
/// For the log: two services want the same address, and the like.
struct Notice {
  std::string text;
  friend bool operator==(const Notice&, const Notice&) = default;
};
/// After a StopRequested: nothing of ours is left once what stands before is done.
struct Stopped {
  friend bool operator==(const Stopped&, const Stopped&) = default;
};
}  // namespace action

using Action = std::variant<action::Program, action::ReportServer, action::ReportQuorum, action::RunHook,
                            action::SuspendChecks, action::CountConnections, action::ListTable,
                            action::ReportRepair, action::Notice, action::Stopped>;
using Actions = std::vector<Action>;

class Director {
 public:
  explicit Director(DirectorConfig config);
  /// Goes on where another process was, which need not have had the same configuration.
  Director(DirectorConfig config, const DirectorSnapshot& previous);

  Actions handle(core::Time now, Event event);
  Actions handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const;
  DirectorSnapshot snapshot() const;

  const Service* find(const ServiceId& id) const;
  /// What the plane shall hold, all services together.
  Table wanted() const;
  TableView wanted_view() const;
  Fit fit() const;

 private:
  void on(core::Time now, const event::Started& started, Actions& out);
  void on(core::Time now, const event::TableListed& listed, Actions& out);
  void on(core::Time now, const event::ListingFailed& failed, Actions& out);
  void on(core::Time now, const event::CommandsRefused& refused, Actions& out);
  void on(core::Time now, const event::HealthChanged& changed, Actions& out);
  void on(core::Time now, const event::WeightOrdered& ordered, Actions& out);
  void on(core::Time now, const event::AddressChanged& changed, Actions& out);
  void on(core::Time now, const event::ConnectionsCounted& counted, Actions& out);
  void on(core::Time now, const event::HolderChanged& changed, Actions& out);
  void on(core::Time now, event::Reconfigured& reconfigured, Actions& out);
  void on(core::Time now, const event::StopRequested& stop, Actions& out);

  Service* service(const ServiceId& id);
  void adopt(std::unique_ptr<Service> next);
  /// What services say, and commands beside theirs.
  void take(ServiceActions&& actions, Actions& out);
  template <class ServiceEvent>
  void hear(core::Time now, const ServiceEvent& event, Actions& out);
  void hear_again(core::Time now, Actions& out);
  /// Before what stands in `out` from there on.
  void program(Commands commands, Actions& out, std::size_t at);
  void program(Commands commands, Actions& out) { program(std::move(commands), out, out.size()); }
  void begin(core::Time now, const Table& actual, Actions& out);
  void put_plans(core::Time now, std::vector<ServicePlan> plans, Actions& out);
  std::vector<net::ipvs::ServiceKey> claim(const ServicePlan& plan, std::set<net::ipvs::ServiceKey>& claimed,
                                           Actions& out) const;
  std::set<net::IpAddress> present_of(const ServicePlan& plan) const;
  void forget_gone();
  std::vector<net::ipvs::Daemon> wanted_daemons() const;
  void append_daemons(Commands& commands);

  DirectorConfig settings_;         // without its services: each has its own plan
  std::vector<ServicePlan> plans_;  // of who goes on where another was, until the first listing
  std::vector<std::unique_ptr<Service>> services_;  // as configured; those that leave come last
  std::map<ServiceId, Service*> by_id_;
  Actions unsaid_;  // notices of the constructor's, until the first listing
  // Heard until then: perhaps of servers that no service has yet.
  std::map<std::pair<ServiceId, Endpoint>, Health> heard_;
  std::map<std::pair<ServiceId, Endpoint>, std::optional<std::uint32_t>> ordered_;
  bool resumes_ = false;
  bool begun_ = false;  // the first listing is here; until then services only learn
  bool stopped_ = false;
  std::set<net::IpAddress> present_;        // of this machine
  std::set<net::ipvs::ServiceKey> ours_;    // that we put there and did not remove
  std::map<std::string, bool> is_master_;   // by instance
  std::vector<net::ipvs::Daemon> daemons_;  // that we started
  std::uint64_t generation_ = 0;
  std::uint64_t repaired_ = 0;
  bool refused_ = false;  // since the last listing that was as it should be
  core::Duration patience_{};
  std::optional<core::Time> list_at_;
};

}  // namespace lvs
