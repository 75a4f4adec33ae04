// The table of the packet filter that keeps packets from addresses with `no_accept`, as nf_tables' netlink messages: one batch is one
// transaction, done as a whole or not at all. One table of family inet with sets of addresses; its chains drop what comes to or
// from an address in a set, after letting neighbour discovery through. Bytes only; opens no socket.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/firewall.hpp"
#include "netlink/request.hpp"

namespace netlink {

/// The table anew, whatever there was of that name. The messages have the numbers from `sequence` on; the last one is answered.
void append_build_firewall(Buffer& into, std::uint32_t sequence, const net::FirewallTable& table,
                           std::span<const net::BlockedAddress> blocked);
void append_change_firewall(Buffer& into, std::uint32_t sequence, const std::string& table,
                            std::span<const net::BlockedAddress> added,
                            std::span<const net::BlockedAddress> removed);
/// Also right if there is no such table.
void append_remove_firewall(Buffer& into, std::uint32_t sequence, const std::string& table);

/// Whether a datagram of nf_tables' news says that somebody else than the socket `ours` changed something in the table.
bool tells_of_change(std::span<const std::uint8_t> datagram, std::string_view table, std::uint32_t ours);

}  // namespace netlink
