// Whether a script can be run and whether somebody else than root could change what root runs: every component of its real
// path must be root's and writable by nobody else. Asks the World only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/world.hpp"

namespace config {

struct ScriptProblem {
  enum class Kind : std::uint8_t { missing, not_executable, unsafe };
  Kind kind = Kind::missing;
  std::string message;  // names the path component and the permission bit

  friend bool operator==(const ScriptProblem&, const ScriptProblem&) = default;
};

/// `path` as written, absolute or relative to the working directory. Unsafe is only said for uid 0.
std::optional<ScriptProblem> inspect_script(const World& world, const std::string& path, std::uint32_t uid,
                                            std::uint32_t gid, const std::vector<std::uint32_t>& groups);

}  // namespace config
