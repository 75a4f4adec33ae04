#include "sim/world.hpp"

#include <algorithm>
#include <set>

namespace sim {

World::World(const Plan& plan, std::uint64_t seed)
    : random_(seed),
      network_(queue_, core::Random(random_.next()), plan.wire,
               [this](HostId to, SegmentId segment, const Load& load) { deliver(to, segment, load); }) {
  for (std::uint32_t index = 0; index < plan.nodes.size(); ++index) {
    nodes_.push_back(std::make_unique<Node>(HostId{index}, plan, random_.next(), queue_, network_, *this));
    std::set<SegmentId> segments;
    for (const auto& interface : plan.nodes[index].interfaces) segments.insert(interface.segment);
    for (const SegmentId segment : segments) network_.attach(HostId{index}, segment);
  }
  auto next = static_cast<std::uint32_t>(plan.nodes.size());
  for (std::uint32_t segment = 0; segment < plan.segments; ++segment) {
    for (std::uint32_t count = 0; count < plan.neighbours; ++count) {
      neighbours_[HostId{next}];
      network_.attach(HostId{next++}, SegmentId{segment});
    }
  }
}

void World::start() {
  for (auto& node : nodes_) node->start();
}

void World::record(const Observation& observation) {
  for (Recorder* watcher : watchers_) watcher->record(observation);
}

void World::deliver(HostId to, SegmentId segment, const Load& load) {
  if (to.value < nodes_.size()) return node(to).receive(segment, load);
  const auto* frame = std::get_if<EthernetFrame>(&load);
  const auto said = frame == nullptr ? std::nullopt : read_announcement(frame->bytes);
  if (said && neighbours_[to].learn(*said)) {
    record({now(), to, fact::CacheUpdated{segment, said->address, host_of(said->mac)}});
  }
}

}  // namespace sim
