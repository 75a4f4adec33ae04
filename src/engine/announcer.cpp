#include "engine/announcer.hpp"

#include <utility>

#include "net/frames.hpp"

namespace engine {

using core::Duration;
using core::Time;

namespace {

Duration gap_of(const PacingGroup& group, net::Family family) {
  return family == net::Family::v4 ? group.arp_gap : group.na_gap;
}

}  // namespace

void Announcer::configure(const std::vector<PacingGroup>& groups) {
  if (groups == groups_) return;
  groups_ = groups;
  group_of_.clear();
  group_of_others_.reset();
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].interfaces.empty()) group_of_others_ = i;
    for (const std::string& name : groups_[i].interfaces) group_of_.emplace(name, i);
  }
  // Which queue an interface belongs to may have changed: old queues drain without a gap, new ones begin.
  numbers_.clear();
  for (std::uint32_t number = 0; number < pacers_.size(); ++number) {
    pacers_[number].set_gap({});
    deadlines_.update(number, pacers_[number].next_timeout());
  }
}

void Announcer::announce(Time now, Owner owner, std::span<const net::InterfaceAddress> addresses,
                         std::uint32_t rounds, const InterfaceTable& interfaces, Actions& out) {
  struct Prepared {
    action::SendFrame frame;
    std::optional<std::uint32_t> pacer;
  };
  std::vector<Prepared> round;
  round.reserve(addresses.size());
  for (const net::InterfaceAddress& address : addresses) {
    const net::Interface* interface = interfaces.find(address.interface);
    if (interface == nullptr || !interface->has_mac || !interface->arp || interface->loopback) continue;
    const net::IpAddress& ip = address.address.address;
    Prepared& prepared = round.emplace_back();
    prepared.frame = {interface->index,
                      net::announcement_frame({ip, interface->mac, interface->forwards_ipv6})};
    if (!groups_.empty()) prepared.pacer = pacer_for(*interface, ip.family);
  }
  for (std::uint32_t i = 0; i < rounds; ++i) {
    for (const Prepared& prepared : round) {
      if (!prepared.pacer) {
        out.emplace_back(prepared.frame);
        continue;
      }
      Pacer& pacer = pacers_[*prepared.pacer];
      release(pacer.handle(now, owner, prepared.frame), out);
      deadlines_.update(*prepared.pacer, pacer.next_timeout());
    }
  }
}

std::optional<std::uint32_t> Announcer::pacer_for(const net::Interface& interface, net::Family family) {
  const auto named = group_of_.find(interface.name);
  const auto group = named != group_of_.end() ? std::optional(named->second) : group_of_others_;
  if (!group || gap_of(groups_[*group], family) <= Duration::zero()) return std::nullopt;
  // A group shares one queue; interfaces that no group names have one each.
  const std::string& shared = named != group_of_.end() ? groups_[*group].interfaces.front() : interface.name;
  const auto [entry, is_new] =
      numbers_.try_emplace({shared, family}, static_cast<std::uint32_t>(pacers_.size()));
  if (is_new) pacers_.emplace_back(gap_of(groups_[*group], family));
  return entry->second;
}

void Announcer::forget(Owner owner) {
  for (std::uint32_t number = 0; number < pacers_.size(); ++number) {
    if (pacers_[number].waiting() == 0) continue;
    pacers_[number].drop(owner);
    deadlines_.update(number, pacers_[number].next_timeout());
  }
}

void Announcer::handle_timeout(Time now, Actions& out) {
  while (const auto number = deadlines_.pop_due(now)) {
    release(pacers_[*number].handle_timeout(now), out);
    deadlines_.update(*number, pacers_[*number].next_timeout());
  }
}

void Announcer::release(Pacer::Items items, Actions& out) {
  for (action::SendFrame& frame : items) out.emplace_back(std::move(frame));
}

}  // namespace engine
