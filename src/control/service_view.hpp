// What an operator is shown of virtual servers, the servers behind them and their checks: their part of the status, as JSON and
// as text, and keepalived_check.data. Pure functions of the worker's snapshot.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/moment.hpp"
#include "engine/balancer.hpp"

namespace control {

/// {"plane": "ipvs", "repaired": 0, "virtual_servers": […]}
nlohmann::ordered_json services_json(const engine::BalancerSnapshot& snapshot, const Moment& moment);
/// A table with a line for why a server is down; empty without services.
std::string services_text(const engine::BalancerSnapshot& snapshot, const Moment& moment);
std::string legacy_check_data(const engine::BalancerSnapshot& snapshot, const Moment& moment);

}  // namespace control
