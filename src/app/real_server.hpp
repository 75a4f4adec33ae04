// `standfast real-server`: prepares a machine behind a director with direct routing, and undoes it. The virtual addresses stand
// on the loopback interface, and the machine neither answers ARP for them nor names them in its own requests (arp_ignore 1,
// arp_announce 2). Over IPv6 that needs no setting: neighbours are told only of addresses of the interface that was asked.
// What was there before is kept in a file below /run and put back by `down`; a reboot forgets both.
#pragma once

#include <string>
#include <vector>

namespace app {

inline constexpr const char* real_server_file = "/run/standfast/real-server.json";

/// Each returns the exit status. Asking twice changes nothing.
int real_server_up(const std::vector<std::string>& addresses);
/// Without addresses: all that `up` made.
int real_server_down(const std::vector<std::string>& addresses);
/// 0: ready for all; 3: something is missing or was changed by somebody else, and it says what.
int real_server_status(const std::vector<std::string>& addresses);

}  // namespace app
