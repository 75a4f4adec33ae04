#include "runtime/event_sender.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "runtime/process.hpp"

namespace runtime {
namespace {

notify::Event numbered(std::uint64_t sequence) {
  notify::Event event;
  event.subject.name = "VI";
  event.sequence = sequence;
  return event;
}

class EventSenderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ends = socket_pair(SOCK_SEQPACKET);
    ASSERT_TRUE(ends);
    ours_ = std::move(ends->first);
    theirs_ = std::move(ends->second);
  }
  // The number of the next event; 0 when there is none.
  std::uint64_t receive() {
    core::Bytes datagram(64 << 10);
    const auto size = ::recv(theirs_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
    if (size <= 0) return 0;
    datagram.resize(static_cast<std::size_t>(size));
    return core::from_bytes<notify::Event>(datagram).value().sequence;
  }

  Fd ours_, theirs_;
};

TEST_F(EventSenderTest, HandsOverInOrder) {
  EventSender sender(ours_.get());
  for (std::uint64_t i = 1; i <= 3; ++i) sender.add(numbered(i));
  ASSERT_TRUE(sender.flush());
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(receive(), i);
  EXPECT_FALSE(sender.take_owed());
}

TEST_F(EventSenderTest, KeepsWhatTheSocketDoesNotTake) {
  EventSender sender(ours_.get());
  constexpr std::uint64_t many = 5000;
  for (std::uint64_t i = 1; i <= many; ++i) sender.add(numbered(i));
  ASSERT_TRUE(sender.flush());
  EXPECT_FALSE(sender.empty());
  std::uint64_t last = 0;
  while (last < many) {
    const auto next = receive();
    if (next == 0) {
      ASSERT_TRUE(sender.flush());
      continue;
    }
    ASSERT_EQ(next, last + 1);
    last = next;
  }
}

TEST_F(EventSenderTest, PastItsBoundTheOldestGoAndTheStatesAreOwed) {
  EventSender sender(ours_.get(), 1000);
  for (std::uint64_t i = 1; i <= 100; ++i) sender.add(numbered(i));
  EXPECT_FALSE(sender.take_owed()) << "not before what is kept has gone";
  const auto dropped = sender.take_dropped();
  EXPECT_GT(dropped, 0U);
  ASSERT_TRUE(sender.flush());
  EXPECT_EQ(receive(), dropped + 1);
  EXPECT_TRUE(sender.take_owed());
  EXPECT_FALSE(sender.take_owed());
}

TEST(EventSender, WithoutAListenerForgets) {
  EventSender sender(-1);
  sender.add(numbered(1));
  EXPECT_TRUE(sender.empty());
}

}  // namespace
}  // namespace runtime
