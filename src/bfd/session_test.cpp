#include "bfd/session.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <memory>

namespace bfd {
namespace {

using namespace std::chrono_literals;
using core::Duration;
using core::Time;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Time t0{100s};
constexpr std::uint32_t ours = 0x1111, theirs = 0x2222;

Config config() {
  Config config;
  config.name = "B1";
  config.neighbour = net::IpAddress::v4(10, 0, 0, 2);
  config.min_tx = 50ms;
  config.min_rx = 40ms;
  config.multiplier = 3;
  return config;
}

Packet told(State state) {
  Packet packet;
  packet.state = state;
  packet.multiplier = 4;
  packet.my_discriminator = theirs;
  packet.your_discriminator = ours;
  packet.desired_min_tx = state == State::up ? 60ms : 1000ms;
  packet.required_min_rx = 30ms;
  return packet;
}

std::vector<Packet> packets(const Actions& actions) {
  std::vector<Packet> out;
  for (const auto& action : actions) {
    if (const auto* send = std::get_if<action::SendPacket>(&action)) out.push_back(send->packet);
  }
  return out;
}

std::vector<Change> changes(const Actions& actions) {
  std::vector<Change> out;
  for (const auto& action : actions) {
    if (const auto* report = std::get_if<action::ReportChange>(&action)) out.push_back(report->change);
  }
  return out;
}

class BfdSession : public ::testing::Test {
 protected:
  Actions hear(Time now, const Packet& packet) {
    return session_->handle(now, event::PacketReceived{packet});
  }
  Actions start(Time now = t0) { return session_->handle(now, event::Started{}); }
  // Brings it to the state by the packets that lead there.
  void reach(State state) {
    start();
    if (state == State::init) hear(t0, told(State::down));
    if (state == State::up) hear(t0, told(State::init));
    if (state == State::admin_down) session_->handle(t0, event::Stopped{});
    ASSERT_EQ(session_->state(), state);
  }
  void begin(const Config& changed) { session_ = std::make_unique<Session>(changed, ours, 1); }
  void end_poll(Time now) {
    Packet packet = told(State::up);
    packet.final = true;
    hear(now, packet);
  }

  std::unique_ptr<Session> session_ = std::make_unique<Session>(config(), ours, 1);
};

struct Row {
  State from, heard, to;
  Diagnostic diagnostic = Diagnostic::none;
};

// RFC 5880, section 6.8.6, as a table.
TEST_F(BfdSession, FollowsTheTransitionTable) {
  using enum State;
  constexpr auto signalled = Diagnostic::neighbour_signalled_down;
  const Row table[] = {
      {down, admin_down, down},
      {down, down, init},
      {down, init, up},
      {down, up, down},
      {init, down, init},
      {init, init, up},
      {init, up, up},
      {init, admin_down, down, signalled},
      {up, init, up},
      {up, down, down, signalled},
      {up, up, up},
      {up, admin_down, down, signalled},
  };
  for (const Row& row : table) {
    begin(config());
    reach(row.from);
    const Actions actions = hear(t0 + 1ms, told(row.heard));
    const auto what = fmt::format("{} hears {}", state_word(row.from), state_word(row.heard));
    EXPECT_EQ(state_word(session_->state()), state_word(row.to)) << what;
    EXPECT_EQ(session_->snapshot().diagnostic, row.diagnostic) << what;
    EXPECT_THAT(changes(actions), SizeIs(row.from == row.to ? 0 : 1)) << what;
    EXPECT_THAT(packets(actions), SizeIs(row.from == row.to ? 0 : 1)) << what << ": a change is told at once";
  }
}

TEST_F(BfdSession, SpeaksSlowlyUntilItIsUp) {
  const auto first = packets(start());
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].state, State::down);
  EXPECT_EQ(first[0].desired_min_tx, 1s);
  EXPECT_EQ(first[0].required_min_rx, 40ms);
  EXPECT_EQ(first[0].your_discriminator, 0U);
  const Time next = session_->next_timeout().value();
  EXPECT_GE(next, t0 + 750ms);
  EXPECT_LE(next, t0 + 980ms);
  EXPECT_THAT(packets(session_->handle_timeout(next)), SizeIs(1));
}

TEST_F(BfdSession, PollsWithTheFastTimersWhenItComesUp) {
  start();
  const auto first = packets(hear(t0 + 10ms, told(State::init)));
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_TRUE(first[0].poll);
  EXPECT_EQ(first[0].desired_min_tx, 50ms);
  EXPECT_EQ(first[0].your_discriminator, theirs);
  const auto again = packets(session_->handle_timeout(session_->next_timeout().value()));
  EXPECT_TRUE(again.at(0).poll) << "until the neighbour has confirmed";
  end_poll(t0 + 100ms);
  EXPECT_FALSE(packets(session_->handle_timeout(session_->next_timeout().value())).at(0).poll);
}

TEST_F(BfdSession, AnswersAPollAtOnceAndWithoutDisturbingItsRhythm) {
  reach(State::up);
  end_poll(t0);
  const auto due = session_->next_timeout();
  Packet poll = told(State::up);
  poll.poll = true;
  const auto answer = packets(hear(t0 + 5ms, poll));
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_TRUE(answer[0].final);
  EXPECT_FALSE(answer[0].poll);
  EXPECT_EQ(session_->next_timeout(), due);
}

TEST_F(BfdSession, SendsNoFasterThanTheNeighbourCanReceive) {
  reach(State::up);
  Packet slow = told(State::up);
  slow.required_min_rx = 500ms;
  hear(t0 + 1ms, slow);
  EXPECT_EQ(session_->snapshot().transmit_interval, 500ms);
  slow.required_min_rx = 1ms;
  hear(t0 + 2ms, slow);
  EXPECT_EQ(session_->snapshot().transmit_interval, 50ms);
}

TEST_F(BfdSession, FallsSilentForANeighbourThatWantsNothing) {
  reach(State::up);
  Packet mute = told(State::up);
  mute.required_min_rx = 0ms;
  hear(t0, mute);
  EXPECT_EQ(session_->snapshot().transmit_interval, 0ms);
  EXPECT_EQ(session_->next_timeout(), t0 + 4 * 60ms) << "only the detection time is left";
}

TEST_F(BfdSession, ObeysADemandForSilenceButStillPolls) {
  reach(State::up);
  Packet demand = told(State::up);
  demand.demand = true;
  hear(t0, demand);
  EXPECT_GT(session_->snapshot().transmit_interval, 0ms) << "a Poll sequence is going on";
  demand.final = true;
  hear(t0 + 1ms, demand);
  EXPECT_EQ(session_->snapshot().transmit_interval, 0ms);
}

TEST_F(BfdSession, IsDownAfterTheDetectionTime) {
  reach(State::up);
  end_poll(t0);
  const Time silence = t0 + 4 * 60ms;  // its multiplier, and the slower of its 60 ms and our 40 ms
  for (Time now = *session_->next_timeout(); now < silence; now = *session_->next_timeout())
    EXPECT_THAT(changes(session_->handle_timeout(now)), IsEmpty());
  const Actions actions = session_->handle_timeout(silence);
  ASSERT_THAT(changes(actions), SizeIs(1));
  EXPECT_EQ(changes(actions)[0].reason, Reason::neighbour_silent);
  EXPECT_FALSE(changes(actions)[0].reachable);
  EXPECT_EQ(changes(actions)[0].detection, 240ms);
  EXPECT_EQ(packets(actions).at(0).diagnostic, Diagnostic::detection_time_expired);
  EXPECT_EQ(packets(actions).at(0).your_discriminator, theirs) << "it may still hear us";
  EXPECT_EQ(session_->snapshot().remote_discriminator, 0U);
  EXPECT_EQ(session_->snapshot().desired_min_tx, 1s);
}

TEST_F(BfdSession, OurOwnPauseIsNotTheNeighboursSilence) {
  reach(State::up);
  end_poll(t0);
  const Time woken = t0 + 2s;
  EXPECT_THAT(changes(session_->handle_timeout(woken)), IsEmpty());
  EXPECT_THAT(changes(session_->handle_timeout(woken + 59ms)), IsEmpty());
  EXPECT_THAT(changes(session_->handle_timeout(woken + 60ms)), SizeIs(1)) << "but only once";
}

TEST_F(BfdSession, PassiveWaitsToBeSpokenTo) {
  Config passive = config();
  passive.passive = true;
  begin(passive);
  EXPECT_THAT(packets(start()), IsEmpty());
  EXPECT_EQ(session_->next_timeout(), std::nullopt);
  Packet first = told(State::down);
  first.your_discriminator = 0;
  const auto answer = packets(hear(t0 + 1s, first));
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_EQ(answer[0].state, State::init);
  session_->handle_timeout(session_->next_timeout().value());
  Time now = t0;
  while (session_->next_timeout()) session_->handle_timeout(now = *session_->next_timeout());
  EXPECT_EQ(session_->state(), State::down);
  EXPECT_LE(now, t0 + 1s + 4 * 1s) << "and is silent again when the neighbour is";
}

TEST_F(BfdSession, EveryIntervalIsShortenedByTwoToTwentyFivePercent) {
  reach(State::up);
  end_poll(t0);
  Duration least = 1h, most{};
  Time last = t0;
  for (int i = 0; i < 2000; ++i) {
    const Time due = *session_->next_timeout();
    session_->handle_timeout(due);
    if (i != 0) least = std::min(least, due - last), most = std::max(most, due - last);
    last = due;
    hear(due, told(State::up));
  }
  EXPECT_GE(least, 37500us);
  EXPECT_LT(least, 38ms);
  EXPECT_LE(most, 49ms);
  EXPECT_GT(most, 48500us);
  EXPECT_LE(most + session_->slack(), 50ms) << "gathered wake-ups keep the agreed interval, too";
}

TEST_F(BfdSession, ASingleLostPacketMayNotEndASessionWithMultiplierOne) {
  Config one = config();
  one.multiplier = 1;
  begin(one);
  reach(State::up);
  end_poll(t0);
  Time last = t0;
  for (int i = 0; i < 500; ++i) {
    const Time due = *session_->next_timeout();
    session_->handle_timeout(due);
    if (i != 0) {
      EXPECT_LE(due - last, 45ms);
    }
    last = due;
    hear(due, told(State::up));
  }
}

TEST_F(BfdSession, SendsSlowerOnlyWhenTheNeighbourHasConfirmed) {
  reach(State::up);
  end_poll(t0);
  Config slower = config();
  slower.min_tx = 400ms;
  slower.min_rx = 20ms;
  const auto said = packets(session_->handle(t0 + 1ms, event::Reconfigured{slower}));
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_TRUE(said[0].poll);
  EXPECT_EQ(said[0].desired_min_tx, 400ms);
  EXPECT_EQ(session_->snapshot().transmit_interval, 50ms);
  end_poll(t0 + 10ms);
  EXPECT_EQ(session_->snapshot().transmit_interval, 400ms);
}

TEST_F(BfdSession, GivesUpSoonerOnlyWhenTheNeighbourHasConfirmed) {
  reach(State::up);
  Packet fast = told(State::up);
  fast.desired_min_tx = 10ms;
  fast.final = true;
  hear(t0, fast);
  EXPECT_EQ(session_->snapshot().detection_time, 4 * 40ms);
  Config sooner = config();
  sooner.min_rx = 20ms;
  session_->handle(t0 + 1ms, event::Reconfigured{sooner});
  EXPECT_EQ(session_->snapshot().detection_time, 4 * 40ms);
  hear(t0 + 5ms, fast);
  EXPECT_EQ(session_->snapshot().detection_time, 4 * 20ms);
}

TEST_F(BfdSession, AnUnchangedConfigurationIsNotFelt) {
  reach(State::up);
  end_poll(t0);
  const auto due = session_->next_timeout();
  EXPECT_THAT(session_->handle(t0 + 1ms, event::Reconfigured{config()}), IsEmpty());
  EXPECT_EQ(session_->next_timeout(), due);
}

TEST_F(BfdSession, SaysGoodbyeWhenStopped) {
  reach(State::up);
  const auto last = packets(session_->handle(t0 + 1ms, event::Stopped{}));
  ASSERT_THAT(last, SizeIs(1));
  EXPECT_EQ(last[0].state, State::admin_down);
  EXPECT_EQ(last[0].diagnostic, Diagnostic::administratively_down);
  EXPECT_EQ(session_->next_timeout(), std::nullopt);
  EXPECT_EQ(session_->refuses(told(State::up), 255), ReceiveError::admin_down);
}

TEST_F(BfdSession, ANeighbourTakenDownOnPurposeIsNotCalledUnreachable) {
  reach(State::up);
  const auto change = changes(hear(t0 + 1ms, told(State::admin_down))).at(0);
  EXPECT_EQ(change.to, State::down);
  EXPECT_TRUE(change.reachable);
}

TEST_F(BfdSession, PacketsFromTooFarAwayAreRefused) {
  EXPECT_EQ(session_->refuses(told(State::up), 254), ReceiveError::hop_limit);
  Config far = config();
  far.max_hops = 3;
  begin(far);
  start();
  EXPECT_EQ(session_->refuses(told(State::up), 251), ReceiveError::hop_limit);
  EXPECT_EQ(session_->refuses(told(State::up), 252), std::nullopt);
  for (const std::int16_t any : {std::int16_t{-1}, std::int16_t{255}}) {
    far.max_hops = any;
    begin(far);
    start();
    EXPECT_EQ(session_->refuses(told(State::up), 1), std::nullopt);
  }
}

TEST_F(BfdSession, AnAuthenticatedPacketIsRefused) {
  start();
  Packet packet = told(State::down);
  packet.authentication = true;
  EXPECT_EQ(session_->refuses(packet, 255), ReceiveError::authentication);
}

TEST_F(BfdSession, ANewWorkerGoesOnIfTheNeighbourHasNotNoticed) {
  reach(State::up);
  end_poll(t0);
  const Snapshot left = session_->snapshot();
  begin(config());
  const Actions actions = session_->handle(t0 + 149ms, event::Resumed{left, 149ms});  // of 3 times 50 ms
  EXPECT_EQ(session_->state(), State::up);
  EXPECT_TRUE(session_->reachable());
  ASSERT_THAT(packets(actions), SizeIs(1));
  EXPECT_EQ(packets(actions)[0].your_discriminator, theirs);
  EXPECT_GT(*session_->next_timeout(), t0 + 149ms);
}

TEST_F(BfdSession, ANewWorkerThatComesLateStartsAgainAndTrustsForAWhile) {
  reach(State::up);
  end_poll(t0);
  const Snapshot left = session_->snapshot();
  begin(config());
  session_->handle(t0 + 1s, event::Resumed{left, 1s});
  EXPECT_EQ(session_->state(), State::down);
  EXPECT_TRUE(session_->reachable());
  Time now = t0 + 1s;
  while (session_->reachable()) session_->handle_timeout(now = *session_->next_timeout());
  EXPECT_EQ(now, t0 + 4s);
  EXPECT_EQ(session_->snapshot().last.reason, Reason::not_back_in_time);
}

}  // namespace
}  // namespace bfd
