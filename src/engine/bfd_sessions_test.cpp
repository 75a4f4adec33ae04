#include "engine/bfd_sessions.hpp"

#include <gmock/gmock.h>

namespace engine {
namespace {

using namespace std::chrono_literals;
using core::Time;
using net::IpAddress;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using News = BfdSessions::News;

constexpr Time t0{100s};

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

bfd::Config session(std::string name, std::string_view neighbour) {
  bfd::Config config;
  config.name = std::move(name);
  config.neighbour = ip(neighbour);
  config.min_rx = config.min_tx = 50ms;
  return config;
}

template <class Wanted>
std::vector<Wanted> all(const Actions& actions) {
  std::vector<Wanted> out;
  for (const auto& action : actions) {
    if (const auto* found = std::get_if<Wanted>(&action)) out.push_back(*found);
  }
  return out;
}

class BfdSessionsTest : public ::testing::Test {
 protected:
  Actions begin(std::vector<bfd::Config> configs, Time now = t0) {
    Actions out;
    sessions_.configure(now, configs, out);
    EXPECT_THAT(out, IsEmpty()) << "nothing happens before the kernel was listed";
    sessions_.begin(now, out);
    return out;
  }
  Actions reload(std::vector<bfd::Config> configs, Time now) {
    Actions out;
    sessions_.configure(now, configs, out);
    return out;
  }
  Actions hear(Time now, std::string_view from, bfd::State state, std::uint32_t to = 0, bool multihop = false,
               std::string_view destination = "10.0.0.1") {
    bfd::Packet packet;
    packet.state = state;
    packet.my_discriminator = 77;
    packet.your_discriminator = to;
    packet.desired_min_tx = packet.required_min_rx = 50ms;
    const auto bytes = bfd::encode(packet);
    Actions out;
    sessions_.receive(now, {ip(from), ip(destination), 255, multihop, bytes}, out);
    return out;
  }
  FailoverSnapshot snapshot() const {
    FailoverSnapshot shown;
    sessions_.describe(shown);
    return shown;
  }
  bfd::Snapshot of(std::string_view name) const {
    for (auto& one : snapshot().bfd_sessions) {
      if (one.name == name) return one;
    }
    ADD_FAILURE() << "no session " << name;
    return {};
  }
  std::uint64_t refused(bfd::ReceiveError error) const {
    return snapshot().bfd_receive_errors[static_cast<std::size_t>(error)];
  }
  void bring_up(std::string_view name, std::string_view neighbour, Time now) {
    hear(now, neighbour, bfd::State::init, of(name).discriminator);
    ASSERT_EQ(of(name).state, bfd::State::up);
  }

  BfdSessions sessions_{1};
};

TEST_F(BfdSessionsTest, OpensTheSocketsBeforeItSpeaks) {
  const Actions actions = begin({session("A", "10.0.0.2"), session("B", "10.0.0.3")});
  ASSERT_FALSE(actions.empty());
  const auto* opened = std::get_if<action::OpenBfdSessions>(&actions.front());
  ASSERT_NE(opened, nullptr);
  EXPECT_THAT(opened->sessions, SizeIs(2));
  EXPECT_THAT(all<action::SendBfdPacket>(actions), SizeIs(2));
  EXPECT_NE(of("A").discriminator, of("B").discriminator);
}

TEST_F(BfdSessionsTest, TellsTheTrackersOnceWhatIsAndThenWhatChanges) {
  begin({session("A", "10.0.0.2")});
  EXPECT_THAT(sessions_.take_news(), ElementsAre(News{"A", false}));
  hear(t0, "10.0.0.2", bfd::State::down);
  EXPECT_THAT(sessions_.take_news(), IsEmpty());
  bring_up("A", "10.0.0.2", t0 + 1ms);
  EXPECT_THAT(sessions_.take_news(), ElementsAre(News{"A", true}));
  hear(t0 + 2ms, "10.0.0.2", bfd::State::down, of("A").discriminator);
  EXPECT_THAT(sessions_.take_news(), ElementsAre(News{"A", false}));
}

TEST_F(BfdSessionsTest, ExpiresWhenItsTimeHasCome) {
  begin({session("A", "10.0.0.2")});
  bring_up("A", "10.0.0.2", t0);
  Actions out;
  while (of("A").state == bfd::State::up) {
    const auto next = sessions_.next_timeout();
    ASSERT_TRUE(next && *next <= t0 + 252ms);
    sessions_.handle_timeout(*next, out);
  }
  EXPECT_EQ(of("A").last.reason, bfd::Reason::neighbour_silent);
}

TEST_F(BfdSessionsTest, FindsASessionByAddressAndBySource) {
  auto bound = session("bound", "10.0.0.2");
  bound.source = ip("10.0.0.9");
  auto far = session("far", "10.0.0.2");
  far.multihop = true;
  begin({session("any", "10.0.0.2"), bound, far});
  hear(t0, "10.0.0.2", bfd::State::down, 0, false, "10.0.0.9");
  EXPECT_EQ(of("bound").state, bfd::State::init);
  EXPECT_EQ(of("any").state, bfd::State::down);
  hear(t0, "10.0.0.2", bfd::State::down);
  EXPECT_EQ(of("any").state, bfd::State::init);
  hear(t0, "10.0.0.2", bfd::State::down, 0, true);
  EXPECT_EQ(of("far").state, bfd::State::init);
}

TEST_F(BfdSessionsTest, CountsWhatItRefusesAndSaysItOnce) {
  begin({session("A", "10.0.0.2")});
  EXPECT_THAT(all<action::Notice>(hear(t0, "10.0.0.7", bfd::State::down)), SizeIs(1));
  EXPECT_THAT(hear(t0, "10.0.0.7", bfd::State::down), IsEmpty());
  EXPECT_EQ(refused(bfd::ReceiveError::unknown_session), 2U);
  hear(t0, "10.0.0.2", bfd::State::up, of("A").discriminator + 1);
  EXPECT_EQ(refused(bfd::ReceiveError::unknown_session), 3U);
  const auto wrong_source = static_cast<std::size_t>(bfd::ReceiveError::wrong_source);
  hear(t0, "10.0.0.7", bfd::State::init, of("A").discriminator);
  hear(t0, "10.0.0.2", bfd::State::init, of("A").discriminator, true);
  EXPECT_EQ(of("A").counters.receive_errors[wrong_source], 2U);
  EXPECT_EQ(of("A").state, bfd::State::down);
  sessions_.clear_counters();
  EXPECT_EQ(of("A").counters, bfd::Counters{});
  EXPECT_EQ(refused(bfd::ReceiveError::unknown_session), 0U);
}

TEST_F(BfdSessionsTest, AReloadTouchesOnlyWhatChanged) {
  begin({session("A", "10.0.0.2"), session("B", "10.0.0.3"), session("C", "10.0.0.4")});
  for (const auto& [name, neighbour] :
       {std::pair{"A", "10.0.0.2"}, std::pair{"B", "10.0.0.3"}, std::pair{"C", "10.0.0.4"}})
    bring_up(name, neighbour, t0);
  const auto before = of("A");
  EXPECT_THAT(
      reload({session("A", "10.0.0.2"), session("B", "10.0.0.3"), session("C", "10.0.0.4")}, t0 + 1ms),
      IsEmpty());
  auto slower = session("B", "10.0.0.3");
  slower.min_tx = 90ms;
  const auto actions = reload({session("A", "10.0.0.2"), slower, session("D", "10.0.0.5")}, t0 + 1ms);
  EXPECT_EQ(of("A"), before);
  EXPECT_EQ(of("B").state, bfd::State::up);
  EXPECT_TRUE(of("B").polling);
  EXPECT_EQ(of("D").state, bfd::State::down);
  const auto sent = all<action::SendBfdPacket>(actions);
  ASSERT_THAT(sent, SizeIs(3)) << "the goodbye of C, the poll of B, the first word of D";
  EXPECT_EQ(bfd::decode(sent[0].packet)->state, bfd::State::admin_down);
}

TEST_F(BfdSessionsTest, ASessionWithAnotherNeighbourIsAnotherSession) {
  begin({session("A", "10.0.0.2")});
  bring_up("A", "10.0.0.2", t0);
  sessions_.take_news();
  const auto before = of("A").discriminator;
  reload({session("A", "10.0.0.3")}, t0 + 1ms);
  EXPECT_EQ(of("A").state, bfd::State::down);
  EXPECT_NE(of("A").discriminator, before);
  EXPECT_THAT(sessions_.take_news(), ElementsAre(News{"A", false}));
  hear(t0 + 2ms, "10.0.0.2", bfd::State::down);
  EXPECT_EQ(refused(bfd::ReceiveError::unknown_session), 1U);
}

TEST_F(BfdSessionsTest, ANewWorkerGoesOnAsTheOneBeforeIt) {
  begin({session("A", "10.0.0.2")});
  bring_up("A", "10.0.0.2", t0);
  const FailoverSnapshot left = snapshot();
  sessions_ = BfdSessions{2};
  Actions out;
  sessions_.configure(t0, {session("A", "10.0.0.2")}, out);
  sessions_.resume(left, t0 + 10ms);
  sessions_.begin(t0 + 100ms, out);
  EXPECT_EQ(of("A").state, bfd::State::up);
  EXPECT_EQ(of("A").discriminator, left.bfd_sessions[0].discriminator);
  EXPECT_THAT(sessions_.take_news(), ElementsAre(News{"A", true}));
  hear(t0 + 110ms, "10.0.0.2", bfd::State::up, left.bfd_sessions[0].discriminator);
  EXPECT_EQ(refused(bfd::ReceiveError::unknown_session), 0U);
}

TEST_F(BfdSessionsTest, AFailureToSendIsSaidOnce) {
  begin({session("A", "10.0.0.2")});
  Actions out;
  for (int i = 0; i < 3; ++i) sessions_.send_failed({0, {101, "unreachable"}}, out);
  EXPECT_THAT(all<action::Notice>(out), SizeIs(1));
  EXPECT_EQ(of("A").counters.send_errors, 3U);
}

}  // namespace
}  // namespace engine
