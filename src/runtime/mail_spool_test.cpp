#include "runtime/mail_spool.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace runtime {
namespace {

StoredMail mail() {
  StoredMail mail;
  mail.lane = "INSTANCE VI";
  mail.created = core::WallTime{std::chrono::seconds(1795368673)};
  mail.from = "k@y.org";
  mail.to = {"a@x.org", "b@x.org"};
  mail.message = "Subject: x\r\n\r\nline: one\r\n\r\nend\r\n";
  return mail;
}

TEST(MailFile, ReadsBackWhatWasWritten) {
  const auto again = parse_mail_file(mail_file_text(mail()));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->lane, mail().lane);
  EXPECT_EQ(again->created, mail().created);
  EXPECT_EQ(again->to, mail().to);
  EXPECT_EQ(again->message, mail().message);
}

TEST(MailFile, IsNoMailWhenAnythingIsMissing) {
  const std::string whole = mail_file_text(mail());
  const auto header = whole.find("\n\n");
  for (std::size_t length = 0; length <= header + 1; ++length)
    EXPECT_FALSE(parse_mail_file(whole.substr(0, length))) << length;
}

class MailSpoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/spoolXXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
};

TEST_F(MailSpoolTest, KeepsMailsInTheirOrderForALaterLife) {
  MailSpool spool(directory_ + "/state/mail");
  auto first = mail();
  auto second = mail();
  second.message = "second";
  ASSERT_TRUE(spool.save(first));
  const auto name = spool.save(second);
  ASSERT_TRUE(name);
  std::vector<std::string> damaged;
  const auto kept = MailSpool(directory_ + "/state/mail").load(damaged);
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[1].second.message, "second");
  spool.remove(*name);
  EXPECT_EQ(spool.load(damaged).size(), 1U);
  EXPECT_TRUE(damaged.empty());
}

TEST_F(MailSpoolTest, PutsAsideWhatItDoesNotUnderstand) {
  std::filesystem::create_directory(directory_ + "/mail");
  std::ofstream(directory_ + "/mail/1.mail") << "not ours";
  const MailSpool spool(directory_ + "/mail");
  std::vector<std::string> damaged;
  EXPECT_TRUE(spool.load(damaged).empty());
  EXPECT_EQ(damaged.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/mail/1.mail.bad"));
}

TEST_F(MailSpoolTest, RemembersTheStatesThatWereMailed) {
  using notify::HookState;
  const MailSpool spool(directory_ + "/mail");
  const std::map<std::string, HookState> states{{"GROUP G one", HookState::fault},
                                                {"INSTANCE VI", HookState::master}};
  ASSERT_TRUE(spool.save_states(states));
  EXPECT_EQ(spool.load_states(), states);
}

TEST(MailSpool, SaysWhenThereIsNoPlace) {
  MailSpool spool("/proc/no/such/place");
  EXPECT_FALSE(spool.save(mail()));
}

}  // namespace
}  // namespace runtime
