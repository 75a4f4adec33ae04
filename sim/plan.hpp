// What a simulated world consists of before anything happens: machines, their interfaces and configurations, the wire between
// them. Values only; generate.hpp makes plans from a seed, scenario.hpp from text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/strong_id.hpp"
#include "core/time.hpp"
#include "engine/config.hpp"
#include "net/ip_address.hpp"

namespace sim {

using std::chrono_literals::operator""us;

/// A machine or a passive neighbour on a wire.
using HostId = core::StrongId<struct HostTag>;
/// One layer-2 network.
using SegmentId = core::StrongId<struct SegmentTag>;

/// How one direction between two hosts treats what is sent.
struct LinkSettings {
  double loss = 0;       // per cent
  double duplicate = 0;  // per cent
  double reorder = 0;    // per cent: may overtake what was sent before it
  core::Duration delay_min = 100us;
  core::Duration delay_max = 100us;
  bool cut = false;

  friend bool operator==(const LinkSettings&, const LinkSettings&) = default;
};

struct InterfacePlan {
  std::string name;
  SegmentId segment{};
  std::vector<net::Prefix> addresses{};  // its own, not virtual
  bool present = true;                   // false: appears later
};

struct NodePlan {
  std::string name;
  engine::FailoverConfig config;
  std::vector<InterfacePlan> interfaces;
};

struct Plan {
  std::vector<NodePlan> nodes;
  std::uint32_t segments = 1;
  std::uint32_t neighbours = 1;     // on every segment
  LinkSettings wire;                // while nothing is wrong
  core::Duration echo_min = 100us;  // from a change in the kernel until the worker hears of it
  core::Duration echo_max = 100us;
  core::Duration timer_lateness{};  // a wake-up comes at most this much late
  core::Duration hook_time_max{};   // a script runs at most this long
};

/// One virtual router of one node.
struct Member {
  HostId node;
  std::string instance;

  friend auto operator<=>(const Member&, const Member&) = default;
};

/// Those who compete for the same addresses.
struct Group {
  SegmentId segment{};
  net::Family family = net::Family::v4;
  std::uint8_t vrid = 0;
  std::vector<Member> members{};
  std::vector<net::IpAddress> addresses;  // all that every member has
  core::Duration interval{};              // the longest of its members
  core::Duration shortest_interval{};
  core::Duration takeover{};    // the longest silence any of them may have to wait out
  bool announces_again = true;  // nobody turned contract S2 off
};

/// What auditors need to know of a plan.
struct Layout {
  std::vector<std::string> node_names;
  std::vector<Group> groups;
  std::map<Member, std::vector<std::string>>
      routes{};  // and rules, by their words: those no other router of the node has
  std::vector<std::vector<std::string>> sync_groups;  // their members, the same on every node
  core::Duration slack{};          // ε: the wire, the kernel and late timers, there and back
  core::Duration round_trip{};     // from a change in the kernel until the worker's answer to it is done
  core::Duration startup_delay{};  // the longest of all nodes

  const Group* group_of(const Member& member) const;
  const Group* group_of(SegmentId segment, const net::IpAddress& address) const;
};

Layout layout_of(const Plan& plan);

}  // namespace sim
