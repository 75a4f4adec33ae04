#include "sim/network.hpp"

#include <algorithm>
#include <memory>

namespace sim {

Network::Network(EventQueue& queue, core::Random random, LinkSettings wire, Deliver deliver)
    : queue_(queue), random_(random), wire_(wire), deliver_(std::move(deliver)) {}

void Network::attach(HostId host, SegmentId segment) { segments_[segment].push_back(host); }

void Network::send(HostId from, SegmentId segment, const Load& load) {
  for (const HostId to : hosts(segment)) {
    if (to != from) transmit(from, to, segment, load);
  }
}

LinkSettings Network::link(HostId from, HostId to) const {
  const auto found = links_.find({from, to});
  return found == links_.end() ? wire_ : found->second.settings;
}

bool Network::healthy() const {
  return std::ranges::all_of(links_, [&](const auto& entry) { return entry.second.settings == wire_; });
}

const std::vector<HostId>& Network::hosts(SegmentId segment) const {
  static const std::vector<HostId> nobody;
  const auto found = segments_.find(segment);
  return found == segments_.end() ? nobody : found->second;
}

void Network::transmit(HostId from, HostId to, SegmentId segment, const Load& load) {
  Direction& direction = links_.try_emplace({from, to}, Direction{wire_, core::Time{}}).first->second;
  const LinkSettings& settings = direction.settings;
  if (settings.cut || random_.chance(settings.loss)) return;
  const int copies = random_.chance(settings.duplicate) ? 2 : 1;
  const auto shared = std::make_shared<const Load>(load);
  for (int copy = 0; copy < copies; ++copy) {
    core::Time arrival = queue_.now() + delay_on(settings);
    if (!random_.chance(settings.reorder)) {
      arrival = std::max(arrival, direction.last_arrival);
      direction.last_arrival = arrival;
    }
    queue_.at(arrival, [this, to, segment, shared, sent = queue_.now(), arrival] {
      const bool held_up = sent < repaired_ && arrival > repaired_ + wire_.delay_max;
      if (!held_up) deliver_(to, segment, *shared);
    });
  }
}

core::Duration Network::delay_on(const LinkSettings& settings) {
  if (settings.delay_max <= settings.delay_min) return settings.delay_min;
  return core::Duration{random_.between(settings.delay_min.count(), settings.delay_max.count())};
}

}  // namespace sim
