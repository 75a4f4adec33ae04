// The balancer engine in the real world: probes are started and their answers told, the data plane is programmed and listed,
// scripts and listeners hear what they are to hear. Decides nothing. Runs on an event loop of its own worker; changes of the
// table may take milliseconds, for here nothing is so urgent as an advert.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/balancer.hpp"
#include "runtime/balancer_messages.hpp"
#include "runtime/data_plane.hpp"
#include "runtime/event_sender.hpp"
#include "runtime/hook_sender.hpp"
#include "runtime/netlink_io.hpp"
#include "runtime/probe/host.hpp"
#include "runtime/process.hpp"
#include "runtime/script_checks.hpp"
#include "runtime/snapshot_file.hpp"
#include "runtime/watcher_link.hpp"

namespace runtime {

class BalancerHost {
 public:
  using Tell = std::function<void(const FromBalancer&)>;

  /// Sockets to our own helping processes; they stay the caller's. -1 = there is none.
  struct Helpers {
    int scripts = -1;
    int watcher = -1;
    std::array<int, listener_count> listeners{-1, -1, -1};
  };

  BalancerHost(boost::asio::io_context& io, BalancerWorkerConfig config, std::optional<SnapshotFile> snapshot,
               const Helpers& helpers, Tell tell);
  ~BalancerHost();
  BalancerHost(const BalancerHost&) = delete;
  BalancerHost& operator=(const BalancerHost&) = delete;

  void start();
  void handle(ToBalancer&& message);
  /// Takes the services away; then finished().
  void stop();
  bool finished() const { return finished_; }
  /// Called once, when it has finished.
  void on_finished(std::function<void()> done) { done_ = std::move(done); }

 private:
  using Level = engine::action::Notice::Level;

  void deliver(engine::BalancerEvent&& event);
  void serve();
  void perform(engine::BalancerActions&& actions);
  void program(net::ipvs::Commands&& commands);
  void list_table(std::uint64_t generation);
  void count_connections(const std::vector<net::ipvs::ServiceKey>& services);
  void start_probe(const engine::action::StartProbe& probe);
  void probe_done(ProbeId check, check::ProbeResult&& result);

  bool open_plane();
  void use_plane(std::unique_ptr<DataPlane> plane);
  bool load_module();
  void reconfigure(BalancerWorkerConfig&& config);
  void watch_addresses();
  void hear_addresses();
  void list_addresses();
  void address_changed(const net::IpAddress& address, bool present);
  void hear_watcher();
  void await_watcher();
  void await_addresses();
  void await_time();
  void flush();
  void leave_snapshot();
  void answer(std::uint64_t request);
  void finish_if_done();

  void notice(Level level, std::string id, std::string text);
  /// The same text once in a while.
  void notice_once(Level level, std::string id, std::string text);

  boost::asio::io_context& io_;
  BalancerWorkerConfig config_;  // without the balancer part: the engine has it
  std::optional<SnapshotFile> snapshot_;
  Tell tell_;
  std::function<void()> done_;
  HookSender hooks_;
  WatcherLink watcher_;
  std::array<EventSender, listener_count> listeners_;
  std::unique_ptr<DataPlane> plane_;
  std::optional<Child> module_loader_;
  bool module_tried_ = false;
  std::optional<std::uint64_t> listing_wanted_;  // when the module is there
  ScriptChecks scripts_;
  ProbeHost probes_;
  std::unique_ptr<engine::Balancer> engine_;
  struct Check {
    core::Shared<engine::CheckTask> task;
    std::uint64_t run = 0;  // of the probe under way
  };
  std::vector<Check> checks_;  // by CheckId

  boost::asio::steady_timer timer_, later_, snapshot_timer_, stop_limit_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> watcher_ready_, addresses_ready_, module_loaded_;
  bool follows_addresses_ = false;  // with ha_suspend
  std::optional<NetlinkMonitor> monitor_;
  std::optional<NetlinkCommands> commands_;
  std::multiset<net::IpAddress> addresses_;  // of this machine; one may be on several interfaces

  std::vector<engine::BalancerEvent> events_;  // that wait for the one before them
  bool serving_ = false;
  bool later_armed_ = false;
  std::optional<core::Time> armed_;
  std::set<std::string, std::less<>> told_;
  core::Time told_since_{};
  bool snapshot_wanted_ = false;
  bool stopping_ = false, stopped_ = false, finished_ = false;
};

}  // namespace runtime
