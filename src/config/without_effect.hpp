// The list of keywords that are read and checked and will never change anything here, because what they steer is arranged in another way.
// Each is said once, as a note, with the reason; `explain` and the reference manual give it too.
#pragma once

#include <cstddef>
#include <string_view>

namespace config {

/// Why; empty if the keyword has an effect (or is on the other list, not_acted_on.hpp).
std::string_view without_effect(std::string_view block, std::string_view keyword);
/// How many lines the list has.
std::size_t without_effect_count();

}  // namespace config
