// Turning a command into a daemon: into the background, umask, core dumps. Each does one thing to this process.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/result.hpp"

namespace app {

/// Forks; the parent calls `parting` and exits 0. The child has a session of its own, / as directory and /dev/null on 0, 1, 2.
core::Result<> go_to_background(const std::function<void()>& parting);

/// RLIMIT_CORE as high as it goes, and the kernel's core_pattern if one is given; `restore_core_pattern` puts it back.
core::Result<> allow_core_dumps(const std::optional<std::string>& pattern);
void restore_core_pattern();

/// TMPDIR if it is an absolute existing directory, else /tmp.
std::string temporary_directory();

}  // namespace app
