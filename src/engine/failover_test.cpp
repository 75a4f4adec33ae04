#include "engine/failover.hpp"

#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using vrrp::State;

const std::string vip = "10.9.0.100/24";

TEST(Failover, DoesNothingBeforeTheKernelWasListed) {
  Node node(testing::node({router()}));
  EXPECT_EQ(node.next_timeout(), std::nullopt);
  EXPECT_THAT(node.hear(200), IsEmpty());
}

TEST(Failover, StartsAsBackupAndListens) {
  Node node(testing::node({router()}));
  const auto actions = node.start();
  EXPECT_THAT(words(actions), ElementsAre("hooks /b", "INIT>BACKUP started", "listen"));
  const auto sockets = all<action::Listen>(actions).front().sockets;
  ASSERT_THAT(sockets, SizeIs(1));
  EXPECT_EQ(sockets[0].interface, eth0);
  EXPECT_THAT(sockets[0].groups, ElementsAre(ip("224.0.0.18")));
}

TEST(Failover, TakesOverWhenNobodyIsHeard) {
  Node node(testing::node({router()}));
  node.start();
  EXPECT_THAT(node.run(3609ms), IsEmpty());
  EXPECT_THAT(words(node.run(2ms)),
              ElementsAre("advert 100", "add 10.9.0.100/24", "announce 10.9.0.100", "announce 10.9.0.100",
                          "announce 10.9.0.100", "announce 10.9.0.100", "announce 10.9.0.100", "hooks /m",
                          "BACKUP>MASTER master_silent"));
  EXPECT_TRUE(node.has(vip));
  EXPECT_TRUE(node.shown().addresses_installed);
}

TEST(Failover, YieldsToAHigherPriority) {
  Node node(testing::node({router()}));
  node.start();
  node.run(4s);
  EXPECT_THAT(words(node.hear(150)), ElementsAre("advert 100", "remove 10.9.0.100/24", "hooks /b",
                                                 "MASTER>BACKUP higher_priority_heard"));
  EXPECT_FALSE(node.has(vip));
}

TEST(Failover, StopsWithPriorityZero) {
  Node node(testing::node({router()}));
  node.start();
  node.run(4s);
  EXPECT_THAT(words(node.stop()),
              ElementsAre("advert 0", "remove 10.9.0.100/24", "hooks /s", "MASTER>INIT stopped", "stopped"));
  EXPECT_EQ(node.next_timeout(), std::nullopt);
  EXPECT_THAT(node.hear(200), IsEmpty());
}

TEST(Failover, ReportsWithoutGapsAndOrdersHooksByInstance) {
  Node node(testing::node({router("A", 51), router("B", 52)}));
  Actions all_actions = node.start();
  for (auto& action : node.run(4s)) all_actions.push_back(action);
  for (auto& action : node.stop()) all_actions.push_back(action);
  std::uint64_t expected = 0;
  for (const auto& report : all<action::ReportTransition>(all_actions))
    EXPECT_EQ(report.sequence, ++expected);
  EXPECT_EQ(expected, 6U);
  for (const auto& hooks : all<action::RunHooks>(all_actions))
    EXPECT_THAT(hooks.queue, ::testing::AnyOf("A", "B"));
  EXPECT_EQ(node.snapshot().last_sequence, 6U);
}

TEST(Failover, GathersNeighbouringAdvertsInOneWakeUp) {
  std::vector<InstanceConfig> routers;
  for (std::uint8_t vrid = 1; vrid <= 50; ++vrid)
    routers.push_back(router("VI" + std::to_string(vrid), vrid));
  Node node(testing::node(routers));
  node.start();
  node.run(10s);
  const Actions actions = node.run(1s);
  EXPECT_THAT(only(words(actions), "advert"), SizeIs(50));
}

TEST(Failover, LeavesTheAddressesBehindIfToldSo) {
  auto config = testing::node({router()});
  config.remove_addresses_on_stop = false;
  Node node(config);
  node.start();
  node.run(4s);
  EXPECT_THAT(words(node.stop()), ElementsAre("hooks /s", "MASTER>INIT stopped", "stopped"));
  EXPECT_TRUE(node.has(vip));
}

TEST(Failover, WaitsForTheStartupDelay) {
  auto config = testing::node({router()});
  config.startup_delay = 5s;
  Node node(config);
  EXPECT_THAT(words(node.start()), Contains("INIT>BACKUP started"));
  EXPECT_THAT(words(node.run(8600ms)), IsEmpty());
  EXPECT_THAT(words(node.run(20ms)), Contains("BACKUP>MASTER master_silent"));
}

// ---------------------------------------------------------------------------------------------------- packets

TEST(FailoverPackets, CountTheIdentificationUpAndKeepTheHeaderSound) {
  Node node(testing::node({router()}));
  node.start();
  const auto packets = all<action::SendPacket>(node.run(10s));
  ASSERT_GE(packets.size(), 5U);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].packet[5], i + 1);
    vrrp::Outgoing outgoing;
    outgoing.source = ip("10.9.0.1");
    outgoing.destination = ip("224.0.0.18");
    outgoing.ip_id = static_cast<std::uint16_t>(i + 1);
    EXPECT_EQ(packets[i].packet, vrrp::encode(router().vrrp, outgoing)) << "as if made anew";
  }
}

TEST(FailoverPackets, GoToEveryUnicastPeerWithOneIdentification) {
  auto unicast = router();
  unicast.vrrp.unicast = true;
  unicast.vrrp.peers = {{ip("10.9.0.2")}, {ip("10.9.0.3")}};
  Node node(testing::node({unicast}));
  const auto listen = all<action::Listen>(node.start()).front();
  EXPECT_THAT(listen.sockets.front().groups, IsEmpty());
  const auto packets = all<action::SendPacket>(node.run(3700ms));
  ASSERT_THAT(packets, SizeIs(2));
  EXPECT_EQ(packets[0].destination, ip("10.9.0.2"));
  EXPECT_EQ(packets[1].destination, ip("10.9.0.3"));
  EXPECT_EQ(packets[0].packet[5], packets[1].packet[5]);
  EXPECT_THAT(words(node.hear(200, "10.9.0.2", unicast.vrrp)),
              Contains("MASTER>BACKUP higher_priority_heard"));
}

TEST(FailoverPackets, OfUnicastWithoutAnInterfaceComeFromAnywhere) {
  auto unicast = router();
  unicast.vrrp.interface.clear();
  unicast.vrrp.unicast = true;
  unicast.vrrp.peers = {{ip("10.9.0.2")}};
  unicast.vrrp.addresses.front().interface = "eth0";
  Node sourceless(testing::node({unicast}));
  sourceless.start();
  EXPECT_EQ(sourceless.shown().faults.at(0).kind, vrrp::FaultKind::no_source_address);

  unicast.vrrp.source = ip("10.9.0.1");
  Node node(testing::node({unicast}));
  EXPECT_EQ(all<action::Listen>(node.start()).at(0).sockets.at(0).interface, net::InterfaceIndex{});
  const auto actions = node.run(3700ms);
  EXPECT_EQ(all<action::SendPacket>(actions).at(0).interface, net::InterfaceIndex{}) << "the routes decide";
  EXPECT_THAT(words(actions), Contains("announce 10.9.0.100"));
  EXPECT_THAT(words(node.hear(200, "10.9.0.2", unicast.vrrp)),
              Contains("MASTER>BACKUP higher_priority_heard"));
}

TEST(FailoverPackets, ReachTheRouterOfTheirGroup) {
  auto a = router("A"), b = router("B");
  b.vrrp.multicast_group = ip("224.0.0.99");
  Node node(testing::node({a, b}));
  node.start();
  node.run(4s);
  EXPECT_THAT(words(node.hear(200, "10.9.0.2", b.vrrp)), Contains("MASTER>BACKUP higher_priority_heard"));
  EXPECT_EQ(node.state(0), State::master);
  EXPECT_EQ(node.state(1), State::backup);
}

TEST(FailoverPackets, NeverDelayAnAdvertIfTheyAreWrong) {
  Node node(testing::node({router()}));
  node.start();
  node.run(9s);
  vrrp::Outgoing outgoing;
  outgoing.source = ip("10.9.0.2");
  outgoing.destination = ip("224.0.0.18");
  outgoing.priority = 200;
  auto junk = vrrp::encode(router().vrrp, outgoing);
  junk.back() ^= 1;
  std::size_t adverts = 0;
  std::size_t notices = 0;
  for (int i = 0; i < 100; ++i) {
    const auto heard = words(node.receive(junk, outgoing.source, outgoing.destination));
    notices += only(heard, "notice checksum").size();
    adverts += only(words(node.run(100ms)), "advert 100").size();
  }
  EXPECT_EQ(adverts, 10U) << "one a second";
  EXPECT_EQ(notices, 1U);
  EXPECT_EQ(node.shown().counters.checksum_errors, 100U);
}

TEST(FailoverPackets, AreCountedByCause) {
  Node node(testing::node({router()}));
  node.start();
  vrrp::Outgoing outgoing;
  outgoing.source = ip("10.9.0.2");
  outgoing.destination = ip("224.0.0.18");
  const auto sound = vrrp::encode(router().vrrp, outgoing);
  node.receive({sound.begin(), sound.begin() + 21}, outgoing.source, outgoing.destination);
  EXPECT_EQ(node.snapshot().malformed_packets, 1U);
  node.hear(100, "10.9.0.2", router("X", 77).vrrp);
  EXPECT_EQ(node.snapshot().unknown_vrid_packets, 1U);
  node.receive({sound.begin(), sound.begin() + 28}, outgoing.source, outgoing.destination);
  EXPECT_EQ(node.shown().counters.packet_length_errors, 1U);
  node.receive(sound, outgoing.source, ip("10.9.0.1"));
  EXPECT_EQ(node.shown().counters.checksum_errors + node.shown().counters.unexpected_source, 1U);
  auto other = router().vrrp;
  other.addresses = {virtual_address("10.9.0.200/24")};
  EXPECT_THAT(words(node.hear(150, "10.9.0.2", other)), ElementsAre("notice address_list"));
  EXPECT_EQ(node.shown().counters.address_list_errors, 1U);
  EXPECT_EQ(node.shown().master, ip("10.9.0.2")) << "obeyed all the same";

  node.tell(event::CountersCleared{});
  EXPECT_EQ(node.shown().counters, vrrp::Counters{});
  EXPECT_EQ(node.snapshot().malformed_packets, 0U);
}

TEST(FailoverPackets, OfUnknownRoutersAreNoticedOnceIfAskedFor) {
  auto config = testing::node({router()});
  config.log_unknown_vrids = true;
  Node node(config);
  node.start();
  EXPECT_THAT(words(node.hear(100, "10.9.0.2", router("X", 77).vrrp)), ElementsAre("notice unknown_vrid"));
  EXPECT_THAT(words(node.hear(100, "10.9.0.2", router("X", 77).vrrp)), IsEmpty());
}

TEST(FailoverPackets, ThatCannotBeSentAreNoticedWithWhatToDo) {
  Node node(testing::node({router()}));
  node.start();
  node.run(4s);
  const auto notices =
      all<action::Notice>(node.tell(event::SendFailed{"VI", {EPERM, "Operation not permitted"}}));
  ASSERT_THAT(notices, SizeIs(1));
  EXPECT_THAT(notices[0].text, ::testing::HasSubstr("CAP_NET_RAW"));
  EXPECT_THAT(words(node.tell(event::SendFailed{"VI", {EPERM, "Operation not permitted"}})), IsEmpty());
  EXPECT_THAT(words(node.tell(event::SendFailed{"VI", {ENOBUFS, "No buffer space"}})),
              ElementsAre("notice send_queue_full"));
  EXPECT_EQ(node.shown().counters.send_errors, 3U);
}

// ---------------------------------------------------------------------------------------------------- contract

TEST(FailoverContract, SecondMasterGoneAnnouncesAndRunsTheMasterHookAgain) {
  Node node(testing::node({router()}));
  node.start();
  node.run(20s);
  node.hear(50);
  EXPECT_THAT(words(node.run(3700ms)), ::testing::IsSupersetOf({"announce 10.9.0.100", "hooks /m",
                                                                "MASTER>MASTER second_master_gone"}));
}

TEST(FailoverContract, LowerPriorityRunsItsHook) {
  auto config = router();
  config.hooks.master_rx_lower_priority = command("/lower");
  Node node(testing::node({config}));
  node.start();
  node.run(20s);
  EXPECT_THAT(words(node.hear(50)), Contains("hooks /lower"));
}

TEST(FailoverContract, AfterAPauseNothingIsSentBeforeListening) {
  Node node(testing::node({router()}));
  node.start();
  node.run(20s);
  EXPECT_THAT(words(node.pause(10s)),
              ElementsAre("remove 10.9.0.100/24", "hooks /b", "MASTER>BACKUP paused"));
  EXPECT_THAT(words(node.run(3600ms)), IsEmpty());
  EXPECT_THAT(words(node.run(20ms)), Contains("BACKUP>MASTER master_silent"));
}

TEST(FailoverContract, AfterAPauseNoAddressIsPutBack) {
  Node node(testing::node({router()}));
  node.start();
  node.run(20s);
  node.now += 10s;
  EXPECT_THAT(words(node.lose(vip)), Not(Contains("add 10.9.0.100/24")));
  EXPECT_EQ(node.state(), State::backup);
}

// ---------------------------------------------------------------------------------------------------- resumption

TEST(FailoverResumption, KeepsAMasterAsItWas) {
  Node before(testing::node({router()}));
  before.start();
  before.run(20s);
  Node after(testing::node({router()}), before.snapshot(), before.now);
  after.now = before.now + 2s;
  after.addresses = before.addresses;
  EXPECT_THAT(words(after.start()), ElementsAre("advert 100", "notice resumed", "listen"));
  EXPECT_EQ(after.state(), State::master);
  EXPECT_EQ(after.snapshot().last_sequence, before.snapshot().last_sequence);
  EXPECT_THAT(only(words(after.run(1s)), "advert"), SizeIs(1));
}

TEST(FailoverResumption, LeavesWhatItFoundIfItDiesBeforeItBegan) {
  Node before(testing::node({router()}));
  before.start();
  before.run(20s);
  const Node never_started(testing::node({router()}), before.snapshot(), before.now);
  EXPECT_EQ(never_started.snapshot(), before.snapshot());
}

TEST(FailoverResumption, PutsBackWhatGotLostMeanwhile) {
  Node before(testing::node({router()}));
  before.start();
  before.run(20s);
  Node after(testing::node({router()}), before.snapshot(), before.now);
  after.now = before.now + 2s;
  const auto said = words(after.start());
  EXPECT_THAT(said, ::testing::IsSupersetOf({"advert 100", "add 10.9.0.100/24", "announce 10.9.0.100"}));
  EXPECT_THAT(said, Not(Contains("hooks /m")));
}

TEST(FailoverResumption, ListensAfterALongAbsenceAndRemovesTheAddresses) {
  Node before(testing::node({router()}));
  before.start();
  before.run(20s);
  Node after(testing::node({router()}), before.snapshot(), before.now);
  after.now = before.now + 3s;
  after.addresses = before.addresses;
  const auto actions = after.start();
  EXPECT_THAT(words(actions),
              ElementsAre("remove 10.9.0.100/24", "hooks /b", "MASTER>BACKUP paused", "listen"));
  EXPECT_EQ(all<action::ReportTransition>(actions).front().sequence, before.snapshot().last_sequence + 1);
  EXPECT_FALSE(after.has(vip));
}

TEST(FailoverResumption, StartsAfreshWhatIsAnotherRouterNow) {
  Node before(testing::node({router()}));
  before.start();
  before.run(20s);
  Node after(testing::node({router("VI", 52)}), before.snapshot(), before.now);
  after.now = before.now + 1s;
  after.addresses = before.addresses;
  EXPECT_THAT(words(after.start()),
              ElementsAre("remove 10.9.0.100/24", "hooks /b", "INIT>BACKUP started", "listen"));
}

}  // namespace
}  // namespace engine
