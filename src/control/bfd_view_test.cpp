#include "control/bfd_view.hpp"

#include <gmock/gmock.h>

namespace control {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

engine::FailoverSnapshot snapshot() {
  engine::FailoverSnapshot snapshot;
  auto& session = snapshot.bfd_sessions.emplace_back();
  session.name = "B1";
  session.neighbour = net::IpAddress::v4(10, 0, 0, 2);
  session.state = bfd::State::up;
  session.reachable = true;
  session.discriminator = 0xab;
  session.transmit_interval = 50ms;
  session.detection_time = 250ms;
  session.last = {bfd::State::init, bfd::State::up, bfd::Reason::established, core::Time{95s}, true, {}, {}};
  session.counters.packets_sent = 7;
  session.counters.receive_errors[static_cast<std::size_t>(bfd::ReceiveError::hop_limit)] = 3;
  snapshot.bfd_receive_errors[static_cast<std::size_t>(bfd::ReceiveError::unknown_session)] = 2;
  return snapshot;
}

const Moment moment{core::Time{100s}, core::WallTime{1'795'000'000s}};

TEST(BfdView, ShowsProgramsEverySession) {
  const auto json = bfd_json(snapshot(), moment);
  EXPECT_EQ(json["receive_errors"]["unknown_session"], 2);
  const auto& session = json["sessions"].at(0);
  EXPECT_EQ(session["name"], "B1");
  EXPECT_EQ(session["state"], "up");
  EXPECT_EQ(session["source"], nullptr);
  EXPECT_EQ(session["last_change"]["age_seconds"], 5.0);
  EXPECT_EQ(session["last_change"]["reason"]["id"], "established");
  EXPECT_EQ(session["detection_time_ms"], 250.0);
  EXPECT_EQ(session["counters"]["receive_errors"]["hop_limit"], 3);
}

TEST(BfdView, ShowsPeopleATable) {
  EXPECT_THAT(bfd_text(snapshot(), moment), HasSubstr("10.0.0.2"));
  EXPECT_THAT(bfd_text(snapshot(), moment), HasSubstr("why: packets go both ways"));
  EXPECT_EQ(bfd_text({}, moment), "");
}

TEST(BfdView, DumpsInTheShapeOfTheOtherDumps) {
  const auto text = legacy_bfd_data(snapshot(), moment);
  EXPECT_THAT(text,
              HasSubstr("------< BFD Topology >------\n BFD Instance = B1\n   Neighbor IP = 10.0.0.2\n"));
  EXPECT_THAT(text, HasSubstr("   State = UP\n"));
  EXPECT_THAT(text, HasSubstr("   Detection time = 250.000 ms\n"));
}

}  // namespace
}  // namespace control
