// Two sessions on one virtual clock, with a network that loses and delays.
#include <deque>
#include <gtest/gtest.h>
#include <map>

#include "bfd/session.hpp"

namespace bfd {
namespace {

using namespace std::chrono_literals;
using core::Duration;
using core::Time;

class Pair {
 public:
  Pair(const Config& a, const Config& b, std::uint64_t seed)
      : random_(seed), sessions_{Session{a, 1, seed}, Session{b, 2, seed + 1}} {}

  void start(int who) { perform(who, sessions_[who].handle(now_, event::Started{})); }
  void stop(int who) { perform(who, sessions_[who].handle(now_, event::Stopped{})); }
  void loss(double percent) { loss_ = percent; }
  void cut(int from, bool cut) { cut_[from] = cut; }

  void run(Duration time) {
    const Time end = now_ + time;
    for (;;) {
      Time next = end;
      for (const auto& session : sessions_) {
        if (const auto due = session.next_timeout()) next = std::min(next, *due);
      }
      if (!wire_.empty()) next = std::min(next, wire_.begin()->first);
      now_ = std::max(now_, next);
      while (!wire_.empty() && wire_.begin()->first <= now_) {
        const auto [to, packet] = wire_.begin()->second;
        wire_.erase(wire_.begin());
        const auto decoded = decode(packet);
        ASSERT_TRUE(decoded);
        if (!sessions_[to].refuses(*decoded, 255))
          perform(to, sessions_[to].handle(now_, event::PacketReceived{*decoded}));
      }
      for (int who : {0, 1}) perform(who, sessions_[who].handle_timeout(now_));
      if (now_ >= end) return;
    }
  }

  const Session& operator[](int who) const { return sessions_[who]; }
  Time now() const { return now_; }
  int sent(int who) const { return sent_[who]; }

 private:
  void perform(int who, const Actions& actions) {
    for (const auto& action : actions) {
      const auto* send = std::get_if<action::SendPacket>(&action);
      if (send == nullptr) continue;
      ++sent_[who];
      if (!cut_[who] && !random_.chance(loss_))
        wire_.emplace(now_ + 1ms, std::pair{1 - who, encode(send->packet)});
    }
  }

  core::Random random_;
  Session sessions_[2];
  Time now_{1000s};
  double loss_ = 0;
  bool cut_[2] = {false, false};
  int sent_[2] = {0, 0};
  std::multimap<Time, std::pair<int, std::array<std::uint8_t, packet_size>>> wire_;
};

Config config(Duration interval = 50ms, std::uint8_t multiplier = 5) {
  Config config;
  config.neighbour = net::IpAddress::v4(10, 0, 0, 1);
  config.min_rx = config.min_tx = interval;
  config.multiplier = multiplier;
  return config;
}

TEST(BfdPair, IsUpAtOnceWhenTheSecondStarts) {
  Pair pair(config(), config(), 1);
  pair.start(0);
  pair.run(10s);
  EXPECT_EQ(pair[0].state(), State::down);
  pair.start(1);
  pair.run(10ms);
  EXPECT_EQ(pair[0].state(), State::up);
  EXPECT_EQ(pair[1].state(), State::up);
  pair.run(1s);
  EXPECT_FALSE(pair[0].snapshot().polling || pair[1].snapshot().polling);
  EXPECT_EQ(pair[0].snapshot().detection_time, 250ms);
}

TEST(BfdPair, SendsAtTheAgreedRate) {
  Pair pair(config(50ms), config(20ms), 2);
  pair.start(0);
  pair.start(1);
  pair.run(1s);
  const int before[] = {pair.sent(0), pair.sent(1)};
  pair.run(60s);
  for (const int who : {0, 1}) {
    const double mean = 60'000.0 / (pair.sent(who) - before[who]);  // both have the slower side's 50 ms
    EXPECT_GT(mean, 0.75 * 50);
    EXPECT_LT(mean, 0.98 * 50);
  }
}

TEST(BfdPair, NoticesACutInOneDirectionOnBothSides) {
  Pair pair(config(), config(), 3);
  pair.start(0);
  pair.start(1);
  pair.run(5s);
  pair.cut(0, true);  // nothing of 0 arrives any more
  pair.run(255ms);
  EXPECT_EQ(pair[1].state(), State::down);
  EXPECT_EQ(pair[1].snapshot().diagnostic, Diagnostic::detection_time_expired);
  EXPECT_FALSE(pair[0].reachable());
  EXPECT_EQ(pair[0].snapshot().diagnostic, Diagnostic::neighbour_signalled_down);
  pair.run(60s);
  EXPECT_NE(pair[0].state(), State::up);
  EXPECT_NE(pair[1].state(), State::up);
  pair.cut(0, false);
  pair.run(2s);
  EXPECT_EQ(pair[0].state(), State::up);
  EXPECT_EQ(pair[1].state(), State::up);
}

// With 10 % lost, five in a row are lost once in 100,000 packets.
TEST(BfdPair, SurvivesModerateLoss) {
  int downs = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Pair pair(config(), config(), seed);
    pair.loss(10);
    pair.start(0);
    pair.start(1);
    pair.run(60s);
    EXPECT_EQ(pair[0].state(), State::up) << "seed " << seed;
    downs += static_cast<int>(pair[0].snapshot().counters.went_down);
  }
  EXPECT_LE(downs, 3);
}

TEST(BfdPair, ComesBackFromAnyLossWithinSeconds) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Pair pair(config(10ms, 3), config(30ms, 1), seed);
    pair.loss(60);
    pair.start(0);
    pair.start(1);
    pair.run(30s);
    pair.loss(0);
    pair.run(3s);
    EXPECT_EQ(pair[0].state(), State::up) << "seed " << seed;
    EXPECT_EQ(pair[1].state(), State::up) << "seed " << seed;
    EXPECT_FALSE(pair[0].snapshot().polling) << "seed " << seed;
  }
}

TEST(BfdPair, TwoPassiveOnesNeverMeet) {
  Config passive = config();
  passive.passive = true;
  Pair pair(passive, passive, 4);
  pair.start(0);
  pair.start(1);
  pair.run(60s);
  EXPECT_EQ(pair.sent(0) + pair.sent(1), 0);
  Pair mixed(passive, config(), 4);
  mixed.start(0);
  mixed.start(1);
  mixed.run(1s);
  EXPECT_EQ(mixed[0].state(), State::up);
}

TEST(BfdPair, AStoppedNeighbourIsDownAndNotUnreachable) {
  Pair pair(config(), config(), 5);
  pair.start(0);
  pair.start(1);
  pair.run(5s);
  pair.stop(1);
  pair.run(2s);
  EXPECT_EQ(pair[0].state(), State::down);
  EXPECT_TRUE(pair[0].reachable());
  pair.start(1);
  pair.run(1s);
  EXPECT_EQ(pair[0].state(), State::up);
}

}  // namespace
}  // namespace bfd
