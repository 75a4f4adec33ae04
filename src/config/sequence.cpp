#include "config/sequence.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>
#include <limits>

#include "config/scan.hpp"

namespace config {

namespace {

using Failure = std::unexpected<std::string>;

constexpr std::string_view list_shape = "a list is ~LST(name,value,…) or ~LST({name,name},{value,value},…)";
constexpr std::string_view number_shape =
    "a sequence is ~SEQ(name,start,step,end), ~SEQ(name,start,end) or ~SEQ(name,end)";

bool is_name(std::string_view text) { return !text.empty() && skip_name(text, 0) == text.size(); }

// Splits at commas that stand in no braces; blanks round the parts are dropped.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}') --depth;
    if (text[at] != ',' || depth > 0) continue;
    parts.push_back(trim(text.substr(begin, at - begin)));
    begin = at + 1;
  }
  parts.push_back(trim(text.substr(begin)));
  return parts;
}

// One row of a list: `a` or `{a,b}`.
std::expected<std::vector<std::string_view>, std::string> row(std::string_view text) {
  const bool braced = text.starts_with('{') && text.ends_with('}') && text.size() > 1;
  if (braced) text = text.substr(1, text.size() - 2);
  std::vector<std::string_view> values = braced ? split(text) : std::vector{text};
  for (const std::string_view value : values) {
    const auto bad = std::ranges::find_if(value, [](char c) { return is_blank(c) || c == '{' || c == '}'; });
    if (bad == value.end()) continue;
    if (is_blank(*bad))
      return Failure(fmt::format("'{}' has a blank in it; values are separated by commas", value));
    return Failure(fmt::format("the braces of '{}' do not pair; {}", value, list_shape));
  }
  return values;
}

std::expected<Sequence, std::string> parse_list(const std::vector<std::string_view>& parts) {
  Sequence result{.variables = {}, .rows = {}, .is_list = true};
  if (parts.size() < 2) return Failure(fmt::format("a list needs a name and values; {}", list_shape));
  auto names = row(parts.front());
  if (!names) return Failure(names.error());
  for (const std::string_view name : *names) {
    if (!is_name(name)) return Failure(fmt::format("'{}' is no name for a parameter", name));
  }
  result.variables = *std::move(names);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto values = row(parts[i]);
    if (!values) return Failure(values.error());
    if (values->size() > result.variables.size()) {
      return Failure(fmt::format("'{}' has {} values for {} {}", parts[i], values->size(),
                                 result.variables.size(), result.variables.size() == 1 ? "name" : "names"));
    }
    values->resize(result.variables.size());
    result.rows.push_back(*std::move(values));
  }
  return result;
}

std::expected<Sequence, std::string> parse_numbers(const std::vector<std::string_view>& parts,
                                                   bool hexadecimal) {
  Sequence result{.variables = {}, .rows = {}, .hexadecimal = hexadecimal};
  if (parts.size() < 2 || parts.size() > 4) {
    return Failure(fmt::format("{} of one to three numbers, not {}", number_shape, parts.size() - 1));
  }
  if (!is_name(parts.front())) return Failure(fmt::format("'{}' is no name for a parameter", parts.front()));
  result.variables.push_back(parts.front());

  std::vector<std::int64_t> numbers;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto number = parse_c_number(parts[i]);
    if (!number) return Failure(number.error());
    numbers.push_back(*number);
  }
  const std::int64_t end = numbers.back();
  result.start = numbers.size() > 1 ? numbers.front() : (end < 0 ? -1 : 1);
  result.step = numbers.size() == 3 ? numbers[1] : (end >= result.start ? 1 : -1);
  if (result.step == 0) return Failure("a step of 0 never reaches the end");
  if ((end > result.start && result.step < 0) || (end < result.start && result.step > 0)) {
    return Failure(fmt::format("a step of {} leads away from {} to {}", result.step, result.start, end));
  }
  if (hexadecimal && (result.start < 0 || end < 0)) return Failure("~SEQx has no negative numbers");
  // Unsigned, so that the widest range there is does not overflow.
  const auto unsigned_of = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  const std::uint64_t distance = end >= result.start ? unsigned_of(end) - unsigned_of(result.start)
                                                     : unsigned_of(result.start) - unsigned_of(end);
  const std::uint64_t stride = result.step > 0 ? unsigned_of(result.step) : 0 - unsigned_of(result.step);
  const std::uint64_t further = distance / stride;
  result.count = further == std::numeric_limits<std::uint64_t>::max() ? further : further + 1;
  return result;
}

}  // namespace

std::string Sequence::number(std::uint64_t turn) const {
  const auto value =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(start) + turn * static_cast<std::uint64_t>(step));
  char buffer[24];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, hexadecimal ? 16 : 10);
  return {buffer, end};
}

std::expected<std::int64_t, std::string> parse_c_number(std::string_view text) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits.starts_with('0')) {
    base = 8;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    return Failure(fmt::format("'{}' is no number", text));
  }
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error != std::errc() || value > most) return Failure(fmt::format("'{}' is too large", text));
  return negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

std::expected<Sequence, std::string> parse_sequence(std::string_view text) {
  const std::size_t word_end = skip_name(text, 1);
  const std::string_view word = text.substr(1, word_end - 1);
  if (word != "SEQ" && word != "SEQx" && word != "LST") {
    return Failure(fmt::format("'~{}' is no sequence; there are ~SEQ, ~SEQx and ~LST", word));
  }
  const std::size_t open = skip_blanks(text, word_end);
  if (open == text.size() || text[open] != '(' || !text.ends_with(')')) {
    return Failure(fmt::format("'~{}' needs its values in parentheses; {}", word,
                               word == "LST" ? list_shape : number_shape));
  }
  const auto parts = split(text.substr(open + 1, text.size() - open - 2));
  return word == "LST" ? parse_list(parts) : parse_numbers(parts, word == "SEQx");
}

}  // namespace config
