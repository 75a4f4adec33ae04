// The one list of what is read and checked but changes nothing yet. The interpreter mentions each once, `explain` and the
// reference manual say it, and a feature that gets built takes its lines out.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/diagnostic.hpp"

namespace config {

/// How to say that `keyword` of `block` has no effect yet: a note where nothing visible differs, else a warning. Empty: it works.
std::optional<Severity> not_acted_on(std::string_view block, std::string_view keyword);
/// How many lines the list has.
std::size_t not_acted_on_count();

}  // namespace config
