// What the actions of a router mean: packets, addresses, frames, hooks, reports.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "core/overload.hpp"
#include "engine/failover_implementation.hpp"
#include "notify/hooks.hpp"

namespace engine {

using core::Time;

void Failover::Implementation::perform(Time now, Number number, const vrrp::Actions& actions, Actions& out) {
  Router& router = *routers_[number];
  tell_priority(now, router, out);
  for (const vrrp::Action& action : actions) {
    std::visit(
        core::Overload{
            [&](const vrrp::action::SendAdvert& send) { send_advert(now, router, send, out); },
            [&](const vrrp::action::InstallAddresses&) {
              filter(number, out);
              auto missing = router.addresses.install(now);
              if (!missing.empty()) out.emplace_back(action::AddAddresses{std::move(missing)});
              install_routes(now, number, out);
            },
            [&](const vrrp::action::WithdrawAddresses&) { withdraw(now, number, out); },
            [&](const vrrp::action::Announce& due) { announce(now, number, due.rounds, out); },
            [&](const vrrp::action::AnnounceSource&) { announce_source(now, number, out); },
            [&](const vrrp::action::ReportTransition& reported) { report(router, reported.transition, out); },
            [&](const vrrp::action::ReportLowerPriority&) {
              run_hooks(router, notify::lower_priority_heard(router.hooks), out);
              lower_priority_in_group(now, number, out);
              tell_lower_priority(now, router, out);
            },
            [&](const vrrp::action::ReportPriority& changed) { report_priority(router, changed, out); },
            [&](const vrrp::action::Notice& said) {
              notice(static_cast<action::Notice::Level>(said.level), router.instance.config().name, said.id,
                     said.text, out);
            },
        },
        action);
  }
}

void Failover::Implementation::send_advert(Time now, Router& router, const vrrp::action::SendAdvert& send,
                                           Actions& out) {
  vrrp::Instance& instance = router.instance;
  if (!instance.source()) return;
  const std::uint32_t ah_sequence =
      vrrp::uses_authentication_header(instance.config()) ? instance.next_ah_sequence() : 0;
  const auto& signature = instance.config().signature;
  const vrrp::SignatureNumber signature_number =
      signature && signature->signs() ? instance.next_signature(wall_at(now)) : 0;
  const AdvertPackets::Origin origin{
      router.interface, *instance.source(), send.priority,   instance.old_unicast_checksum(),
      send.interval,    ah_sequence,        signature_number};
  const std::size_t before = out.size();
  router.packets.send(instance.config(), origin, out);
  const net::Interface* link =
      router.transmit_link.empty() ? nullptr : interfaces_.find(router.transmit_link);
  if (link == nullptr) return;
  for (std::size_t i = before; i < out.size(); ++i) {
    auto& packet = std::get<action::SendPacket>(out[i]);
    packet.interface = link->index;
    packet.link_source = link->mac;
  }
}

void Failover::Implementation::withdraw(Time now, Number number, Actions& out) {
  announcer_.forget(number);
  withdraw_routes(now, number, out);
  remove_unless_held(routers_[number]->addresses.withdraw(now), out);
  firewall_.unblock(number, out);
}

// Two routers may have an address in common; it stays while one of them is master.
void Failover::Implementation::remove_unless_held(std::vector<net::InterfaceAddress> addresses,
                                                  Actions& out) {
  std::erase_if(addresses, [&](const net::InterfaceAddress& address) {
    if (static_addresses_.wants(key_of(address))) return true;
    const auto holders = holders_.find(key_of(address));
    if (holders == holders_.end()) return false;
    return std::ranges::any_of(holders->second, [&](const HolderRef& ref) {
      return routers_[ref.router]->addresses.all()[ref.position].wanted;
    });
  });
  // As good as gone: a router that wants one from now on must add it.
  for (const net::InterfaceAddress& address : addresses) interfaces_.erase(key_of(address));
  if (!addresses.empty()) out.emplace_back(action::RemoveAddresses{std::move(addresses)});
}

void Failover::Implementation::announce(Time now, Number number, vrrp::AnnouncementPlan::Rounds rounds,
                                        Actions& out) {
  const Router& router = *routers_[number];
  std::vector<net::InterfaceAddress> all, extra;
  const bool everywhere = router.instance.config().announcements.extra_interfaces_all;
  for (const HeldAddresses::Held& held : router.addresses.all()) {
    if (!held.wanted) continue;
    all.push_back(held.address);
    if (held.address.interface != router.interface && (everywhere || held.use_vmac))
      extra.push_back(held.address);
  }
  announcer_.announce(now, number, all, rounds.all, interfaces_, out);
  announcer_.announce(now, number, extra, rounds.extra, interfaces_, out);
}

void Failover::Implementation::announce_source(Time now, Number number, Actions& out) {
  const Router& router = *routers_[number];
  if (!router.instance.source()) return;
  net::InterfaceAddress own;
  own.interface = router.interface;
  own.address.address = *router.instance.source();
  announcer_.announce(now, number, {&own, 1}, 1, interfaces_, out);
}

void Failover::Implementation::report(Router& router, const vrrp::Transition& transition, Actions& out) {
  const std::string& name = router.instance.config().name;
  const notify::Subject subject{notify::Subject::Kind::instance, name, transition.priority};
  std::vector<notify::Command> commands;
  switch (transition.to) {
    case vrrp::State::master:
      commands = notify::entered(router.hooks, subject, notify::HookState::master);
      break;
    case vrrp::State::backup:
      commands = notify::entered(router.hooks, subject, notify::HookState::backup);
      break;
    case vrrp::State::fault:
      commands = notify::entered(router.hooks, subject, notify::HookState::fault);
      break;
    case vrrp::State::initialize:
      commands = transition.reason == vrrp::Reason::stopped
                     ? notify::entered(router.hooks, subject, notify::HookState::stop)
                     : notify::removed(router.hooks, subject, transition.from == vrrp::State::fault);
      break;
  }
  run_hooks(router, std::move(commands), out);
  tell_transition(router, transition, out);
  out.emplace_back(action::ReportTransition{++sequence_, name, transition});
}

void Failover::Implementation::report_priority(const Router& router,
                                               const vrrp::action::ReportPriority& changed, Actions& out) {
  const std::string& name = router.instance.config().name;
  notice(action::Notice::Level::info, name, "priority_changed",
         fmt::format("Changing effective priority from {} to {}", changed.before, changed.now), out);
}

void Failover::Implementation::run_hooks(const Router& router, std::vector<notify::Command> commands,
                                         Actions& out) {
  if (commands.empty()) return;
  out.emplace_back(action::RunHooks{router.instance.config().name, std::move(commands)});
}

void Failover::Implementation::listen_if_changed(Actions& out) {
  if (!listen_may_have_changed_ || !listed_) return;
  listen_may_have_changed_ = false;
  std::map<std::pair<net::InterfaceIndex, net::Family>, action::Listen::Where> places;
  for (const Number number : order_) {
    const Router& router = *routers_[number];
    const vrrp::Config& config = router.instance.config();
    if (router.interface == net::InterfaceIndex{} && !config.interface.empty()) continue;
    auto& where = places[{router.interface, config.family}];
    where.interface = router.interface;
    where.family = config.family;
    where.receive_buffer = std::max(where.receive_buffer, config.receive_buffer);
    if (config.multicast()) where.groups.push_back(config.multicast_group);
    const net::InterfaceIndex link = hearing_link(router);
    if (link == net::InterfaceIndex{} || !config.multicast()) continue;
    const std::uint32_t receive_buffer = where.receive_buffer;
    auto& above = places[{link, config.family}];
    above.interface = link;
    above.family = config.family;
    above.receive_buffer = receive_buffer;
    above.groups.push_back(config.multicast_group);
  }
  std::vector<action::Listen::Where> wanted;
  wanted.reserve(places.size());
  for (auto& [place, where] : places) {
    std::ranges::sort(where.groups);
    const auto repeated = std::ranges::unique(where.groups);
    where.groups.erase(repeated.begin(), repeated.end());
    wanted.push_back(std::move(where));
  }
  if (listening_ == wanted) return;
  listening_ = wanted;
  out.emplace_back(action::Listen{std::move(wanted)});
}

}  // namespace engine
