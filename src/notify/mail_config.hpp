// Alert mail (RFC 5321), webhooks and named pipes as configured. Nothing here sends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace notify {

using std::chrono_literals::operator""s;

enum class MailTls : std::uint8_t { none, starttls, implicit };

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
  MailTls tls = MailTls::none;
  std::string user;                  // empty: no AUTH
  std::string password;              // the text, file:PATH or credential:NAME; read anew for every mail
  std::string ca_file;               // empty: the system's authorities
  bool verify = true;                // the server's certificate; false with `smtp_verify off`
  core::Duration lifetime = 86400s;  // of a mail that cannot be delivered
  std::uint32_t rate_count = 5;      // so many mails of one subject …
  core::Duration rate_period = 60s;  // … in so much time; what is more comes as one summary

  friend bool operator==(const MailConfig&, const MailConfig&) = default;
};

/// `notify_webhook`.
struct WebhookConfig {
  std::string url;
  std::string secret;  // the text, file:PATH or credential:NAME; empty: not signed
  std::string ca_file;
  bool verify = true;
  core::Duration timeout = 10s;     // of one attempt
  core::Duration retry = 1s;        // after the first failure; doubles up to a minute
  core::Duration lifetime = 3600s;  // of an event that cannot be delivered

  friend bool operator==(const WebhookConfig&, const WebhookConfig&) = default;
};

/// A named pipe that receives state changes as lines.
struct Fifo {
  std::string path;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  friend bool operator==(const Fifo&, const Fifo&) = default;
};

}  // namespace notify
