#include "notify/mail_pacing.hpp"

#include <gtest/gtest.h>

namespace notify {
namespace {

using namespace std::chrono_literals;
using core::Time;

constexpr Time start{1000s};

Event said(HookState state, std::string name = "VI") {
  Event event;
  event.subject = {Subject::Kind::instance, std::move(name), 100};
  event.state = state;
  return event;
}

// Changes its state so many times; how many mails that makes at once.
int flap(MailPacing& pacing, int times, Time now = start) {
  int mails = 0;
  for (int i = 0; i < times; ++i)
    mails += pacing.handle(now, said(i % 2 == 0 ? HookState::master : HookState::backup)).has_value() ? 1 : 0;
  return mails;
}

TEST(MailPacing, AChangeOfStateIsAMail) {
  MailPacing pacing(5, 60s);
  const auto mail = pacing.handle(start, said(HookState::master));
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->events.size(), 1U);
}

TEST(MailPacing, TheSameStateAgainIsNone) {
  MailPacing pacing(5, 60s);
  pacing.handle(start, said(HookState::master));
  EXPECT_FALSE(pacing.handle(start, said(HookState::master)));
}

TEST(MailPacing, FlappingBecomesOneSummary) {
  MailPacing pacing(5, 60s);
  EXPECT_EQ(flap(pacing, 12), 5);
  EXPECT_EQ(pacing.next_timeout(), start + 60s);
  EXPECT_TRUE(pacing.handle_timeout(start + 59s).empty());
  const auto mails = pacing.handle_timeout(start + 60s);
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].events.size(), 7U);
  EXPECT_EQ(mails[0].events.back().state, HookState::backup);
  EXPECT_TRUE(pacing.handle_timeout(start + 60s).empty());
}

TEST(MailPacing, ASummaryKeepsTheNewestAndCountsTheRest) {
  MailPacing pacing(1, 60s);
  flap(pacing, 101);
  const auto mails = pacing.handle_timeout(start + 60s);
  EXPECT_EQ(mails.at(0).events.size(), 20U);
  EXPECT_EQ(mails.at(0).more, 80U);
}

TEST(MailPacing, SubjectsDoNotShareTheirLimit) {
  MailPacing pacing(1, 60s);
  EXPECT_TRUE(pacing.handle(start, said(HookState::master, "A")));
  EXPECT_TRUE(pacing.handle(start, said(HookState::master, "B")));
}

TEST(MailPacing, AfterAQuietPeriodMailsGoAtOnceAgain) {
  MailPacing pacing(2, 60s);
  flap(pacing, 4);
  pacing.handle_timeout(start + 60s);
  EXPECT_TRUE(pacing.handle(start + 121s, said(HookState::master)));
}

TEST(MailPacing, ARepetitionIsNewsOnlyIfAnotherStateWasMailed) {
  MailPacing pacing(5, 60s);
  Event again = said(HookState::master);
  again.repeated = true;
  EXPECT_FALSE(pacing.handle(start, again)) << "nothing is known";
  MailPacing later(5, 60s);
  later.resume({{"INSTANCE VI", HookState::backup}});
  EXPECT_TRUE(later.handle(start, again));
}

TEST(MailPacing, WhatIsHeldCanBeSentAtTheEnd) {
  MailPacing pacing(1, 60s);
  flap(pacing, 3);
  EXPECT_EQ(pacing.flush().size(), 1U);
  EXPECT_EQ(pacing.next_timeout(), std::nullopt);
}

}  // namespace
}  // namespace notify
