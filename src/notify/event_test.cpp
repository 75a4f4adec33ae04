#include "notify/event.hpp"

#include <gtest/gtest.h>

namespace notify {
namespace {

Event said(std::string name, HookState state, std::uint8_t priority = 150) {
  Event event;
  event.subject = {Subject::Kind::instance, std::move(name), priority};
  event.state = state;
  return event;
}

TEST(FifoLine, IsTheOneOfKeepalived) {
  EXPECT_EQ(fifo_line(said("VI", HookState::master)), "INSTANCE \"VI\" MASTER 150\n");
  EXPECT_EQ(fifo_line(said("VI", HookState::stop, 100)), "INSTANCE \"VI\" STOP 100\n");
  EXPECT_EQ(fifo_line(said("VI", HookState::deleted)), "INSTANCE \"VI\" DELETED 150\n");
}

TEST(FifoLine, OfAGroupSaysPriorityZero) {
  Event event = said("G1", HookState::fault, 77);
  event.subject.kind = Subject::Kind::group;
  EXPECT_EQ(fifo_line(event), "GROUP \"G1\" FAULT 0\n");
}

TEST(FifoLine, HasWordsOfItsOwnForWhatIsNoChangeOfState) {
  Event event = said("VI", HookState::backup, 120);
  event.what = Event::What::priority;
  EXPECT_EQ(fifo_line(event), "INSTANCE \"VI\" BACKUP_PRIORITY 120\n");
  event = said("VI", HookState::master);
  event.what = Event::What::lower_priority_heard;
  EXPECT_EQ(fifo_line(event), "INSTANCE \"VI\" MASTER_RX_LOWER_PRI 150\n");
}

Event numbered(std::uint64_t sequence, bool repeated = false) {
  Event event = said("VI", HookState::master);
  event.sequence = sequence;
  event.repeated = repeated;
  return event;
}

TEST(EventNumbers, SeeWhatIsMissing) {
  EventNumbers numbers;
  EXPECT_EQ(numbers.number(numbered(7)).missing, 0U);
  EXPECT_EQ(numbers.number(numbered(8)).missing, 0U);
  const auto after_a_gap = numbers.number(numbered(11));
  EXPECT_EQ(after_a_gap.number, 11U);
  EXPECT_EQ(after_a_gap.missing, 2U);
}

TEST(EventNumbers, GoOnWhenAWorkerBeginsAgainBelow) {
  EventNumbers numbers;
  numbers.number(numbered(7));
  EXPECT_EQ(numbers.number(numbered(6)).number, 8U);
  const auto next = numbers.number(numbered(7));
  EXPECT_EQ(next.number, 9U);
  EXPECT_EQ(next.missing, 0U);
}

TEST(EventNumbers, CountNoRepetition) {
  EventNumbers numbers;
  EXPECT_EQ(numbers.number(numbered(5, true)).number, 5U);
  EXPECT_EQ(numbers.number(numbered(5, true)).number, 5U);
  EXPECT_EQ(numbers.number(numbered(6)).missing, 0U);
}

}  // namespace
}  // namespace notify
