// Makes the frames that tell neighbours where addresses live, and keeps them apart as configured (`garp_interval`,
// `gna_interval`, `garp_group`). When they are due is vrrp/announcement_plan.hpp's business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "engine/config.hpp"
#include "engine/deadlines.hpp"
#include "engine/failover.hpp"
#include "engine/interface_table.hpp"
#include "vrrp/pacing.hpp"

namespace engine {

class Announcer {
 public:
  using Owner = std::uint32_t;

  /// Frames that wait in a queue whose gap is gone go out with the next timeout.
  void configure(const std::vector<PacingGroup>& groups);

  /// `rounds` times each of `addresses`, in rounds. Addresses on interfaces that know no neighbours are left out.
  void announce(core::Time now, Owner owner, std::span<const net::InterfaceAddress> addresses,
                std::uint32_t rounds, const InterfaceTable& interfaces, Actions& out);
  /// No longer master: what still waits would be a lie.
  void forget(Owner owner);

  void handle_timeout(core::Time now, Actions& out);
  std::optional<core::Time> next_timeout() const { return deadlines_.earliest(); }

 private:
  using Pacer = vrrp::Pacer<action::SendFrame>;

  /// The queue for such frames on that interface; empty if they need none.
  std::optional<std::uint32_t> pacer_for(const net::Interface& interface, net::Family family);
  static void release(Pacer::Items items, Actions& out);

  std::vector<PacingGroup> groups_;
  std::map<std::string, std::size_t, std::less<>> group_of_;  // by interface name
  std::optional<std::size_t> group_of_others_;
  std::map<std::pair<std::string, net::Family>, std::uint32_t>
      numbers_;  // group's or interface's name → pacers_
  std::vector<Pacer> pacers_;
  Deadlines deadlines_;
};

}  // namespace engine
