// What the balancer engine is told to do: the part of the configuration that concerns services, as plain values that travel
// from the supervisor to the balancer worker.
#pragma once

#include <string>
#include <vector>

#include "check/config.hpp"
#include "core/rare.hpp"
#include "core/shared.hpp"
#include "engine/trackers_config.hpp"
#include "lvs/config.hpp"
#include "notify/config.hpp"

namespace engine {

/// One check of one server. Two that are equal are made once and count for both servers.
struct CheckTask {
  core::Shared<check::Config> config;
  check::Target target;
  core::Rare<notify::Command> command;  // MISC_CHECK

  friend bool operator==(const CheckTask&, const CheckTask&) = default;
};

struct ServerTasks {
  std::vector<CheckTask> checks;  // none: the server is always fit
  core::Rare<notify::Command> notify_up, notify_down;

  friend bool operator==(const ServerTasks&, const ServerTasks&) = default;
};

struct ServiceTasks {
  std::vector<ServerTasks> servers;  // as in the plan of the same index
  core::Rare<notify::Command> quorum_up, quorum_down;

  friend bool operator==(const ServiceTasks&, const ServiceTasks&) = default;
};

struct BalancerConfig {
  lvs::DirectorConfig director;
  std::vector<ServiceTasks> services;  // of director.services, in the same order
  TrackersConfig watched;              // the files of FILE_CHECK

  friend bool operator==(const BalancerConfig&, const BalancerConfig&) = default;
};

}  // namespace engine
