// Which commands a change of state runs, and with which words after the configured ones. The specific command
// comes first, then the generic `notify`, which is told INSTANCE or GROUP, the name, the state and the
// priority. Nothing is run here and nothing is queued: that an instance's commands run one at a time is the
// promise of who runs them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "notify/config.hpp"

namespace notify {

/// The states a script may be told. `stop` and `deleted` are not states of a router but of its configuration; `up` and `down`
/// are those of virtual and real servers, whose scripts are told nothing.
enum class HookState : std::uint8_t { master, backup, fault, stop, deleted, up, down };

struct Subject {
  enum class Kind : std::uint8_t { instance, group, virtual_server, real_server };
  Kind kind = Kind::instance;
  std::string name;           // of servers: "[10.9.0.50]:tcp:80"
  std::uint8_t priority = 0;  // effective; of an instance only
  std::string service{};      // of a real server: its virtual server's name

  friend bool operator==(const Subject&, const Subject&) = default;
};

/// "MASTER", "BACKUP", "FAULT", "STOP", "DELETED", "UP", "DOWN".
std::string_view hook_word(HookState state);

/// The subject entered `state` (every one but `deleted`: see removed()).
std::vector<Command> entered(const Hooks& hooks, const Subject& subject, HookState state);

/// A reload took the subject away. With `notify_deleted` that is DELETED, to its script if it has one and to
/// the generic one; without it the generic script is told FAULT, which is no news to a subject already in
/// FAULT.
std::vector<Command> removed(const Hooks& hooks, const Subject& subject, bool was_in_fault);

/// A master heard an advert of lower priority. The generic script is not told.
std::vector<Command> lower_priority_heard(const Hooks& hooks);

/// The command with words after its own. Through a shell they become the positional parameters of the text.
Command with_arguments(Command command, const std::vector<std::string>& words);

}  // namespace notify
