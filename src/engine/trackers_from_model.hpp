// Trackers and sync groups of a configuration, as the engine takes them: every weight filled in, what a group tracks given to
// each of its members, what is polled gathered from its three places.
#pragma once

#include "config/model.hpp"
#include "engine/config.hpp"

namespace engine {

/// `result` has the instances already, in the model's order.
void add_trackers(const config::Model& model, FailoverConfig& result);

}  // namespace engine
