#include "notify/webhook_text.hpp"

#include <chrono>
#include <fmt/format.h>

namespace notify {

namespace {

// Octets of the character at the beginning of `text`; 0 if it is none. Overlong forms and surrogates pass for none.
std::size_t utf8_character(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = octet(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return 0;
  }
  if ((first == 0xe0 && octet(1) < 0xa0) || (first == 0xed && octet(1) > 0x9f)) return 0;
  if ((first == 0xf0 && octet(1) < 0x90) || (first == 0xf4 && octet(1) > 0x8f)) return 0;
  return length;
}

std::string lower(std::string_view word) {
  std::string text(word);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string rfc3339(core::WallTime when) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(when);
  const auto day = std::chrono::floor<std::chrono::days>(milliseconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(milliseconds - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_character(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    const char c = text.front();
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out + '"';
}

std::string webhook_body(const Event& event, core::WallTime when, std::string_view node) {
  std::string body = fmt::format(
      R"({{"version": 1, "node": {}, "sequence": {}, "time": "{}", "kind": "{}", "name": {}, "state": "{}")",
      json_string(node), event.sequence, rfc3339(when), lower(kind_word(event.subject.kind)),
      json_string(event.subject.name), hook_word(event.state));
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) body += fmt::format(R"(, "{}": {})", key, json_string(value));
  };
  add("service", event.subject.service);
  add("previous", event.previous);
  if (event.subject.kind == Subject::Kind::instance)
    body += fmt::format(R"(, "priority": {})", event.subject.priority);
  add("reason", event.reason);
  add("text", event.reason_text);
  add("detail", event.detail);
  add("peer", event.peer);
  body += fmt::format(R"(, "repeated": {}}})", event.repeated);
  return body;
}

}  // namespace notify
