// Plans from a seed: nodes, segments, virtual routers of every kind that can live together.
#pragma once

#include "core/random.hpp"
#include "sim/plan.hpp"

namespace sim {

/// `nodes` 0: the seed decides (2 to 4).
Plan generate_plan(core::Random& random, std::uint32_t nodes);

/// The own address of a node on a segment, and the address of a virtual router's line.
net::IpAddress own_address(net::Family family, SegmentId segment, std::uint32_t node);
net::IpAddress virtual_address(net::Family family, SegmentId segment, std::uint8_t vrid, std::uint32_t line);

/// An interface "eth0" on segment 0 and so on, with an address of each family.
InterfacePlan make_interface(SegmentId segment, std::uint32_t node);
/// A router with the destination of its family and hooks for every state.
engine::InstanceConfig make_instance(const std::string& name, SegmentId segment, net::Family family,
                                     std::uint8_t vrid, vrrp::Version version);
void add_address(engine::InstanceConfig& instance, const net::IpAddress& address, bool excluded = false);
/// Unicast between all `nodes`.
/// Two routes of the router's family and a rule, told by its VRID from those of others.
void add_routes(engine::InstanceConfig& instance);
void make_unicast(engine::InstanceConfig& instance, SegmentId segment, std::uint32_t node,
                  std::uint32_t nodes);

}  // namespace sim
