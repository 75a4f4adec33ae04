// Routes, rules and static entries: installed with the addresses, withdrawn in the reverse order, put back, followed.
#include "engine/failover_fixture.hpp"

namespace engine {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using vrrp::FaultKind;
using vrrp::State;

net::Route route(std::string_view destination, std::string interface = "eth0") {
  net::Route route;
  route.destination = net::Prefix::parse(destination).value();
  route.family = route.destination.address.family;
  route.interface = std::move(interface);
  return route;
}

net::Rule rule(std::string_view from, std::uint32_t preference = 1000) {
  net::Rule rule;
  rule.from = net::Prefix::parse(from).value();
  rule.family = rule.from->address.family;
  rule.action = net::RuleAction::table;
  rule.table = 100;
  rule.preference = preference;
  return rule;
}

const std::string first = "10.1.0.0/16 dev eth0";
const std::string second = "10.2.0.0/16 dev eth0";
const std::string only_rule = "from 10.1.0.0/16 table 100 preference 1000";

FailoverConfig with_routes() {
  InstanceConfig instance = router();
  instance.routes = {route("10.1.0.0/16"), route("10.2.0.0/16")};
  instance.rules = {rule("10.1.0.0/16")};
  return node({instance});
}

FailoverConfig with_statics() {
  FailoverConfig config = node({router()});
  config.statics.addresses = {{virtual_address("10.66.0.1/24"), ""}};
  config.statics.addresses.front().address.interface = "eth0";
  config.statics.routes = {route("10.60.0.0/16")};
  config.statics.rules = {rule("10.60.0.0/16", 600)};
  return config;
}

// The router follows a static route on eth1.
FailoverConfig with_follower() {
  FailoverConfig config = node({router()});
  config.statics.routes = {route("10.60.0.0/16", "eth1")};
  config.statics.routes.front().track_group = "G";
  config.statics.groups = {{"G", {"VI"}}};
  return config;
}

Node master(FailoverConfig config = with_routes()) {
  Node node(std::move(config));
  node.start();
  node.run(20s);
  EXPECT_EQ(node.state(), State::master);
  return node;
}

std::vector<std::string> without_adverts(const std::vector<std::string>& words) {
  std::vector<std::string> kept;
  for (const auto& word : words) {
    if (!word.starts_with("advert") && !word.starts_with("announce")) kept.push_back(word);
  }
  return kept;
}

// -------------------------------------------------------------------------------------------------- with mastership

TEST(FailoverRoutes, FollowTheAddressesAndPrecedeTheAnnouncements) {
  Node node(with_routes());
  node.start();
  const auto said = words(node.run(4s));
  const std::vector<std::string> beginning(said.begin(), said.begin() + 6);
  EXPECT_THAT(beginning, ElementsAre("advert 100", "add 10.9.0.100/24", "route " + first, "route " + second,
                                     "rule " + only_rule, "announce 10.9.0.100"));
}

TEST(FailoverRoutes, LeaveInTheReverseOrderBeforeTheAddresses) {
  Node node = master();
  EXPECT_THAT(without_adverts(words(node.hear(200))),
              ElementsAre("no rule " + only_rule, "no route " + second, "no route " + first,
                          "remove 10.9.0.100/24", "hooks /b", "MASTER>BACKUP higher_priority_heard"));
  EXPECT_THAT(node.routes, IsEmpty());
  EXPECT_THAT(node.rules, IsEmpty());
}

TEST(FailoverRoutes, OfACrashedPredecessorAreRemovedAtTheStart) {
  Node before = master();
  Node node(with_routes());
  node.routes = before.routes;
  node.rules = before.rules;
  EXPECT_THAT(only(words(node.start()), "no r"),
              ElementsAre("no rule " + only_rule, "no route " + second, "no route " + first));
}

TEST(FailoverRoutes, AreKeptByTheWorkerThatResumes) {
  Node before = master();
  Node node(with_routes(), before.snapshot(), before.now);
  node.now = before.now + 10ms;
  node.addresses = before.addresses;
  node.routes = before.routes;
  node.rules = before.rules;
  const auto said = words(node.start());
  EXPECT_THAT(only(said, "route"), IsEmpty());
  EXPECT_THAT(only(said, "no r"), IsEmpty());
  EXPECT_EQ(node.state(), State::master);
  node.now += 1ms;
  EXPECT_THAT(only(words(node.stop()), "no r"),
              ElementsAre("no rule " + only_rule, "no route " + second, "no route " + first));
}

TEST(FailoverRoutes, SharedByTwoRoutersStayWhileOneIsMaster) {
  InstanceConfig other = router("VJ", 52);
  other.vrrp.addresses = {virtual_address("10.9.0.101/24")};
  other.routes = {route("10.1.0.0/16")};
  InstanceConfig one = router();
  one.routes = other.routes;
  Node node(testing::node({one, other}));
  node.start();
  node.run(20s);
  EXPECT_THAT(only(words(node.hear(200)), "no route"), IsEmpty());
  EXPECT_THAT(node.routes, ::testing::SizeIs(1));
  EXPECT_THAT(only(words(node.stop()), "no route"), ElementsAre("no route " + first));
}

TEST(FailoverRoutes, NeedTheirInterface) {
  InstanceConfig instance = router();
  instance.routes = {route("10.1.0.0/16", "eth1")};
  Node node(testing::node({instance}));
  node.start();
  EXPECT_EQ(node.shown().last.detail, "interface eth1 does not exist");
  node.tell(event::InterfaceChanged{interface("eth1", 3)});
  EXPECT_THAT(only(words(node.run(4s)), "route"), ElementsAre("route 10.1.0.0/16 dev eth1"));
  EXPECT_EQ(node.routes.front().interface, net::InterfaceIndex{3});
}

TEST(FailoverRoutes, WithNoTrackDoNotCareForTheirInterface) {
  InstanceConfig instance = router();
  instance.routes = {route("10.1.0.0/16", "eth1")};
  instance.routes.front().track = false;
  Node node = master(testing::node({instance}));
  EXPECT_THAT(node.routes, IsEmpty());
  EXPECT_THAT(words(node.tell(event::InterfaceChanged{interface("eth1", 3)})),
              ElementsAre("route 10.1.0.0/16 dev eth1"));
}

// ------------------------------------------------------------------------------------------------------ put back

TEST(FailoverRoutes, RemovedBySomebodyArePutBackAtOnceAndSaidOnce) {
  Node node = master();
  const auto lost = node.routes.front();
  std::erase(node.routes, lost);
  EXPECT_THAT(words(node.tell(event::RouteRemoved{lost})),
              ElementsAre("notice route_removed", "route " + first));
  const auto gone = node.rules.front();
  node.rules.clear();
  EXPECT_THAT(words(node.tell(event::RuleRemoved{gone})), ElementsAre("rule " + only_rule));
  EXPECT_THAT(node.routes, Contains(lost));
  EXPECT_THAT(node.rules, Contains(gone));
}

TEST(FailoverRoutes, AreFoughtForNoMoreOftenThanTenTimesASecond) {
  Node node = master();
  const auto wanted = node.routes.front();
  std::size_t put_back = 0;
  for (int i = 0; i < 100; ++i) {
    if (std::erase(node.routes, wanted) != 0) {
      put_back += only(words(node.tell(event::RouteRemoved{wanted})), "route").size();
    }
    put_back += only(words(node.run(10ms)), "route").size();
  }
  EXPECT_GE(put_back, 9U);
  EXPECT_LE(put_back, 11U);
}

TEST(FailoverRoutes, WithNoTrackStayAway) {
  FailoverConfig config = with_routes();
  config.instances[0].routes.front().track = false;
  Node node = master(std::move(config));
  const auto lost = node.routes.front();
  std::erase(node.routes, lost);
  EXPECT_THAT(words(node.tell(event::RouteRemoved{lost})), IsEmpty());
}

TEST(FailoverRoutes, ReplacedBySomebodyArePutBack) {
  Node node = master();
  net::KernelRoute other = node.routes.front();
  std::erase(node.routes, other);
  other.route.protocol = 4;
  other.route.via = ip("10.9.0.9");
  EXPECT_THAT(words(node.tell(event::RouteAdded{other, true})),
              ElementsAre("notice route_removed", "route " + first));
}

TEST(FailoverRoutes, OfAnInterfaceThatWasDownComeBackWithIt) {
  // Only the route is on eth1, and the router does not follow it.
  InstanceConfig instance = router();
  instance.routes = {route("10.1.0.0/16", "eth1")};
  instance.routes.front().track = false;
  Node node(testing::node({instance}));
  net::Interface eth1 = interface("eth1", 3);
  node.interfaces.push_back(eth1);
  node.start();
  node.run(20s);
  EXPECT_THAT(node.routes, ::testing::SizeIs(1));
  node.routes.clear();  // the kernel says nothing
  eth1.admin_up = false;
  EXPECT_THAT(words(node.tell(event::InterfaceChanged{eth1})), IsEmpty());
  eth1.admin_up = true;
  EXPECT_THAT(words(node.tell(event::InterfaceChanged{eth1})), ElementsAre("route 10.1.0.0/16 dev eth1"));
}

TEST(FailoverRoutes, WhoseSourceWasAwayAreAskedForAgain) {
  FailoverConfig config = with_routes();
  config.instances[0].routes[0].preferred_source = ip("10.9.0.100");
  Node node = master(std::move(config));
  const auto lost = node.routes.front();
  std::erase(node.routes, lost);  // with its source the kernel drops it, in silence
  EXPECT_THAT(only(words(node.lose("10.9.0.100/24")), "route"), ElementsAre("route " + first));
  EXPECT_THAT(node.routes, Contains(lost));
}

TEST(FailoverRoutes, MissingInAListingArePutBack) {
  Node node = master();
  node.routes.erase(node.routes.begin());
  EXPECT_THAT(without_adverts(words(node.start())), ElementsAre("notice route_removed", "route " + first));
}

TEST(FailoverRoutes, RefusedAreAnErrorAndTriedAgainAndTheRouterStaysMaster) {
  Node node(with_routes());
  node.refused = {first};
  node.start();
  const auto said = words(node.run(4s));
  EXPECT_THAT(said, Contains("notice route_refused"));
  EXPECT_EQ(node.state(), State::master);
  EXPECT_THAT(words(node.run(30s)), Not(Contains("notice route_refused")));
  node.refused.clear();
  EXPECT_THAT(words(node.run(11s)), Contains("route " + first));
}

// -------------------------------------------------------------------------------------------------------- reload

TEST(FailoverRoutes, AReloadTouchesOnlyWhatChanged) {
  Node node = master();
  EXPECT_THAT(words(node.reload(with_routes())), IsEmpty());
  FailoverConfig config = with_routes();
  config.instances[0].routes = {route("10.2.0.0/16"), route("10.3.0.0/16")};
  EXPECT_THAT(words(node.reload(config)), ElementsAre("no route " + first, "route 10.3.0.0/16 dev eth0"));
}

TEST(FailoverRoutes, GoWithARouterThatIsTakenOut) {
  Node node = master();
  EXPECT_THAT(only(words(node.reload(testing::node({}))), "no r"),
              ElementsAre("no rule " + only_rule, "no route " + second, "no route " + first));
  EXPECT_THAT(node.next_timeout(), ::testing::Eq(std::nullopt));
}

// -------------------------------------------------------------------------------------------------------- static

TEST(FailoverStatics, AreThereFromTheStartToTheEnd) {
  Node node(with_statics());
  EXPECT_THAT(words(node.start()), ElementsAre("add 10.66.0.1/24", "route 10.60.0.0/16 dev eth0",
                                               "rule from 10.60.0.0/16 table 100 preference 600", "hooks /b",
                                               "INIT>BACKUP started", "listen"));
  EXPECT_THAT(
      words(node.stop()),
      ElementsAre("hooks /s", "BACKUP>INIT stopped", "no rule from 10.60.0.0/16 table 100 preference 600",
                  "no route 10.60.0.0/16 dev eth0", "remove 10.66.0.1/24", "stopped"));
}

TEST(FailoverStatics, ArePutBackWhateverTheState) {
  Node node(with_statics());
  node.start();
  EXPECT_THAT(words(node.lose("10.66.0.1/24")), ElementsAre("notice address_removed", "add 10.66.0.1/24"));
  const auto lost = node.routes.front();
  node.routes.clear();
  EXPECT_THAT(words(node.tell(event::RouteRemoved{lost})), Contains("route 10.60.0.0/16 dev eth0"));
}

TEST(FailoverStatics, AreReloadedByTheirDifference) {
  Node node(with_statics());
  node.start();
  EXPECT_THAT(words(node.reload(with_statics())), IsEmpty());
  FailoverConfig config = with_statics();
  config.statics.addresses.push_back(config.statics.addresses.front());
  config.statics.addresses.back().address.address.address = net::Prefix::parse("10.66.0.2/24").value();
  config.statics.routes.clear();
  EXPECT_THAT(words(node.reload(config)), ElementsAre("no route 10.60.0.0/16 dev eth0", "add 10.66.0.2/24"));
}

TEST(FailoverStatics, AreFollowedByTheRoutersOfTheirGroup) {
  Node node(with_follower());
  node.start();
  EXPECT_EQ(node.state(), State::fault);
  net::Interface eth1 = interface("eth1", 3);
  node.tell(event::InterfaceChanged{eth1});
  EXPECT_EQ(node.state(), State::backup);
  eth1.running = false;
  node.tell(event::InterfaceChanged{eth1});
  EXPECT_THAT(node.shown().faults, ElementsAre(vrrp::Fault{FaultKind::interface_down, "eth1"}));
}

TEST(FailoverStatics, RefusedAreAFaultOfWhoFollowsThem) {
  Node node(with_follower());
  node.refused = {"10.60.0.0/16 dev eth1"};
  node.interfaces.push_back(interface("eth1", 3));
  node.start();
  EXPECT_THAT(node.shown().last.detail,
              HasSubstr("static route 10.60.0.0/16 dev eth1 (Network is unreachable)"));
  node.refused.clear();
  node.run(11s);
  EXPECT_THAT(node.shown().faults, IsEmpty());
}

TEST(FailoverStatics, AreNotTakenAwayByARouterThatHasTheSameAddress) {
  FailoverConfig config = with_statics();
  config.instances[0].vrrp.addresses.push_back(virtual_address("10.66.0.1/24"));
  Node node = master(std::move(config));
  EXPECT_THAT(only(words(node.hear(200, "10.9.0.2", with_statics().instances[0].vrrp)), "remove"),
              ElementsAre("remove 10.9.0.100/24"));
}

}  // namespace
}  // namespace engine
