// Virtual MAC addresses: the interfaces that carry them, and the routers that wait for them. The links are made when the
// configuration is read and stay until the end, whoever is master: only the addresses move.
#include <fmt/format.h>
#include <utility>

#include "engine/failover_implementation.hpp"

namespace engine {

using core::Time;
using Level = action::Notice::Level;
using vrrp::FaultKind;

void Failover::Implementation::reconcile_links(Time now, Actions& out) {
  using What = VirtualLinks::Wish::What;
  for (auto& wish : links_.reconcile(interfaces_, now)) {
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
  if (!std::exchange(reverse_path_relaxed_, true)) out.emplace_back(action::RelaxReversePath{});
}

void Failover::Implementation::links_touched(Time now, const std::string& name, Actions& out) {
  if (!listed_ || !links_.concerns(name)) return;
  const net::Interface* there = interfaces_.find(name);
  if (there == nullptr) guarded_parents_.erase(name);  // a new one of that name has settings of its own
  if (there != nullptr && there->admin_up && links_.makes(name)) known_links_.insert(name);
  reconcile_links(now, out);
  start_waiting(now, out);
}

// A router whose interface is still being made would begin in FAULT, and tell its scripts so.
bool Failover::Implementation::must_wait(Number number) {
  Router& router = *routers_[number];
  router.waiting = links_.pending(number);
  if (router.waiting) waiting_.insert(number);
  return router.waiting;
}

void Failover::Implementation::start_waiting(Time now, Actions& out) {
  for (const Number number : std::set<Number>(waiting_)) {
    if (links_.pending(number)) continue;
    waiting_.erase(number);
    routers_[number]->waiting = false;
    start(now, number, out);
  }
  if (!waiting_.empty()) return;
  previous_.reset();
  previous_instances_.clear();
}

void Failover::Implementation::on(Time now, const event::LinkRefused& refused, Actions& out) {
  links_.refused(refused.name, refused.error.message, now);
  if (links_noticed_.insert(refused.name + refused.error.message).second) {
    notice(Level::error, {}, "link_refused",
           fmt::format("the kernel refused the interface {} ({}); it is tried again", refused.name,
                       refused.error.message),
           out);
  }
  start_waiting(now, out);
  for (const Number number : order_) {
    if (routers_[number]->waiting || !links_.missing(number)) continue;
    evaluate(now, number, out);
    settle(number);
  }
}

}  // namespace engine
