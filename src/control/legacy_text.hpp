// Pieces of text that both the JSON and the text dumps of keepalived show (legacy_dump.hpp).
#pragma once

#include <string>

#include "config/model.hpp"
#include "control/moment.hpp"

namespace control {

/// `10.9.0.100/24 dev eth0 scope global label eth0:1 set`: the address is the first word, the interface the third.
std::string legacy_address(const vrrp::VirtualAddress& address, const std::string& default_interface,
                           bool installed);
/// `prepend 10.77.0.0/24 via inet 10.9.0.2 dev eth0 proto 18`
std::string legacy_route(const net::Route& route);
/// `from 10.78.0.0/24 priority 1000 tos 0x0 protocol 18 lookup 100`
std::string legacy_rule(const net::Rule& rule);
/// Every word in single quotes.
std::string legacy_command(const notify::Command& command);
/// "1795367500.749165"
std::string unix_time(core::WallTime when);

}  // namespace control
