// How this process is scheduled and what of it stays in memory, as the configuration says; and the network namespace it works
// in. Each refusal is one sentence: the process goes on without.
#pragma once

#include <string>
#include <vector>

#include "config/process_settings.hpp"
#include "core/result.hpp"

namespace runtime {

/// What the kernel refused.
std::vector<core::Error> apply_process_settings(const config::ProcessSettings& settings);

/// Joins the namespace of that name (as `ip netns` makes them). Empty: stays where it is.
core::Result<> join_net_namespace(const std::string& name);

}  // namespace runtime
