// What the kernel's connection tracking remembers of connections to servers that are gone. An entry nobody answered would lead a
// later connection from the same port to the dead server, for two minutes after the last attempt.
#pragma once

#include <span>

#include "core/result.hpp"
#include "net/ipvs.hpp"

namespace runtime {

/// Of connections whose answers come from one of `servers` (port 0: any) those that were never answered. The rest stay.
/// Returns how many there were.
core::Result<std::size_t> forget_unanswered(std::span<const net::ipvs::Endpoint> servers);

}  // namespace runtime
