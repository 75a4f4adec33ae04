#include "sim/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sim {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr HostId a{0};
constexpr HostId b{1};
constexpr HostId c{2};
constexpr SegmentId wire{0};

class NetworkTest : public testing::Test {
 protected:
  NetworkTest() {
    for (const HostId host : {a, b, c}) network.attach(host, wire);
  }
  void send(HostId from, std::uint8_t mark = 0) { network.send(from, wire, EthernetFrame{{mark}}); }
  std::vector<std::uint8_t> received_by(HostId host) { return received[host]; }

  EventQueue queue{core::Time{}};
  std::map<HostId, std::vector<std::uint8_t>> received;
  Network network{queue, core::Random(7), LinkSettings{}, [this](HostId to, SegmentId, const Load& load) {
                    received[to].push_back(std::get<EthernetFrame>(load).bytes.front());
                  }};
};

TEST_F(NetworkTest, ReachesEveryOtherHostOfTheSegment) {
  send(a, 5);
  queue.run_until(core::Time{} + 1ms);
  EXPECT_THAT(received_by(a), IsEmpty());
  EXPECT_THAT(received_by(b), ElementsAre(5));
  EXPECT_THAT(received_by(c), ElementsAre(5));
}

TEST_F(NetworkTest, CutsOneDirectionAlone) {
  network.set_link(a, b, {.cut = true});
  EXPECT_FALSE(network.healthy());
  send(a, 1);
  send(b, 2);
  queue.run_until(core::Time{} + 1ms);
  EXPECT_THAT(received_by(b), IsEmpty());
  EXPECT_THAT(received_by(a), ElementsAre(2));
  network.repair();
  EXPECT_TRUE(network.healthy());
}

TEST_F(NetworkTest, LosesAboutAsOftenAsTold) {
  network.set_link(a, b, {.loss = 30});
  for (int i = 0; i < 1000; ++i) send(a);
  queue.run_until(core::Time{} + 1s);
  EXPECT_GT(received_by(b).size(), 600U);
  EXPECT_LT(received_by(b).size(), 800U);
  EXPECT_THAT(received_by(c), SizeIs(1000));
}

TEST_F(NetworkTest, KeepsTheOrderUnlessToldToReorder) {
  network.set_link(a, b, {.delay_min = 0ms, .delay_max = 50ms});
  network.set_link(a, c, {.reorder = 50, .delay_min = 0ms, .delay_max = 50ms});
  for (std::uint8_t i = 0; i < 100; ++i) send(a, i);
  queue.run_until(core::Time{} + 1s);
  EXPECT_TRUE(std::ranges::is_sorted(received_by(b)));
  EXPECT_FALSE(std::ranges::is_sorted(received_by(c)));
}

TEST_F(NetworkTest, LosesWhatWasHeldUpWhenItIsRepaired) {
  network.set_link(a, b, {.delay_min = 50ms, .delay_max = 50ms});
  send(a, 1);
  queue.run_until(core::Time{} + 1ms);
  network.repair();
  send(a, 2);
  queue.run_until(core::Time{} + 1s);
  EXPECT_THAT(received_by(b), ElementsAre(2));
}

TEST_F(NetworkTest, DeliversTwiceWhenToldTo) {
  network.set_link(a, b, {.duplicate = 100});
  send(a, 9);
  queue.run_until(core::Time{} + 1ms);
  EXPECT_THAT(received_by(b), ElementsAre(9, 9));
}

}  // namespace
}  // namespace sim
