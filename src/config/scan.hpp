// Blanks and names, as the configuration language defines them.
#pragma once

#include <cstddef>
#include <string_view>

namespace config {

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }  // space, \t, \n, \v, \f, \r
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool continues_name(char c) { return begins_name(c) || is_digit(c); }

constexpr std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

/// The octet after the name that begins at `at`; `at` itself if none does.
constexpr std::size_t skip_name(std::string_view text, std::size_t at) {
  if (at >= text.size() || !begins_name(text[at])) return at;
  while (at < text.size() && continues_name(text[at])) ++at;
  return at;
}

constexpr std::string_view trim_end(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

constexpr std::string_view trim(std::string_view text) { return trim_end(text.substr(skip_blanks(text, 0))); }

}  // namespace config
