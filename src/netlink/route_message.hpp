// Routes and policy rules as rtnetlink messages, both ways. What leaves is what `ip route` and `ip rule` would send for the same
// words; what comes back is as much of a route as tells it from others, and the whole of a rule. Opens no socket.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "net/route.hpp"
#include "netlink/native.hpp"
#include "netlink/request.hpp"

namespace netlink {

void append_add_route(Buffer& into, std::uint32_t sequence, const net::KernelRoute& route,
                      Acknowledge acknowledge);
/// Says no more than what makes the route that route: the kernel may have changed the rest.
void append_remove_route(Buffer& into, std::uint32_t sequence, const net::KernelRoute& route,
                         Acknowledge acknowledge);
/// Refused if the same rule is there already: the kernel would otherwise have it twice.
void append_add_rule(Buffer& into, std::uint32_t sequence, const net::Rule& rule, Acknowledge acknowledge);
void append_remove_rule(Buffer& into, std::uint32_t sequence, const net::Rule& rule, Acknowledge acknowledge);

/// Only those of `protocol` if the socket asked for strict checking (Linux 4.20), else all.
void append_dump_routes(Buffer& into, std::uint32_t sequence, net::Family family, std::uint8_t protocol);
void append_dump_rules(Buffer& into, std::uint32_t sequence);

/// The body of a message of those types; empty if it concerns something else than a route or rule of IPv4 or IPv6. An error
/// means that the bytes make no sense.
struct Senseless {};
std::expected<std::optional<net::KernelRoute>, Senseless> parse_route(std::span<const std::uint8_t> body);
std::expected<std::optional<net::Rule>, Senseless> parse_rule(std::span<const std::uint8_t> body);

}  // namespace netlink
