// The failover engine in the real world: what happened goes in, what it decides is done. One turn serves, in this order, the
// kernel's news, packets, timers, and then a slice of the slow work; all descriptors are watched through one.
// Decides nothing itself and knows no event loop: failover_worker.cpp waits for fd() and calls turn().
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "engine/failover.hpp"
#include "runtime/bfd_sockets.hpp"
#include "runtime/clock.hpp"
#include "runtime/epoll_set.hpp"
#include "runtime/event_sender.hpp"
#include "runtime/frame_socket.hpp"
#include "runtime/hook_sender.hpp"
#include "runtime/interface_sysctl.hpp"
#include "runtime/messages.hpp"
#include "runtime/netlink_io.hpp"
#include "runtime/ordered_work.hpp"
#include "runtime/snapshot_file.hpp"
#include "runtime/vrrp_sockets.hpp"
#include "runtime/watcher_link.hpp"

namespace runtime {

class FailoverHost : private WorkTools {
 public:
  using Tell = std::function<void(const ToSupervisor&)>;

  /// Sockets to our own helping processes; they stay the caller's. -1 = there is none.
  struct Helpers {
    int scripts = -1;
    int watcher = -1;
    std::array<int, listener_count> listeners{-1, -1, -1};  // the notifiers
  };
  /// Opens everything and starts the engine, or goes on from what `snapshot` holds. An error with EPERM names the capability
  /// that is missing.
  static core::Result<std::unique_ptr<FailoverHost>> start(FailoverWorkerConfig config,
                                                           std::optional<SnapshotFile> snapshot,
                                                           Helpers helpers, Tell tell);
  FailoverHost(FailoverHost&&) = delete;

  /// Readable when a turn is due.
  int fd() const { return sources_.fd(); }
  void turn();
  void handle(ToWorker&& message);
  /// Resigns, removes the addresses, tells the scripts; then finished().
  void stop();
  bool finished() const { return finished_; }

 private:
  struct Opened;
  FailoverHost(FailoverWorkerConfig config, std::optional<SnapshotFile> snapshot, Helpers helpers, Tell tell,
               Opened&& opened);

  // WorkTools
  core::Time now() const override { return runtime::now(); }
  core::Result<NetlinkCommands::Applied> apply(std::span<const KernelChange> changes) override;
  FrameSocket::Sent send(std::span<const engine::action::SendFrame* const> frames) override;
  void run(engine::action::RunHooks&& hooks) override;
  core::Result<> change(const LinkChange& link) override;
  core::Result<> change(const FirewallChange& firewall) override;
  void tell(engine::action::Tell&& news) override;

  void begin(NetlinkCommands::Listing&& listing);
  void deliver(const engine::Event& event);
  void perform(engine::Actions&& actions);
  void perform_failures();
  void tell_wall_clock();
  void silence_local_igmp();
  core::Result<> send_as_frame(const engine::action::SendPacket& packet);
  void send_packet(const engine::action::SendPacket& packet);
  void listen(const std::vector<VrrpSockets::Where>& sockets);
  void send_bfd(const engine::action::SendBfdPacket& packet);
  void complain(const std::vector<core::Error>& bfd_problems);
  void complain(const std::vector<VrrpSockets::Problem>& problems);
  void listen_again();
  void reconfigure(FailoverWorkerConfig&& config);

  void hear_kernel();
  void take_news(netlink::Message&& message);
  void take_listing(NetlinkCommands::Listing&& listing);
  void list_anew(std::string_view why);
  void hear_watcher();
  void receive_packets(core::Time start);
  void run_timers();
  void do_slow_work(core::Time start);
  void tell_listeners();
  bool listeners_wait() const;
  void leave_snapshot(core::Time now);
  void finish_if_done(core::Time now);
  void arm();

  void notice(engine::action::Notice::Level level, std::string id, std::string text);
  /// The same text only once until the sockets or interfaces change.
  void notice_once(engine::action::Notice::Level level, std::string id, std::string text);
  std::string name_of(net::InterfaceIndex interface) const;
  core::Duration slice() const;

  FailoverWorkerConfig config_;  // without the failover part: the engine has it
  Tell tell_;
  std::optional<SnapshotFile> snapshot_;
  EpollSet sources_;
  Timer timer_;
  NetlinkMonitor monitor_;
  NetlinkCommands commands_;
  VrrpSockets sockets_;
  FrameSocket frames_;
  BfdSockets bfd_sockets_;
  FirewallIo firewall_;
  HookSender hooks_;
  WatcherLink watcher_;
  std::array<EventSender, listener_count> listeners_;
  InterfaceSysctls sysctls_;
  std::optional<core::Duration> wall_told_;  // as in WallClockSet
  bool authentication_header_ = false;       // somebody speaks it
  bool routes_wanted_ = false;               // there are routes or rules in the configuration
  engine::Failover engine_;
  OrderedWork work_;

  std::map<net::InterfaceIndex, net::Interface> interfaces_;
  std::vector<VrrpSockets::Where> listening_;
  bool deaf_ = false;                               // some of them do not work; the engine knows
  std::optional<core::Time> listen_again_at_;       // when they are tried again
  std::vector<engine::Event> failures_;             // of what perform() tried, to be told when it is through
  std::set<std::string, std::less<>> send_failed_;  // instances told in this turn
  std::set<std::string, std::less<>> told_;
  engine::Actions gathered_;

  bool packets_armed_ = true;  // the sockets wake us up; otherwise we look at packets_at_
  bool bfd_armed_ = true;      // the same of those of BFD
  std::optional<core::Time> bfd_sockets_again_at_;  // some could not be opened
  std::optional<core::Time> packets_at_;
  core::Time last_packets_{};
  bool snapshot_wanted_ = false;
  core::Time snapshot_time_{};
  core::Duration snapshot_gap_{};  // none sooner after it
  core::Time last_overrun_notice_{};
  std::optional<core::Time> list_again_at_;  // a listing failed: no memory, most likely
  std::optional<core::Time> stop_limit_;
  std::size_t longest_queue_ = 0;  // of work_ since it was empty
  bool stopped_ = false;
  bool finished_ = false;
};

}  // namespace runtime
