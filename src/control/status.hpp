// What an operator is shown when asking a running daemon, as JSON (the schema of GET /v1/status, docs say which fields are
// promised) and as text. Pure functions of what the supervisor knows and the worker's snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "control/moment.hpp"
#include "engine/balancer.hpp"
#include "engine/failover.hpp"

namespace control {

struct DaemonStatus {
  std::string version;
  std::string node;  // router_id, else the host name
  std::int64_t pid = 0;
  core::Time started{};

  std::vector<std::string> files;  // of the running configuration
  std::uint32_t generation = 1;    // counts configurations that were accepted
  core::Time loaded{};
  struct Refused {
    core::Time when{};
    std::size_t errors = 0;
    std::string first;  // the first error, one line
  };
  std::optional<Refused> refused;  // a reload since then that was not accepted

  struct Worker {
    enum class State : std::uint8_t { none, starting, running, waiting, stopping };
    State state = State::none;
    std::int64_t pid = 0;
    std::uint32_t restarts = 0;
    bool snapshot_is_live = false;  // false: it did not answer, this is what it last left
  };
  Worker failover, balancer;
};

/// What the workers know of themselves; empty: there is no such worker, or it has not said anything yet.
struct WorkerSnapshots {
  std::optional<engine::FailoverSnapshot> failover;
  std::optional<engine::BalancerSnapshot> balancer;
};

std::string status_json(const DaemonStatus& daemon, const config::Model& model,
                        const WorkerSnapshots& snapshots, const Moment& moment);
std::string status_text(const DaemonStatus& daemon, const config::Model& model,
                        const WorkerSnapshots& snapshots, const Moment& moment);

/// {"error": TEXT}
std::string error_json(std::string_view text);
/// {"name": "standfast", "version": …}
std::string version_json(std::string_view version);

}  // namespace control
