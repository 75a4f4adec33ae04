// Alert mail as text: subject and body in the words that keepalived uses, and the message around them (RFC 5322; non-ASCII
// subjects and names by RFC 2047, bodies by RFC 2045). Sends nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "notify/event.hpp"

namespace notify {

/// Plain UTF-8, lines ended by '\n'.
struct Letter {
  std::string subject, body;
};

struct DatedEvent {
  Event event;
  core::WallTime when{};
};

/// "[node] VRRP Instance VI_1 - Entering MASTER state".
Letter alert_letter(const DatedEvent& event, std::string_view node);
/// Several changes of one subject, oldest first; `more` before them are not listed.
Letter summary_letter(std::span<const DatedEvent> events, std::uint64_t more, std::string_view node);

struct MailHeader {
  std::string from;  // "Name <user@host>" or the address alone, as configured
  std::vector<std::string> to;
  std::string message_id;  // without brackets
  core::WallTime date{};
};
/// The whole message, lines ended by CRLF, dots not doubled.
std::string mail_message(const MailHeader& header, const Letter& letter);

/// What goes between the brackets of MAIL FROM and RCPT TO: "user@host" of "Name <user@host>".
std::string mail_address(std::string_view text);
/// "Sun, 22 Nov 2026 17:31:13 +0000".
std::string mail_date(core::WallTime when);

}  // namespace notify
