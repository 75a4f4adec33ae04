// Sync groups and trackers as an operator is shown them: JSON for programs, lines for people. Parts of status.hpp.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/moment.hpp"
#include "engine/failover.hpp"

namespace control {

nlohmann::ordered_json groups_json(const engine::FailoverSnapshot& snapshot, const Moment& moment);
nlohmann::ordered_json trackers_json(const engine::TrackersSnapshot& trackers);
/// Empty if there are none.
std::string groups_text(const engine::FailoverSnapshot& snapshot, const Moment& moment);
std::string trackers_text(const engine::TrackersSnapshot& trackers);

}  // namespace control
