// Masters that accept no packets to their addresses, and the packet filter that sees to it.
#include <algorithm>

#include "engine/failover_implementation.hpp"

namespace engine {

using core::Time;

namespace {

bool accepts_nothing(const vrrp::Config& config) { return !config.accept && !config.owner(); }

bool is_link_local(const net::IpAddress& address) {
  return address.is_v6() && address.octets[0] == 0xfe && (address.octets[1] & 0xc0) == 0x80;
}

}  // namespace

void Failover::Implementation::on(Time now, const event::FirewallTouched&, Actions& out) {
  firewall_.touched(now, out);
}

void Failover::Implementation::on(Time now, const event::FirewallRefused& refused, Actions& out) {
  firewall_.refused(now, refused.error, out);
}

// Before its addresses are installed.
void Failover::Implementation::filter(Number number, Actions& out) {
  const Router& router = *routers_[number];
  std::vector<net::BlockedAddress> blocked;
  if (accepts_nothing(router.instance.config())) {
    for (const HeldAddresses::Held& held : router.addresses.all()) {
      const net::IpAddress& address = held.address.address.address;
      if (held.address.interface == net::InterfaceIndex{}) continue;
      blocked.push_back({address, is_link_local(address) ? held.address.interface : net::InterfaceIndex{}});
    }
  }
  firewall_.block(number, std::move(blocked), out);
}

void Failover::Implementation::configure_firewall(Time now, const FailoverConfig& config, Actions& out) {
  const bool needed = std::ranges::any_of(
      config.instances, [](const InstanceConfig& instance) { return accepts_nothing(instance.vrrp); });
  firewall_.configure(now, config.firewall, needed, out);
}

}  // namespace engine
