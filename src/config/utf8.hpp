// Just enough UTF-8 to count columns: an octet that continues a character is no character of its own. Broken
// sequences are counted octet by octet in the worst case, never refused.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace config {

constexpr bool continues_character(char octet) {
  return (static_cast<unsigned char>(octet) & 0xC0U) == 0x80U;
}

constexpr std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !continues_character(c); }));
}

/// The line that starts at `begin`, without its end (LF or CR LF).
constexpr std::string_view line_at(std::string_view text, std::size_t begin) {
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace config
