// The small notations of the configuration language: numbers, decimals, switches, and the nearest word to a misspelt one.
// Text in, value out; what a value may be and what to say when it is wrong is the schema's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace config {

/// Decimal, leading zeros and a sign allowed; nothing may follow. With `c_notation` also 0x1f and 017.
std::optional<std::int64_t> parse_integer(std::string_view text, bool c_notation = false);
std::optional<std::uint64_t> parse_unsigned(std::string_view text, bool c_notation = false);

/// ".5", "1.", "1.5"; no exponent, no sign. In thousand-millionths, so that seconds become nanoseconds.
struct ParsedDecimal {
  std::int64_t billionths = 0;
  unsigned decimals = 0;  // written after the point, trailing zeros not counted
};
std::optional<ParsedDecimal> parse_decimal(std::string_view text);
/// 1500000000 → "1.5".
std::string format_decimal(std::int64_t billionths);

/// on true yes, off false no.
std::optional<bool> parse_bool(std::string_view text);

std::optional<std::vector<std::uint8_t>> parse_hex(std::string_view digits);

/// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The candidate a person most likely meant; empty when none is near.
std::string closest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace config
