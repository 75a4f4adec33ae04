#include "track/file_value.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace track {

namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";
constexpr std::int64_t largest = INT32_MAX;  // far beyond every limit there is; larger ones count as this

}  // namespace

FileValue parse_file_value(std::string_view text) {
  text = text.substr(0, std::min(text.size(), file_octets_read));
  text = text.substr(0, text.find('\0'));
  const std::size_t start = text.find_first_not_of(blanks);
  if (start == std::string_view::npos) return {};
  std::string_view rest = text.substr(start);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int base = 10;
  const auto is_hex = [](char c) {
    return std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos;
  };
  if (rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X') && is_hex(rest[2])) {
    base = 16;
    rest.remove_prefix(2);
  } else if (rest.starts_with('0')) {
    base = 8;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number, base);
  if (error == std::errc::invalid_argument || rest.starts_with('-')) return {0, "what is in it is no number"};
  if (error == std::errc::result_out_of_range) number = largest;
  FileValue read{std::min(number, largest), {}};
  if (negative) read.value = -read.value;
  const std::string_view after(end, static_cast<std::size_t>(rest.data() + rest.size() - end));
  if (!after.empty() && blanks.find(after.front()) == std::string_view::npos)
    read.problem = "there is more than a number in it";
  return read;
}

}  // namespace track
