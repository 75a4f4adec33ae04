#include <gtest/gtest.h>

#include "config/loading_for_test.hpp"

namespace config {
namespace {

using notify::MailTls;

notify::MailConfig mail(const std::string& lines) {
  Loading loading;
  const auto loaded =
      loading.load("global_defs {\n smtp_server 192.0.2.25\n notification_email {\n a@example.net\n }\n" +
                   lines + "\n}\n");
  EXPECT_TRUE(loaded.diagnostics.usable()) << ids(loaded.diagnostics);
  return loaded.model.globals.mail;
}

TEST(MailSettings, GoInTheClearToPort25AsEver) {
  EXPECT_EQ(mail("").tls, MailTls::none);
  EXPECT_EQ(mail("").port, 25);
}

TEST(MailSettings, WithAPasswordTheConnectionIsEncrypted) {
  const auto config = mail("smtp_user u\n smtp_password p");
  EXPECT_EQ(config.tls, MailTls::starttls);
  EXPECT_EQ(config.port, 587);
  EXPECT_TRUE(config.verify);
}

TEST(MailSettings, ImplicitTlsHasAPortOfItsOwn) { EXPECT_EQ(mail("smtp_tls implicit").port, 465); }

TEST(MailSettings, APasswordInTheClearMustBeWrittenAndIsWarnedOf) {
  Loading loading;
  const auto loaded = loading.load(
      "global_defs {\n smtp_server 192.0.2.25\n notification_email {\n a@example.net\n }\n"
      " smtp_tls none\n smtp_user u\n smtp_password p\n}\n");
  EXPECT_EQ(ids(loaded.diagnostics), "?mail");
  EXPECT_EQ(loaded.model.globals.mail.tls, MailTls::none);
}

TEST(MailSettings, AUserNeedsAPassword) {
  Loading loading;
  const auto loaded = loading.load("global_defs {\n smtp_user u\n}\n");
  EXPECT_EQ(ids(loaded.diagnostics), "!mail");
}

TEST(Webhooks, MayHaveABlockOrNone) {
  Loading loading;
  const auto loaded = loading.load(
      "global_defs {\n notify_webhook https://a.example/x\n notify_webhook https://b.example/ {\n timeout "
      "3\n }\n}\n");
  EXPECT_EQ(ids(loaded.diagnostics), "");
  const auto& webhooks = loaded.model.globals.webhooks;
  ASSERT_EQ(webhooks.size(), 2U);
  EXPECT_EQ(webhooks[0].timeout, std::chrono::seconds(10));
  EXPECT_EQ(webhooks[1].timeout, std::chrono::seconds(3));
}

TEST(EnsureOwner, IsReadWithItsSettings) {
  Loading loading;
  const auto loaded =
      loading.load(instance("ensure_owner \"/opt/notify.sh 192.0.2.10\" scripts\n ensure_owner_interval 5"));
  ASSERT_EQ(loaded.model.instances.size(), 1U);
  const auto& owner = loaded.model.instances.front().hooks.owner;
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->command.argv.back(), "192.0.2.10");
  EXPECT_EQ(owner->command.uid, 998U);
  EXPECT_EQ(owner->interval, std::chrono::seconds(5));
  EXPECT_EQ(owner->timeout, std::chrono::seconds(20));
}

TEST(EnsureOwner, WithoutACommandIsNone) {
  Loading loading;
  const auto loaded = loading.load(instance("ensure_owner_interval 5"));
  EXPECT_EQ(ids(loaded.diagnostics), "?without-effect");
  EXPECT_FALSE(loaded.model.instances.front().hooks.owner);
}

}  // namespace
}  // namespace config
