#include "notify/mail_text.hpp"

#include <gmock/gmock.h>

namespace notify {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr core::WallTime sunday{std::chrono::seconds(1795368673)};

DatedEvent said(HookState state) {
  DatedEvent dated;
  dated.event.subject = {Subject::Kind::instance, "VI_1", 150};
  dated.event.state = state;
  dated.event.previous = "BACKUP";
  dated.event.reason_text = "the master fell silent";
  dated.when = sunday;
  return dated;
}

MailHeader header() { return {"k@y.org", {"a@x.org", "b@x.org"}, "1.2@node", sunday}; }

TEST(MailText, SpeaksAsKeepalivedDoes) {
  EXPECT_EQ(alert_letter(said(HookState::master), "lb1").subject,
            "[lb1] VRRP Instance VI_1 - Entering MASTER state");
  EXPECT_THAT(alert_letter(said(HookState::master), "lb1").body,
              StartsWith("=> VRRP Instance is now owning VRRP VIPs <=\n"));
  EXPECT_THAT(alert_letter(said(HookState::fault), "lb1").body,
              StartsWith("=> VRRP Instance is no longer owning VRRP VIPs <=\n"));
  EXPECT_EQ(alert_letter(said(HookState::stop), "lb1").subject, "[lb1] VRRP Instance VI_1 - Stopping");
  EXPECT_EQ(alert_letter(said(HookState::deleted), "lb1").subject, "[lb1] VRRP Instance VI_1 - Deleted");
}

TEST(MailText, OfAGroupNamesTheGroup) {
  DatedEvent dated = said(HookState::master);
  dated.event.subject.kind = Subject::Kind::group;
  const Letter letter = alert_letter(dated, "lb1");
  EXPECT_EQ(letter.subject, "[lb1] VRRP Group VI_1 - Entering MASTER state");
  EXPECT_THAT(letter.body, StartsWith("=> All VRRP group instances are now in MASTER state <=\n"));
}

TEST(MailText, SaysWhy) {
  EXPECT_THAT(alert_letter(said(HookState::master), "lb1").body, HasSubstr("the master fell silent"));
}

TEST(MailText, ASummaryListsTheChangesAndCountsWhatIsNotListed) {
  const std::vector<DatedEvent> events{said(HookState::master), said(HookState::backup)};
  const Letter letter = summary_letter(events, 5, "lb1");
  EXPECT_EQ(letter.subject, "[lb1] VRRP Instance VI_1 - Entering BACKUP state, after 7 changes");
  EXPECT_THAT(letter.body, HasSubstr("(5 earlier ones are not listed)"));
  EXPECT_THAT(letter.body, HasSubstr("2026-11-22 17:31:13 UTC  MASTER"));
}

TEST(MailText, HasTheHeadersOfRfc5322) {
  const std::string message = mail_message(header(), {"Hello", "one\ntwo\n"});
  EXPECT_THAT(message,
              StartsWith("Date: Sun, 22 Nov 2026 17:31:13 +0000\r\nFrom: k@y.org\r\n"
                         "To: a@x.org,\r\n b@x.org\r\nSubject: Hello\r\nMessage-ID: <1.2@node>\r\n"));
  EXPECT_THAT(message, HasSubstr("\r\n\r\none\r\ntwo\r\n"));
}

TEST(MailText, EncodesWhatIsNotAscii) {
  const std::string message = mail_message(header(), {"vip 转移", "转移\n"});
  EXPECT_THAT(message, HasSubstr("Subject: =?utf-8?B?dmlwIOi9rOenuw==?=\r\n"));
  EXPECT_THAT(message, HasSubstr("Content-Transfer-Encoding: base64\r\n\r\n6L2s56e7Cg==\r\n"));
}

TEST(MailText, ALongSubjectIsFoldedBetweenCharacters) {
  std::string subject;
  for (int i = 0; i < 40; ++i) subject += "转";
  const std::string message = mail_message(header(), {subject, ""});
  for (std::size_t at = 0, end = 0; (end = message.find("\r\n", at)) != std::string::npos; at = end + 2)
    EXPECT_LE(end - at, 85U);
  EXPECT_THAT(message, HasSubstr("?=\r\n =?utf-8?B?"));
}

TEST(MailText, NoNameBecomesAHeader) {
  const std::string message = mail_message(header(), {"x\r\nBcc: evil@x.org", ""});
  EXPECT_THAT(message, Not(HasSubstr("\nBcc:")));
}

TEST(MailText, KnowsTheAddressInWhatPeopleWrite) {
  EXPECT_EQ(mail_address("ops@example.net"), "ops@example.net");
  EXPECT_EQ(mail_address("Ops Team <ops@example.net>"), "ops@example.net");
  EXPECT_EQ(mail_address(" <ops@example.net> "), "ops@example.net");
  MailHeader named = header();
  named.from = "Ops, Team <ops@example.net>";
  EXPECT_THAT(mail_message(named, {"x", ""}), HasSubstr("From: \"Ops, Team\" <ops@example.net>\r\n"));
}

}  // namespace
}  // namespace notify
