// One machine: a kernel, the failover worker that runs the engine under test, the supervisor that starts it again, and the
// script runner. The worker can be killed, stopped and continued, the machine can lose power; what the kernel and the wire had
// for a stopped worker waits for it as far as buffers reach. This is runtime/ in small: it performs actions and delivers
// events, and decides nothing.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "engine/failover.hpp"
#include "sim/event_queue.hpp"
#include "sim/facts.hpp"
#include "sim/hooks.hpp"
#include "sim/kernel.hpp"
#include "sim/network.hpp"
#include "sim/plan.hpp"
#include "sim/watcher.hpp"

namespace sim {

/// The engine tries a refused address again at growing intervals of at most this: it cannot know when the cause is gone.
inline constexpr core::Duration refusal_patience = std::chrono::seconds(10);

class Node {
 public:
  Node(HostId id, const Plan& plan, std::uint64_t seed, EventQueue& queue, Network& network,
       Recorder& recorder);

  HostId id() const { return id_; }
  const std::string& name() const { return name_; }
  const Kernel& kernel() const { return kernel_; }
  const engine::FailoverConfig& config() const { return config_; }
  bool powered() const { return powered_; }
  bool running() const { return worker_.has_value(); }
  bool paused() const { return paused_since_.has_value(); }
  std::optional<engine::FailoverSnapshot> snapshot() const;

  // The machine and its processes.
  void start();  // boots a machine that is off; starts a worker where none is
  void power_off();
  void kill_worker();  // kill -9; nothing is cleaned up
  /// What the supervisor does about it: another worker, from the snapshot and the configuration the dead one had. A newer
  /// configuration is a reload of its own, or the addresses of a router it took away would belong to nobody.
  void resume_worker();
  void stop();  // SIGTERM
  void set_clock(
      core::Duration step);  // of the wall; at first it stands where the clock of all decisions does
  void pause();              // SIGSTOP, or the hypervisor holds the machine
  void proceed();
  void reload(engine::FailoverConfig config);

  // What it tracks. Whether a router can serve may be another matter afterwards.
  Watcher& watcher() { return watcher_; }
  void publish();

  // Its kernel, in other hands.
  void create_interface(const std::string& name) { apply(kernel_.create_interface(name)); }
  void remove_interface(const std::string& name) { apply(kernel_.remove_interface(name)); }
  void set_admin(const std::string& name, bool up) { apply(kernel_.set_admin(name, up)); }
  void set_carrier(const std::string& name, bool running) { apply(kernel_.set_carrier(name, running)); }
  void take_address(const net::IpAddress& address);
  void take_route();
  void take_rule();
  void give_address(const net::InterfaceAddress& address);
  void refuse_addresses(std::optional<int> error);
  void overrun();  // netlink events are lost; the worker lists everything again

  void receive(SegmentId segment, const Load& load);
  /// Writes down what the engine says its states are.
  void observe_states(bool at_rest = false);

 private:
  using Work = std::function<void()>;

  // The worker's loop.
  void step(const std::function<engine::Actions(engine::Failover&)>& call);
  void handle(const engine::Event& event);
  void expire();
  void prod();
  void arm();
  void list_kernel();
  void reconfigure(const engine::FailoverConfig& config);
  void give_work(Work work, bool packet = false);
  void worker_gone();

  // Actions.
  void perform(const engine::Actions& actions);
  void on(const engine::action::SendPacket& action);
  void on(const engine::action::SendFrame& action);
  void on(const engine::action::AddAddresses& action);
  void on(const engine::action::RemoveAddresses& action);
  void on(const engine::action::AddRoutes& action);
  void on(const engine::action::RemoveRoutes& action);
  void on(const engine::action::AddRules& action);
  void on(const engine::action::RemoveRules& action);
  void on(const engine::action::CreateLink& action) { echo(kernel_.create_link(action.link, action.parent)); }
  void on(const engine::action::RaiseLink& action) { echo(kernel_.raise_link(action.index)); }
  void on(const engine::action::RemoveLink& action) { echo(kernel_.remove_link(action.index)); }
  void on(const engine::action::RelaxReversePath&) {}
  void on(const engine::action::BuildFirewall& action);
  void on(const engine::action::ChangeFirewall& action);
  void on(const engine::action::RemoveFirewall&) { firewall_.reset(); }
  void check_blocked(const std::vector<net::InterfaceAddress>& addresses) const;
  void on(const engine::action::Listen& action) { listening_ = action.sockets; }
  void on(const engine::action::SetInterfaceSysctl&) {}
  void on(const engine::action::ReportTransition& action);
  void on(const engine::action::ReportGroupTransition& action) {
    record(fact::GroupReported{action.sequence, action.group, action.transition});
  }
  void on(const engine::action::Watch& action) { watcher_.watch(action.trackers); }
  void on(const engine::action::RunScript& action) { watcher_.run(action.script); }
  void on(const engine::action::EndScript& action) { watcher_.end(action.script, action.kill); }
  void on(const engine::action::RunHooks& action) { hooks_.run(action); }
  void on(const engine::action::Tell&) {}  // nobody listens beside the scripts
  void on(const engine::action::Notice& action) { record(fact::Noticed{action.id, action.text}); }
  void on(const engine::action::Stopped&) { stopped_ = true; }
  // Nobody here speaks BFD: its sessions are tried against each other in src/bfd and src/engine.
  void on(const engine::action::OpenBfdSessions&) {}
  void on(const engine::action::SendBfdPacket&) {}
  void on(const engine::action::ReportBfdChange&) {}

  // The kernel's side.
  void apply(const Kernel::Events& events);
  void echo(const Kernel::Events& events);
  core::Duration echo_delay();
  template <class Object, class Refused, class Add>
  void add_each(const std::vector<Object>& objects, Add add);
  void publish_routes();
  bool hears(net::InterfaceIndex interface, const IpPacket& packet) const;
  void deliver(net::InterfaceIndex interface, const IpPacket& packet);
  bool available(const std::string& instance) const;
  bool available_alone(const engine::InstanceConfig& config) const;
  vrrp::State state_of(const std::string& instance) const;
  void record(Fact fact) { recorder_.record({queue_.now(), id_, std::move(fact)}); }

  HostId id_;
  std::string name_;
  engine::FailoverConfig config_;         // as the supervisor has it
  engine::FailoverConfig worker_config_;  // as the worker was told last
  std::vector<InterfacePlan> interfaces_;
  core::Duration echo_min_;
  core::Duration echo_max_;
  core::Duration lateness_;
  core::Random random_;
  EventQueue& queue_;
  Network& network_;
  Recorder& recorder_;
  Kernel kernel_;
  HookRunner hooks_;
  Watcher watcher_;

  bool powered_ = true;
  bool stopped_ = false;
  std::optional<engine::Failover> worker_;
  std::optional<engine::FailoverSnapshot> left_behind_;  // by the last worker, in the supervisor's keeping
  core::Time last_alive_{};
  std::uint64_t life_ = 0;  // of the worker: what was meant for an earlier one is void
  std::optional<core::Time> paused_since_;
  std::deque<Work> inbox_;
  std::size_t packets_waiting_ = 0;
  std::optional<core::Time> armed_;
  std::uint64_t alarm_ = 0;
  core::Time last_echo_{};
  std::uint64_t netlink_ = 0;  // counts the worker's netlink sockets and their overruns
  std::vector<engine::action::Listen::Where> listening_;
  core::Duration wall_at_boot_{};
  std::optional<std::set<net::BlockedAddress>> firewall_;  // the table, if there is one

  std::map<std::string, vrrp::State> states_before_;  // as reported, around the call being performed
  std::map<std::string, vrrp::State> states_;
  std::map<SegmentId, std::set<net::IpAddress>> owned_;
  std::set<std::string> routes_seen_;
  std::map<std::string, bool> available_;
  core::Time refused_until_{};
};

}  // namespace sim
