// What names a virtual service through reloads, and how scripts, FIFOs and people see that name.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "lvs/config.hpp"

namespace lvs {

struct ServiceId {
  ServiceHeader header;
  Protocol protocol = Protocol::none;
  net::Family family = net::Family::v4;  // tells two services of one firewall mark apart

  friend auto operator<=>(const ServiceId&, const ServiceId&) = default;
};

ServiceId id_of(const ServiceConfig& config);

/// As users of keepalived's FIFO know them: "[10.9.0.50]:tcp:80", "FWM 5", "[G]:0".
std::string to_string(const ServiceId& id);
/// "[10.0.0.1]:tcp:8001"; the protocol is that of its service.
std::string to_string(const Endpoint& server, const ServiceId& service);

/// The entries of the kernel's table that stand for one service: addresses, ranges, marks, in this order. Marks without a family
/// are of `family`.
std::vector<net::ipvs::ServiceKey> expand(const ServicePlan& plan);

}  // namespace lvs
