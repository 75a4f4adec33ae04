// Looks on while commands change a table, and finds the moment in which a service that had somebody to serve has nobody although
// somebody fit is known. For tests, the simulator, and whoever wants to be sure.
#pragma once

#include <optional>
#include <string>

#include "lvs/table.hpp"

namespace lvs {

/// Applies `commands` to `table`. The first violation in words, or nothing: a service that had a destination with a weight lost
/// its last one while `fit` names somebody, a service of `fit` ends with nobody, or a command that the kernel would refuse.
std::optional<std::string> audit(Table& table, const Commands& commands, const Fit& fit);

}  // namespace lvs
