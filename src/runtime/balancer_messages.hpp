// What the supervisor and the balancer worker say to each other; what they have in common with other workers is in messages.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "engine/balancer.hpp"
#include "runtime/messages.hpp"

namespace runtime {

/// A balancer worker's whole task; travels in a sealed memory file at start and in ReconfigureBalancer later.
struct BalancerWorkerConfig {
  engine::BalancerConfig balancer;
  check::TlsConfig tls;
  lvs::DataPlaneChoice plane = lvs::DataPlaneChoice::automatic;
  config::ProcessSettings process;
  LogSettings log;
  std::optional<std::string> plane_namespace;  // `net_namespace_ipvs`; without: where we are
  std::uint32_t netlink_command_buffer = 0;    // octets, 0 = the kernel's default
  bool netlink_command_buffer_force = false;
  std::uint32_t netlink_monitor_buffer = 0;
  bool netlink_monitor_buffer_force = false;
  core::Duration hook_limit{};  // of one script; 0 = none
  std::uint8_t listeners = 0;   // bits: who is told of events
  std::uint64_t seed = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const BalancerWorkerConfig&, const BalancerWorkerConfig&) = default;
};

namespace to_worker {
struct ReconfigureBalancer {
  BalancerWorkerConfig config;
};
/// News of the failover worker: whom synchronisation daemons follow, and what BFD_CHECKs ask.
struct HolderChanged {
  std::string instance;
  bool master = false;
};
struct BfdSessionChanged {
  std::string session;
  bool up = false;
};
}  // namespace to_worker
using ToBalancer =
    std::variant<to_worker::ReconfigureBalancer, to_worker::Stop, to_worker::SendSnapshot,
                 to_worker::TellStates, to_worker::HolderChanged, to_worker::BfdSessionChanged>;

namespace to_supervisor {
struct ServerReported {
  lvs::ServerChange change;
};
struct QuorumReported {
  lvs::QuorumChange change;
};
/// Which plane serves, and since the beginning what it cannot do as it is written.
struct PlaneOpened {
  std::string name;
};
struct BalancerSnapshotTaken {
  std::uint64_t request = 0;
  engine::BalancerSnapshot snapshot;
};
}  // namespace to_supervisor
using FromBalancer =
    std::variant<to_supervisor::Ready, to_supervisor::ServerReported, to_supervisor::QuorumReported,
                 to_supervisor::PlaneOpened, to_supervisor::Noticed, to_supervisor::BalancerSnapshotTaken,
                 to_supervisor::Reconfigured>;

struct BalancerProtocol {
  static constexpr const char* name = "balancer";
  using Config = BalancerWorkerConfig;
  using Snapshot = engine::BalancerSnapshot;
  using ToWorker = ToBalancer;
  using ToSupervisor = FromBalancer;
  using Reconfigure = to_worker::ReconfigureBalancer;
  using SnapshotTaken = to_supervisor::BalancerSnapshotTaken;
};

}  // namespace runtime
