// What the failover engine tracks and how groups hang together, as plain values.
#pragma once

#include <string>
#include <vector>

#include "notify/config.hpp"
#include "track/config.hpp"

namespace engine {

struct TrackedScript {
  track::ScriptConfig config;
  notify::Command command;

  friend bool operator==(const TrackedScript&, const TrackedScript&) = default;
};

struct TrackersConfig {
  std::vector<TrackedScript> scripts;
  std::vector<track::FileConfig> files;
  std::vector<track::ProcessConfig> processes;
  std::vector<std::string> bfd_sessions;  // names; they are down until the first news of them
  std::vector<track::InterfaceDelay> interface_delays;
  std::vector<track::PolledInterface> polled_interfaces;
  std::uint32_t process_event_buffer = 0;  // octets; 0 = the kernel's default
  bool process_event_buffer_force = false;

  friend bool operator==(const TrackersConfig&, const TrackersConfig&) = default;
};

/// What a router tracks, every weight filled in.
struct TrackerUse {
  track::Kind kind = track::Kind::interface;
  std::string name;
  track::Weight weight;

  friend bool operator==(const TrackerUse&, const TrackerUse&) = default;
};

struct GroupConfig {
  std::string name;
  std::vector<std::string> members;
  notify::Hooks hooks;
  bool silent = false;  // the two halves of one vrrp_instance: nobody is told

  friend bool operator==(const GroupConfig&, const GroupConfig&) = default;
};

}  // namespace engine
