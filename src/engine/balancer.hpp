// The balancer engine: every check of every server, and the director of the services they stand behind. What a check finds
// becomes the health of the servers it is for; what the director decides becomes commands for the data plane, scripts and
// reports. Who asks the servers and who programs the kernel is not its business: see runtime/balancer_host.hpp.
//
// Checks that are equal are one, however many services share the server. Identical reloads do nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "check/checker.hpp"
#include "engine/balancer_config.hpp"
#include "engine/failover.hpp"
#include "lvs/director.hpp"

namespace engine {

/// Small, given out again when a check is gone.
using CheckId = std::uint32_t;

struct CheckedServer {
  lvs::ServiceId service;
  net::ipvs::Endpoint server;

  friend auto operator<=>(const CheckedServer&, const CheckedServer&) = default;
};

/// One check as an operator may see it and as the next worker goes on with it.
struct CheckSnapshot {
  core::Shared<CheckTask> task;
  std::vector<CheckedServer> servers;
  check::CheckerSnapshot state;

  friend bool operator==(const CheckSnapshot&, const CheckSnapshot&) = default;
};

struct BalancerSnapshot {
  core::Time taken{};
  std::uint64_t last_event = 0;
  lvs::DirectorSnapshot director;
  std::vector<CheckSnapshot> checks;
  // The worker's to fill in when an operator asks:
  std::string plane;             // "ipvs", "nftables"
  net::ipvs::Listing listing{};  // what the plane holds, with its counters

  friend bool operator==(const BalancerSnapshot&, const BalancerSnapshot&) = default;
};

namespace event {
/// The answer to StartProbe, once.
struct ProbeFinished {
  CheckId check = 0;
  std::uint64_t run = 0;
  check::ProbeResult result;
};
struct ServicesReconfigured {
  BalancerConfig config;
};
}  // namespace event

/// Those of lvs/ go to the director as they are. BfdStateChanged and TrackedFileChanged are news for BFD_CHECK and FILE_CHECK.
using BalancerEvent =
    std::variant<event::ProbeFinished, event::TrackedFileChanged, event::BfdStateChanged, event::StatesWanted,
                 event::ServicesReconfigured, event::StopRequested, lvs::event::TableListed,
                 lvs::event::ListingFailed, lvs::event::CommandsRefused, lvs::event::ConnectionsCounted,
                 lvs::event::AddressChanged, lvs::event::HolderChanged, lvs::event::WeightOrdered>;

namespace action {
/// What StartProbe's numbers mean, before the first that uses one; replaces what the number meant.
struct DefineChecks {
  struct Definition {
    CheckId check = 0;
    core::Shared<CheckTask> task;
    friend bool operator==(const Definition&, const Definition&) = default;
  };
  std::vector<Definition> definitions;  // at least one
  friend bool operator==(const DefineChecks&, const DefineChecks&) = default;
};
struct ForgetCheck {
  CheckId check = 0;
  friend bool operator==(const ForgetCheck&, const ForgetCheck&) = default;
};
/// Ask the server once, within the config's limit().
struct StartProbe {
  CheckId check = 0;
  std::uint64_t run = 0;
  std::uint32_t part = 0;
  friend bool operator==(const StartProbe&, const StartProbe&) = default;
};
struct StopProbe {
  CheckId check = 0;
  std::uint64_t run = 0;
  friend bool operator==(const StopProbe&, const StopProbe&) = default;
};
}  // namespace action

/// RunHooks, Tell, Watch, Notice and Stopped are those of the failover engine; the rest of lvs/ is the director's.
using BalancerAction =
    std::variant<action::DefineChecks, action::ForgetCheck, action::StartProbe, action::StopProbe,
                 action::Watch, action::RunHooks, action::Tell, action::Notice, action::Stopped,
                 lvs::action::ListTable, lvs::action::Program, lvs::action::CountConnections,
                 lvs::action::ReportServer, lvs::action::ReportQuorum, lvs::action::ReportRepair>;
using BalancerActions = std::vector<BalancerAction>;

class Balancer {
 public:
  /// `seed` spreads the first checks over their warm-up.
  Balancer(BalancerConfig config, std::uint64_t seed);
  /// Goes on where another process was, which need not have had the same configuration.
  Balancer(BalancerConfig config, std::uint64_t seed, BalancerSnapshot previous);
  ~Balancer();
  Balancer(Balancer&&) noexcept;
  Balancer& operator=(Balancer&&) noexcept;

  /// Once, before anything else.
  BalancerActions start(core::Time now);
  /// Once, when the actions of start() and what came of them are done: services carry connections before anybody is told of them,
  /// or prepares to check their servers.
  BalancerActions start_checks(core::Time now);
  BalancerActions handle(core::Time now, BalancerEvent event);
  BalancerActions handle_timeout(core::Time now);
  std::optional<core::Time> next_timeout() const;
  BalancerSnapshot snapshot(core::Time now) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> inside_;
};

}  // namespace engine
