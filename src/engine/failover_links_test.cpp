// Virtual MAC addresses: the links are made and kept, adverts leave by them, routers wait for them.
#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using vrrp::State;

constexpr net::InterfaceIndex vmac{9};
const net::MacAddress virtual_mac{{0, 0, 0x5e, 0, 1, 51}};

FailoverConfig with_vmac() {
  InstanceConfig instance = router();
  net::VirtualLink link;
  link.name = "vrrp.51";
  link.parent = "eth0";
  link.mac = virtual_mac;
  instance.links = {link};
  instance.transmit_link = link.name;
  instance.vrrp.addresses.front().interface = link.name;
  return node({instance});
}

net::Interface made(bool up = true) {
  net::Interface link = interface("vrrp.51", vmac.value);
  link.kind = "macvlan";
  link.parent = eth0;
  link.mac = virtual_mac;
  link.alias = net::link_alias;
  link.admin_up = up;
  return link;
}

Node master() {
  Node node(with_vmac());
  node.interfaces.push_back(made());
  node.start();
  node.run(20s);
  EXPECT_EQ(node.state(), State::master);
  return node;
}

TEST(FailoverLinks, AreMadeFirstAndTheRouterStartsWhenTheyAreThere) {
  Node node(with_vmac());
  const auto said = words(node.start());
  EXPECT_THAT(said, Contains("create vrrp.51 on eth0"));
  EXPECT_THAT(said, Contains("sysctl eth0 arp_ignore=1"));
  EXPECT_THAT(only(said, "INIT"), IsEmpty());
  EXPECT_THAT(words(node.tell(event::InterfaceChanged{made(false)})), ElementsAre("listen"));
  EXPECT_THAT(only(words(node.tell(event::InterfaceChanged{made()})), "INIT"),
              ElementsAre("INIT>BACKUP started"));
}

TEST(FailoverLinks, CarryTheAddressesAndTheAdverts) {
  Node node(with_vmac());
  node.interfaces.push_back(made());
  node.start();
  const Actions actions = node.run(4s);
  const auto adverts = all<action::SendPacket>(actions);
  ASSERT_THAT(adverts, Not(IsEmpty()));
  EXPECT_EQ(adverts.front().interface, vmac);
  EXPECT_EQ(adverts.front().link_source, virtual_mac);
  EXPECT_EQ(adverts.front().source, ip("10.9.0.1"));
  EXPECT_EQ(all<action::AddAddresses>(actions).front().addresses.front().interface, vmac);
  EXPECT_EQ(all<action::SendFrame>(actions).front().interface, vmac);
}

TEST(FailoverLinks, AreListenedOnBecauseTheyAloneHearTheirOwnMacAddress) {
  Node node(with_vmac());
  node.interfaces.push_back(made());
  const auto sockets = all<action::Listen>(node.start()).front().sockets;
  ASSERT_EQ(sockets.size(), 2U);
  EXPECT_EQ(sockets[0].interface, eth0);
  EXPECT_EQ(sockets[1].interface, vmac);
  EXPECT_EQ(sockets[1].groups, sockets[0].groups);
}

TEST(FailoverLinks, LeftByAPredecessorAreTakenOverOrMadeAnew) {
  Node node(with_vmac());
  net::Interface other = made();
  other.mac = {{2, 0, 0, 0, 0, 1}};
  node.interfaces.push_back(other);
  EXPECT_THAT(words(node.start()), Contains("remove link vrrp.51"));
  EXPECT_THAT(words(node.tell(event::InterfaceRemoved{vmac})), Contains("create vrrp.51 on eth0"));
}

TEST(FailoverLinks, RemovedBySomebodyAreMadeAgainAndTheRouterStaysMaster) {
  Node node = master();
  node.tell(event::AddressRemoved{on(vmac, "10.9.0.100/24")});
  node.addresses.clear();
  EXPECT_THAT(words(node.tell(event::InterfaceRemoved{vmac})), Contains("create vrrp.51 on eth0"));
  EXPECT_EQ(node.state(), State::master);
  net::Interface again = made();
  again.index = {12};
  const auto said = words(node.tell(event::InterfaceChanged{again}));
  EXPECT_THAT(said, Contains("add 10.9.0.100/24"));
  EXPECT_THAT(said, Contains("announce 10.9.0.100"));
}

TEST(FailoverLinks, ThatGoDownBecauseTheyAreRemovedAreNotRefused) {
  Node node = master();
  EXPECT_THAT(words(node.tell(event::InterfaceChanged{made(false)})), Contains("raise vrrp.51"));
  EXPECT_THAT(only(words(node.tell(event::LinkRefused{"vrrp.51", {19, "No such device"}})), "notice"),
              IsEmpty());
  EXPECT_EQ(node.state(), State::master);
  node.addresses.clear();
  EXPECT_THAT(words(node.tell(event::InterfaceRemoved{vmac})), Contains("create vrrp.51 on eth0"));
}

TEST(FailoverLinks, WhoseRemovalIsHeardOfBeforeTheRefusalAreMadeSoon) {
  Node node = master();
  EXPECT_THAT(words(node.tell(event::InterfaceChanged{made(false)})), Contains("raise vrrp.51"));
  node.addresses.clear();
  EXPECT_THAT(words(node.tell(event::InterfaceRemoved{vmac})), Not(Contains("create vrrp.51 on eth0")));
  node.tell(event::LinkRefused{"vrrp.51", {19, "No such device"}});
  EXPECT_THAT(words(node.run(20ms)), Contains("create vrrp.51 on eth0"));
}

TEST(FailoverLinks, SwitchedOffBySomebodyAreRaisedAgain) {
  Node node = master();
  EXPECT_THAT(words(node.tell(event::InterfaceChanged{made(false)})), Contains("raise vrrp.51"));
}

TEST(FailoverLinks, RefusedAreAFaultUntilTheyWork) {
  Node node(with_vmac());
  node.start();
  node.tell(event::LinkRefused{"vrrp.51", {95, "Operation not supported"}});
  EXPECT_EQ(node.state(), State::fault);
  EXPECT_THAT(node.shown().last.detail, HasSubstr("vrrp.51 (Operation not supported)"));
  EXPECT_THAT(words(node.run(2s)), Contains("create vrrp.51 on eth0"));
  node.tell(event::InterfaceChanged{made()});
  EXPECT_EQ(node.state(), State::backup);
}

TEST(FailoverLinks, GoAtTheEndAndWithTheirRouter) {
  Node node = master();
  EXPECT_THAT(words(node.reload(testing::node({}))), Contains("remove link vrrp.51"));
  Node other = master();
  EXPECT_THAT(words(other.stop()), Contains("remove link vrrp.51"));
}

}  // namespace
}  // namespace engine
