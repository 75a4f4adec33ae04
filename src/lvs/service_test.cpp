#include <gmock/gmock.h>

#include "lvs/fixture_for_test.hpp"

namespace lvs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

SorryServer sorry(unsigned host, bool inhibit = false) { return {at(host), {}, inhibit}; }

struct LvsService : ::testing::Test {
  Rig started(ServicePlan which) {
    Rig rig(config({std::move(which)}));
    rig.start();
    return rig;
  }
};

TEST_F(LvsService, ServersCountAsFitUntilACheckFails) {
  Rig rig = started(plan({server(1), server(2, 3)}));
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 1), entry(2, 3)));
  EXPECT_THAT(rig.told(), ElementsAre("quorum_up"));
}

TEST_F(LvsService, WithAlphaNobodyIsFitAtFirst) {
  ServerConfig first = server(1);
  ServerConfig second = server(2);
  first.alpha = second.alpha = true;
  second.inhibit_on_failure = true;
  ServicePlan which = plan({first, second});
  which.service.sorry = sorry(9);
  Rig rig = started(which);
  EXPECT_THAT(rig.held(), UnorderedElementsAre(entry(2, 0), entry(9, 1)));
  EXPECT_THAT(rig.told(), ElementsAre("quorum_down"));
  rig.commands();
  rig.health(1, true);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::AddDestination{key(), entry(1, 1)}},
                                          Command{command::RemoveDestination{key(), at(9)}}));
  EXPECT_THAT(rig.told(), ElementsAre("notify_up 10.0.0.1:80", "quorum_up"));
}

TEST_F(LvsService, AFailedServerLeavesAndComesBack) {
  Rig rig = started(plan({server(1), server(2, 3)}));
  rig.commands();
  rig.told();
  rig.health(2, false);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::RemoveDestination{key(), at(2)}}));
  EXPECT_THAT(rig.told(), ElementsAre("notify_down 10.0.0.2:80"));
  rig.health(2, true);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::AddDestination{key(), entry(2, 3)}}));
  EXPECT_THAT(rig.told(), ElementsAre("notify_up 10.0.0.2:80"));
}

TEST_F(LvsService, AnInhibitedServerStaysWithoutAWeight) {
  ServerConfig inhibited = server(2, 3);
  inhibited.inhibit_on_failure = true;
  Rig rig = started(plan({server(1), inhibited}));
  rig.commands();
  rig.health(2, false);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::EditDestination{key(), entry(2, 0)}}));
  rig.health(2, true);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::EditDestination{key(), entry(2, 3)}}));
}

TEST_F(LvsService, TheSameHealthAgainIsNoNews) {
  Rig rig = started(plan({server(1), server(2)}));
  rig.commands();
  rig.told();
  rig.health(1, true);
  rig.health(2, false);
  rig.commands();
  rig.told();
  rig.health(2, false);
  EXPECT_THAT(rig.commands(), IsEmpty());
  EXPECT_THAT(rig.told(), IsEmpty());
}

TEST_F(LvsService, WithoutASorryServerTheRestStaysWhenTheQuorumIsLost) {
  ServicePlan which = plan({server(1), server(2), server(3)});
  which.service.quorum = 2;
  Rig rig = started(which);
  rig.told();
  rig.health(1, false);
  EXPECT_THAT(rig.told(), ElementsAre("notify_down 10.0.0.1:80"));
  rig.health(2, false);
  EXPECT_THAT(rig.told(), ElementsAre("notify_down 10.0.0.2:80", "quorum_down"));
  EXPECT_THAT(rig.held(), ElementsAre(entry(3, 1)));
}

TEST_F(LvsService, TheSorryServerComesBeforeTheLastServersGo) {
  ServerConfig inhibited = server(3);
  inhibited.inhibit_on_failure = true;
  ServicePlan which = plan({server(1), server(2), inhibited});
  which.service.quorum = 3;
  which.service.sorry = sorry(9);
  Rig rig = started(which);
  rig.commands();
  rig.health(1, false);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::AddDestination{key(), entry(9, 1)}},
                                          Command{command::EditDestination{key(), entry(3, 0)}},
                                          Command{command::RemoveDestination{key(), at(1)}},
                                          Command{command::RemoveDestination{key(), at(2)}}));
}

TEST_F(LvsService, HysteresisWidensTheQuorumBothWays) {
  ServicePlan which = plan({server(1), server(2), server(3), server(4)});
  which.service.quorum = 2;
  which.service.hysteresis = 1;
  which.service.sorry = sorry(9);
  Rig rig = started(which);
  rig.health(1, false);
  rig.health(2, false);
  rig.health(3, false);
  EXPECT_THAT(rig.held(), ElementsAre(entry(4, 1))) << "1 = 2 - 1 is still enough";
  rig.health(4, false);
  EXPECT_THAT(rig.held(), ElementsAre(entry(9, 1)));
  rig.told();
  rig.health(1, true);
  rig.health(2, true);
  EXPECT_THAT(rig.held(), ElementsAre(entry(9, 1))) << "2 < 2 + 1 is not enough yet";
  EXPECT_THAT(rig.told(), ElementsAre("notify_up 10.0.0.1:80", "notify_up 10.0.0.2:80"));
  rig.health(3, true);
  EXPECT_THAT(rig.held(), UnorderedElementsAre(entry(1, 1), entry(2, 1), entry(3, 1)));
  EXPECT_THAT(rig.told(), ElementsAre("notify_up 10.0.0.3:80", "quorum_up"));
}

TEST_F(LvsService, AnInhibitedSorryServerIsThereFromTheStart) {
  ServicePlan which = plan({server(1)});
  which.service.sorry = sorry(9, true);
  Rig rig = started(which);
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 1), entry(9, 0)));
  rig.commands();
  rig.health(1, false);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::EditDestination{key(), entry(9, 1)}},
                                          Command{command::RemoveDestination{key(), at(1)}}));
  rig.health(1, true);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::AddDestination{key(), entry(1, 1)}},
                                          Command{command::EditDestination{key(), entry(9, 0)}}));
}

TEST_F(LvsService, ASorryServerThatIsAlsoAServerHasOneEntry) {
  ServicePlan which = plan({server(1), server(2, 5)});
  which.service.quorum = 6;
  which.service.sorry = sorry(2);
  Rig rig = started(which);
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 1), entry(2, 5)));
  rig.commands();
  rig.health(1, false);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::EditDestination{key(), entry(2, 1)}},
                                          Command{command::RemoveDestination{key(), at(1)}}));
}

TEST_F(LvsService, AWeightThatChecksSayCountsInPlaceOfTheConfiguredOne) {
  ServicePlan which = plan({server(1, 4), server(2, 1)});
  which.service.quorum = 3;
  Rig rig = started(which);
  rig.commands();
  rig.told();
  rig.health(1, true, 2);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::EditDestination{key(), entry(1, 2)}}));
  rig.health(1, true, 0);
  EXPECT_THAT(rig.told(), ElementsAre("quorum_down"));
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 0), entry(2, 1)));
  rig.health(1, false, 7);
  rig.commands();
  rig.health(1, true, 7);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::AddDestination{key(), entry(1, 7)}}));
}

TEST_F(LvsService, WeightsAreHeldBetween0And2To31) {
  Rig rig = started(plan({server(1, 4)}));
  Health health;
  health.weight_added = -100;
  rig.handle(event::HealthChanged{id(), at(1), health});
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 0)));
  health.weight_added = std::numeric_limits<std::int64_t>::max();
  rig.handle(event::HealthChanged{id(), at(1), health});
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 0x7fffffff)));
}

TEST_F(LvsService, AnOperatorsWeightCountsUntilItIsTakenBack) {
  Rig rig = started(plan({server(1, 4), server(2)}));
  rig.handle(event::WeightOrdered{id(), at(1), 0});
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 0), entry(2, 1)));
  rig.health(1, true, 9);
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 0), entry(2, 1)));
  rig.handle(event::WeightOrdered{id(), at(1), std::nullopt});
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 9), entry(2, 1)));
}

TEST_F(LvsService, ChecksRestWhileTheAddressIsElsewhere) {
  ServicePlan which = plan({server(1)});
  which.service.suspend_without_address = true;
  Rig rig = started(which);
  EXPECT_THAT(rig.told(), ElementsAre("checks rest", "quorum_up"));
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 1)));
  rig.handle(event::AddressChanged{at(100).address, true});
  EXPECT_THAT(rig.told(), ElementsAre("checks run"));
  rig.handle(event::AddressChanged{at(7).address, false});
  EXPECT_THAT(rig.told(), IsEmpty());
  rig.handle(event::AddressChanged{at(100).address, false});
  EXPECT_THAT(rig.told(), ElementsAre("checks rest"));
}

// ---- draining

ServerConfig draining(unsigned host, core::Duration time = 30s) {
  ServerConfig config = server(host);
  config.drain_timeout = time;
  return config;
}

TEST_F(LvsService, ARemovedServerKeepsItsConnectionsUntilTheLastOneEnds) {
  Rig rig = started(plan({draining(1), server(2)}));
  rig.commands();
  rig.told();
  rig.active[at(1)] = 3;
  rig.handle(event::Reconfigured{config({plan({server(2)})})});
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::EditDestination{key(), entry(1, 0)}}));
  EXPECT_THAT(rig.told(), ElementsAre("notify_down 10.0.0.1:80"));
  rig.pass(10s);
  EXPECT_THAT(rig.commands(), IsEmpty());
  rig.active.clear();
  rig.pass(2s);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::RemoveDestination{key(), at(1)}}));
  EXPECT_EQ(rig.director.find(id())->next_timeout(), std::nullopt);
}

TEST_F(LvsService, DrainingEndsWhenTheTimeIsOver) {
  Rig rig = started(plan({draining(1), server(2)}));
  rig.active[at(1)] = 3;
  rig.handle(event::Reconfigured{config({plan({server(2)})})});
  rig.commands();
  rig.pass(29s);
  EXPECT_THAT(rig.commands(), IsEmpty());
  rig.pass(2s);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::RemoveDestination{key(), at(1)}}));
}

TEST_F(LvsService, AWeightOf0DrainsAndAnotherWeightBringsTheServerBack) {
  Rig rig = started(plan({draining(1), server(2)}));
  rig.active[at(1)] = 3;
  rig.commands();
  rig.handle(event::WeightOrdered{id(), at(1), 0});
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::EditDestination{key(), entry(1, 0)}}));
  rig.active.clear();
  rig.pass(2s);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::RemoveDestination{key(), at(1)}}));
  rig.handle(event::WeightOrdered{id(), at(1), std::nullopt});
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::AddDestination{key(), entry(1, 1)}}));
}

TEST_F(LvsService, AServerPutBackWhileItDrainsServesAtOnce) {
  Rig rig = started(plan({draining(1), server(2)}));
  rig.active[at(1)] = 3;
  rig.handle(event::Reconfigured{config({plan({server(2)})})});
  rig.commands();
  rig.handle(event::Reconfigured{config({plan({draining(1), server(2)})})});
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::EditDestination{key(), entry(1, 1)}}));
  rig.pass(60s);
  EXPECT_THAT(rig.commands(), IsEmpty());
}

TEST_F(LvsService, ASickServerIsRemovedAtOnceEvenWhileItDrains) {
  Rig rig = started(plan({draining(1), server(2)}));
  rig.active[at(1)] = 3;
  rig.handle(event::WeightOrdered{id(), at(1), 0});
  rig.commands();
  rig.health(1, false);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::RemoveDestination{key(), at(1)}}));
}

TEST_F(LvsService, ARemovedServiceGoesWhenItsServersHaveDrained) {
  Rig rig = started(plan({draining(1), server(2)}));
  rig.active[at(1)] = 3;
  rig.commands();
  rig.told();
  rig.handle(event::Reconfigured{config({})});
  EXPECT_THAT(rig.told(), ElementsAre("notify_down 10.0.0.1:80", "notify_down 10.0.0.2:80", "quorum_down"));
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 0)));
  rig.active.clear();
  rig.pass(2s);
  EXPECT_THAT(rig.table, IsEmpty());
  EXPECT_EQ(rig.director.find(id()), nullptr);
}

}  // namespace
}  // namespace lvs
