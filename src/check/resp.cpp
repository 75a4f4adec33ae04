#include "check/resp.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace check {

namespace {

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::unexpected<std::string> wrong(std::string text) { return std::unexpected(std::move(text)); }

}  // namespace

std::expected<RespReader::Taken, std::string> RespReader::take(std::string_view input) {
  std::size_t octets = 0;
  while (octets < input.size() && !complete_) {
    const std::string_view rest = input.substr(octets);
    if (string_left_) {
      const auto some = std::min<std::size_t>(rest.size(), static_cast<std::size_t>(*string_left_));
      string_.append(rest.substr(0, some));
      octets += some;
      *string_left_ -= static_cast<std::int64_t>(some);
      if (*string_left_ != 0) continue;
      string_left_.reset();
      if (!string_.ends_with("\r\n")) return wrong("a string is longer than it says");
      string_.resize(string_.size() - 2);
      element_ended(Value::Kind::text, std::exchange(string_, {}));
      continue;
    }
    const std::size_t newline = rest.find('\n');
    const std::size_t some = newline == rest.npos ? rest.size() : newline + 1;
    if (line_.size() + some > most_of_a_line)
      return wrong(fmt::format("a line is longer than {} octets", most_of_a_line));
    line_.append(rest.substr(0, some));
    octets += some;
    if (newline == rest.npos) continue;
    if (!line_.ends_with("\r\n")) return wrong("a line does not end with CR LF");
    line_.resize(line_.size() - 2);
    const auto ended = line_ended();
    line_.clear();
    if (!ended) return wrong(ended.error());
  }
  Taken taken{octets, std::exchange(complete_, std::nullopt)};
  return taken;
}

std::expected<void, std::string> RespReader::line_ended() {
  if (line_.empty()) return wrong("an empty line");
  const char type = line_.front();
  std::string text = line_.substr(1);
  if (type == '+')
    return element_ended(Value::Kind::text, std::move(text)), std::expected<void, std::string>();
  if (type == '-')
    return element_ended(Value::Kind::error, std::move(text)), std::expected<void, std::string>();
  if (type != ':' && type != '$' && type != '*') return wrong("it does not speak the Redis protocol");
  const auto number = number_of(text);
  if (!number) return wrong("a number is none");
  if (type == ':') {
    element_ended(Value::Kind::number, std::move(text));
  } else if (*number == -1) {
    element_ended(Value::Kind::nothing, {});
  } else if (*number < 0 || *number > (type == '$' ? most_of_a_string : most_elements)) {
    return wrong(fmt::format("a length of {}", *number));
  } else if (type == '$') {
    string_left_ = *number + 2;
  } else if (*number == 0) {
    element_ended(Value::Kind::list, {});
  } else {
    elements_ += *number;
    if (left_.size() == most_levels || elements_ > most_elements) return wrong("arrays without end");
    left_.push_back(*number);
  }
  return {};
}

void RespReader::element_ended(Value::Kind kind, std::string text) {
  if (left_.empty()) {
    complete_ = Value{kind, std::move(text)};
    return;
  }
  if (!first_) first_ = left_.size() == 1 ? std::move(text) : std::string();
  while (!left_.empty()) {
    if (--left_.back() > 0) return;
    left_.pop_back();
  }
  complete_ = Value{Value::Kind::list, std::exchange(first_, std::nullopt).value_or(std::string())};
  elements_ = 0;
}

std::string resp_command(std::initializer_list<std::string_view> words) {
  std::string out = fmt::format("*{}\r\n", words.size());
  for (const std::string_view word : words) out += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return out;
}

}  // namespace check
