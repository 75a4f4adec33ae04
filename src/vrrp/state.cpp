#include "vrrp/state.hpp"

#include <utility>

namespace vrrp {

std::string_view state_word(State state) {
  switch (state) {
    case State::initialize:
      return "INIT";
    case State::backup:
      return "BACKUP";
    case State::master:
      return "MASTER";
    case State::fault:
      return "FAULT";
  }
  std::unreachable();
}

std::string_view reason_text(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "no reason";
    case Reason::started:
      return "just started";
    case Reason::started_as_owner:
      return "started as owner of the addresses (priority 255)";
    case Reason::master_silent:
      return "the master fell silent";
    case Reason::master_resigned:
      return "the master resigned";
    case Reason::preempted:
      return "our priority is higher than the master's";
    case Reason::higher_priority_heard:
      return "a router with a higher priority is master";
    case Reason::equal_priority_higher_address:
      return "a router with our priority and a higher address is master";
    case Reason::owner_conflict:
      return "another router claims to own the addresses (priority 255)";
    case Reason::second_master_gone:
      return "a second master is gone; announced again";
    case Reason::fault:
      return "a fault";
    case Reason::fault_cleared:
      return "the last fault is gone";
    case Reason::paused:
      return "we did not run for so long that the others must have taken over";
    case Reason::resumed:
      return "a new worker goes on as the one before it";
    case Reason::stopped:
      return "stopped";
    case Reason::removed:
      return "removed from the configuration";
    case Reason::reconfigured:
      return "the new configuration needs a restart of the router";
    case Reason::group_member_left:
      return "another member of the sync group is no longer master";
  }
  std::unreachable();
}

std::string_view reason_id(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "none";
    case Reason::started:
      return "started";
    case Reason::started_as_owner:
      return "started_as_owner";
    case Reason::master_silent:
      return "master_silent";
    case Reason::master_resigned:
      return "master_resigned";
    case Reason::preempted:
      return "preempted";
    case Reason::higher_priority_heard:
      return "higher_priority_heard";
    case Reason::equal_priority_higher_address:
      return "equal_priority_higher_address";
    case Reason::owner_conflict:
      return "owner_conflict";
    case Reason::second_master_gone:
      return "second_master_gone";
    case Reason::fault:
      return "fault";
    case Reason::fault_cleared:
      return "fault_cleared";
    case Reason::paused:
      return "paused";
    case Reason::resumed:
      return "resumed";
    case Reason::stopped:
      return "stopped";
    case Reason::removed:
      return "removed";
    case Reason::reconfigured:
      return "reconfigured";
    case Reason::group_member_left:
      return "group_member_left";
  }
  std::unreachable();
}

std::string fault_text(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::interface_missing:
      return "interface " + fault.object + " does not exist";
    case FaultKind::interface_down:
      return "interface " + fault.object + " is down";
    case FaultKind::no_source_address:
      if (fault.object.empty())
        return "no source address is configured, and there is no interface to take one from";
      return "interface " + fault.object + " has no address to send adverts from";
    case FaultKind::source_address_missing:
      return "the configured source address " + fault.object + " is missing";
    case FaultKind::no_unicast_peer:
      return "no unicast peer is configured";
    case FaultKind::address_not_installed:
      return "the kernel refused address " + fault.object;
    case FaultKind::static_entry_missing:
      return "static " + fault.object + " is missing";
    case FaultKind::tracker:
      return fault.object;
    case FaultKind::cannot_listen:
      return "adverts of others cannot be received: " + fault.object;
    case FaultKind::group_member:
      return fault.object + " of the sync group is in FAULT";
  }
  std::unreachable();
}

}  // namespace vrrp
