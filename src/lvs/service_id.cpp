#include "lvs/service_id.hpp"

#include <fmt/format.h>

#include "core/overload.hpp"

namespace lvs {

namespace {

using net::ipvs::ServiceKey;

std::string bracketed(const net::IpAddress& address, Protocol protocol, std::uint16_t port) {
  return fmt::format("[{}]:{}:{}", address.to_string(), net::ipvs::to_string(protocol), port);
}

// The next higher address; only ever asked for inside of a range.
void advance(net::IpAddress& address) {
  for (std::size_t i = address.size(); i-- > 0;) {
    if (++address.octets[i] != 0) return;
  }
}

}  // namespace

ServiceId id_of(const ServiceConfig& config) {
  ServiceId id{config.key, config.protocol, config.family.value_or(net::Family::v4)};
  if (const auto* mark = std::get_if<FirewallMark>(&config.key)) {
    id.header = FirewallMark{mark->mark, {}};
    id.protocol = Protocol::none;
  } else if (const auto* endpoint = std::get_if<Endpoint>(&config.key)) {
    id.family = endpoint->address.family;
  } else {
    id.family = net::Family::v4;  // the name is enough
  }
  return id;
}

std::string to_string(const ServiceId& id) {
  return std::visit(core::Overload{
                        [&](const Endpoint& at) { return bracketed(at.address, id.protocol, at.port); },
                        [](const FirewallMark& mark) { return fmt::format("FWM {}", mark.mark); },
                        [](const GroupName& group) { return fmt::format("[{}]:0", group.name); },
                    },
                    id.header);
}

std::string to_string(const Endpoint& server, const ServiceId& service) {
  return bracketed(server.address, service.protocol, server.port);
}

std::vector<ServiceKey> expand(const ServicePlan& plan) {
  std::vector<ServiceKey> keys;
  const ServiceConfig& service = plan.service;
  const net::Family family = service.family.value_or(net::Family::v4);
  if (const auto* endpoint = std::get_if<Endpoint>(&service.key)) {
    keys.push_back(ServiceKey::of(service.protocol, *endpoint));
  } else if (const auto* mark = std::get_if<FirewallMark>(&service.key)) {
    keys.push_back(ServiceKey::of_mark(mark->mark, mark->family.value_or(family)));
  } else if (plan.group) {
    for (const AddressRange& range : plan.group->ranges) {
      for (net::IpAddress address = range.first;; advance(address)) {
        keys.push_back(ServiceKey::of(service.protocol, {address, range.port}));
        if (address == range.last) break;
      }
    }
    for (const FirewallMark& member : plan.group->marks) {
      keys.push_back(ServiceKey::of_mark(member.mark, member.family.value_or(family)));
    }
  }
  return keys;
}

}  // namespace lvs
