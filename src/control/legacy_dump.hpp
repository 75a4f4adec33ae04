// The dumps that keepalived writes on SIGUSR1, SIGUSR2 and its JSON signal, in the shape that exporters parse: field names,
// order, types and indentation are theirs. Pure functions; the supervisor writes the files.
#pragma once

#include <string>

#include "config/model.hpp"
#include "control/moment.hpp"
#include "engine/failover.hpp"

namespace control {

/// keepalived.json: an array of {data, stats}, or with json_version 2 an object around it.
std::string legacy_json(const config::Model& model, const engine::FailoverSnapshot& snapshot,
                        const Moment& moment);
/// keepalived.stats
std::string legacy_stats(const engine::FailoverSnapshot& snapshot);
/// keepalived.data
std::string legacy_data(const config::Model& model, const engine::FailoverSnapshot& snapshot,
                        const Moment& moment);
/// keepalived_parent.data
std::string legacy_parent_data(const config::Model& model);

}  // namespace control
