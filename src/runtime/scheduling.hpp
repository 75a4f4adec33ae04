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

/// While one large thing makes way for another, as a file, its tree and its model do, what is free is used again before the
/// system is asked for more: every page it gives costs a fault.
void keep_free_memory();
/// The end of that, and of what was kept: some milliseconds after a large configuration, so for the quiet moment between reading
/// one and working with it. From then on blocks of 128 KiB and more go back as soon as they are free, as a snapshot of all
/// routers is.
void return_free_memory();

}  // namespace runtime
