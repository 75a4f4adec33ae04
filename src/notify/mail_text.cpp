#include "notify/mail_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>

namespace notify {

namespace {

using core::WallTime;

constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t group = 0;
    const std::size_t have = std::min<std::size_t>(3, text.size() - at);
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < have ? static_cast<std::uint8_t>(text[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= have ? base64_letters[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 128; });
}

// A name from a configuration must not become a header of its own.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, ' ');
  return line;
}

// Never within a character of UTF-8.
std::size_t whole_characters(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 1 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return most;
}

// RFC 2047: encoded words of at most 75 characters, joined by a fold.
std::string encoded_words(std::string_view text) {
  constexpr std::size_t octets_a_word = 45;  // 60 letters of base64 and 12 around them
  std::string out;
  while (!text.empty()) {
    const std::size_t size = whole_characters(text, octets_a_word);
    if (!out.empty()) out += "\r\n ";
    out += fmt::format("=?utf-8?B?{}?=", base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return out;
}

std::string header_text(std::string_view text) {
  const std::string line = one_line(text);
  return is_ascii(line) ? line : encoded_words(line);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\"");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\"") - first + 1);
}

// The name part quoted if RFC 5322 wants it so.
std::string header_address(std::string_view text) {
  const auto bracket = text.rfind('<');
  const std::string address = one_line(mail_address(text));
  if (bracket == std::string_view::npos) return address;
  const std::string name = one_line(trimmed(text.substr(0, bracket)));
  if (name.empty()) return address;
  if (!is_ascii(name)) return fmt::format("{} <{}>", encoded_words(name), address);
  if (name.find_first_of("()<>[]:;@\\,.\"") == std::string::npos)
    return fmt::format("{} <{}>", name, address);
  std::string quoted;
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return fmt::format("\"{}\" <{}>", quoted, address);
}

struct Calendar {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::seconds> time;
  unsigned weekday = 0;
};

Calendar calendar(WallTime when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss(seconds - day),
          std::chrono::weekday(day).c_encoding()};
}

std::string time_text(WallTime when) {
  const Calendar at = calendar(when);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(at.date.year()),
                     static_cast<unsigned>(at.date.month()), static_cast<unsigned>(at.date.day()),
                     at.time.hours().count(), at.time.minutes().count(), at.time.seconds().count());
}

bool is_group(const Event& event) { return event.subject.kind == Subject::Kind::group; }

std::string subject_title(const Event& event) {
  const Subject& subject = event.subject;
  if (subject.kind == Subject::Kind::virtual_server) return fmt::format("Virtualserver {}", subject.name);
  if (subject.kind == Subject::Kind::real_server)
    return fmt::format("Realserver {} of virtual server {}", subject.name, subject.service);
  return fmt::format("VRRP {} {}", is_group(event) ? "Group" : "Instance", event.subject.name);
}

std::string headline(const Event& event) {
  if (is_server(event.subject)) return std::string(hook_word(event.state));
  if (event.state == HookState::stop) return "Stopping";
  if (event.state == HookState::deleted) return "Deleted";
  return fmt::format("Entering {} state", hook_word(event.state));
}

std::string first_line(const Event& event) {
  if (event.subject.kind == Subject::Kind::virtual_server) return fmt::format("=> {} <=", event.detail);
  if (event.subject.kind == Subject::Kind::real_server) {
    if (event.state == HookState::up) return "=> CHECK succeed on service <=";
    return event.detail.empty() ? "=> CHECK failed on service <="
                                : fmt::format("=> CHECK failed on service : {} <=", event.detail);
  }
  if (event.state == HookState::deleted) return "=> VRRP Deleted at reload <=";
  if (event.state == HookState::stop)
    return is_group(event) ? "=> VRRP group stopping <=" : "=> VRRP Instance stopping <=";
  if (is_group(event))
    return fmt::format("=> All VRRP group instances are now in {} state <=", hook_word(event.state));
  return event.state == HookState::master ? "=> VRRP Instance is now owning VRRP VIPs <="
                                          : "=> VRRP Instance is no longer owning VRRP VIPs <=";
}

std::string reason_line(const Event& event) {
  std::string line = event.reason_text;
  if (!event.detail.empty()) line += fmt::format("{}{}", line.empty() ? "" : ": ", event.detail);
  return line;
}

}  // namespace

Letter alert_letter(const DatedEvent& dated, std::string_view node) {
  const Event& event = dated.event;
  Letter letter;
  letter.subject = fmt::format("[{}] {} - {}", node, subject_title(event), headline(event));
  letter.body = first_line(event) + "\n\n";
  const auto add = [&](std::string_view what, std::string_view value) {
    if (!value.empty()) letter.body += fmt::format("{:<10}{}\n", what, value);
  };
  add("node", node);
  add("time", time_text(dated.when));
  add("before", event.previous);
  add("reason", reason_line(event));
  add("peer", event.peer);
  if (event.subject.kind == Subject::Kind::instance)
    add("priority", fmt::format("{}", event.subject.priority));
  return letter;
}

Letter summary_letter(std::span<const DatedEvent> events, std::uint64_t more, std::string_view node) {
  const Event& last = events.back().event;
  const std::uint64_t changes = events.size() + more;
  Letter letter;
  letter.subject =
      fmt::format("[{}] {} - {}, after {} changes", node, subject_title(last), headline(last), changes);
  letter.body = fmt::format("{}\n\n{} changes since the last mail; this is one mail for all of them.\n\n",
                            first_line(last), changes);
  if (more != 0) letter.body += fmt::format("({} earlier ones are not listed)\n", more);
  for (const DatedEvent& dated : events) {
    letter.body += fmt::format("{}  {:<7} {}\n", time_text(dated.when), hook_word(dated.event.state),
                               reason_line(dated.event));
  }
  return letter;
}

std::string mail_address(std::string_view text) {
  const auto open = text.rfind('<');
  if (open == std::string_view::npos) return std::string(trimmed(text));
  const auto close = text.find('>', open);
  return std::string(
      trimmed(text.substr(open + 1, close == std::string_view::npos ? close : close - open - 1)));
}

std::string mail_date(WallTime when) {
  static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Calendar at = calendar(when);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days.at(at.weekday),
                     static_cast<unsigned>(at.date.day()),
                     months.at(static_cast<unsigned>(at.date.month()) - 1), static_cast<int>(at.date.year()),
                     at.time.hours().count(), at.time.minutes().count(), at.time.seconds().count());
}

std::string mail_message(const MailHeader& header, const Letter& letter) {
  std::string to;
  for (const std::string& one : header.to) to += (to.empty() ? "" : ",\r\n ") + header_address(one);
  const bool plain = is_ascii(letter.body);
  std::string message = fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}>\r\nX-Mailer: standfast\r\n"
      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: {}\r\n\r\n",
      mail_date(header.date), header_address(header.from), to, header_text(letter.subject), header.message_id,
      plain ? "7bit" : "base64");
  if (plain) {
    for (const char c : letter.body) message += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return message;
  }
  const std::string body = base64(letter.body);
  for (std::size_t at = 0; at < body.size(); at += 76) message += body.substr(at, 76) + "\r\n";
  return message;
}

}  // namespace notify
