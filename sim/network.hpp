// The wires: hosts attached to layer-2 segments, every direction between two hosts with its own delay, loss, duplication,
// reordering and cuts, changeable at any time. Carries bytes and knows of no protocol: who may receive what is the host's
// business.
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "core/random.hpp"
#include "net/ip_address.hpp"
#include "sim/event_queue.hpp"
#include "sim/plan.hpp"

namespace sim {

/// An IP packet of protocol 112 or 51. For IPv4 the bytes start with the IP header, for IPv6 after it.
struct IpPacket {
  net::IpAddress source;
  net::IpAddress destination;
  std::uint8_t hop_limit = 255;
  std::uint8_t protocol = 112;
  std::vector<std::uint8_t> bytes;
};
/// A complete Ethernet frame.
struct EthernetFrame {
  std::vector<std::uint8_t> bytes;
};
using Load = std::variant<IpPacket, EthernetFrame>;

class Network {
 public:
  using Deliver = std::function<void(HostId to, SegmentId segment, const Load& load)>;

  Network(EventQueue& queue, core::Random random, LinkSettings wire, Deliver deliver);

  void attach(HostId host, SegmentId segment);
  void send(HostId from, SegmentId segment, const Load& load);

  /// What is on its way arrives as planned when it left, unless everything is repaired meanwhile.
  void set_link(HostId from, HostId to, LinkSettings settings) {
    links_[{from, to}] = {settings, core::Time{}};
  }
  LinkSettings link(HostId from, HostId to) const;
  /// Every direction as it was when nothing was wrong. What was held up on the way is lost.
  void repair() {
    links_.clear();
    repaired_ = queue_.now();
  }
  bool healthy() const;
  const std::vector<HostId>& hosts(SegmentId segment) const;

 private:
  struct Direction {
    LinkSettings settings;
    core::Time last_arrival{};  // what is not reordered never arrives before what was sent earlier
  };
  void transmit(HostId from, HostId to, SegmentId segment, const Load& load);
  core::Duration delay_on(const LinkSettings& settings);

  EventQueue& queue_;
  core::Random random_;
  LinkSettings wire_;
  Deliver deliver_;
  std::map<SegmentId, std::vector<HostId>> segments_;
  std::map<std::pair<HostId, HostId>, Direction> links_;
  core::Time repaired_{};
};

}  // namespace sim
