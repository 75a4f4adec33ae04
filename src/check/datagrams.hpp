// What DNS_CHECK, UDP_CHECK and PING_CHECK send, and what they make of the answer: octets in, octets out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "check/config.hpp"
#include "check/probe_result.hpp"

namespace check {

using Octets = std::span<const std::uint8_t>;

/// RFC 1035: one question, recursion desired.
std::vector<std::uint8_t> dns_query(const Dns& dns, std::uint16_t id);
/// Empty: not the answer to this query, wait on. The answer needs rcode 0; it may hold no record, and may be cut short.
std::optional<ProbeResult> judge_dns(Octets answer, const Dns& dns, std::uint16_t id);

std::vector<std::uint8_t> udp_payload(const Udp& udp);
ProbeResult judge_udp(Octets reply, const Udp& udp);

/// ICMP echo request (RFC 792, RFC 4443), 128 octets of payload. The checksum is right for IPv4; of IPv6, and of an unprivileged
/// socket, the kernel fills it in.
std::vector<std::uint8_t> echo_request(net::Family family, std::uint16_t id, std::uint16_t sequence);
/// Empty: something else, wait on. An unprivileged socket changes the identifier: do not ask for one then.
std::optional<ProbeResult> judge_echo(Octets packet, net::Family family, std::optional<std::uint16_t> id,
                                      std::uint16_t sequence);

}  // namespace check
