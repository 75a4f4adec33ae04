#include "lvs/table.hpp"

#include <gmock/gmock.h>

#include "lvs/table_audit.hpp"

namespace lvs {
namespace {

using net::ipvs::Protocol;
using net::ipvs::ServiceKey;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace command = net::ipvs::command;

Endpoint at(std::uint8_t host, std::uint16_t port = 80) { return {net::IpAddress::v4(10, 0, 0, host), port}; }

Destination server(std::uint8_t host, std::uint32_t weight = 1) {
  Destination destination;
  destination.endpoint = at(host);
  destination.weight = weight;
  return destination;
}

const ServiceKey web = ServiceKey::of(Protocol::tcp, at(100));
const ServiceKey mail = ServiceKey::of(Protocol::tcp, at(100, 25));

Commands changes(const Table& wanted, const Table& actual, const std::set<ServiceKey>& ours = {},
                 Foreign foreign = Foreign::keep) {
  TableView view;
  for (const auto& [key, each] : wanted) view.emplace(key, &each);
  return diff(view, actual, ours, foreign);
}

Entry entry(std::vector<Destination> destinations) { return {{}, std::move(destinations)}; }

TEST(LvsTable, ANewServiceComesBeforeItsServers) {
  EXPECT_THAT(
      changes({{web, entry({server(1), server(2)})}}, {}),
      ElementsAre(Command{command::AddService{web, {}}}, Command{command::AddDestination{web, server(1)}},
                  Command{command::AddDestination{web, server(2)}}));
}

TEST(LvsTable, WhatIsAsItShouldBeTakesNoCommand) {
  const Table table{{web, entry({server(1), server(2)})}};
  // The kernel lists servers in an order of its own.
  const Table listed{{web, entry({server(2), server(1)})}};
  EXPECT_THAT(changes(table, listed), IsEmpty());
}

TEST(LvsTable, AServerThatIsThisMachineIsListedAsLocal) {
  Destination listed = server(1);
  listed.forwarding.method = net::ipvs::Method::local;
  Destination wanted = server(1);
  wanted.forwarding.method = net::ipvs::Method::direct;
  EXPECT_THAT(changes({{web, entry({wanted})}}, {{web, entry({listed})}}), IsEmpty());
  wanted.weight = 2;
  EXPECT_THAT(changes({{web, entry({wanted})}}, {{web, entry({listed})}}),
              ElementsAre(Command{command::EditDestination{web, wanted}}));
}

TEST(LvsTable, AnotherWeightIsOneCommand) {
  EXPECT_THAT(changes({{web, entry({server(1, 3), server(2)})}}, {{web, entry({server(1), server(2)})}}),
              ElementsAre(Command{command::EditDestination{web, server(1, 3)}}));
}

TEST(LvsTable, AnotherSchedulerIsOneCommand) {
  Entry changed = entry({server(1)});
  changed.settings.scheduler = "mh";
  EXPECT_THAT(changes({{web, changed}}, {{web, entry({server(1)})}}),
              ElementsAre(Command{command::EditService{web, changed.settings}}));
}

TEST(LvsTable, WhoCanServeComesBeforeWhoGoes) {
  EXPECT_THAT(changes({{web, entry({server(2, 0), server(3), server(4, 5)})}},
                      {{web, entry({server(1), server(2), server(4, 0)})}}),
              ElementsAre(Command{command::AddDestination{web, server(3)}},
                          Command{command::EditDestination{web, server(4, 5)}},
                          Command{command::EditDestination{web, server(2, 0)}},
                          Command{command::RemoveDestination{web, at(1)}}));
}

TEST(LvsTable, AServiceGoesWithAllThatIsBehindIt) {
  EXPECT_THAT(changes({}, {{web, entry({server(1), server(2)})}}, {web}),
              ElementsAre(Command{command::RemoveService{web}}));
}

TEST(LvsTable, WhatIsNotOursIsLeftAloneUnlessWeAreToFlush) {
  const Table actual{{web, entry({server(1)})}, {mail, entry({server(2)})}};
  EXPECT_THAT(changes({}, actual, {web}), ElementsAre(Command{command::RemoveService{web}}));
  EXPECT_THAT(changes({}, actual, {}, Foreign::remove),
              ElementsAre(Command{command::RemoveService{mail}}, Command{command::RemoveService{web}}));
}

TEST(LvsTableAudit, SeesAServiceThatLosesItsLastServerWhileAnotherIsFit) {
  Table table{{web, entry({server(1)})}};
  const auto found =
      audit(table, {command::RemoveDestination{web, at(1)}, command::AddDestination{web, server(2)}},
            {{web, {at(2)}}});
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, HasSubstr("10.0.0.2:80 could serve"));
}

TEST(LvsTableAudit, SeesAWeightThatBecomesZeroTooEarly) {
  Table table{{web, entry({server(1), server(2, 0)})}};
  EXPECT_TRUE(audit(table,
                    {command::EditDestination{web, server(1, 0)}, command::EditDestination{web, server(2)}},
                    {{web, {at(2)}}}));
}

TEST(LvsTableAudit, SeesAServiceThatEndsWithNobody) {
  Table table{{web, entry({})}};
  EXPECT_TRUE(audit(table, {}, {{web, {at(1)}}}));
}

TEST(LvsTableAudit, SeesWhatTheKernelWouldRefuse) {
  Table table{{web, entry({server(1)})}};
  EXPECT_TRUE(audit(table, {command::AddDestination{web, server(1)}}, {}));
  EXPECT_TRUE(audit(table, {command::RemoveDestination{mail, at(1)}}, {}));
  EXPECT_TRUE(audit(table, {command::AddService{web, {}}}, {}));
}

TEST(LvsTableAudit, IsContentWithTheOrderOfTheDiff) {
  const Table before{{web, entry({server(1), server(2)})}};
  const Table after{{web, entry({server(3)})}};
  Table table = before;
  EXPECT_EQ(audit(table, changes(after, before), {{web, {at(3)}}}), std::nullopt);
  EXPECT_EQ(table, after);
}

TEST(LvsTableAudit, LetsAServiceBeEmptyWhenNobodyIsFit) {
  Table table{{web, entry({server(1)})}};
  EXPECT_EQ(audit(table, {command::RemoveDestination{web, at(1)}}, {{web, {}}}), std::nullopt);
}

}  // namespace
}  // namespace lvs
