// The balancer's share of a configuration, as its engine takes it.
#pragma once

#include "config/model.hpp"
#include "engine/balancer_config.hpp"

namespace engine {

BalancerConfig balancer_config(const config::Model& model);

}  // namespace engine
