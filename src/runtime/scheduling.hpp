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

/// When this process wakes up it goes before those with longer slices: what it does takes microseconds, and must be on time.
/// Linux 6.12 and later, no privilege needed; older kernels take no notice. Before apply_process_settings, which may want
/// more.
void ask_for_short_slices();

/// Joins the namespace of that name (as `ip netns` makes them). Empty: stays where it is.
core::Result<> join_net_namespace(const std::string& name);

/// Blocks of 128 KiB and more go back to the system as soon as they are free: a snapshot of all routers is such a passing one.
void give_back_large_blocks();
/// What the allocator keeps of memory that was needed once. Costs some milliseconds after a large configuration: for the quiet
/// moment between reading one and working with it.
void return_free_memory();

}  // namespace runtime
