#include "runtime/balancer_host.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "core/overload.hpp"
#include "runtime/clock.hpp"
#include "runtime/ipvs_plane.hpp"
#include "runtime/nft_plane.hpp"
#include "runtime/scheduling.hpp"

namespace runtime {

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr core::Duration flush_retry = 20ms;
constexpr core::Duration snapshot_gap = 200ms;
constexpr core::Duration patience_at_stop = 10s;
constexpr core::Duration forget_told = 60s;
constexpr std::size_t messages_a_turn = 64;
constexpr std::size_t news_a_turn = 512;

bool follows_addresses(const engine::BalancerConfig& config) {
  return std::ranges::any_of(config.director.services,
                             [](const auto& plan) { return plan.service.suspend_without_address; });
}

}  // namespace

BalancerHost::BalancerHost(boost::asio::io_context& io, BalancerWorkerConfig config,
                           std::optional<SnapshotFile> snapshot, const Helpers& helpers, Tell tell)
    : io_(io),
      config_(std::move(config)),
      snapshot_(std::move(snapshot)),
      tell_(std::move(tell)),
      hooks_(helpers.scripts),
      watcher_(helpers.watcher),
      listeners_{EventSender(helpers.listeners[0]), EventSender(helpers.listeners[1]),
                 EventSender(helpers.listeners[2])},
      scripts_(watcher_,
               [this](ProbeId check, const track::ScriptEnd& end) { probes_.script_ended(check, end); }),
      probes_(
          io, [this](ProbeId check, check::ProbeResult&& result) { probe_done(check, std::move(result)); },
          config_.tls, &scripts_, config_.seed),
      timer_(io),
      later_(io),
      snapshot_timer_(io),
      stop_limit_(io) {
  std::optional<engine::BalancerSnapshot> previous;
  if (snapshot_) previous = snapshot_->read<engine::BalancerSnapshot>();
  follows_addresses_ = follows_addresses(config_.balancer);
  auto balancer = std::exchange(config_.balancer, {});  // whose it is alone: it may be large
  if (previous) {
    engine_ = std::make_unique<engine::Balancer>(std::move(balancer), config_.seed, std::move(*previous));
  } else {
    engine_ = std::make_unique<engine::Balancer>(std::move(balancer), config_.seed);
  }
}

BalancerHost::~BalancerHost() {
  if (watcher_ready_) watcher_ready_->release();
  if (addresses_ready_) addresses_ready_->release();
  if (module_loaded_) module_loaded_->release();
}

void BalancerHost::start() {
  if (watcher_.fd() >= 0) {
    watcher_ready_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, watcher_.fd());
    await_watcher();
  }
  perform(engine_->start(now()));
  watch_addresses();
  serve();
  perform(engine_->start_checks(now()));
  serve();
  return_free_memory();
  tell_(to_supervisor::Ready{config_.generation});
}

void BalancerHost::handle(ToBalancer&& message) {
  std::visit(
      core::Overload{
          [&](to_worker::ReconfigureBalancer& reconfigured) { reconfigure(std::move(reconfigured.config)); },
          [&](to_worker::Stop&) { stop(); },
          [&](to_worker::SendSnapshot& wanted) { answer(wanted.request); },
          [&](to_worker::TellStates& wanted) { deliver(engine::event::StatesWanted{wanted.listeners}); },
          [&](to_worker::HolderChanged& changed) {
            deliver(lvs::event::HolderChanged{std::move(changed.instance), changed.master});
          },
          [&](to_worker::BfdSessionChanged& changed) {
            deliver(engine::event::BfdStateChanged{std::move(changed.session), changed.up});
          },
      },
      message);
}

void BalancerHost::stop() {
  if (std::exchange(stopping_, true)) return;
  stop_limit_.expires_after(patience_at_stop);
  stop_limit_.async_wait([this](const boost::system::error_code& error) {
    if (error || finished_) return;
    notice(Level::error, "stop_incomplete", "not every service could be taken away in time");
    stopped_ = true;
    finish_if_done();
  });
  deliver(engine::event::StopRequested{});
}

void BalancerHost::reconfigure(BalancerWorkerConfig&& config) {
  const bool other_scheduling = config.process != config_.process;
  if (config.plane != config_.plane)
    notice(Level::warning, "plane_kept",
           "lvs_data_plane changed: that takes a restart, until then it is as it was");
  config_ = std::move(config);
  if (other_scheduling) {
    for (const auto& error : apply_process_settings(config_.process))
      notice(Level::warning, "process_setting_refused", error.message);
  }
  probes_.reload(config_.tls);
  follows_addresses_ = follows_addresses(config_.balancer);
  watch_addresses();
  deliver(engine::event::ServicesReconfigured{std::exchange(config_.balancer, {})});
  snapshot_wanted_ = true;
  leave_snapshot();
  tell_(to_supervisor::Reconfigured{config_.generation});
}

// What comes of an event may be events: one after the other, never one within another.
void BalancerHost::deliver(engine::BalancerEvent&& event) {
  events_.push_back(std::move(event));
  serve();
}

void BalancerHost::serve() {
  if (std::exchange(serving_, true)) return;
  while (!events_.empty()) {
    for (auto& event : std::exchange(events_, {})) perform(engine_->handle(now(), std::move(event)));
  }
  serving_ = false;
  scripts_.update();
  flush();
  leave_snapshot();
  finish_if_done();
  await_time();
}

void BalancerHost::perform(engine::BalancerActions&& actions) {
  namespace action = engine::action;
  for (auto& wish : actions) {
    std::visit(
        core::Overload{
            [&](const action::DefineChecks& define) {
              const auto last =
                  std::ranges::max(define.definitions, {}, &action::DefineChecks::Definition::check);
              if (checks_.size() <= last.check) checks_.resize(last.check + 1);
              for (const auto& [check, task] : define.definitions) {
                if (task->command) scripts_.define(check, *task->command);
                checks_[check].task = task;
              }
            },
            [&](action::ForgetCheck& check) {
              probes_.forget(check.check);
              scripts_.forget(check.check);
              checks_[check.check] = {};
            },
            [&](action::StartProbe& probe) { start_probe(probe); },
            [&](action::StopProbe& probe) { probes_.cancel(probe.check); },

            [&](action::Watch& watch) { scripts_.watch(watch.trackers); },
            [&](action::RunHooks& hooks) {
              hooks_.add(RunScripts{std::move(hooks.queue), std::move(hooks.commands), config_.hook_limit});
            },
            [&](action::Tell& news) {
              const unsigned wanted = config_.listeners & news.listeners;
              for (std::size_t i = 0; i < listeners_.size(); ++i) {
                if ((wanted >> i & 1U) != 0) listeners_[i].add(news.event);
              }
            },
            [&](action::Notice& said) { tell_(to_supervisor::Noticed{std::move(said)}); },
            [&](action::Stopped&) { stopped_ = true; },
            [&](lvs::action::ListTable& wanted) { list_table(wanted.generation); },
            [&](lvs::action::Program& wanted) { program(std::move(wanted.commands)); },
            [&](lvs::action::CountConnections& wanted) { count_connections(wanted.services); },
            [&](lvs::action::ReportServer& report) {
              snapshot_wanted_ = true;
              // Thousands may count as fit before their first check; the quorum of each service says so once.
              if (report.change.initial && report.change.up) return;
              tell_(to_supervisor::ServerReported{std::move(report.change)});
            },
            [&](lvs::action::ReportQuorum& report) {
              snapshot_wanted_ = true;
              tell_(to_supervisor::QuorumReported{std::move(report.change)});
            },
            [&](lvs::action::ReportRepair& repair) {
              const std::size_t more = repair.commands.size() - 1;
              notice(Level::warning, "table_repaired",
                     fmt::format("somebody else had changed the services in the kernel; put right: {}{}",
                                 net::ipvs::to_string(repair.commands.front()),
                                 more == 0 ? "" : fmt::format(" and {} more", more)));
            },
        },
        wish);
  }
}

void BalancerHost::start_probe(const engine::action::StartProbe& probe) {
  checks_[probe.check].run = probe.run;
  const engine::CheckTask& task = *checks_[probe.check].task;
  probes_.start(probe.check, task.config.pointer(), task.target, probe.part);
}

void BalancerHost::probe_done(ProbeId check, check::ProbeResult&& result) {
  const auto id = static_cast<engine::CheckId>(check);
  deliver(engine::event::ProbeFinished{id, checks_[id].run, std::move(result)});
}

// IPVS where the kernel has it, perhaps as a module that is to be loaded; then nftables, unless IPVS alone will do.
bool BalancerHost::open_plane() {
  using Choice = lvs::DataPlaneChoice;
  if (plane_) return true;
  if (module_loader_) return false;  // it comes back when that has ended
  if (config_.plane != Choice::nftables) {
    auto opened = IpvsPlane::open(
        {config_.plane_namespace, {config_.netlink_command_buffer, config_.netlink_command_buffer_force}});
    if (opened) {
      use_plane(std::make_unique<IpvsPlane>(std::move(*opened)));
      return true;
    }
    if (opened.error().code == ENOENT && !std::exchange(module_tried_, true) && load_module()) return false;
    if (config_.plane == Choice::ipvs || opened.error().code != ENOENT) {
      notice_once(Level::error, "no_data_plane",
                  fmt::format("{}: services are not served until it works", opened.error().message));
      return false;
    }
  }
  if (config_.plane_namespace) {
    notice_once(Level::error, "no_data_plane",
                "net_namespace_ipvs works with IPVS only: services are not served until it is taken out");
    return false;
  }
  auto opened = NftPlane::open();
  if (!opened) {
    notice_once(Level::error, "no_data_plane",
                fmt::format("{}: services are not served until it works", opened.error().message));
    return false;
  }
  if (config_.plane == Choice::automatic) {
    notice(Level::warning, "plane_nftables",
           "the kernel has no IPVS: nftables carries connections (lvs_data_plane ipvs or nftables decides)");
  }
  use_plane(std::make_unique<NftPlane>(std::move(*opened)));
  return true;
}

void BalancerHost::use_plane(std::unique_ptr<DataPlane> plane) {
  plane_ = std::move(plane);
  tell_(to_supervisor::PlaneOpened{std::string(plane_->name())});
}

bool BalancerHost::load_module() {
  auto started = IpvsPlane::start_module_loader();
  if (!started) return false;
  module_loader_ = std::move(*started);
  module_loaded_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, module_loader_->pidfd.get());
  module_loaded_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                             [this](const boost::system::error_code& error) {
                               if (error) return;
                               [[maybe_unused]] const auto exit = reap(*module_loader_);
                               module_loaded_->release();
                               module_loaded_.reset();
                               module_loader_.reset();
                               if (const auto wanted = std::exchange(listing_wanted_, {}))
                                 list_table(*wanted);
                               serve();
                             });
  return true;
}

void BalancerHost::program(net::ipvs::Commands&& commands) {
  snapshot_wanted_ = true;
  if (!open_plane()) {
    events_.emplace_back(lvs::event::CommandsRefused{std::move(commands)});
    return;
  }
  auto refused = plane_->apply(commands);
  if (!refused) {
    notice_once(Level::error, "commands_lost", refused.error().message);
    events_.emplace_back(lvs::event::CommandsRefused{std::move(commands)});
    return;
  }
  lvs::event::CommandsRefused failures;
  for (const auto& refusal : *refused) {
    notice_once(Level::error, "command_refused", refusal.error.message);
    failures.commands.push_back(std::move(commands[refusal.index]));
  }
  if (!failures.commands.empty()) events_.emplace_back(std::move(failures));
}

void BalancerHost::list_table(std::uint64_t generation) {
  if (open_plane()) {
    if (auto listing = plane_->list()) {
      events_.emplace_back(lvs::event::TableListed{generation, std::move(*listing)});
      return;
    } else {
      notice_once(Level::error, "listing_failed", listing.error().message);
    }
  } else if (module_loader_) {
    listing_wanted_ = generation;
    return;
  }
  events_.emplace_back(lvs::event::ListingFailed{});
}

void BalancerHost::count_connections(const std::vector<net::ipvs::ServiceKey>& services) {
  if (!plane_) return;
  auto listing = plane_->list(services);
  if (listing) {
    events_.emplace_back(lvs::event::ConnectionsCounted{std::move(*listing)});
  } else {
    notice_once(Level::error, "listing_failed", listing.error().message);
  }
}

// Only services with ha_suspend ask for the machine's addresses.
void BalancerHost::watch_addresses() {
  if (monitor_ || !follows_addresses_) return;
  auto monitor = NetlinkMonitor::open({config_.netlink_monitor_buffer, config_.netlink_monitor_buffer_force});
  auto commands = NetlinkCommands::open({});
  if (!monitor || !commands) {
    return notice(Level::error, "no_addresses",
                  fmt::format("ha_suspend cannot work: {}",
                              monitor ? commands.error().message : monitor.error().message));
  }
  monitor_ = std::move(*monitor);
  commands_ = std::move(*commands);
  addresses_ready_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, monitor_->fd());
  list_addresses();
  await_addresses();
}

void BalancerHost::list_addresses() {
  const auto listing = commands_->list(false);
  if (!listing) return notice_once(Level::error, "listing_failed", listing.error().message);
  std::multiset<net::IpAddress> present;
  for (const auto& address : listing->addresses) present.insert(address.address.address);
  const auto before = std::exchange(addresses_, std::move(present));
  for (const auto& address : before) {
    if (!addresses_.contains(address)) events_.emplace_back(lvs::event::AddressChanged{address, false});
  }
  for (const auto& address : addresses_) {
    if (!before.contains(address)) events_.emplace_back(lvs::event::AddressChanged{address, true});
  }
}

void BalancerHost::hear_addresses() {
  const auto heard = monitor_->hear(news_a_turn, [this](netlink::Message&& message) {
    if (const auto* seen = std::get_if<netlink::AddressPresent>(&message.content))
      address_changed(seen->address.address.address, true);
    if (const auto* gone = std::get_if<netlink::AddressGone>(&message.content))
      address_changed(gone->address.address.address, false);
  });
  if (heard == NetlinkMonitor::Heard::overrun) list_addresses();
  serve();
  await_addresses();
}

// The kernel tells of an address again when its flags change; what counts is whether it is there at all, so on a change the
// table is looked at and not the news counted.
void BalancerHost::address_changed(const net::IpAddress& address, bool present) {
  if (present != addresses_.contains(address)) list_addresses();
}

void BalancerHost::await_addresses() {
  addresses_ready_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                               [this](const boost::system::error_code& error) {
                                 if (!error) hear_addresses();
                               });
}

void BalancerHost::await_watcher() {
  watcher_ready_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                             [this](const boost::system::error_code& error) {
                               if (!error) hear_watcher();
                             });
}

void BalancerHost::hear_watcher() {
  watcher_.receive(messages_a_turn, [this](FromWatcher&& message) {
    std::visit(
        core::Overload{
            [&](engine::action::Notice& said) { tell_(to_supervisor::Noticed{std::move(said)}); },
            [&](engine::event::ScriptFinished& finished) { scripts_.ended(finished); },
            [&](engine::event::TrackedFileChanged& changed) { events_.emplace_back(std::move(changed)); },
            [&](engine::event::WatcherStarted&) { scripts_.watcher_started(); },
            [](auto&) {},
        },
        message);
  });
  serve();
  await_watcher();
}

// Every check that is started puts the next time off: to be woken once too early costs less than to set the timer each time.
void BalancerHost::await_time() {
  const auto next = engine_->next_timeout();
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = next;
  timer_.expires_after(std::max(*next - now(), core::Duration::zero()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed_.reset();
    serving_ = true;
    perform(engine_->handle_timeout(now()));
    serving_ = false;
    serve();
  });
}

// What a socket does not take now goes a little later.
void BalancerHost::flush() {
  if (auto sent = watcher_.flush(); !sent)
    notice_once(Level::error, "watcher_unreachable", sent.error().message);
  if (auto sent = hooks_.flush(); !sent)
    notice_once(Level::error, "script_runner_unreachable", sent.error().message);
  bool waiting = !watcher_.empty() || !hooks_.empty();
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (auto sent = listeners_[i].flush(); !sent)
      notice_once(Level::error, "notifier_unreachable", sent.error().message);
    if (listeners_[i].take_dropped() != 0) {
      notice_once(
          Level::error, "notifier_stuck",
          "a notifier does not read: its oldest events are dropped, and when it reads again it will be "
          "told every state anew");
    }
    if (listeners_[i].take_owed())
      events_.emplace_back(engine::event::StatesWanted{static_cast<std::uint8_t>(1U << i)});
    waiting |= !listeners_[i].empty();
  }
  if ((!waiting && events_.empty()) || std::exchange(later_armed_, true)) return;
  later_.expires_after(flush_retry);
  later_.async_wait([this](const boost::system::error_code& error) {
    later_armed_ = false;
    if (!error) serve();
  });
}

void BalancerHost::leave_snapshot() {
  if (!snapshot_ || stopping_ || !std::exchange(snapshot_wanted_, false)) return;
  if (snapshot_timer_.expiry() > std::chrono::steady_clock::now()) return;  // one is due already
  snapshot_timer_.expires_after(snapshot_gap);
  snapshot_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopping_) return;
    if (auto written = snapshot_->write(engine_->snapshot(now())); !written)
      notice_once(Level::warning, "snapshot_failed", written.error().message);
  });
}

void BalancerHost::answer(std::uint64_t request) {
  engine::BalancerSnapshot taken = engine_->snapshot(now());
  if (plane_) {
    taken.plane = plane_->name();
    if (auto listing = plane_->list()) taken.listing = std::move(*listing);
  }
  tell_(to_supervisor::BalancerSnapshotTaken{request, std::move(taken)});
}

void BalancerHost::finish_if_done() {
  if (finished_ || !stopped_ || !hooks_.empty()) return;
  if (std::ranges::any_of(listeners_, [](const EventSender& listener) { return !listener.empty(); }) &&
      stop_limit_.expiry() - std::chrono::steady_clock::now() > patience_at_stop - 500ms)
    return;  // flush() comes back soon
  finished_ = true;
  stop_limit_.cancel();
  if (snapshot_) snapshot_->clear();
  if (done_) done_();
}

void BalancerHost::notice(Level level, std::string id, std::string text) {
  tell_(to_supervisor::Noticed{{level, {}, std::move(id), std::move(text)}});
}

void BalancerHost::notice_once(Level level, std::string id, std::string text) {
  const core::Time time = now();
  if (time - told_since_ >= forget_told) {
    told_.clear();
    told_since_ = time;
  }
  if (told_.insert(text).second) notice(level, std::move(id), std::move(text));
}

}  // namespace runtime
