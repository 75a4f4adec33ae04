// Names for numbers of routing tables, scopes, protocols and the like: the built-in ones and those of iproute2's rt_* files.
#pragma once

#include <cstdint>
#include <optional>

#include "config/interpreter.hpp"

namespace config {

enum class NameTable : std::uint8_t { tables, scopes, protocols, realms, tos, group, ip_protocols };

/// The next word as a name of the table or a number (C notation) in the range; complains if it is neither.
std::optional<std::uint32_t> named_number(NameTable table, Words& words, std::int64_t low, std::int64_t high);
/// The same for a word that was taken already, or a part of it.
std::optional<std::uint32_t> named_number(NameTable table, Words& words, const Word& word, std::int64_t low,
                                          std::int64_t high);

}  // namespace config
