// The keywords of notifications that are ours: mail over TLS, webhooks, owner hooks.
#pragma once

#include "config/model.hpp"
#include "config/schema_builder.hpp"

namespace config {

Rows<Globals> notify_entries();
Block webhook_block();

/// `ensure_owner` and its settings, of an instance or a sync group.
template <class T>
Rows<T> owner_entries() {
  using std::chrono_literals::operator""s;
  const auto owner = [](T& subject) -> notify::OwnerConfig& {
    if (!subject.hooks.owner) subject.hooks.owner.emplace();
    return *subject.hooks.owner;
  };
  const auto time = [owner](core::Duration notify::OwnerConfig::* member) {
    return [owner, member](T& subject, core::Duration value) { owner(subject).*member = value; };
  };
  // clang-format off
  return {
      {"ensure_owner", command(),
       [owner](T& subject, notify::Command&& script) { owner(subject).command = std::move(script); },
       "Command that makes a cloud's records agree with who is master, and keeps them so. It is told acquire, verify or "
       "release, then INSTANCE or GROUP, the name, the state and the priority; 0 means done, or for verify: it is ours.",
       {by_default("none"), inherits("user from script_user"), first_wins,
        example("ensure_owner \"/etc/standfast/owner-hetzner 203.0.113.10\"")}},
      {"ensure_owner_interval", seconds(1s, 86400s, 3), time(&notify::OwnerConfig::interval),
       "Time between two looks (verify) while master.", {by_default("30")}},
      {"ensure_owner_timeout", seconds(1s, 3600s, 3), time(&notify::OwnerConfig::timeout),
       "Limit on one run of ensure_owner; then SIGTERM and, 2 s later, SIGKILL.", {by_default("20")}},
      {"ensure_owner_retry", seconds(1s, 3600s, 3), time(&notify::OwnerConfig::retry),
       "Pause after a first failure; doubles up to the interval.", {by_default("2")}},
  };
  // clang-format on
}

/// What was written of `ensure_owner` makes no sense without the command; a command that was refused takes the rest with it.
void finish_owner(Interpreter& in, notify::Hooks& hooks, const Given& given);

}  // namespace config
