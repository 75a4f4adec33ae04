// The text of our log records: the lines that people have grepped for since keepalived, followed by key=value pairs for
// programs. Pure; log.hpp writes them.
#pragma once

#include <string>
#include <string_view>

#include "engine/failover.hpp"
#include "lvs/service.hpp"

namespace runtime {

/// `(VI_1) Entering MASTER STATE event=transition sequence=7 from=backup to=master reason=master_silent priority=100 …`
std::string transition_line(const engine::action::ReportTransition& report);
/// `BFD_Instance(B1) Entering UP state, packets go both ways event=bfd_change session=B1 from=init to=up reason=established …`
std::string bfd_line(const engine::action::ReportBfdChange& report);
/// `VRRP_Group(G) Syncing instances to MASTER state event=group_transition …`
std::string transition_line(const engine::action::ReportGroupTransition& report);
/// `Removing service [10.0.0.1]:tcp:80 from VS [10.9.0.50]:tcp:80, a check failed: connect: refused event=server_change …`
std::string server_line(const lvs::ServerChange& change);
/// `Lost quorum 1-0=1 > 0 for VS [10.9.0.50]:tcp:80 event=quorum_change …`
std::string quorum_line(const lvs::QuorumChange& change);
std::string notice_line(const engine::action::Notice& notice);

/// The value as it stands after `key=`: in quotes when it has blanks, quotes or nothing in it.
std::string log_value(std::string_view value);
/// Control characters replaced by \xNN, so that what came from outside cannot start a line of its own.
std::string printable(std::string_view text);

}  // namespace runtime
