// What trackers say, and what it means to the routers that use them: points of priority, faults, and leave to begin.
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "engine/failover_implementation.hpp"

namespace engine {

using core::Time;
using track::Kind;
using vrrp::FaultKind;

void Failover::Implementation::on(Time now, const event::ScriptFinished& finished, Actions& out) {
  trackers_.handle(now, finished, out);
  pass_on_trackers(now, out);
}

void Failover::Implementation::on(Time now, const event::TrackedFileChanged& read, Actions& out) {
  trackers_.handle(now, read, out);
  pass_on_trackers(now, out);
}

void Failover::Implementation::on(Time now, const event::ProcessesCounted& counted, Actions& out) {
  trackers_.handle(now, counted, out);
  pass_on_trackers(now, out);
}

void Failover::Implementation::on(Time now, const event::BfdStateChanged& changed, Actions& out) {
  bfd_state_changed(now, changed.session, changed.up, out);
}

void Failover::Implementation::on(Time now, const event::WatcherStarted& started, Actions& out) {
  if (listed_) trackers_.handle(now, started, out);
}

void Failover::Implementation::on(Time now, const event::LinkPolled& polled, Actions& out) {
  const net::Interface* interface = interfaces_.find(polled.interface);
  const bool before = interface != nullptr && links_.usable(*interface);
  links_.polled(now, polled.interface, polled.up, interface);
  if (interface != nullptr && links_.usable(*interface) != before)
    interface_touched(now, polled.interface, out);
}

void Failover::Implementation::bfd_state_changed(Time now, const std::string& session, bool up,
                                                 Actions& out) {
  trackers_.set_bfd(session, up);
  pass_on_trackers(now, out);
}

void Failover::Implementation::serve_trackers(Time now, Actions& out) {
  for (const std::string& name : links_.handle_timeout(now)) interface_touched(now, name, out);
  trackers_.handle_timeout(now, out);
  pass_on_trackers(now, out);
}

void Failover::Implementation::pass_on_trackers(Time now, Actions& out) {
  if (!listed_) return;
  for (const TrackerKey& key : trackers_.take_changed()) {
    const auto users = by_tracker_.find(key);
    if (users == by_tracker_.end()) continue;
    for (const Number number : users->second) {
      Router& router = *routers_[number];
      if (router.held_back && !held_back(router)) {
        start(now, number, out);
        continue;
      }
      evaluate(now, number, out);
      settle(number);
    }
  }
}

// A link that routers track beside their own.
void Failover::Implementation::link_touched(Time now, const std::string& name, Actions& out) {
  const auto users = by_tracker_.find({Kind::interface, name});
  if (users == by_tracker_.end() || !listed_) return;
  for (const Number number : users->second) {
    evaluate(now, number, out);
    settle(number);
  }
}

bool Failover::Implementation::held_back(const Router& router) const {
  return std::ranges::any_of(router.trackers,
                             [&](const TrackerUse& use) { return trackers_.holds_back(use); });
}

Trackers::Standing Failover::Implementation::standing_of(const TrackerUse& use) const {
  if (use.kind != Kind::interface) return trackers_.standing(use);
  const net::Interface* interface = interfaces_.find(use.name);
  return {.known = true,
          .effect = track::effect_of(interface != nullptr && links_.usable(*interface), use.weight)};
}

std::string Failover::Implementation::words_for(const TrackerUse& use) const {
  if (use.kind != Kind::interface) return trackers_.words_for(use);
  const net::Interface* interface = interfaces_.find(use.name);
  const bool up = interface != nullptr && links_.usable(*interface);
  const std::string_view word = interface == nullptr ? "missing" : up ? "up" : "down";
  return fmt::format("interface {} ({})", use.name, word);
}

void Failover::Implementation::add_tracker_faults(const Router& router,
                                                  std::vector<vrrp::Fault>& faults) const {
  for (const TrackerUse& use : router.trackers) {
    const Trackers::Standing standing = standing_of(use);
    if (standing.matters() && standing.effect.fault) faults.push_back({FaultKind::tracker, words_for(use)});
  }
}

std::vector<vrrp::PriorityPart> Failover::Implementation::parts_of(const Router& router) const {
  std::vector<vrrp::PriorityPart> parts;
  for (const TrackerUse& use : router.trackers) {
    const Trackers::Standing standing = standing_of(use);
    if (standing.matters() && standing.effect.points != 0)
      parts.push_back({standing.effect.points, words_for(use)});
  }
  return parts;
}

void Failover::Implementation::index_trackers(Number number) {
  for (const TrackerUse& use : routers_[number]->trackers) by_tracker_[{use.kind, use.name}].insert(number);
}

void Failover::Implementation::unindex_trackers(Number number) {
  for (const TrackerUse& use : routers_[number]->trackers) {
    const auto entry = by_tracker_.find({use.kind, use.name});
    if (entry == by_tracker_.end()) continue;
    entry->second.erase(number);
    if (entry->second.empty()) by_tracker_.erase(entry);
  }
}

}  // namespace engine
