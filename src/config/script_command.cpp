#include "config/script_command.hpp"

#include <fmt/format.h>

#include "config/scan.hpp"

namespace config {

namespace {

int digit_value(char c, int base) {
  int value = 99;
  if (c >= '0' && c <= '9') value = c - '0';
  if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
  return value < base ? value : -1;
}

// Up to `most` digits from `at` on, which moves past them.
char number_escape(std::string_view text, std::size_t& at, int base, std::size_t most) {
  int value = 0;
  for (std::size_t count = 0; count < most && at < text.size() && digit_value(text[at], base) >= 0;
       ++count, ++at) {
    value = value * base + digit_value(text[at], base);
  }
  return static_cast<char>(value);
}

// `at` stands behind the backslash and is moved behind the escape.
char escaped(std::string_view text, std::size_t& at) {
  const char kind = text[at];
  if (digit_value(kind, 8) >= 0) return number_escape(text, at, 8, 3);
  ++at;
  switch (kind) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'E':
      return '\x1b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case 'x':
      return number_escape(text, at, 16, 2);
    case 'c':
      if (at == text.size()) return 'c';
      return static_cast<char>(text[at++] & 0x1f);
    default:
      return kind;
  }
}

SplitError unmatched(char quote, std::size_t offset) {
  return {offset, fmt::format("this {} is not closed", quote == '"' ? "double quote" : "single quote")};
}

}  // namespace

std::expected<std::vector<SplitWord>, SplitError> split_command_line(std::string_view tail) {
  std::vector<SplitWord> words;
  bool in_word = false;
  for (std::size_t i = 0; i < tail.size(); ++i) {
    const char c = tail[i];
    if (is_blank(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) words.push_back({{}, i});
    in_word = true;
    std::string& word = words.back().text;
    if (c != '"' && c != '\'') {
      word += c;
      continue;
    }
    std::size_t close = i + 1;
    for (; close < tail.size() && tail[close] != c; ++close) {
      if (tail[close] == '\\' && c == '"' && close + 1 < tail.size()) ++close;
    }
    if (close >= tail.size()) return std::unexpected(unmatched(c, i));
    word += tail.substr(i + 1, close - i - 1);
    i = close;
  }
  return words;
}

std::expected<std::vector<std::string>, SplitError> split_arguments(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  std::size_t quote_at = 0;
  for (std::size_t i = 0; i < command.size();) {
    const char c = command[i];
    if (quote == 0 && is_blank(c)) {
      in_word = false;
      ++i;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == 0 ? c == '"' || c == '\'' : c == quote) {
      quote = quote == 0 ? c : '\0';
      quote_at = i++;
    } else if (c == '\\' && i + 1 < command.size()) {
      ++i;
      words.back() += escaped(command, i);
    } else {
      words.back() += c;
      ++i;
    }
  }
  if (quote != 0) return std::unexpected(unmatched(quote, quote_at));
  return words;
}

bool has_shell_operator(std::string_view command) {
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == '\\') {
      ++i;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (std::string_view("|&;<>`").find(c) != std::string_view::npos) {
      return true;
    } else if (c == '$' && i + 1 < command.size() && command[i + 1] == '(') {
      return true;
    }
  }
  return false;
}

}  // namespace config
