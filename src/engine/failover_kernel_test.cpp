// Interfaces and addresses: faults that clear themselves, sources, addresses that others remove or the kernel refuses.
#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;
using vrrp::FaultKind;
using vrrp::State;

const std::string vip = "10.9.0.100/24";

Node master(FailoverConfig config = node({router()})) {
  Node node(std::move(config));
  node.start();
  node.run(20s);
  EXPECT_EQ(node.state(), State::master);
  return node;
}

// ---------------------------------------------------------------------------------------------------- interfaces

TEST(FailoverInterfaces, MissingAtStartAreAFaultThatClearsItself) {
  Node node(testing::node({router()}));
  node.interfaces.clear();
  node.addresses.clear();
  EXPECT_THAT(words(node.start()), ElementsAre("hooks /f", "INIT>FAULT fault", "listen"));
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{FaultKind::interface_missing, "eth0"}));
  node.tell(event::InterfaceChanged{interface()});
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{FaultKind::no_source_address, "eth0"}));
  EXPECT_THAT(words(node.gain(on(eth0, "10.9.0.1/24"))),
              ElementsAre("hooks /b", "FAULT>BACKUP fault_cleared"));
  EXPECT_THAT(words(node.run(4s)), Contains("BACKUP>MASTER master_silent"));
}

TEST(FailoverInterfaces, ThatComeUpAreListenedOn) {
  Node node(testing::node({router()}));
  node.interfaces.clear();
  EXPECT_THAT(all<action::Listen>(node.start()).front().sockets, IsEmpty());
  const auto listen = all<action::Listen>(node.tell(event::InterfaceChanged{interface()}));
  ASSERT_THAT(listen, SizeIs(1));
  EXPECT_EQ(listen[0].sockets.at(0).interface, eth0);
}

TEST(FailoverInterfaces, ThatLoseTheirCarrierTakeTheirMasterToFaultAndBack) {
  Node node = master();
  EXPECT_THAT(words(node.link(false)), ElementsAre("remove 10.9.0.100/24", "hooks /f", "MASTER>FAULT fault"));
  EXPECT_EQ(node.shown().last.detail, "interface eth0 is down");
  EXPECT_THAT(words(node.run(60s)), IsEmpty());
  EXPECT_THAT(words(node.link(true)), ElementsAre("hooks /b", "FAULT>BACKUP fault_cleared"));
  EXPECT_THAT(words(node.run(4s)), Contains("BACKUP>MASTER master_silent"));
}

TEST(FailoverInterfaces, ThatAreNotTrackedMayBeDown) {
  auto config = router();
  config.vrrp.track_primary = false;
  Node node = master(testing::node({config}));
  EXPECT_THAT(words(node.link(false)), IsEmpty());
  EXPECT_EQ(node.state(), State::master);
}

TEST(FailoverInterfaces, RecreatedWithAnotherIndexAreTheSameToARouter) {
  Node node = master();
  node.addresses.clear();
  EXPECT_THAT(words(node.tell(event::InterfaceRemoved{eth0})),
              IsSupersetOf({"MASTER>FAULT fault", "listen"}));
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{FaultKind::interface_missing, "eth0"}));
  node.tell(event::InterfaceChanged{interface("eth0", 9)});
  node.gain(on({9}, "10.9.0.1/24"));
  EXPECT_EQ(node.state(), State::backup);
  const auto added = all<action::AddAddresses>(node.run(4s));
  ASSERT_THAT(added, SizeIs(1));
  EXPECT_EQ(added[0].addresses.at(0).interface, net::InterfaceIndex{9});
}

TEST(FailoverInterfaces, RenamedAreGoneAndThere) {
  Node node = master();
  EXPECT_THAT(words(node.tell(event::InterfaceChanged{interface("lan")})), Contains("MASTER>FAULT fault"));
  node.tell(event::InterfaceChanged{interface("eth0")});
  EXPECT_EQ(node.state(), State::backup);
}

TEST(FailoverInterfaces, WithAnotherMacAreAnnouncedAgain) {
  Node node = master();
  auto changed = interface();
  changed.mac.octets[5] = 77;
  EXPECT_THAT(words(node.tell(event::InterfaceChanged{changed})), SizeIs(5));
}

TEST(FailoverInterfaces, NamedByAnAddressAreTrackedUnlessToldOtherwise) {
  auto config = router();
  config.vrrp.addresses.push_back(virtual_address("10.8.0.1/24"));
  config.vrrp.addresses.back().interface = "eth1";
  Node node(testing::node({config}));
  node.start();
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{FaultKind::interface_missing, "eth1"}));
  node.tell(event::InterfaceChanged{interface("eth1", 3)});
  EXPECT_EQ(node.state(), State::backup);

  config.vrrp.addresses.back().track = false;
  Node careless = master(testing::node({config}));
  EXPECT_EQ(careless.state(), State::master);
  EXPECT_THAT(words(careless.tell(event::InterfaceChanged{interface("eth1", 3)})),
              IsSupersetOf({"add 10.8.0.1/24", "announce 10.8.0.1"}))
      << "it is added when its interface appears";
}

TEST(FailoverInterfaces, GetTheirSysctlOnce) {
  auto config = router();
  config.vrrp.promote_secondaries = true;
  Node node(testing::node({config}));
  EXPECT_THAT(words(node.start()), Contains("sysctl eth0 promote_secondaries=1"));
  EXPECT_THAT(words(node.link(false)), Not(Contains("sysctl eth0 promote_secondaries=1")));
}

// ---------------------------------------------------------------------------------------------------- sources

TEST(FailoverSources, AreTheFirstAddressThatIsNotVirtual) {
  Node node(testing::node({router()}));
  node.addresses = {on(eth0, vip), on(eth0, "10.9.0.7/24"), on(eth0, "10.9.0.8/24")};
  EXPECT_THAT(words(node.start()), Contains("remove 10.9.0.100/24"));
  EXPECT_EQ(node.shown().source, ip("10.9.0.7"));
}

TEST(FailoverSources, ThatDisappearAreAFaultUnlessThereIsAnother) {
  Node node = master();
  node.gain(on(eth0, "10.9.0.5/24"));
  EXPECT_THAT(words(node.lose("10.9.0.1/24")), IsEmpty());
  const auto packets = all<action::SendPacket>(node.run(1s));
  ASSERT_THAT(packets, SizeIs(1));
  EXPECT_EQ(packets[0].source, ip("10.9.0.5"));
  EXPECT_EQ(packets[0].packet.at(15), 5) << "in the IP header too";
  EXPECT_THAT(words(node.lose("10.9.0.5/24")),
              ElementsAre("advert 0", "remove 10.9.0.100/24", "hooks /f", "MASTER>FAULT fault"));
}

TEST(FailoverSources, OfIpv6AreLinkLocalAndUsable) {
  auto config = router();
  config.vrrp.family = net::Family::v6;
  config.vrrp.multicast_group = ip("ff02::12");
  config.vrrp.addresses = {virtual_address("fe80::9:100/64"), virtual_address("fd00:9::100/64")};
  Node node(testing::node({config}));
  node.addresses = {on(eth0, "fd00:9::1/64"), on(eth0, "fe80::9:100/64"), on(eth0, "fe80::1/64")};
  node.addresses.back().tentative = true;
  node.start();
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{FaultKind::no_source_address, "eth0"}));
  node.tell(event::AddressAdded{on(eth0, "fe80::1/64")});
  EXPECT_EQ(node.shown().source, ip("fe80::1"));
  const auto actions = node.run(4s);
  EXPECT_EQ(all<action::SendPacket>(actions).at(0).packet.size(), 40U) << "the kernel writes the IPv6 header";
  EXPECT_THAT(words(actions), Contains("announce fd00:9::100"));
}

TEST(FailoverSources, ThatAreConfiguredNeedNotBeThere) {
  auto config = router();
  config.vrrp.source = ip("10.9.0.77");
  EXPECT_EQ(master(testing::node({config})).shown().source, ip("10.9.0.77"));
}

TEST(FailoverSources, ThatAreConfiguredAndTrackedMustBeThere) {
  auto config = router();
  config.vrrp.source = ip("10.9.0.77");
  config.vrrp.track_source = true;
  Node node(testing::node({config}));
  node.start();
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{FaultKind::source_address_missing, "10.9.0.77"}));
  node.gain(on(eth0, "10.9.0.77/24"));
  EXPECT_EQ(node.state(), State::backup);
  node.lose("10.9.0.77/24");
  EXPECT_EQ(node.state(), State::fault);
}

TEST(FailoverSources, OfAnOwnerMayBeItsOnlyAddress) {
  auto config = router();
  config.vrrp.priority = 255;
  Node node(testing::node({config}));
  node.addresses = {on(eth0, vip)};
  EXPECT_THAT(words(node.start()), Contains("INIT>MASTER started_as_owner"));
  EXPECT_EQ(node.shown().source, ip("10.9.0.100"));
}

TEST(FailoverListening, WhoCannotHearDoesNotSpeak) {
  auto six = router("SIX");
  six.vrrp.family = net::Family::v6;
  six.vrrp.multicast_group = ip("ff02::12");
  six.vrrp.addresses = {};
  Node node(testing::node({router(), six}));
  node.start();
  node.run(10s);
  EXPECT_EQ(node.state(), State::master);
  const core::Error error{24, "Too many open files"};
  const auto tell = [&](std::vector<event::ListeningFailed::Place> places) {
    return words(node.tell(event::ListeningFailed{std::move(places)}));
  };
  EXPECT_THAT(tell({{eth0, net::Family::v4, ip("224.0.0.99"), error}}), IsEmpty()) << "a group of others";
  EXPECT_THAT(tell({{eth0, net::Family::v4, ip("224.0.0.18"), error}}), Contains("MASTER>FAULT fault"));
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{FaultKind::cannot_listen, "Too many open files"}));
  EXPECT_THAT(tell({}), Contains("FAULT>BACKUP fault_cleared"));
}

TEST(FailoverSources, WithoutAPeerAreAFaultIfToldSo) {
  auto config = router();
  config.vrrp.unicast = true;
  config.vrrp.unicast_fault_no_peer = true;
  Node node(testing::node({config}));
  node.start();
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{FaultKind::no_unicast_peer, ""}));
  config.vrrp.peers = {{ip("10.9.0.2")}};
  node.reload(testing::node({config}));
  EXPECT_EQ(node.state(), State::backup);
}

// ---------------------------------------------------------------------------------------------------- addresses

TEST(FailoverAddresses, LeftBehindAreRemovedAtStart) {
  Node node(testing::node({router()}));
  node.addresses.push_back(on(eth0, vip));
  EXPECT_THAT(words(node.start()),
              ElementsAre("remove 10.9.0.100/24", "hooks /b", "INIT>BACKUP started", "listen"));
  EXPECT_FALSE(node.has(vip));
}

TEST(FailoverAddresses, ThatSomebodyRemovesAreBackAtOnce) {
  Node node = master();
  EXPECT_THAT(
      words(node.lose(vip)),
      ElementsAre("notice address_removed", "add 10.9.0.100/24", "announce 10.9.0.100", "announce 10.9.0.100",
                  "announce 10.9.0.100", "announce 10.9.0.100", "announce 10.9.0.100"));
  EXPECT_EQ(node.state(), State::master) << "nobody resigns for that";
  EXPECT_EQ(node.shown().counters.addresses_restored, 1U);
  EXPECT_TRUE(node.has(vip));
}

TEST(FailoverAddresses, ThatSomebodyKeepsRemovingAreBackTenTimesASecondAndNoticedOnceAMinute) {
  Node node = master();
  std::size_t added = 0, noticed = 0;
  for (int i = 0; i < 2000; ++i) {
    Actions actions = node.has(vip) ? node.lose(vip) : Actions{};
    const auto more = words(node.run(1ms));
    added += only(words(actions), "add").size() + only(more, "add").size();
    noticed += only(words(actions), "notice").size();
  }
  EXPECT_GE(added, 19U);
  EXPECT_LE(added, 21U);
  EXPECT_EQ(noticed, 1U);
  node.run(1s);
  EXPECT_TRUE(node.has(vip));
}

TEST(FailoverAddresses, WithNoTrackAreLeftAlone) {
  auto config = router();
  config.vrrp.addresses.front().track = false;
  Node node = master(testing::node({config}));
  EXPECT_THAT(words(node.lose(vip)), IsEmpty());
  EXPECT_THAT(only(words(node.run(10s)), "add"), IsEmpty());
}

TEST(FailoverAddresses, OfOthersDoNotConcernABackup) {
  Node node(testing::node({router()}));
  node.start();
  EXPECT_THAT(words(node.tell(event::AddressRemoved{on(eth0, vip)})), IsEmpty());
  EXPECT_THAT(words(node.tell(event::AddressRemoved{on(eth0, "10.9.0.55/24")})), IsEmpty());
}

TEST(FailoverAddresses, RemovedByOurselvesAreNotTakenForAStrangersDeed) {
  // Master, backup and master again before the kernel said a word of it.
  FailoverConfig config = testing::node({router()});
  Failover engine(config, 1);
  Time now{1000s};
  engine.handle(now, event::KernelListed{{interface()}, {on(eth0, "10.9.0.1/24")}});
  now += 4s;
  engine.handle_timeout(now);
  const auto down = [&](bool running) {
    auto changed = interface();
    changed.running = running;
    return engine.handle(now, event::InterfaceChanged{changed});
  };
  down(false);
  down(true);
  now += 1ms;
  // The echoes of the first round arrive late, in their order.
  engine.handle(now, event::AddressAdded{on(eth0, vip)});
  engine.handle(now, event::AddressRemoved{on(eth0, vip)});
  now += 4s;
  EXPECT_THAT(words(engine.handle_timeout(now)), Contains("add 10.9.0.100/24"));
  EXPECT_THAT(words(engine.handle(now, event::AddressAdded{on(eth0, vip)})), IsEmpty());
  EXPECT_THAT(words(engine.handle(now, event::AddressRemoved{on(eth0, vip)})),
              Contains("notice address_removed"));
}

TEST(FailoverAddresses, AreComparedWithANewListingAfterLostMessages) {
  Node node = master();
  std::erase_if(node.addresses, [](const auto& address) { return address.address == on(eth0, vip).address; });
  EXPECT_THAT(words(node.start()),
              IsSupersetOf({"notice address_removed", "add 10.9.0.100/24", "announce 10.9.0.100"}));
  EXPECT_THAT(words(node.start()), IsEmpty()) << "and nothing else";

  node.hear(200);
  node.addresses.push_back(on(eth0, vip));
  EXPECT_THAT(words(node.start()), ElementsAre("remove 10.9.0.100/24"));
}

TEST(FailoverAddresses, ThatTheKernelRefusesAreAFaultTriedAgain) {
  Node node(testing::node({router()}));
  node.refused.insert(vip);
  node.start();
  const auto said = words(node.run(3700ms));
  EXPECT_THAT(said, IsSupersetOf({"BACKUP>MASTER master_silent", "notice address_refused", "advert 0",
                                  "MASTER>FAULT fault"}));
  EXPECT_THAT(node.shown().faults.at(0).kind, FaultKind::address_not_installed);
  EXPECT_THAT(node.shown().faults.at(0).object, HasSubstr("CAP_NET_ADMIN"));
  EXPECT_THAT(words(node.run(1100ms)), Contains("FAULT>BACKUP fault_cleared"));
  node.refused.clear();
  EXPECT_THAT(words(node.run(4s)), Contains("BACKUP>MASTER master_silent"));
  EXPECT_TRUE(node.has(vip));
}

TEST(FailoverAddresses, ThatAreExcludedAndRefusedAreOnlyWorthANotice) {
  auto config = router();
  config.vrrp.excluded_addresses = {virtual_address("10.9.0.101/24")};
  Node node(testing::node({config}));
  node.refused.insert("10.9.0.101/24");
  node.start();
  EXPECT_THAT(words(node.run(4s)), Contains("notice address_refused"));
  EXPECT_EQ(node.state(), State::master);
  node.refused.clear();
  node.run(10s);
  EXPECT_TRUE(node.has("10.9.0.101/24")) << "it is tried again";
}

TEST(FailoverAddresses, SharedByTwoRoutersStayWhileOneIsMaster) {
  auto a = router("A", 51), b = router("B", 52);
  Node node = master(testing::node({a, b}));
  EXPECT_THAT(words(node.hear(200, "10.9.0.2", a.vrrp)), Not(Contains("remove 10.9.0.100/24")));
  EXPECT_TRUE(node.has(vip));
  EXPECT_THAT(words(node.hear(200, "10.9.0.2", b.vrrp)), Contains("remove 10.9.0.100/24"));
}

TEST(FailoverAnnouncements, AreKeptApartAsConfigured) {
  auto config = testing::node({router()});
  config.pacing = {{{"eth0"}, 10ms, 0s}};
  Node node(config);
  node.start();
  node.run(3600ms);
  EXPECT_THAT(only(words(node.run(15ms)), "announce"), SizeIs(1));
  EXPECT_THAT(only(words(node.run(20ms)), "announce"), SizeIs(2));
  EXPECT_THAT(only(words(node.hear(200)), "announce"), IsEmpty());
  EXPECT_THAT(words(node.run(1s)), IsEmpty()) << "what waited is forgotten";
}

TEST(FailoverAnnouncements, LeaveOutInterfacesThatKnowNoNeighbours) {
  Node node(testing::node({router()}));
  node.interfaces.front().has_mac = false;
  node.start();
  EXPECT_THAT(only(words(node.run(20s)), "announce"), IsEmpty());
}

TEST(FailoverAnnouncements, OnExtraInterfacesConcernOnlyThose) {
  auto config = router();
  config.vrrp.announcements.extra_interfaces_every = 10s;
  config.vrrp.announcements.extra_interfaces_all = true;
  config.vrrp.addresses.push_back(virtual_address("10.8.0.1/24"));
  config.vrrp.addresses.back().interface = "eth1";
  Node node(testing::node({config}));
  node.interfaces.push_back(interface("eth1", 3));
  node.start();
  node.run(10s);
  EXPECT_THAT(only(words(node.run(10s)), "announce"), ElementsAre("announce 10.8.0.1"));
}

}  // namespace
}  // namespace engine
