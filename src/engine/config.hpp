// What the failover engine is told to do: the part of the configuration that concerns VRRP, as plain values that travel from
// the supervisor to the failover worker.
#pragma once

#include <string>
#include <vector>

#include "bfd/config.hpp"
#include "core/time.hpp"
#include "engine/trackers_config.hpp"
#include "net/firewall.hpp"
#include "net/route.hpp"
#include "net/virtual_link.hpp"
#include "notify/config.hpp"
#include "vrrp/config.hpp"

namespace engine {

struct InstanceConfig {
  vrrp::Config vrrp;
  notify::Hooks hooks;
  std::vector<net::Route> routes;  // there while the router is master; every rule has its preference
  std::vector<net::Rule> rules;
  std::vector<net::VirtualLink> links;  // made for it; its addresses name them as their interface
  std::string transmit_link;  // adverts leave from this one, with its MAC address; empty = from the interface
  std::vector<TrackerUse> trackers;  // its own, and those of its sync group
  std::string
      twin_of;  // of one vrrp_instance with that one: the other family's half. Nobody is told of it by itself

  friend bool operator==(const InstanceConfig&, const InstanceConfig&) = default;
};

/// Least gap between two announcement frames on one interface (`garp_interval`, `gna_interval`, `garp_group`).
struct PacingGroup {
  std::vector<std::string> interfaces;  // empty = every interface that no other group names, each by itself
  core::Duration arp_gap{};             // 0 = none
  core::Duration na_gap{};

  friend bool operator==(const PacingGroup&, const PacingGroup&) = default;
};

struct StaticAddress {
  vrrp::VirtualAddress address;
  std::string track_group;  // empty = nobody follows it

  friend bool operator==(const StaticAddress&, const StaticAddress&) = default;
};

/// Routers that are in FAULT while a static address, route or rule of the group is not there.
struct TrackGroup {
  std::string name;
  std::vector<std::string> members;

  friend bool operator==(const TrackGroup&, const TrackGroup&) = default;
};

/// What is there whatever the routers' states.
struct StaticEntries {
  std::vector<StaticAddress> addresses;
  std::vector<net::Route> routes;
  std::vector<net::Rule> rules;
  std::vector<TrackGroup> groups;

  bool empty() const { return addresses.empty() && routes.empty() && rules.empty(); }
  friend bool operator==(const StaticEntries&, const StaticEntries&) = default;
};

struct FailoverConfig {
  std::string router_id;
  std::vector<InstanceConfig> instances;
  TrackersConfig trackers;
  std::vector<GroupConfig> groups;
  std::vector<PacingGroup> pacing;
  StaticEntries statics;
  core::Duration startup_delay{};  // nobody masters before this has passed since the start of the daemon
  bool log_unknown_vrids = false;
  bool remove_addresses_on_stop = true;  // false with `--dont-release-vrrp`
  std::vector<bfd::Config> bfd_sessions{};
  net::FirewallTable firewall{};

  friend bool operator==(const FailoverConfig&, const FailoverConfig&) = default;
};

}  // namespace engine
