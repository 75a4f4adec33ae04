// Makes, raises and removes the interfaces that carry virtual MAC addresses, and gives them their settings before anything can
// arrive on them. Each call asks the kernel a few questions and waits for its answers, a millisecond or two.
#pragma once

#include <variant>

#include "core/result.hpp"
#include "engine/failover.hpp"
#include "runtime/interface_sysctl.hpp"
#include "runtime/netlink_io.hpp"

namespace runtime {

using LinkChange =
    std::variant<engine::action::CreateLink, engine::action::RaiseLink, engine::action::RemoveLink>;

/// "Is not there" is no failure of a removal.
core::Result<> change_link(NetlinkCommands& commands, InterfaceSysctls& sysctls, const LinkChange& change);

}  // namespace runtime
