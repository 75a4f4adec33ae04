// Random events at random times, from a seed that the failure names: whatever happens, these things hold.
#include "core/random.hpp"
#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using vrrp::State;

class FailoverProperties : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  core::Random random{GetParam()};

  template <class T>
  const T& any_of(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(
        random.between(0, static_cast<std::int64_t>(choices.size()) - 1))];
  }

  static std::string vip_of(std::size_t index) { return "10.9.0.10" + std::to_string(index) + "/24"; }

  FailoverConfig random_config() {
    std::vector<InstanceConfig> routers;
    for (std::uint8_t i = 0; i < 3; ++i) {
      auto one = router("VI" + std::to_string(i), static_cast<std::uint8_t>(50 + i));
      one.vrrp.addresses = {virtual_address(vip_of(i))};
      one.vrrp.priority = any_of<std::uint8_t>({1, 100, 100, 150, 254, 255});
      one.vrrp.version = random.chance(50) ? vrrp::Version::v2 : vrrp::Version::v3;
      one.vrrp.preempt = random.chance(70);
      one.vrrp.preempt_delay = random.chance(20) ? 5s : 0s;
      one.vrrp.down_timer_adverts = static_cast<std::uint32_t>(random.between(1, 4));
      one.vrrp.reannounce_after_second_master = random.chance(80);
      one.vrrp.announcements.master_refresh = random.chance(30) ? 7s : 0s;
      one.vrrp.advert_interval =
          one.vrrp.version == vrrp::Version::v2 ? 1s : any_of<Duration>({1s, 1s, 300ms, 100ms, 40ms});
      routers.push_back(std::move(one));
    }
    return testing::node(std::move(routers));
  }

  void expect_sane(const Node& node, const std::vector<State>& before, const Actions& actions) {
    for (std::size_t i = 0; i < 3; ++i) {
      const auto shown = node.shown(i);
      const bool master = shown.state == State::master;
      EXPECT_EQ(node.has(vip_of(i)), master) << "an address is there exactly while its router is master";
      EXPECT_EQ(shown.addresses_installed, master);
      EXPECT_EQ(shown.state == State::fault, !shown.faults.empty());
      EXPECT_EQ(shown.state == State::master || shown.state == State::backup, shown.deadline.has_value());
      if (before[i] == State::master || master) continue;
      for (const auto& send : all<action::SendPacket>(actions)) {
        const bool between = reported_master(actions, shown.name);
        EXPECT_TRUE(send.instance != shown.name || between) << shown.name << " spoke without being master";
      }
    }
  }
  static bool reported_master(const Actions& actions, const std::string& name) {
    return std::ranges::any_of(all<action::ReportTransition>(actions), [&](const auto& report) {
      return report.instance == name &&
             (report.transition.to == State::master || report.transition.from == State::master);
    });
  }

  Actions something_happens(Node& node, FailoverConfig& config) {
    const auto& heard = any_of(config.instances).vrrp;
    switch (random.between(0, 9)) {
      case 0:
      case 1:
      case 2:
        return node.hear(static_cast<std::uint8_t>(random.between(0, 255)),
                         any_of<std::string>({"10.9.0.2", "10.9.0.0", "10.9.0.1"}), heard);
      case 3:
        return node.link(random.chance(80));
      case 4: {
        const auto vip = vip_of(static_cast<std::size_t>(random.between(0, 2)));
        return node.has(vip) ? node.lose(vip) : Actions{};
      }
      case 5:
        return node.has("10.9.0.1/24") && random.chance(30) ? node.lose("10.9.0.1/24")
               : node.has("10.9.0.1/24")                    ? Actions{}
                                                            : node.gain(on(eth0, "10.9.0.1/24"));
      case 6:
        return node.pause(std::chrono::milliseconds(random.between(0, 12000)));
      case 7:
        for (auto& instance : config.instances) {
          if (random.chance(30)) instance.vrrp.priority = static_cast<std::uint8_t>(random.between(1, 254));
          if (random.chance(10)) instance.vrrp.vrid = static_cast<std::uint8_t>(instance.vrrp.vrid + 10);
        }
        return node.reload(config);
      case 8:
        return node.start();  // a new listing
      default: {
        std::vector<std::uint8_t> junk(static_cast<std::size_t>(random.between(22, 80)));
        for (auto& octet : junk) octet = static_cast<std::uint8_t>(random.next());
        junk[21] = heard.vrid;
        return node.receive(junk, ip("10.9.0.9"), heard.multicast_group);
      }
    }
  }
};

TEST_P(FailoverProperties, HoldWhateverHappens) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  auto config = random_config();
  Node node(config);
  std::uint64_t sequence = 0;
  Actions actions = node.start();
  const auto states = [&] { return std::vector<State>{node.state(0), node.state(1), node.state(2)}; };
  std::vector<State> before(3, State::initialize);
  for (int step = 0; step < 100 && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    expect_sane(node, before, actions);
    for (const auto& report : all<action::ReportTransition>(actions)) EXPECT_EQ(report.sequence, ++sequence);
    before = states();
    actions = something_happens(node, config);
    for (auto& action : node.run(100ms))
      actions.push_back(std::move(action));  // a fight over an address is over
    expect_sane(node, before, actions);
    for (const auto& report : all<action::ReportTransition>(actions)) EXPECT_EQ(report.sequence, ++sequence);
    EXPECT_TRUE(node.reload(config).empty()) << "a reload of the same file does nothing";
    before = states();
    actions = node.run(std::chrono::milliseconds(random.between(0, 1500)));
  }
  for (const auto& report : all<action::ReportTransition>(actions)) EXPECT_EQ(report.sequence, ++sequence);
  EXPECT_GT(sequence, 20U) << "much happened";
  for (const auto& report : all<action::ReportTransition>(node.stop()))
    EXPECT_EQ(report.sequence, ++sequence);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(node.has(vip_of(i)));
}

INSTANTIATE_TEST_SUITE_P(Seeds, FailoverProperties, ::testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace engine
