// Replies of the Redis serialisation protocol, version 2, piece by piece. Of an array only its first element is kept: that is
// where ROLE says what the server is. Bounded in depth, count and length.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace check {

class RespReader {
 public:
  static constexpr std::size_t most_of_a_line = 1024;
  static constexpr std::int64_t most_of_a_string = 64 * 1024;
  static constexpr std::int64_t most_elements = 10'000;
  static constexpr std::size_t most_levels = 8;

  struct Value {
    enum class Kind : std::uint8_t { text, error, number, nothing, list };
    Kind kind = Kind::nothing;
    std::string text;  // of a list: its first element's

    friend bool operator==(const Value&, const Value&) = default;
  };

  struct Taken {
    std::size_t octets = 0;      // of the input
    std::optional<Value> value;  // a whole reply; what follows belongs to the next
  };
  /// An error says why this is no RESP.
  std::expected<Taken, std::string> take(std::string_view input);

 private:
  std::expected<void, std::string> line_ended();
  void element_ended(Value::Kind kind, std::string text);

  std::string line_;
  std::optional<std::int64_t> string_left_;  // octets of a bulk string and its CRLF
  std::string string_;
  std::vector<std::int64_t> left_;  // elements still to come, of the arrays around
  std::int64_t elements_ = 0;
  std::optional<std::string> first_;  // of the outermost array
  std::optional<Value> complete_;
};

/// A command as an array of bulk strings.
std::string resp_command(std::initializer_list<std::string_view> words);

}  // namespace check
