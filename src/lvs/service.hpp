// One virtual_server: which of its servers are fit, whether they are enough (quorum with hysteresis), and so what the kernel
// shall hold: the servers, or the sorry server in their place. Decides; checks nothing and programs nothing. Its group's
// addresses are one thing to it: every key gets the same entry.
//
// Deliberately unlike keepalived: the stand-in is added before those it stands in for are removed; a server that is removed, or
// whose weight becomes 0, may keep its connections for a while (`drain_timeout`); a group's checks are suspended like others'.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/rare.hpp"
#include "core/time.hpp"
#include "lvs/config.hpp"
#include "lvs/service_id.hpp"
#include "lvs/table.hpp"

namespace lvs {

enum class Reason : std::uint8_t {
  none,
  started,
  started_alpha,  // down until a check succeeds
  resumed,        // as another process left it
  check_failed,
  check_succeeded,
  weight_changed,  // by a check, a file, a BFD session or an operator
  reconfigured,
  removed,          // from the configuration
  drained,          // its last connection ended
  drain_time_over,  // before that
  stopped,
};

std::string_view reason_text(Reason reason);
std::string_view reason_id(Reason reason);

/// What the checks of a server say together.
struct Health {
  bool up = true;
  std::optional<std::uint32_t> weight;  // in place of the configured one (MISC_CHECK)
  std::int64_t weight_added = 0;        // by FILE_CHECK and BFD_CHECK
  core::Rare<std::string> detail;       // of what failed, for people

  friend bool operator==(const Health&, const Health&) = default;
};

struct ServerChange {
  ServiceId service;
  Endpoint server;
  bool up = false;
  bool initial = false;  // at the start: only those who asked for initial states want to hear it
  bool gone = false;     // no longer configured
  std::uint32_t weight = 0;
  Reason reason = Reason::none;
  std::string detail;
  core::Time when{};

  friend bool operator==(const ServerChange&, const ServerChange&) = default;
};

struct QuorumChange {
  ServiceId service;
  bool up = false;
  bool initial = false;
  std::uint64_t weight = 0;  // of all fit servers
  std::uint32_t quorum = 0;
  std::uint32_t hysteresis = 0;
  bool sorry_serves = false;
  Reason reason = Reason::none;
  core::Time when{};

  friend bool operator==(const QuorumChange&, const QuorumChange&) = default;
};

/// "Gained quorum 1+0=1 <= 2", "Lost quorum 1-0=1 > 0".
std::string quorum_text(const QuorumChange& change);

/// A server's entry leaves only when its connections have ended or the time is over.
struct Drain {
  core::Time since{};
  core::Time until{};

  friend bool operator==(const Drain&, const Drain&) = default;
};

struct ServerSnapshot {
  ServerConfig config;
  Health health;
  std::optional<std::uint32_t> ordered_weight;  // by an operator
  std::uint32_t weight = 0;                     // that counts now
  bool leaving = false;                         // no longer configured, drains
  bool drained = false;                         // weight 0 and out of the table
  std::optional<Drain> drain;
  ServerChange last;

  friend bool operator==(const ServerSnapshot&, const ServerSnapshot&) = default;
};

struct ServiceSnapshot {
  ServicePlan plan;  // what the keys come from when it is no longer configured; without its servers
  bool up = false;
  bool leaving = false;
  bool suspended = false;
  std::uint64_t weight = 0;
  bool sorry_serves = false;
  std::vector<ServerSnapshot> servers;
  QuorumChange last;

  friend bool operator==(const ServiceSnapshot&, const ServiceSnapshot&) = default;
};

/// Scripts of the configuration that are to run; their words are the configured ones and no more.
enum class Hook : std::uint8_t { notify_up, notify_down, quorum_up, quorum_down };

namespace event {
struct HealthChanged {
  ServiceId service;
  Endpoint server;
  Health health;
};
/// An operator's weight in place of every other; empty: the configured one counts again.
struct WeightOrdered {
  ServiceId service;
  Endpoint server;
  std::optional<std::uint32_t> weight;
};
/// An address of this machine came or went (`ha_suspend`).
struct AddressChanged {
  net::IpAddress address;
  bool present = false;
};
/// What the plane holds of the services that were asked for.
struct ConnectionsCounted {
  net::ipvs::Listing listing;
};
}  // namespace event

namespace action {
/// To be done by the data plane in this order. What it refuses comes back as event::CommandsRefused.
struct Program {
  Commands commands;
  friend bool operator==(const Program&, const Program&) = default;
};
struct ReportServer {
  ServerChange change;
  friend bool operator==(const ReportServer&, const ReportServer&) = default;
};
struct ReportQuorum {
  QuorumChange change;
  friend bool operator==(const ReportQuorum&, const ReportQuorum&) = default;
};
/// `server` is empty with quorum hooks. A server or service that has left the configuration has its hooks in the old one.
struct RunHook {
  Hook hook = Hook::notify_up;
  ServiceId service;
  std::optional<Endpoint> server;
  friend bool operator==(const RunHook&, const RunHook&) = default;
};
/// The checks of this service shall run, or rest (`ha_suspend`).
struct SuspendChecks {
  ServiceId service;
  bool suspended = false;
  friend bool operator==(const SuspendChecks&, const SuspendChecks&) = default;
};
/// Somebody drains: list these services (event::ConnectionsCounted).
struct CountConnections {
  std::vector<net::ipvs::ServiceKey> services;
  friend bool operator==(const CountConnections&, const CountConnections&) = default;
};
}  // namespace action

using ServiceAction = std::variant<action::Program, action::ReportServer, action::ReportQuorum,
                                   action::RunHook, action::SuspendChecks, action::CountConnections>;
using ServiceActions = std::vector<ServiceAction>;

class Service {
 public:
  /// `keys` are those of expand(plan) that no other service has. `present`: the addresses this machine holds.
  Service(ServicePlan plan, std::vector<net::ipvs::ServiceKey> keys, std::set<net::IpAddress> present = {});
  /// Goes on where another process was.
  Service(const ServiceSnapshot& previous, std::vector<net::ipvs::ServiceKey> keys);

  /// These four do not program anything: whoever calls them knows the whole table, and compares.
  ServiceActions start(core::Time now);
  ServiceActions reconfigure(core::Time now, ServicePlan plan, std::vector<net::ipvs::ServiceKey> keys);
  ServiceActions leave(core::Time now);  // no longer configured: gone as soon as nobody drains
  ServiceActions stop(core::Time now);   // what a director that ends has to say

  ServiceActions handle(core::Time now, const event::HealthChanged& changed);
  ServiceActions handle(core::Time now, const event::WeightOrdered& ordered);
  ServiceActions handle(core::Time now, const event::AddressChanged& changed);
  ServiceActions handle(core::Time now, const event::ConnectionsCounted& counted);
  ServiceActions handle_timeout(core::Time now);
  std::optional<core::Time> next_timeout() const;
  ServiceSnapshot snapshot() const;

  const ServiceId& id() const { return id_; }
  const ServiceConfig& config() const { return plan_.service; }
  /// A reload that says this says nothing new.
  bool is_as(const ServicePlan& plan) const;
  const std::vector<net::ipvs::ServiceKey>& keys() const { return keys_; }
  bool up() const { return quorum_ == Quorum::up; }
  bool suspended() const { return suspended_; }
  bool leaving() const { return leaving_; }
  bool sorry_serves() const {
    return quorum_ == Quorum::down && plan_.service.sorry.has_value() && !leaving_;
  }
  /// What the kernel shall hold under each of its keys; nullptr: nothing.
  const Entry* wanted() const { return wanted_ ? &*wanted_ : nullptr; }
  /// It has left the configuration and wants nothing any more.
  bool gone() const { return leaving_ && !wanted_; }
  void lose_key(const net::ipvs::ServiceKey& key) { std::erase(keys_, key); }
  /// Servers that could serve now, and the sorry server.
  std::vector<Endpoint> fit() const;

 private:
  enum class Quorum : std::uint8_t { unknown, down, up };

  struct Server {
    ServerConfig config;
    Health health;
    std::optional<std::uint32_t> ordered_weight;
    bool leaving = false;
    bool drained = false;
    core::Rare<Drain> drain;
    struct {  // as in ServerChange
      bool up = false, initial = false;
      Reason reason = Reason::none;
      std::uint32_t weight = 0;
      core::Time when{};
      core::Rare<std::string> detail;
    } last;
  };

  ServerChange last_change(const Server& server) const;
  static std::uint32_t weight_of(const Server& server);
  static bool counts(const Server& server) { return server.health.up && !server.leaving; }
  static Server fresh(const ServerConfig& config);
  std::uint64_t total_weight() const;
  Server* find(const Endpoint& endpoint);
  bool in_table(const Endpoint& endpoint) const;

  Quorum judged() const;
  /// The only writer of quorum_ (but for a resumed one).
  void enter(core::Time now, Quorum next, Reason reason, bool initial, ServiceActions& out);
  void replace_servers(core::Time now, const std::vector<ServerConfig>& configs, ServiceActions& out);
  /// After anything that may matter: who drains, the quorum, the entry.
  void settle(core::Time now, Reason reason, bool initial, ServiceActions& out);
  void settle_and_program(core::Time now, Reason reason, ServiceActions& out);
  void update_drain(core::Time now, Server& server);
  void end_drain(core::Time now, const Endpoint& endpoint, Reason reason, ServiceActions& out);
  std::optional<Destination> destination_of(const Server& server) const;
  std::optional<Destination> stand_in() const;
  std::optional<Entry> entry() const;
  net::ipvs::ServiceSettings settings() const;
  void report(core::Time now, Server& server, Reason reason, bool initial, ServiceActions& out) const;
  /// If it is up and was not, or the other way round: news, and its script.
  void tell_turn(core::Time now, Server& server, bool was_up, ServiceActions& out) const;
  void run(Hook hook, const std::optional<Endpoint>& server, ServiceActions& out) const;
  void look_at_addresses(ServiceActions& out);

  ServicePlan plan_;  // without its servers
  ServiceId id_;
  std::vector<net::ipvs::ServiceKey> keys_;
  std::vector<Server> servers_;
  Quorum quorum_ = Quorum::unknown;
  bool started_ = false;
  bool resumed_ = false;
  bool leaving_ = false;
  bool suspended_ = false;
  std::set<net::IpAddress> present_;  // of its own addresses
  std::optional<Entry> wanted_;
  std::optional<core::Time> count_at_;
  QuorumChange last_;
};

}  // namespace lvs
