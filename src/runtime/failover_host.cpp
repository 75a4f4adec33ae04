#include "runtime/failover_host.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "core/overload.hpp"
#include "net/frames.hpp"
#include "runtime/scheduling.hpp"

namespace runtime {

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Level = engine::action::Notice::Level;

enum Source : std::uint64_t { from_timer, from_kernel, from_sockets, from_bfd, from_watcher, from_firewall };

constexpr core::Duration longest_slice = 10ms;
constexpr core::Duration receive_slice = 5ms;
// So many batches of BFD are read before any timer: on a busy machine most of a slice may pass without us, and what proves that
// a neighbour lives must not wait in the socket while its detection time runs out.
constexpr int bfd_batches_first = 8;
constexpr std::size_t news_a_turn = 512;
constexpr std::size_t messages_a_turn = 64;
// From 500 packets a second on, waking up for each costs more than the packet: look every millisecond instead.
constexpr core::Duration busy_gap = 2ms;
constexpr core::Duration busy_pause = 1ms;
constexpr int timer_rounds = 4;
constexpr core::Duration snapshot_refresh = 10s;  // for the counters
constexpr int snapshot_share = 50;                // a snapshot may take one part in so many of our time
constexpr core::Duration hook_retry = 5ms;
constexpr core::Duration listener_retry = 50ms;
constexpr core::Duration listeners_at_stop = 500ms;
constexpr core::Duration patience_at_stop = 5s;
constexpr core::Duration overrun_notice_gap = 10s;
constexpr std::size_t mass_takeover = 1000;  // pieces of work that leave megabytes of free memory behind
constexpr core::Duration listing_retry = 100ms;
constexpr core::Duration listening_retry = 1s;
constexpr core::Duration bfd_sockets_retry = 10s;

bool uses_authentication_header(const engine::FailoverConfig& config) {
  return std::ranges::any_of(
      config.instances, [](const auto& instance) { return instance.vrrp.auth_type == vrrp::AuthType::ah; });
}

bool has_routes(const engine::FailoverConfig& config) {
  const auto has = [](const auto& owner) { return !owner.routes.empty() || !owner.rules.empty(); };
  return has(config.statics) || std::ranges::any_of(config.instances, has);
}

engine::Failover make_engine(engine::FailoverConfig&& config, std::uint64_t seed,
                             const std::optional<SnapshotFile>& snapshot) {
  if (snapshot) {
    auto previous = snapshot->read<engine::FailoverSnapshot>();
    if (previous && snapshot->last_alive() != core::Time{}) {
      return {std::move(config), seed, std::move(*previous), snapshot->last_alive()};
    }
  }
  return {std::move(config), seed};
}

}  // namespace

struct FailoverHost::Opened {
  EpollSet sources;
  Timer timer;
  NetlinkMonitor monitor;
  NetlinkCommands commands;
  VrrpSockets sockets;
  FrameSocket frames;
  BfdSockets bfd_sockets;
};

core::Result<std::unique_ptr<FailoverHost>> FailoverHost::start(FailoverWorkerConfig config,
                                                                std::optional<SnapshotFile> snapshot,
                                                                Helpers helpers, Tell tell) {
  auto sources = EpollSet::open();
  if (!sources) return std::unexpected(sources.error());
  auto timer = Timer::open();
  if (!timer) return std::unexpected(timer.error());
  auto sockets = VrrpSockets::open();
  if (!sockets) return std::unexpected(sockets.error());
  auto frames = FrameSocket::open();
  if (!frames) return std::unexpected(frames.error());
  auto bfd_sockets = BfdSockets::open(config.seed);
  if (!bfd_sockets) return std::unexpected(bfd_sockets.error());
  auto commands = NetlinkCommands::open({config.netlink_command_buffer, config.netlink_command_buffer_force});
  if (!commands) return std::unexpected(commands.error());
  if (auto may = commands->may_change(); !may) return std::unexpected(may.error());
  // The monitor listens before the first listing, so that nothing falls between the two.
  auto monitor = NetlinkMonitor::open({config.netlink_monitor_buffer, config.netlink_monitor_buffer_force});
  if (!monitor) return std::unexpected(monitor.error());
  auto listing = commands->list(has_routes(config.failover));
  if (!listing) return std::unexpected(listing.error());

  for (const auto& [fd, source, mode] : {std::tuple{timer->fd(), from_timer, EpollSet::Mode::level},
                                         std::tuple{monitor->fd(), from_kernel, EpollSet::Mode::level},
                                         std::tuple{sockets->fd(), from_sockets, EpollSet::Mode::once},
                                         std::tuple{bfd_sockets->fd(), from_bfd, EpollSet::Mode::once}}) {
    if (auto added = sources->add(fd, source, mode); !added) return std::unexpected(added.error());
  }
  if (helpers.watcher >= 0) {
    if (auto added = sources->add(helpers.watcher, from_watcher); !added)
      return std::unexpected(added.error());
  }
  std::unique_ptr<FailoverHost> host{new FailoverHost(  // NOLINT: the constructor is private
      std::move(config), std::move(snapshot), helpers, std::move(tell),
      Opened{std::move(*sources), std::move(*timer), std::move(*monitor), std::move(*commands),
             std::move(*sockets), std::move(*frames), std::move(*bfd_sockets)})};
  host->begin(std::move(*listing));
  return host;
}

FailoverHost::FailoverHost(FailoverWorkerConfig config, std::optional<SnapshotFile> snapshot, Helpers helpers,
                           Tell tell, Opened&& opened)
    : config_(std::move(config)),
      tell_(std::move(tell)),
      snapshot_(std::move(snapshot)),
      sources_(std::move(opened.sources)),
      timer_(std::move(opened.timer)),
      monitor_(std::move(opened.monitor)),
      commands_(std::move(opened.commands)),
      sockets_(std::move(opened.sockets)),
      frames_(std::move(opened.frames)),
      bfd_sockets_(std::move(opened.bfd_sockets)),
      hooks_(helpers.scripts),
      watcher_(helpers.watcher),
      listeners_{EventSender(helpers.listeners[0]), EventSender(helpers.listeners[1]),
                 EventSender(helpers.listeners[2])},
      authentication_header_(uses_authentication_header(config_.failover)),
      routes_wanted_(has_routes(config_.failover)),
      engine_(make_engine(std::exchange(config_.failover, {}), config_.seed, snapshot_)) {}

void FailoverHost::begin(NetlinkCommands::Listing&& listing) {
  return_free_memory();  // of the configuration's way here
  if (snapshot_) {
    if (const auto previous = snapshot_->read<engine::FailoverSnapshot>()) sysctls_.adopt(previous->settings);
  }
  silence_local_igmp();
  tell_wall_clock();
  take_listing(std::move(listing));
  tell_(to_supervisor::Ready{config_.generation});
  snapshot_wanted_ = true;
  turn();
}

void FailoverHost::turn() {
  const core::Time start = now();
  if (snapshot_) snapshot_->beat(start);
  tell_wall_clock();
  send_failed_.clear();
  bool kernel_spoke = false;
  bool watcher_spoke = false;
  bool firewall_spoke = false;
  bool packets_wait = packets_at_ && start >= *packets_at_;
  for (const std::uint64_t source : sources_.ready()) {
    if (source == from_timer) timer_.fired();
    if (source == from_kernel) kernel_spoke = true;
    if (source == from_watcher) watcher_spoke = true;
    if (source == from_firewall) firewall_spoke = true;
    if (source == from_sockets) {
      packets_wait = true;
      packets_armed_ = false;
    }
    if (source == from_bfd) {
      packets_wait = true;
      bfd_armed_ = false;
    }
  }
  if (kernel_spoke) hear_kernel();
  if (watcher_spoke) hear_watcher();
  if (firewall_spoke && firewall_.was_touched()) deliver(engine::event::FirewallTouched{});
  if (list_again_at_ && start >= *list_again_at_) list_anew("the kernel's tables are not known");
  if (listen_again_at_ && start >= *listen_again_at_) listen_again();
  if (bfd_sockets_again_at_ && start >= *bfd_sockets_again_at_) complain(bfd_sockets_.retry());
  if (packets_wait) receive_packets(start);
  run_timers();
  do_slow_work(start);
  leave_snapshot(now());
  finish_if_done(now());
  arm();
}

void FailoverHost::handle(ToWorker&& message) {
  std::visit(
      core::Overload{
          [&](to_worker::Reconfigure& reconfigured) { reconfigure(std::move(reconfigured.config)); },
          [&](to_worker::Stop&) { stop(); },
          [&](to_worker::SendSnapshot& wanted) {
            tell_(to_supervisor::SnapshotTaken{wanted.request, engine_.snapshot(now())});
          },
          [&](to_worker::TellStates& wanted) { deliver(engine::event::StatesWanted{wanted.listeners}); },
          [&](to_worker::ClearCounters&) {
            deliver(engine::event::CountersCleared{});
            snapshot_wanted_ = true;
          },
      },
      message);
  arm();
}

void FailoverHost::stop() {
  if (stop_limit_) return;
  stop_limit_ = now() + patience_at_stop;
  deliver(engine::event::StopRequested{});
  arm();
}

void FailoverHost::reconfigure(FailoverWorkerConfig&& config) {
  const bool other_scheduling = config.process != config_.process;
  config_ = std::move(config);
  if (other_scheduling) {
    for (const auto& error : apply_process_settings(config_.process)) {
      notice(Level::warning, "process_setting_refused", error.message);
    }
  }
  silence_local_igmp();
  authentication_header_ = uses_authentication_header(config_.failover);
  routes_wanted_ = has_routes(config_.failover);
  deliver(engine::event::Reconfigured{std::exchange(config_.failover, {})});
  listen(listening_);  // whether AH is used may have changed
  snapshot_wanted_ = true;
  tell_(to_supervisor::Reconfigured{config_.generation});
}

void FailoverHost::deliver(const engine::Event& event) {
  perform(engine_.handle(now(), event));
  perform_failures();
}

// Before a group is joined, or it would be reported. Put back with the other settings when the worker ends.
void FailoverHost::silence_local_igmp() {
  if (!config_.no_local_igmp) return;
  const auto set = sysctls_.set({}, "igmp_link_local_mcast_reports", "0");
  if (!set) notice(Level::warning, "sysctl_failed", set.error().message);
  snapshot_wanted_ = true;
}

// NTP moves it a little all the time; the window of a signature is seconds.
void FailoverHost::tell_wall_clock() {
  constexpr core::Duration worth_telling = std::chrono::milliseconds{20};
  const core::Duration at_boot = wall_now().time_since_epoch() - now().time_since_epoch();
  if (wall_told_ && std::chrono::abs(at_boot - *wall_told_) < worth_telling) return;
  wall_told_ = at_boot;
  deliver(engine::event::WallClockSet{at_boot});
}

// What went wrong while the engine's wishes were carried out may make it wish something else. Each failure is told once a turn
// and instance, so this ends.
void FailoverHost::perform_failures() {
  while (!failures_.empty()) {
    const auto failures = std::exchange(failures_, {});
    for (const auto& failure : failures) perform(engine_.handle(now(), failure));
  }
}

void FailoverHost::perform(engine::Actions&& actions) {
  namespace action = engine::action;
  for (auto& wish : actions) {
    std::visit(
        core::Overload{
            [&](action::SendPacket& packet) { send_packet(packet); },
            [&](action::SendFrame& frame) { work_.add(std::move(frame)); },
            [&](action::AddAddresses& addresses) { work_.add(std::move(addresses)); },
            [&](action::RemoveAddresses& addresses) { work_.add(std::move(addresses)); },
            [&](action::AddRoutes& routes) { work_.add(std::move(routes)); },
            [&](action::RemoveRoutes& routes) { work_.add(std::move(routes)); },
            [&](action::AddRules& rules) { work_.add(std::move(rules)); },
            [&](action::RemoveRules& rules) { work_.add(std::move(rules)); },
            [&](action::CreateLink& link) { work_.add(LinkChange{std::move(link)}); },
            [&](action::RaiseLink& link) { work_.add(LinkChange{std::move(link)}); },
            [&](action::RemoveLink& link) { work_.add(LinkChange{std::move(link)}); },
            [&](action::BuildFirewall& firewall) {
              snapshot_wanted_ = true;  // the next worker must know what to remove
              work_.add(FirewallChange{std::move(firewall)});
            },
            [&](action::ChangeFirewall& firewall) { work_.add(FirewallChange{std::move(firewall)}); },
            [&](action::RemoveFirewall& firewall) {
              snapshot_wanted_ = true;
              work_.add(FirewallChange{std::move(firewall)});
            },
            [&](action::RelaxReversePath&) {
              if (auto set = sysctls_.relax_reverse_path(); !set)
                notice(Level::warning, "sysctl_failed", set.error().message);
            },
            [&](action::RunHooks& hooks) { work_.add(std::move(hooks)); },
            [&](action::Tell& news) {
              if ((config_.listeners & news.listeners) != 0) work_.add(std::move(news));
            },
            [&](action::Listen& sockets) { listen(sockets.sockets); },
            [&](action::SetInterfaceSysctl& setting) {
              const auto set = sysctls_.set(setting.interface, setting.key, setting.value);
              if (!set) notice(Level::warning, "sysctl_failed", set.error().message);
              snapshot_wanted_ = true;  // the next worker must know what to put back
            },
            [&](action::ReportTransition& report) {
              snapshot_wanted_ = true;
              tell_(to_supervisor::TransitionReported{std::move(report)});
            },
            [&](action::ReportGroupTransition& report) {
              snapshot_wanted_ = true;
              tell_(to_supervisor::GroupTransitionReported{std::move(report)});
            },
            [&](action::Watch& watch) { watcher_.watch(watch.trackers); },
            [&](action::RunScript& run) { watcher_.add(to_watcher::RunScript{std::move(run.script)}); },
            [&](action::EndScript& end) {
              watcher_.add(to_watcher::EndScript{std::move(end.script), end.kill});
            },
            [&](action::Notice& said) { tell_(to_supervisor::Noticed{std::move(said)}); },
            [&](action::Stopped&) { stopped_ = true; },
            [&](action::OpenBfdSessions& sessions) { complain(bfd_sockets_.set(sessions.sessions)); },
            [&](action::SendBfdPacket& packet) { send_bfd(packet); },
            [&](action::ReportBfdChange& report) {
              snapshot_wanted_ = true;
              tell_(to_supervisor::BfdChanged{std::move(report)});
            },
        },
        wish);
  }
}

void FailoverHost::send_packet(const engine::action::SendPacket& packet) {
  const auto sent = packet.link_source ? send_as_frame(packet) : sockets_.send(packet);
  if (sent || !send_failed_.insert(packet.instance).second) return;
  failures_.emplace_back(engine::event::SendFailed{packet.instance, sent.error()});
}

void FailoverHost::send_bfd(const engine::action::SendBfdPacket& packet) {
  if (const auto sent = bfd_sockets_.send(packet); !sent)
    failures_.emplace_back(engine::event::BfdSendFailed{packet.session, sent.error()});
}

void FailoverHost::complain(const std::vector<core::Error>& bfd_problems) {
  for (const auto& problem : bfd_problems) notice_once(Level::error, "bfd_socket_failed", problem.message);
  bfd_sockets_again_at_.reset();
  if (bfd_sockets_.incomplete()) bfd_sockets_again_at_ = now() + bfd_sockets_retry;
}

// From a virtual MAC address, whatever the interface's own addresses are.
core::Result<> FailoverHost::send_as_frame(const engine::action::SendPacket& packet) {
  constexpr std::uint8_t traffic_class = 0xc0;
  const engine::action::SendFrame frame{
      packet.interface,
      net::multicast_frame(*packet.link_source, {packet.source, packet.destination, packet.hop_limit,
                                                 packet.protocol, traffic_class, packet.packet})};
  const engine::action::SendFrame* const one = &frame;
  const auto sent = frames_.send({&one, 1});
  if (sent.full) return std::unexpected(core::Error{ENOBUFS, "the transmit queue of the interface is full"});
  if (sent.refused) return std::unexpected(*sent.refused);
  return {};
}

void FailoverHost::listen(const std::vector<VrrpSockets::Where>& sockets) {
  if (&sockets != &listening_) listening_ = sockets;
  told_.clear();
  complain(sockets_.listen(listening_, authentication_header_));
}

void FailoverHost::complain(const std::vector<VrrpSockets::Problem>& problems) {
  for (const auto& problem : problems) {
    notice_once(Level::error, "socket_failed",
                fmt::format("{}, IPv{}: {}", name_of(problem.interface), static_cast<int>(problem.family),
                            problem.error.message));
  }
  if (!problems.empty()) listen_again_at_ = now() + listening_retry;
  if (problems.empty() && !std::exchange(deaf_, false)) return;
  deaf_ = !problems.empty();
  failures_.emplace_back(engine::event::ListeningFailed{problems});
}

void FailoverHost::listen_again() {
  listen_again_at_.reset();
  complain(sockets_.retry());
  perform_failures();
}

void FailoverHost::hear_kernel() {
  const auto heard =
      monitor_.hear(news_a_turn, [this](netlink::Message&& message) { take_news(std::move(message)); });
  if (heard == NetlinkMonitor::Heard::overrun) {
    list_anew("the kernel had more news than our netlink socket could hold");
  }
}

void FailoverHost::take_news(netlink::Message&& message) {
  std::visit(
      core::Overload{
          [&](netlink::LinkPresent& link) {
            auto [known, is_new] = interfaces_.try_emplace(link.interface.index, link.interface);
            if (!is_new && known->second == link.interface) return;  // of the many things we do not look at
            known->second = link.interface;
            deliver(engine::event::InterfaceChanged{std::move(link.interface)});
            listen_again();
          },
          [&](netlink::LinkGone& link) {
            interfaces_.erase(link.interface);
            deliver(engine::event::InterfaceRemoved{link.interface});
          },
          [&](const netlink::ForwardingChanged& changed) {
            const auto known = interfaces_.find(changed.interface);
            if (known == interfaces_.end() || known->second.forwards_ipv6 == changed.forwards_ipv6) return;
            known->second.forwards_ipv6 = changed.forwards_ipv6;
            deliver(engine::event::InterfaceChanged{known->second});
          },
          [&](netlink::AddressPresent& seen) {
            if (seen.address.label == name_of(seen.address.interface)) seen.address.label.clear();
            if (config_.log_address_changes) {
              notice(Level::info, "address_seen",
                     fmt::format("{} on {} is there", seen.address.address.to_string(),
                                 name_of(seen.address.interface)));
            }
            const bool v6 = seen.address.address.address.is_v6();
            deliver(engine::event::AddressAdded{std::move(seen.address)});
            if (v6) listen_again();  // IPv6 may just have begun on the interface
          },
          [&](netlink::AddressGone& gone) {
            if (gone.address.label == name_of(gone.address.interface)) gone.address.label.clear();
            if (config_.log_address_changes) {
              notice(Level::info, "address_gone",
                     fmt::format("{} on {} is gone", gone.address.address.to_string(),
                                 name_of(gone.address.interface)));
            }
            deliver(engine::event::AddressRemoved{std::move(gone.address)});
          },
          [&](netlink::RoutePresent& seen) {
            deliver(engine::event::RouteAdded{std::move(seen.route), seen.replaced});
          },
          [&](netlink::RouteGone& gone) { deliver(engine::event::RouteRemoved{std::move(gone.route)}); },
          [&](netlink::RulePresent& seen) { deliver(engine::event::RuleAdded{std::move(seen.rule)}); },
          [&](netlink::RuleGone& gone) { deliver(engine::event::RuleRemoved{std::move(gone.rule)}); },
          [](auto&) {},
      },
      message.content);
}

void FailoverHost::take_listing(NetlinkCommands::Listing&& listing) {
  interfaces_.clear();
  for (const auto& interface : listing.interfaces) interfaces_.emplace(interface.index, interface);
  for (auto& address : listing.addresses) {
    if (address.label == name_of(address.interface)) address.label.clear();
  }
  deliver(engine::event::KernelListed{std::move(listing.interfaces), std::move(listing.addresses),
                                      std::move(listing.routes), std::move(listing.rules)});
  listen_again();
}

void FailoverHost::list_anew(std::string_view why) {
  auto listing = commands_.list(routes_wanted_);
  const core::Time time = now();
  if (last_overrun_notice_ == core::Time{} || time - last_overrun_notice_ >= overrun_notice_gap) {
    last_overrun_notice_ = time;
    notice(Level::warning, "netlink_overrun",
           listing ? fmt::format("{}: everything was listed anew", why)
                   : fmt::format("{}, and listing anew failed: {}", why, listing.error().message));
  }
  list_again_at_.reset();
  if (listing) {
    take_listing(std::move(*listing));
  } else {
    list_again_at_ = time + listing_retry;
  }
}

// A script's bad result is worth a snapshot: a worker after us shall not begin to count anew.
void FailoverHost::hear_watcher() {
  watcher_.receive(messages_a_turn, [this](FromWatcher&& message) {
    std::visit(core::Overload{
                   [&](engine::action::Notice& said) { tell_(to_supervisor::Noticed{std::move(said)}); },
                   [&](engine::event::ScriptFinished& finished) {
                     snapshot_wanted_ = snapshot_wanted_ || !finished.end.well();
                     deliver(std::move(finished));
                   },
                   [&](auto& event) {
                     snapshot_wanted_ = true;
                     deliver(std::move(event));
                   },
               },
               message);
  });
}

void FailoverHost::receive_packets(core::Time start) {
  std::size_t count = 0;
  bool last = false;
  core::Time time = start;
  const auto sink = [&](const engine::event::PacketReceived& packet) {
    auto actions = engine_.handle(time, packet);
    std::ranges::move(actions, std::back_inserter(gathered_));
  };
  const auto bfd_sink = [&](const engine::event::BfdPacketReceived& packet) {
    auto actions = engine_.handle(time, packet);
    std::ranges::move(actions, std::back_inserter(gathered_));
  };
  for (int batch = 0; batch < bfd_batches_first; ++batch) {
    const auto received = bfd_sockets_.receive_batch(bfd_sink);
    count += received.count;
    if (received.last) break;
  }
  while (!last && time - start < receive_slice) {
    const auto received = sockets_.receive_batch(sink);
    const auto bfd_received = bfd_sockets_.receive_batch(bfd_sink);
    count += received.count + bfd_received.count;
    last = received.last && bfd_received.last;
    if (!gathered_.empty()) {
      perform(std::exchange(gathered_, {}));
      perform_failures();
    }
    if (!last) run_timers();  // junk at any rate must not make an advert late
    time = now();
  }
  const bool busy = !last || (count != 0 && start - last_packets_ <= busy_gap);
  if (count != 0) last_packets_ = start;
  if (busy) {
    packets_at_ = last ? time + busy_pause : time;
  } else {
    packets_at_.reset();
    if (!packets_armed_) sources_.rearm_once(sockets_.fd(), from_sockets);
    packets_armed_ = true;
    if (!bfd_armed_) sources_.rearm_once(bfd_sockets_.fd(), from_bfd);
    bfd_armed_ = true;
  }
}

void FailoverHost::run_timers() {
  for (int round = 0; round < timer_rounds; ++round) {
    const auto due = engine_.next_timeout();
    const core::Time time = now();
    if (!due || *due > time) return;
    perform(engine_.handle_timeout(time));
    perform_failures();
  }
}

core::Duration FailoverHost::slice() const {
  if (config_.process.realtime_priority == 0 || config_.process.realtime_limit_us == 0) return longest_slice;
  return std::min<core::Duration>(longest_slice,
                                  std::chrono::microseconds{config_.process.realtime_limit_us} / 2);
}

void FailoverHost::do_slow_work(core::Time start) {
  if (!work_.empty()) {
    longest_queue_ = std::max(longest_queue_, work_.size());
    core::Time until = start + slice();
    if (const auto due = engine_.next_timeout()) until = std::min(until, *due);
    OrderedWork::Outcome outcome = work_.work(*this, until);
    for (const auto& problem : outcome.problems)
      notice_once(Level::warning, "kernel_refused", problem.message);
    for (auto& failed : outcome.not_added) {
      failed.error.message = fmt::format("{} on {}", failed.error.message, name_of(failed.address.interface));
      deliver(std::move(failed));
    }
    for (auto& refused : outcome.routes_refused) deliver(std::move(refused));
    for (auto& refused : outcome.links_refused) deliver(std::move(refused));
    for (auto& refused : outcome.rules_refused) deliver(std::move(refused));
    if (outcome.firewall_refused) deliver(engine::event::FirewallRefused{*outcome.firewall_refused});
    if (outcome.firewall_touched) deliver(engine::event::FirewallTouched{});
    if (outcome.answers_lost) list_anew("answers to changes of addresses or routes were lost");
  }
  if (!watcher_.empty()) {
    if (auto sent = watcher_.flush(); !sent)
      notice_once(Level::error, "watcher_unreachable", sent.error().message);
  }
  if (!hooks_.empty()) {
    if (auto sent = hooks_.flush(); !sent)
      notice(Level::error, "script_runner_unreachable", sent.error().message);
  }
  tell_listeners();
  if (work_.empty() && std::exchange(longest_queue_, 0) >= mass_takeover) return_free_memory();
}

void FailoverHost::tell_listeners() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    EventSender& listener = listeners_[i];
    if (auto sent = listener.flush(); !sent)
      notice_once(Level::error, "notifier_unreachable", sent.error().message);
    if (listener.take_dropped() != 0) {
      notice_once(
          Level::error, "notifier_stuck",
          "a notifier does not read: its oldest events are dropped, and when it reads again it will be "
          "told every state anew");
    }
    if (listener.take_owed()) deliver(engine::event::StatesWanted{static_cast<std::uint8_t>(1U << i)});
  }
}

bool FailoverHost::listeners_wait() const {
  return std::ranges::any_of(listeners_, [](const EventSender& listener) { return !listener.empty(); });
}

core::Result<NetlinkCommands::Applied> FailoverHost::apply(std::span<const KernelChange> changes) {
  return commands_.apply(changes);
}

core::Result<> FailoverHost::change(const LinkChange& link) { return change_link(commands_, sysctls_, link); }

core::Result<> FailoverHost::change(const FirewallChange& firewall) {
  const bool heard = firewall_.news_fd() >= 0;
  auto changed = firewall_.apply(firewall);
  if (heard || firewall_.news_fd() < 0) return changed;
  if (auto added = sources_.add(firewall_.news_fd(), from_firewall); !added && changed) return added;
  return changed;
}

FrameSocket::Sent FailoverHost::send(std::span<const engine::action::SendFrame* const> frames) {
  return frames_.send(frames);
}

void FailoverHost::run(engine::action::RunHooks&& hooks) {
  hooks_.add(RunScripts{std::move(hooks.queue), std::move(hooks.commands), config_.hook_limit});
}

void FailoverHost::tell(engine::action::Tell&& news) {
  const unsigned wanted = config_.listeners & news.listeners;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if ((wanted >> i & 1U) != 0) listeners_[i].add(news.event);
  }
}

void FailoverHost::leave_snapshot(core::Time time) {
  if (!snapshot_) return;
  const core::Duration age = time - snapshot_time_;
  if (snapshot_time_ != core::Time{}) {
    if (age < snapshot_gap_ || (!snapshot_wanted_ && age < snapshot_refresh)) return;
  }
  const core::Duration before = processor_time();
  engine::FailoverSnapshot taken = engine_.snapshot(time);
  taken.settings = sysctls_.changes();
  if (auto written = snapshot_->write(taken); !written) {
    notice_once(Level::warning, "snapshot_failed", written.error().message);
  }
  snapshot_wanted_ = false;
  snapshot_time_ = now();
  snapshot_gap_ = (processor_time() - before) * snapshot_share;
}

void FailoverHost::finish_if_done(core::Time time) {
  if (finished_ || !stop_limit_) return;
  const bool done = stopped_ && work_.empty() && hooks_.empty();
  if (done && listeners_wait() && time < *stop_limit_ - patience_at_stop + listeners_at_stop) return;
  if (!done && time < *stop_limit_) return;
  if (!done) notice(Level::error, "stop_incomplete", "not everything could be cleaned up in time");
  for (const auto& error : sysctls_.restore()) notice(Level::warning, "sysctl_failed", error.message);
  if (snapshot_) snapshot_->clear();
  finished_ = true;
}

void FailoverHost::arm() {
  std::optional<core::Time> next = engine_.next_timeout();
  const auto also = [&](std::optional<core::Time> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  const core::Time time = now();
  also(packets_at_);
  also(list_again_at_);
  also(listen_again_at_);
  also(bfd_sockets_again_at_);
  also(work_.next_time(time));
  if (!hooks_.empty() || !watcher_.empty()) also(time + hook_retry);
  if (listeners_wait()) also(time + listener_retry);
  if (snapshot_ && snapshot_wanted_) also(snapshot_time_ + snapshot_gap_);
  if (stop_limit_) {
    const core::Time soon = listeners_wait() ? time + listener_retry : time;
    also(stopped_ && work_.empty() && hooks_.empty() ? soon : *stop_limit_);
  }
  timer_.arm(next);
}

void FailoverHost::notice(Level level, std::string id, std::string text) {
  tell_(to_supervisor::Noticed{{level, {}, std::move(id), std::move(text)}});
}

void FailoverHost::notice_once(Level level, std::string id, std::string text) {
  if (told_.insert(text).second) notice(level, std::move(id), std::move(text));
}

std::string FailoverHost::name_of(net::InterfaceIndex interface) const {
  const auto found = interfaces_.find(interface);
  return found == interfaces_.end() ? fmt::format("interface {}", interface.value) : found->second.name;
}

}  // namespace runtime
