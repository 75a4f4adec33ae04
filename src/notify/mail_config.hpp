// Alert mail as configured: to whom, through which relay (RFC 5321). Nothing here sends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace notify {

using std::chrono_literals::operator""s;

struct MailConfig {
  std::vector<std::string> recipients;
  std::string from;    // empty: <user>@<host name>
  std::string server;  // host name or address; empty: no mail
  std::uint16_t port = 25;
  std::string helo_name;  // empty: the host name
  core::Duration connect_timeout = 30s;
  std::optional<bool> alert, alert_vrrp, alert_checker;  // smtp_alert and its two stronger forms
  bool faults = true;                                    // false with no_email_faults
  bool checkers = true;                                  // false with no_checker_emails

  friend bool operator==(const MailConfig&, const MailConfig&) = default;
};

/// A named pipe that receives state changes as lines.
struct Fifo {
  std::string path;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  friend bool operator==(const Fifo&, const Fifo&) = default;
};

}  // namespace notify
