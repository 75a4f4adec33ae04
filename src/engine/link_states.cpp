#include "engine/link_states.hpp"

#include <utility>

namespace engine {

void LinkStates::configure(const TrackersConfig& config) {
  auto before = std::exchange(links_, {});
  const auto known = [&](const std::string& name) -> Link& {
    const auto [link, fresh] = links_.try_emplace(name);
    if (const auto old = before.find(name); fresh && old != before.end()) {
      link->second = std::move(old->second);
      link->second.polled = link->second.delayed = false;
    }
    return link->second;
  };
  for (const auto& poll : config.polled_interfaces) known(poll.interface).polled = true;
  for (const auto& delay : config.interface_delays) {
    Link& link = known(delay.interface);
    link.delayed = true;
    link.belief.configure({.up = delay.up, .down = delay.down});
  }
}

bool LinkStates::raw(const Link& link, const net::Interface& interface) {
  return link.polled && link.beat ? interface.admin_up && *link.beat : interface.usable();
}

bool LinkStates::usable(const net::Interface& interface) const {
  const auto found = links_.find(interface.name);
  if (found == links_.end()) return interface.usable();
  const Link& link = found->second;
  return link.delayed ? link.belief.believed().value_or(raw(link, interface)) : raw(link, interface);
}

void LinkStates::observe(core::Time now, const net::Interface& interface) {
  const auto found = links_.find(interface.name);
  if (found == links_.end() || !found->second.delayed) return;
  found->second.belief.observe(now, raw(found->second, interface));
}

void LinkStates::polled(core::Time now, const std::string& name, bool up, const net::Interface* interface) {
  const auto found = links_.find(name);
  if (found == links_.end()) return;
  found->second.beat = up;
  if (interface != nullptr) observe(now, *interface);
}

std::vector<std::string> LinkStates::handle_timeout(core::Time now) {
  std::vector<std::string> turned;
  for (auto& [name, link] : links_) {
    if (link.delayed && link.belief.handle_timeout(now)) turned.push_back(name);
  }
  return turned;
}

std::optional<core::Time> LinkStates::next_timeout() const {
  std::optional<core::Time> next;
  for (const auto& [name, link] : links_) {
    const auto due = link.belief.next_timeout();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

}  // namespace engine
