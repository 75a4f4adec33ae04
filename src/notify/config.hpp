// Scripts that are told of changes: what to run and as whom.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace notify {

using std::chrono_literals::operator""s;

/// One command as configured. With `through_shell` argv is {"/bin/sh", "-c", TEXT}: the text had shell operators outside quotes.
struct Command {
  std::vector<std::string> argv;
  bool through_shell = false;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> supplementary_groups;

  friend bool operator==(const Command&, const Command&) = default;
};

/// `ensure_owner`: a script that makes somebody else's records (a cloud's API) agree with who is master, and keeps them so.
struct OwnerConfig {
  Command command;                // told acquire, release or verify, then kind, name, state and priority
  core::Duration interval = 30s;  // between two looks while master
  core::Duration timeout = 20s;   // of one run
  core::Duration retry = 2s;      // after the first failure; doubles up to the interval

  friend bool operator==(const OwnerConfig&, const OwnerConfig&) = default;
};

/// The scripts of an instance or of a sync group.
struct Hooks {
  std::optional<Command> master, backup, fault, stop, deleted;
  std::optional<Command> any;  // `notify`: told kind, name, state and priority
  std::optional<Command> master_rx_lower_priority;
  bool notify_deleted = false;           // say DELETED rather than FAULT when a reload removes the instance
  std::optional<bool> priority_changes;  // FIFOs only; of a group: what its members have that say nothing
  std::optional<bool> smtp_alert;
  std::optional<OwnerConfig> owner;

  friend bool operator==(const Hooks&, const Hooks&) = default;
};

}  // namespace notify
