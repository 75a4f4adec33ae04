#include "config/schema_notify.hpp"

#include <fmt/format.h>

#include "config/drafts.hpp"

namespace config {

namespace {

using G = Globals;
using M = notify::MailConfig;
using W = notify::WebhookConfig;
using std::chrono_literals::operator""s;

void read_rate(G& globals, Words& words) {
  const auto count = number(1, 10000).read(words);
  const auto period = count ? seconds(1s, 86400s, 0).read(words) : std::nullopt;
  if (!period) return;
  globals.mail.rate_count = static_cast<std::uint32_t>(*count);
  globals.mail.rate_period = *period;
}

W* new_webhook(G& globals, Words& words) {
  const Word* url = words.need("a URL");
  if (url == nullptr) return nullptr;
  if (!url->text.starts_with("https://") && !url->text.starts_with("http://")) {
    words.refuse(*url, "bad-value", fmt::format("'{}' is no URL of a webhook", url->text),
                 "write http:// or https:// in front");
    return nullptr;
  }
  for (const W& other : globals.webhooks) {
    if (other.url != url->text) continue;
    words.refuse(*url, "repeated-value", "this URL is told already", {}, "it is ignored");
    return nullptr;
  }
  globals.webhooks.emplace_back().url = url->text;
  return &globals.webhooks.back();
}

}  // namespace

// clang-format off: one entry reads as one row of a table
Rows<G> notify_entries() {
  using notify::MailTls;
  return {
      {"smtp_tls", choice<MailTls>({{"starttls", MailTls::starttls}, {"implicit", MailTls::implicit}, {"none", MailTls::none}}),
       [](G& globals, std::int64_t tls) { globals.mail.tls = static_cast<MailTls>(tls); },
       "How the connection to smtp_server is protected: STARTTLS after a greeting in the clear, TLS from the first octet, or not.",
       {by_default("none; starttls with smtp_user, implicit on port 465")}},
      {"smtp_user", text("a user name"), in(&G::mail, &M::user),
       "User for SMTP AUTH (PLAIN or LOGIN, whichever the server offers).", {syntax("<STRING>"), by_default("none: no AUTH")}},
      {"smtp_password", secret(), in(&G::mail, &M::password),
       "Password for SMTP AUTH; a file or a systemd credential is read anew for every mail.",
       {by_default("none"), example("smtp_password file:/etc/standfast/smtp.password")}},
      {"smtp_ca_file", text("a path").absolute(), in(&G::mail, &M::ca_file),
       "Certificates of the authorities that may vouch for smtp_server.", {syntax("<PATH>"), by_default("those of the system")}},
      {"smtp_verify", flag(), in(&G::mail, &M::verify),
       "Check the mail server's certificate and name.", {syntax("[on|off]"), by_default("on")}},
      {"smtp_queue_lifetime", seconds(60s, 2592000s, 0), in(&G::mail, &M::lifetime),
       "How long a mail that cannot be delivered is tried again; it is kept on disk meanwhile.", {by_default("86400")}},
      {"smtp_rate_limit", reads(read_rate),
       "At most so many mails of one instance or group in so many seconds; what is more comes as one summary.",
       {syntax("<COUNT> <SECONDS>"), range("1..10000, 1..86400"), by_default("5 60")}},
      {"notify_webhook", opens<W>("global_defs/notify_webhook", new_webhook),
       "URL that is told every change of state, as JSON by HTTP POST.",
       {syntax("<URL> [{ ... }]"), by_default("none"), adds, block_optional,
        example("notify_webhook https://example.net/vrrp")}},
      {"notify_script_timeout", seconds(0s, 86400s, 3), &G::notify_script_timeout,
       "Limit on one notify script; then SIGTERM and, 2 s later, SIGKILL. The scripts of an instance run one at a time: one that "
       "never ended would hold back all after it. 0 = no limit.",
       {by_default("120")}},
  };
}

Block webhook_block() {
  return make_block<W>("global_defs/notify_webhook", "How a webhook is called.", {
      {"secret", secret(), &W::secret,
       "Key of the HMAC-SHA256 of the body, sent as X-Standfast-Signature: sha256=HEX.", {by_default("none: not signed")}},
      {"timeout", seconds(1s, 600s, 3), &W::timeout, "Limit on one attempt.", {by_default("10")}},
      {"retry", seconds(1s, 60s, 3), &W::retry,
       "Pause after a first failure; doubles up to a minute.", {by_default("1")}},
      {"lifetime", seconds(1s, 604800s, 0), &W::lifetime,
       "How long an event that cannot be delivered is tried again.", {by_default("3600")}},
      {"ca_file", text("a path").absolute(), &W::ca_file,
       "Certificates of the authorities that may vouch for the server.", {syntax("<PATH>"), by_default("those of the system")}},
      {"verify", flag(), &W::verify,
       "Check the server's certificate and name.", {syntax("[on|off]"), by_default("on")}},
  });
}
// clang-format on

void finish_owner(Interpreter& in, notify::Hooks& hooks, const Given& given) {
  for (const std::string_view setting :
       {"ensure_owner_interval", "ensure_owner_timeout", "ensure_owner_retry"}) {
    const Word* word = given.find(setting);
    if (word == nullptr || given.has("ensure_owner")) continue;
    in.report(Severity::warning, "without-effect", *word,
              fmt::format("without 'ensure_owner' there is nothing for '{}' to set", setting),
              "write: ensure_owner COMMAND");
  }
  if (hooks.owner && hooks.owner->command.argv.empty()) hooks.owner.reset();
}

}  // namespace config
