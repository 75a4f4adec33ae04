// One seed, one trial of the balancer: services and servers made up, servers that die and come back, a plane that refuses, others who
// edit its table, reloads, orders and killed workers; then calm, in which the truth must prevail, and a few drills. The same seed
// always gives the same trial.
#pragma once

#include "sim/trial.hpp"

namespace sim::balancing {

/// `nodes` means nothing here.
TrialResult run_trial(const TrialOptions& options);

}  // namespace sim::balancing
