// A whole simulated world: machines and neighbours on wires, one queue of events, one seed. What is done to it is told to the
// watchers (auditors, reports, scenario transcripts) together with what follows from it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/event_queue.hpp"
#include "sim/facts.hpp"
#include "sim/neighbour.hpp"
#include "sim/network.hpp"
#include "sim/node.hpp"
#include "sim/plan.hpp"

namespace sim {

class World : public Recorder {
 public:
  World(const Plan& plan, std::uint64_t seed);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Those added first are told first. They outlive the world.
  void add_watcher(Recorder& watcher) { watchers_.push_back(&watcher); }
  /// Starts a worker on every node.
  void start();
  void run_for(core::Duration time) { queue_.run_until(queue_.now() + time); }

  core::Time now() const { return queue_.now(); }
  EventQueue& queue() { return queue_; }
  Network& network() { return network_; }
  std::vector<std::unique_ptr<Node>>& nodes() { return nodes_; }
  Node& node(HostId id) { return *nodes_.at(id.value); }

  void disturb(HostId host, std::string what) { record({now(), host, fact::Disturbed{std::move(what)}}); }
  void impair(HostId host, std::string what, bool network) {
    record({now(), host, fact::Impaired{std::move(what), network}});
  }
  void repair(HostId host, std::string what, bool network) {
    record({now(), host, fact::Repaired{std::move(what), network}});
  }
  /// A stranger on the segment sends a packet.
  void inject(SegmentId segment, const IpPacket& packet) { network_.send(HostId{250}, segment, packet); }

 private:
  void record(const Observation& observation) override;
  void deliver(HostId to, SegmentId segment, const Load& load);

  std::vector<Recorder*> watchers_;
  EventQueue queue_{beginning};
  core::Random random_;
  Network network_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<HostId, NeighbourCache> neighbours_;
};

}  // namespace sim
