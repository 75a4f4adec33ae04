// What an operator is shown of BFD sessions: their part of the status, as JSON and as text, and keepalived_bfd.data. Pure
// functions of the worker's snapshot.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "control/moment.hpp"
#include "engine/failover.hpp"

namespace control {

/// {"receive_errors": {…}, "sessions": […]}
nlohmann::ordered_json bfd_json(const engine::FailoverSnapshot& snapshot, const Moment& moment);
/// A table with a line for why; empty without sessions.
std::string bfd_text(const engine::FailoverSnapshot& snapshot, const Moment& moment);
std::string legacy_bfd_data(const engine::FailoverSnapshot& snapshot, const Moment& moment);

}  // namespace control
