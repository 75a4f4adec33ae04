#include "runtime/probe/loop.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/process.hpp"

namespace runtime {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

struct Waiter : ProbeWaiter {
  void socket_ready() override {
    ++ready;
    if (on_ready) on_ready();
  }
  void deadline_came() override { late.push_back(now()); }

  int ready = 0;
  std::function<void()> on_ready;
  std::vector<core::Time> late;
};

struct ProbeLoopTest : testing::Test {
  boost::asio::io_context io{1};
  std::shared_ptr<ProbeLoop> loop = std::make_shared<ProbeLoop>(io);
};

TEST_F(ProbeLoopTest, AnEarlierDeadlineIsNotHeldUpByALaterOneThatWasSetFirst) {
  Waiter slow, fast;
  const core::Time begun = now();
  loop->set_deadline(loop->enter(slow), begun + 10s, {});
  loop->set_deadline(loop->enter(fast), begun + 20ms, {});
  io.run_for(200ms);
  ASSERT_EQ(fast.late.size(), 1U);
  EXPECT_GE(fast.late.front(), begun + 20ms);
  EXPECT_TRUE(slow.late.empty());
}

TEST_F(ProbeLoopTest, WhoLeftIsNotCalledAndTheNextDeadlineIsKept) {
  Waiter gone, stays;
  const core::Time begun = now();
  const auto place = loop->enter(gone);
  loop->set_deadline(place, begun + 10ms, {});
  loop->set_deadline(loop->enter(stays), begun + 40ms, {});
  loop->leave(place);
  io.run_for(200ms);
  EXPECT_TRUE(gone.late.empty());
  EXPECT_EQ(stays.late.size(), 1U);
}

TEST_F(ProbeLoopTest, ASocketIsReportedForWhatIsAskedOfItOnly) {
  auto ends = socket_pair(SOCK_STREAM);
  ASSERT_TRUE(ends.has_value());
  Waiter waiter;
  waiter.on_ready = [&] { io.stop(); };
  const auto place = loop->enter(waiter);
  ASSERT_TRUE(loop->watch(place, ends->first.get(), ProbeLoop::Interest::read).has_value());
  io.run_for(30ms);
  EXPECT_EQ(waiter.ready, 0);  // it could be written to all the time
  loop->change_interest(place, ends->first.get(), ProbeLoop::Interest::write);
  io.restart();
  io.run_for(1s);
  EXPECT_GT(waiter.ready, 0);
}

TEST_F(ProbeLoopTest, WhoEndsAnotherThatIsReadyTooHasEndedIt) {
  auto one = socket_pair(SOCK_STREAM), other = socket_pair(SOCK_STREAM);
  ASSERT_TRUE(one.has_value() && other.has_value());
  Waiter first, second, successor;
  const auto first_place = loop->enter(first), second_place = loop->enter(second);
  const auto ends = [&](Fd& fd, ProbeLoop::Place place) {
    return [this, &fd, place] {
      fd.reset();
      loop->leave(place);
      io.stop();
    };
  };
  // Whoever is called first ends the other, and a third sits down there.
  const auto end_second = ends(other->first, second_place), end_first = ends(one->first, first_place);
  first.on_ready = [&] {
    end_second();
    loop->enter(successor);
  };
  second.on_ready = [&] {
    end_first();
    loop->enter(successor);
  };
  ASSERT_TRUE(loop->watch(first_place, one->first.get(), ProbeLoop::Interest::write).has_value());
  ASSERT_TRUE(loop->watch(second_place, other->first.get(), ProbeLoop::Interest::write).has_value());
  io.run_for(1s);
  EXPECT_EQ(first.ready + second.ready, 1);
  EXPECT_EQ(successor.ready, 0);
}

TEST_F(ProbeLoopTest, WhatCannotBeWatchedIsRefusedWithItsReason) {
  Waiter waiter;
  const auto watched = loop->watch(loop->enter(waiter), -1, ProbeLoop::Interest::read);
  ASSERT_FALSE(watched.has_value());
  EXPECT_NE(watched.error().message.find("cannot watch a descriptor"), std::string::npos);
}

}  // namespace
}  // namespace runtime
