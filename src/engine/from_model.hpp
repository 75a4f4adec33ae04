// The part of a configuration that the failover engine acts on.
#pragma once

#include "config/model.hpp"
#include "engine/config.hpp"

namespace engine {

FailoverConfig failover_config(const config::Model& model);

}  // namespace engine
