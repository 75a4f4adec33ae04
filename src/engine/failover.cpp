#include "engine/failover.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "engine/failover_implementation.hpp"

namespace engine {

using core::Duration;
using core::Time;
using Level = action::Notice::Level;

Failover::Failover(FailoverConfig config, std::uint64_t seed)
    : implementation_(std::make_unique<Implementation>(std::move(config), seed)) {}
Failover::Failover(FailoverConfig config, std::uint64_t seed, FailoverSnapshot previous, Time last_alive)
    : implementation_(
          std::make_unique<Implementation>(std::move(config), seed, std::move(previous), last_alive)) {}
Failover::~Failover() = default;
Failover::Failover(Failover&&) noexcept = default;
Failover& Failover::operator=(Failover&&) noexcept = default;

Actions Failover::handle(Time now, const Event& event) { return implementation_->handle(now, event); }
Actions Failover::handle_timeout(Time now) { return implementation_->handle_timeout(now); }
std::optional<Time> Failover::next_timeout() const { return implementation_->next_timeout(); }
FailoverSnapshot Failover::snapshot(Time now) const { return implementation_->snapshot(now); }

Failover::Implementation::Implementation(FailoverConfig config, std::uint64_t seed) : bfd_(seed) {
  Actions none;
  adopt(Time{}, config, none);  // nothing happens before the first listing
  bfd_.configure(Time{}, config.bfd_sessions, none);
}

Failover::Implementation::Implementation(FailoverConfig config, std::uint64_t seed, FailoverSnapshot previous,
                                         Time last_alive)
    : Implementation(std::move(config), seed) {
  last_alive_ = last_alive;
  sequence_ = previous.last_sequence;
  last_event_ = previous.last_event;
  unknown_vrid_packets_ = previous.unknown_vrid_packets;
  malformed_packets_ = previous.malformed_packets;
  bfd_.resume(previous, last_alive);
  previous_ = std::move(previous);
  for (std::size_t i = 0; i < previous_->instances.size(); ++i)
    previous_instances_.emplace(previous_->instances[i].name, i);
}

Actions Failover::Implementation::handle(Time now, const Event& event) {
  Actions out;
  if (stopped_) return out;
  std::visit([&](const auto& happened) { on(now, happened, out); }, event);
  settle_groups(now, out);
  listen_if_changed(out);
  return out;
}

Actions Failover::Implementation::handle_timeout(Time now) {
  Actions out;
  if (stopped_) return out;
  std::vector<Number> due;
  while (const auto number = deadlines_.pop_due(now)) due.push_back(*number);
  for (const Number number : due) serve(now, number, out);
  bfd_.handle_timeout(now, out);
  tell_trackers(now, out);
  serve_trackers(now, out);
  settle_groups(now, out);
  announcer_.handle_timeout(now, out);
  restore_routes(now, out);
  firewall_.handle_timeout(now, out);
  if (const auto soon = virtual_links_.next_due(); soon && now >= *soon) reconcile_links(now, out);
  listen_if_changed(out);
  return out;
}

std::optional<Time> Failover::Implementation::next_timeout() const {
  if (stopped_) return std::nullopt;
  std::optional<Time> next = deadlines_.earliest();
  for (const auto& due :
       {announcer_.next_timeout(), bfd_.next_timeout(), trackers_.next_timeout(), links_.next_timeout(),
        next_route_restoration(), firewall_.next_timeout(), virtual_links_.next_due()}) {
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

void Failover::Implementation::serve(Time now, Number number, Actions& out) {
  Router& router = *routers_[number];
  if (router.install_retry && now >= *router.install_retry) {
    router.install_retry.reset();
    router.install_faults.clear();
    evaluate(now, number, out);
  }
  perform(now, number, router.instance.handle_timeout(now), out);
  restore(now, number, out);
  settle(number);
}

// To be asked before an address is installed or announced outside of the router's own plan: after a long sleep the others must
// be heard first.
bool Failover::Implementation::is_awake_master(Time now, Number number, Actions& out) {
  vrrp::Instance& instance = routers_[number]->instance;
  perform(now, number, instance.wake(now), out);
  return instance.state() == vrrp::State::master;
}

// After anything that may have moved a timer of the router.
void Failover::Implementation::settle(Number number) {
  const Router& router = *routers_[number];
  if (router.group) groups_touched_.insert(*router.group);
  std::optional<Time> next = router.instance.next_timeout();
  for (const auto& timer : {router.install_retry, router.addresses.restore_at()}) {
    if (timer && (!next || *timer < *next)) next = timer;
  }
  const Duration interval = router.instance.advert_interval();
  const bool master = router.instance.state() == vrrp::State::master;
  deadlines_.update(number, next, master ? advert_slack(interval) : timer_slack(interval));
}

FailoverSnapshot Failover::Implementation::snapshot(Time now) const {
  if (previous_ && !listed_) return *previous_;  // nothing has begun: who dies now leaves what it found
  FailoverSnapshot shown;
  shown.taken = now;
  shown.last_sequence = sequence_;
  shown.last_event = last_event_;
  shown.instances.reserve(order_.size());
  for (const Number number : order_) {
    const Router& router = *routers_[number];
    vrrp::Snapshot& instance = shown.instances.emplace_back(router.instance.snapshot());
    instance.twin_of = router.twin_of;
    const auto missing = [](const HeldAddresses::Held& held) {
      return held.essential() && !held.present && !held.adding;
    };
    instance.addresses_installed = router.instance.state() == vrrp::State::master &&
                                   std::ranges::none_of(router.addresses.all(), missing);
  }
  for (const Group& group : groups_) {
    if (group.silent) continue;  // its members say as much
    auto& one = shown.groups.emplace_back(
        vrrp::GroupSnapshot{group.machine.name(), group.machine.state(), group.machine.last(), {}});
    for (const Number number : group.members) {
      if (routers_[number]->twin_of.empty()) one.members.push_back(routers_[number]->instance.config().name);
    }
  }
  shown.trackers = trackers_.snapshot();
  shown.unknown_vrid_packets = unknown_vrid_packets_;
  shown.malformed_packets = malformed_packets_;
  shown.firewall = firewall_.table();
  bfd_.describe(shown);
  return shown;
}

void Failover::Implementation::on(Time now, const event::PacketReceived& heard, Actions& out) {
  event::PacketReceived received = heard;
  received.interface = wire_of(heard.interface);
  const vrrp::ReceivedPacket packet{received.source,   received.destination, received.hop_limit,
                                    received.protocol, received.ipv4_header, received.payload};
  const auto vrid = vrrp::vrid_of(packet);
  if (!vrid) {
    ++malformed_packets_;
    return;
  }
  Number number = 0;
  Router* const router = addressee(received, *vrid, number);
  if (router == nullptr) return unknown_vrid(received, *vrid, out);
  if (is_copy(now, *router, heard, received.interface)) return;
  vrrp::Instance& instance = router->instance;
  if (!instance.listens(now)) {
    ++instance.counters().discarded_not_running;
    return;
  }
  vrrp::ReceiveContext context;
  context.own_source = instance.source();
  context.master = instance.master();
  context.old_unicast_checksum = instance.old_unicast_checksum();
  context.ah_sequence = instance.ah_sequence();
  context.signatures = &instance.signatures();
  context.wall = wall_at(now);
  const auto advert = vrrp::receive(instance.config(), packet, context);
  if (!advert) {
    ++vrrp::rx_counter(instance.counters(), advert.error());
    const auto id = vrrp::receive_error_id(advert.error());
    if (instance.first_remark(id)) {
      notice(Level::warning, instance.config().name, id,
             fmt::format("a packet from {} is ignored: {}", received.source.to_string(),
                         vrrp::receive_error_text(advert.error())),
             out);
    }
    return;
  }
  if (context.old_unicast_checksum) instance.learn_old_unicast_checksum();
  instance.learn_ah_sequence(context.ah_sequence);
  if (context.signature_number) instance.learn_signature(received.source, *context.signature_number);
  remark_packet(*router, received, context, out);
  perform(
      now, number,
      instance.handle(now, vrrp::event::AdvertReceived{packet.source, advert->priority, advert->interval}),
      out);
  settle(number);
}

Failover::Implementation::Router* Failover::Implementation::addressee(const event::PacketReceived& received,
                                                                      std::uint8_t vrid, Number& number) {
  constexpr net::InterfaceIndex nowhere;
  const auto take = [&](Number found) {
    number = found;
    return routers_[found].get();
  };
  for (const net::InterfaceIndex interface : {received.interface, nowhere}) {
    const auto found = by_packet_.find({interface, vrid, received.destination});
    if (found != by_packet_.end()) return take(found->second);
  }
  // To another group or address than any of ours: a router with the VRID there counts it as an error of that kind.
  const net::IpAddress any = net::IpAddress::any(received.destination.family);
  for (const net::InterfaceIndex interface : {received.interface, nowhere}) {
    const auto found = by_vrid_.find({interface, vrid, any});
    if (found != by_vrid_.end()) return take(*found->second.begin());
  }
  return nullptr;
}

void Failover::Implementation::unknown_vrid(const event::PacketReceived& received, std::uint8_t vrid,
                                            Actions& out) {
  ++unknown_vrid_packets_;
  if (!settings_.log_unknown_vrids || unknown_vrids_noticed_.test(vrid)) return;
  unknown_vrids_noticed_.set(vrid);
  const net::Interface* interface = interfaces_.find(received.interface);
  notice(Level::info, {}, "unknown_vrid",
         fmt::format("{} sends adverts for virtual router {} on {}, which is none of ours",
                     received.source.to_string(), vrid,
                     interface == nullptr ? "an unknown interface" : interface->name),
         out);
}

void Failover::Implementation::remark_packet(Router& router, const event::PacketReceived& received,
                                             const vrrp::ReceiveContext& context, Actions& out) {
  vrrp::Instance& instance = router.instance;
  if (context.address_list_differs) {
    ++instance.counters().address_list_errors;
    if (instance.first_remark("address_list")) {
      notice(Level::warning, instance.config().name, "address_list",
             fmt::format("{} advertises other virtual addresses than ours; it is obeyed all the same",
                         received.source.to_string()),
             out);
    }
  }
  if (context.clocks_differ && instance.first_remark("clocks_differ")) {
    notice(Level::warning, instance.config().name, "clocks_differ",
           fmt::format(
               "the clock of {} differs from ours by more than half of time_window: beyond that its adverts "
               "are refused; let NTP keep both",
               received.source.to_string()),
           out);
  }
  if (context.interval_differs && instance.first_remark("advert_interval_differs")) {
    notice(Level::info, instance.config().name, "advert_interval_differs",
           fmt::format("{} advertises at another interval than ours; ours follows it as backup",
                       received.source.to_string()),
           out);
  }
}

namespace {

struct Meaning {
  std::string_view id;
  std::string_view text;
};

// What the errno of a failed sendto() tells the operator to do.
Meaning meaning_of(int code) {
  switch (code) {
    case EPERM:
      return {"send_not_permitted",
              "the kernel does not permit it: the process lacks CAP_NET_RAW, or a firewall rule drops what "
              "we send"};
    case EACCES:
      return {"send_not_permitted",
              "the kernel does not permit it: the process lacks CAP_NET_RAW or CAP_NET_ADMIN"};
    case ENOBUFS:
    case EAGAIN:
      return {"send_queue_full", "the transmit queue of the interface is full"};
    case ENOMEM:
      return {"send_no_memory", "the kernel has no memory for it"};
    case ENETDOWN:
      return {"send_interface_down", "the interface is down"};
    case ENODEV:
    case ENXIO:
      return {"send_interface_missing", "the interface is gone"};
    case ENETUNREACH:
    case EHOSTUNREACH:
      return {"send_unreachable", "there is no route to the peer"};
    case EADDRNOTAVAIL:
      return {"send_no_source", "the source address is not on this machine, or not usable yet"};
    case EMSGSIZE:
      return {"send_too_long", "it is longer than the MTU of the interface"};
    default:
      return {"send_failed", "see the error"};
  }
}

}  // namespace

void Failover::Implementation::on(Time, const event::SendFailed& failed, Actions& out) {
  const auto found = by_name_.find(failed.instance);
  if (found == by_name_.end()) return;
  vrrp::Instance& instance = routers_[found->second]->instance;
  ++instance.counters().send_errors;
  const Meaning meaning = meaning_of(failed.error.code);
  if (!instance.first_remark(meaning.id)) return;
  notice(Level::error, failed.instance, meaning.id,
         fmt::format("an advert could not be sent: {} ({})", meaning.text, failed.error.message), out);
}

void Failover::Implementation::on(Time now, const event::StopRequested&, Actions& out) {
  for (const Number number : order_) {
    if (routers_[number]->waiting) continue;
    const vrrp::event::Stopped stopped{vrrp::Reason::stopped, settings_.remove_addresses_on_stop};
    perform(now, number, routers_[number]->instance.handle(now, stopped), out);
  }
  stop_groups(now, out);
  bfd_.stop(now, out);
  if (settings_.remove_addresses_on_stop) {
    withdraw_statics(now, out);
    firewall_.stop(out);
    for (const auto& wish : virtual_links_.remove_all(interfaces_))
      out.emplace_back(action::RemoveLink{wish.index, wish.link.name});
  }
  out.emplace_back(action::Stopped{});
  stopped_ = true;
}

void Failover::Implementation::on(Time, const event::CountersCleared&, Actions&) {
  for (const Number number : order_) routers_[number]->instance.counters() = {};
  unknown_vrid_packets_ = 0;
  malformed_packets_ = 0;
  bfd_.clear_counters();
}

void Failover::Implementation::on(Time, const event::WallClockSet& set, Actions&) {
  wall_at_boot_ = set.at_boot;
}

core::WallTime Failover::Implementation::wall_at(Time now) const {
  return core::WallTime(std::chrono::floor<core::WallTime::duration>(now.time_since_epoch() + wall_at_boot_));
}

void Failover::Implementation::notice(Level level, const std::string& instance, std::string_view id,
                                      std::string text, Actions& out) {
  out.emplace_back(action::Notice{level, instance, std::string(id), std::move(text)});
}

}  // namespace engine
