// What happened in a simulated world, as values: auditors judge them, reports print them, tests make them up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/failover.hpp"
#include "sim/plan.hpp"

namespace sim {

namespace fact {

// --- what was done to the world -------------------------------------------------------------------------------------------

/// Something happened to which the routers must react; every bound of the contract starts again here.
struct Disturbed {
  std::string what{};
};
/// Something lasts under which the contract promises little: a cut, losses, a stopped process, a kernel that refuses.
struct Impaired {
  std::string what{};
  bool network = false;  // the wire only: every machine is well
};
struct Repaired {
  std::string what{};
  bool network = false;
};
/// Whether this virtual router could serve now: power, worker, interface and configuration are there.
struct Available {
  std::string instance{};
  bool available = false;
};
struct WorkerStarted {
  bool resumed = false;  // from the snapshot of the one before it
};
struct WorkerEnded {};
/// The machine went off with everything on it.
struct PowerLost {};
/// The worker runs again after it was stopped for `slept`.
struct Continued {
  core::Duration slept{};
};
/// Somebody else removed an address that the engine had installed.
struct AddressTaken {
  SegmentId segment{};
  net::IpAddress address{};
};
/// Somebody else removed a route or rule that the engine had installed. Routes and rules go by their words.
struct RouteTaken {
  std::string text{};
};
/// The worker was given a configuration; the answer is everything it did about it at once.
struct Reloaded {
  std::vector<std::string> touched{};  // instances added, removed or changed; empty: the file is as it was
  std::vector<net::IpAddress> touched_addresses{};
  std::vector<std::string> touched_routes{};
  engine::Actions answer{};
  bool schedule_kept = true;  // the next deadline is what it was
};

// --- what the world could see ---------------------------------------------------------------------------------------------

/// The kernel of this node answers for the address on the segment from now on; it no longer does.
struct AddressOwned {
  SegmentId segment{};
  net::IpAddress address{};
};
struct AddressLost {
  SegmentId segment{};
  net::IpAddress address{};
};
/// The kernel of this node has the route or rule from now on; it no longer has.
struct RouteThere {
  std::string text{};
};
struct RouteGone {
  std::string text{};
};
struct AdvertSent {
  std::string instance{};
  std::uint8_t vrid = 0;
  std::uint8_t priority = 0;
  vrrp::State before = vrrp::State::initialize;  // around the call of the engine that sent it
  vrrp::State after = vrrp::State::initialize;
};
/// A gratuitous ARP or an unsolicited neighbour advertisement left the node.
struct Announced {
  SegmentId segment{};
  net::IpAddress address{};
};
/// The observing host, a neighbour, now sends what is for `address` to the machine `owner`.
struct CacheUpdated {
  SegmentId segment{};
  net::IpAddress address{};
  HostId owner;
};
struct AddressesWritten {
  bool added = false;
  std::vector<net::InterfaceAddress> addresses;
};
struct Reported {
  std::uint64_t sequence = 0;
  std::string instance{};
  vrrp::Transition transition{};
};
struct GroupReported {
  std::uint64_t sequence = 0;
  std::string group{};
  vrrp::Transition transition{};
};
struct Noticed {
  std::string id;
  std::string text;
};
struct HooksQueued {
  std::string queue{};
  std::vector<notify::Command> commands{};
};
/// A script starts and ends; numbers count the commands of a queue in the order in which they were asked for.
struct HookStarted {
  std::string queue{};
  std::uint64_t number = 0;
  notify::Command command{};
};
struct HookFinished {
  std::string queue{};
  std::uint64_t number = 0;
};

// --- what the engine says of itself ---------------------------------------------------------------------------------------

/// After handle_timeout.
struct TimeoutHandled {
  std::optional<core::Time> next{};
  bool idle = false;  // the call was early or a repetition: nothing was due
  std::size_t actions = 0;
};
struct SeenState {
  std::string instance{};
  vrrp::State state = vrrp::State::initialize;
  bool addresses_installed = false;
};
/// A snapshot's states; `at_rest` when nothing was left to happen for a while.
struct StatesSeen {
  std::vector<SeenState> states{};
  bool at_rest = false;
};

}  // namespace fact

using Fact =
    std::variant<fact::Disturbed, fact::Impaired, fact::Repaired, fact::Available, fact::WorkerStarted,
                 fact::WorkerEnded, fact::PowerLost, fact::Continued, fact::AddressTaken, fact::RouteTaken,
                 fact::Reloaded, fact::RouteThere, fact::RouteGone, fact::AddressOwned, fact::AddressLost,
                 fact::AdvertSent, fact::Announced, fact::CacheUpdated, fact::AddressesWritten,
                 fact::Reported, fact::GroupReported, fact::Noticed, fact::HooksQueued, fact::HookStarted,
                 fact::HookFinished, fact::TimeoutHandled, fact::StatesSeen>;

struct Observation {
  core::Time when{};
  HostId host;
  Fact fact;
};

/// One line for people.
std::string describe(const Fact& fact);

/// Where every observation goes.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void record(const Observation& observation) = 0;
};

}  // namespace sim
