// ~SEQ(v,start,step,end), ~SEQx(…), ~LST(v,a,b,c), ~LST({v,w},{1,2},{3,4}): from text to the values each turn gives to the
// variables. Parameters inside have been replaced before.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace config {

struct Sequence {
  std::vector<std::string_view> variables;          // views into the text parsed
  std::vector<std::vector<std::string_view>> rows;  // ~LST; missing values are empty
  bool is_list = false;
  bool hexadecimal = false;
  std::int64_t start = 0, step = 0;
  std::uint64_t count = 0;

  std::uint64_t turns() const { return is_list ? rows.size() : count; }
  /// The number of one turn of a ~SEQ, as text.
  std::string number(std::uint64_t turn) const;
};

/// `text` runs from the `~` to the `)`. The error says what is wrong and how it should look.
std::expected<Sequence, std::string> parse_sequence(std::string_view text);

/// A number in C notation: 10, 0x1f, 017, with a sign or without.
std::expected<std::int64_t, std::string> parse_c_number(std::string_view text);

}  // namespace config
