// Virtual MAC addresses: the interfaces that carry them, and the routers that wait for them. The links are made when the
// configuration is read and stay until the end, whoever is master: only the addresses move.
#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "engine/failover_implementation.hpp"

namespace engine {

using core::Time;
using Level = action::Notice::Level;
using vrrp::FaultKind;

void Failover::Implementation::reconcile_links(Time now, Actions& out) {
  using What = VirtualLinks::Wish::What;
  for (auto& wish : virtual_links_.reconcile(interfaces_, now)) {
    switch (wish.what) {
      case What::create:
        guard_parent(wish.link.parent, out);
        if (known_links_.contains(wish.link.name) && links_noticed_.insert(wish.link.name).second) {
          notice(Level::warning, {}, "link_removed",
                 fmt::format("somebody removed the interface {}; making it again", wish.link.name), out);
        }
        out.emplace_back(
            action::CreateLink{std::move(wish.link), wish.parent, wish.group, wish.parent_group, wish.vrf});
        break;
      case What::raise:
        out.emplace_back(action::RaiseLink{wish.index, wish.link.name});
        break;
      case What::remove:
        known_links_.erase(wish.link.name);
        out.emplace_back(action::RemoveLink{wish.index, wish.link.name});
        break;
    }
  }
}

// Both interfaces hear a question for an address; only the one that has it shall answer.
void Failover::Implementation::guard_parent(const std::string& parent, Actions& out) {
  if (!guarded_parents_.insert(parent).second) return;
  out.emplace_back(action::SetInterfaceSysctl{parent, "arp_ignore", "1"});
  out.emplace_back(action::SetInterfaceSysctl{parent, "arp_filter", "1"});
  // What a master sends from a virtual address may leave by the parent; a question asked on its way must not name that address, or
  // the neighbour would learn the parent's MAC address for it.
  out.emplace_back(action::SetInterfaceSysctl{parent, "arp_announce", "2"});
  if (!std::exchange(reverse_path_relaxed_, true)) out.emplace_back(action::RelaxReversePath{});
}

void Failover::Implementation::links_touched(Time now, const std::string& name, Actions& out) {
  if (!listed_ || !virtual_links_.concerns(name)) return;
  const net::Interface* there = interfaces_.find(name);
  if (there == nullptr) guarded_parents_.erase(name);  // a new one of that name has settings of its own
  if (there != nullptr && there->admin_up && virtual_links_.makes(name)) known_links_.insert(name);
  listen_may_have_changed_ = true;
  reconcile_links(now, out);
  start_waiting(now, out);
}

// Where adverts come in that carry the router's own virtual MAC address: the kernel gives a frame from the MAC address of a private
// macvlan to that macvlan and to nobody else, the interface below included.
net::InterfaceIndex Failover::Implementation::hearing_link(const Router& router) const {
  for (const net::VirtualLink& link : router.links) {
    if (link.parent == router.instance.config().interface) return index_of(link.name);
  }
  return {};
}

net::InterfaceIndex Failover::Implementation::wire_of(net::InterfaceIndex interface) const {
  const net::Interface* found = interfaces_.find(interface);
  return found != nullptr && virtual_links_.makes(found->name) ? found->parent : interface;
}

// Adverts from any other MAC address come in twice: below, and on the link that listens to the group too.
bool Failover::Implementation::is_copy(Time now, Router& router, const event::PacketReceived& heard,
                                       net::InterfaceIndex wire) {
  if (heard.interface == wire) {
    router.wire_source = heard.source;
    router.wire_heard = now;
    return false;
  }
  return router.wire_source == heard.source &&
         now - router.wire_heard < 3 * router.instance.advert_interval();
}

// A router whose interface is still being made would begin in FAULT, and tell its scripts so.
bool Failover::Implementation::must_wait(Number number) {
  Router& router = *routers_[number];
  router.waiting = virtual_links_.pending(number);
  if (router.waiting) waiting_.insert(number);
  return router.waiting;
}

void Failover::Implementation::start_waiting(Time now, Actions& out) {
  for (const Number number : std::set<Number>(waiting_)) {
    if (virtual_links_.pending(number)) continue;
    waiting_.erase(number);
    routers_[number]->waiting = false;
    start(now, number, out);
  }
  if (!waiting_.empty()) return;
  previous_.reset();
  previous_instances_.clear();
}

void Failover::Implementation::on(Time now, const event::LinkRefused& refused, Actions& out) {
  if (refused.error.code == ENODEV) return virtual_links_.missed(refused.name, now);
  virtual_links_.refused(refused.name, refused.error.message, now);
  if (links_noticed_.insert(refused.name + refused.error.message).second) {
    notice(Level::error, {}, "link_refused",
           fmt::format("the kernel refused the interface {} ({}); it is tried again", refused.name,
                       refused.error.message),
           out);
  }
  start_waiting(now, out);
  for (const Number number : order_) {
    if (routers_[number]->waiting || !virtual_links_.missing(number)) continue;
    evaluate(now, number, out);
    settle(number);
  }
}

}  // namespace engine
