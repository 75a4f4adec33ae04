#include "lvs/director.hpp"

#include <gmock/gmock.h>

#include "core/archive.hpp"
#include "core/random.hpp"
#include "lvs/fixture_for_test.hpp"

namespace lvs {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST(LvsDirector, TouchesNothingBeforeItHasSeenTheTable) {
  Rig rig(config({plan({server(1)})}));
  rig.handle(event::Started{});
  EXPECT_THAT(rig.commands(), IsEmpty());
  rig.health(1, false);
  EXPECT_THAT(rig.told(), IsEmpty());
  rig.list();
  EXPECT_THAT(rig.held(), IsEmpty()) << "what was learnt meanwhile counts";
  EXPECT_THAT(rig.told(), ElementsAre("quorum_up", "notify_down 10.0.0.1:80", "quorum_down"));
}

// Thousands may count as fit before anybody looked.
TEST(LvsDirector, ServersThatStartFitAreReportedOnlyIfThatIsWanted) {
  for (const bool wanted : {false, true}) {
    ServerConfig proven = server(2);
    proven.alpha = true;
    DirectorConfig asked = config({plan({server(1), proven})});
    asked.initial_server_states = wanted;
    Director director(asked);
    director.handle({}, event::Started{});
    std::vector<ServerChange> reported;
    for (const Action& action : director.handle({}, event::TableListed{})) {
      if (const auto* report = std::get_if<action::ReportServer>(&action)) reported.push_back(report->change);
    }
    EXPECT_THAT(reported, SizeIs(wanted ? 2 : 1));
    EXPECT_EQ(reported.back().server, at(2)) << "one that starts down is news in any case";
    EXPECT_FALSE(reported.back().up);
    EXPECT_TRUE(director.snapshot().services.at(0).servers.at(0).last.up) << "and status knows of all";
  }
}

TEST(LvsDirector, CorrectsWhatIsThereAndLeavesOthersAlone) {
  Table before;
  before[key()] = {{}, {entry(1, 1), entry(7, 1)}};
  before[key(200)] = {{}, {entry(3, 1)}};
  Rig rig(config({plan({server(1), server(2)})}), before);
  rig.start();
  const Commands commands = rig.commands();
  EXPECT_THAT(commands, SizeIs(3)) << "another scheduler, one more server, one less";
  EXPECT_TRUE(rig.table.contains(key(200)));
  EXPECT_THAT(rig.held(), UnorderedElementsAre(entry(1, 1), entry(2, 1)));
}

TEST(LvsDirector, WithLvsFlushOthersGo) {
  Table before;
  before[key(200)] = {{}, {entry(3, 1)}};
  DirectorConfig flushes = config({plan({server(1)})});
  flushes.flush = true;
  Rig rig(flushes, before);
  rig.start();
  EXPECT_FALSE(rig.table.contains(key(200)));
}

TEST(LvsDirector, AReloadOfTheSameTakesNoCommand) {
  const DirectorConfig same = config({plan({server(1), server(2)}), plan({server(3)}, 101)});
  Rig rig(same);
  rig.start();
  rig.commands();
  rig.told();
  rig.handle(event::Reconfigured{same});
  EXPECT_THAT(rig.commands(), IsEmpty());
  EXPECT_THAT(rig.told(), IsEmpty());
}

TEST(LvsDirector, AReloadTouchesWhatItNames) {
  Rig rig(config({plan({server(1), server(2)}), plan({server(3)}, 101)}));
  rig.start();
  rig.commands();
  rig.told();
  rig.handle(event::Reconfigured{config({plan({server(1, 5), server(2)}), plan({server(3)}, 101)})});
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::EditDestination{key(), entry(1, 5)}}));
  EXPECT_THAT(rig.told(), IsEmpty());
  rig.handle(event::Reconfigured{config({plan({server(1, 5), server(2), server(4)})})});
  EXPECT_THAT(rig.commands(), UnorderedElementsAre(Command{command::AddDestination{key(), entry(4, 1)}},
                                                   Command{command::RemoveService{key(101)}}));
  EXPECT_THAT(rig.told(), ElementsAre("notify_down 10.0.0.3:80", "quorum_down"));
}

TEST(LvsDirector, ARemovedServerThatWasDownIsNotMourned) {
  Rig rig(config({plan({server(1), server(2)})}));
  rig.start();
  rig.health(2, false);
  rig.commands();
  rig.told();
  rig.handle(event::Reconfigured{config({plan({server(1)})})});
  EXPECT_THAT(rig.commands(), IsEmpty());
  EXPECT_THAT(rig.told(), IsEmpty());
}

TEST(LvsDirector, HealthSurvivesAReload) {
  Rig rig(config({plan({server(1), server(2)})}));
  rig.start();
  rig.health(2, false);
  rig.handle(event::Reconfigured{config({plan({server(1), server(2, 7)})})});
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 1)));
  rig.health(2, true);
  EXPECT_THAT(rig.held(), ElementsAre(entry(1, 1), entry(2, 7)));
}

ServicePlan grouped(std::vector<AddressRange> ranges) {
  ServicePlan which = plan({server(1), server(2)});
  which.service.key = GroupName{"G"};
  which.group = Group{"G", std::move(ranges), {}};
  return which;
}

TEST(LvsDirector, AGroupIsOneServiceAnAddress) {
  ServicePlan which = grouped({{at(50).address, at(52).address, 80}});
  which.group->marks.push_back({7, {}});
  Rig rig(config({which}));
  rig.start();
  EXPECT_THAT(rig.table, SizeIs(4));
  for (const auto& [at_key, what] : rig.table) EXPECT_THAT(what.destinations, SizeIs(2)) << to_string(at_key);
  EXPECT_TRUE(rig.table.contains(ServiceKey::of_mark(7, net::Family::v4)));
  rig.commands();
  Health down;
  down.up = false;
  rig.handle(event::HealthChanged{id_of(which.service), at(1), down});
  EXPECT_THAT(rig.commands(), SizeIs(4));
}

TEST(LvsDirector, AnAddressThatMovesFromAServiceToAGroupIsNotInterrupted) {
  Rig rig(config({plan({server(1), server(2)}, 50)}));
  rig.start();
  rig.commands();
  rig.handle(event::Reconfigured{config({grouped({{at(50).address, at(50).address, 80}})})});
  EXPECT_THAT(rig.commands(), IsEmpty());
  EXPECT_THAT(rig.held(key(50)), SizeIs(2));
}

TEST(LvsDirector, OneAddressHasOneService) {
  Rig rig(config({plan({server(1)}, 50), grouped({{at(50).address, at(51).address, 80}})}));
  rig.start();
  EXPECT_THAT(rig.told(), Contains(HasSubstr("tcp 10.0.0.50:80 is in more than one")));
  EXPECT_THAT(rig.held(key(50)), ElementsAre(entry(1, 1)));
  EXPECT_THAT(rig.held(key(51)), SizeIs(2));
}

TEST(LvsDirector, PutsRightWhatSomebodyElseChanged) {
  Rig rig(config({plan({server(1), server(2)})}));
  rig.start();
  rig.commands();
  rig.told();
  rig.table[key()].destinations.pop_back();
  rig.pass(11s);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::AddDestination{key(), entry(2, 1)}}));
  EXPECT_THAT(rig.told(), ElementsAre("repaired 1"));
  EXPECT_EQ(rig.director.snapshot().repaired, 1U);
}

TEST(LvsDirector, AnOldListingIsNoProof) {
  Rig rig(config({plan({server(1), server(2)})}));
  rig.start();
  const auto old = rig.listing();
  rig.answers_listings = false;
  rig.pass(11s);
  const std::uint64_t asked = rig.generation;
  rig.health(2, false);
  rig.commands();
  rig.told();
  rig.handle(event::TableListed{asked, old});
  EXPECT_THAT(rig.commands(), IsEmpty());
  EXPECT_THAT(rig.told(), IsEmpty());
}

TEST(LvsDirector, WhatWasRefusedIsTriedAgainAndNotCalledARepair) {
  Rig rig(config({plan({server(1), server(2)})}));
  rig.start();
  rig.table[key()].destinations.pop_back();
  rig.handle(event::CommandsRefused{rig.commands()});
  rig.told();
  rig.pass(2s);
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::AddDestination{key(), entry(2, 1)}}));
  EXPECT_THAT(rig.told(), IsEmpty());
}

TEST(LvsDirector, StopsWithOneCommandAService) {
  Rig rig(config({plan({server(1), server(2)}), plan({server(3)}, 101)}));
  rig.start();
  rig.commands();
  rig.told();
  rig.handle(event::StopRequested{});
  EXPECT_THAT(rig.commands(), SizeIs(2));
  EXPECT_THAT(rig.table, IsEmpty());
  EXPECT_THAT(rig.told(), IsEmpty());
  EXPECT_TRUE(rig.stopped);
}

TEST(LvsDirector, WithOmegaScriptsHearOfTheStop) {
  ServicePlan which = plan({server(1), server(2)});
  which.service.omega = true;
  Rig rig(config({which}));
  rig.start();
  rig.health(2, false);
  rig.told();
  rig.handle(event::StopRequested{});
  EXPECT_THAT(rig.told(), ElementsAre("notify_down 10.0.0.1:80", "quorum_down"));
}

TEST(LvsDirector, FlushOnStopIsOneCommand) {
  DirectorConfig flushes = config({plan({server(1)}), plan({server(2)}, 101)});
  flushes.flush_on_stop = FlushOnStop::everything;
  Rig rig(flushes);
  rig.start();
  rig.commands();
  rig.handle(event::StopRequested{});
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::Flush{}}));
}

TEST(LvsDirector, ANewProcessGoesOnWhereTheLastOneWas) {
  ServicePlan which = plan({server(1), server(2)});
  Rig first(config({which}));
  first.start();
  first.health(2, false);
  const auto snapshot = core::from_bytes<DirectorSnapshot>(core::to_bytes(first.director.snapshot()));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(*snapshot, first.director.snapshot());

  Rig second(config({which}), first.table);
  second.director = Director(config({which}), *snapshot);
  second.start();
  EXPECT_THAT(second.commands(), IsEmpty());
  EXPECT_THAT(second.told(), IsEmpty());
  second.health(2, true);
  EXPECT_THAT(second.told(), ElementsAre("notify_up 10.0.0.2:80"));
}

TEST(LvsDirector, WhatANewProcessHearsBeforeItHasSeenTheTableIsTold) {
  Rig first(config({plan({server(1), server(2)})}));
  first.start();
  Rig second(config({}), first.table);
  second.director = Director(config({plan({server(1), server(2)})}), first.director.snapshot());
  second.handle(event::Started{});
  second.health(2, false);
  EXPECT_THAT(second.commands(), IsEmpty());
  second.list();
  EXPECT_THAT(second.commands(), ElementsAre(Command{command::RemoveDestination{key(), at(2)}}));
  EXPECT_THAT(second.told(), ElementsAre("notify_down 10.0.0.2:80"));
}

TEST(LvsDirector, WhatANewProcessHearsOfAServerOfTheNewConfigurationCounts) {
  Rig first(config({plan({server(1)})}));
  first.start();
  Rig second(config({}), first.table);
  second.director = Director(config({plan({server(1), server(2), server(3)})}), first.director.snapshot());
  second.handle(event::Started{});
  second.health(2, false);
  second.handle(event::WeightOrdered{id(), at(3), 5});
  second.list();
  EXPECT_THAT(second.commands(), ElementsAre(Command{command::AddDestination{key(), entry(3, 5)}}))
      << "nobody is added to be removed again";
  EXPECT_THAT(second.told(), ElementsAre("notify_down 10.0.0.2:80"));
}

TEST(LvsDirector, AReloadKnowsWhatWasFoundOfItsServers) {
  Rig rig(config({plan({server(1)})}));
  rig.start();
  rig.commands();
  Health dead;
  dead.up = false;
  rig.handle(event::Reconfigured{config({plan({server(2), server(3)})}), {{id(), at(3), dead}}});
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::AddDestination{key(), entry(2, 1)}},
                                          Command{command::RemoveDestination{key(), at(1)}}));
}

TEST(LvsDirector, ANewProcessRemovesWhatTheConfigurationLost) {
  Rig first(config({plan({server(1)}), plan({server(3)}, 101)}));
  first.start();
  Rig second(config({}), first.table);
  second.director = Director(config({plan({server(1)})}), first.director.snapshot());
  second.start();
  EXPECT_THAT(second.commands(), ElementsAre(Command{command::RemoveService{key(101)}}));
  EXPECT_THAT(second.told(), ElementsAre("notify_down 10.0.0.3:80", "quorum_down"));
}

TEST(LvsDirector, TheSyncDaemonFollowsItsInstance) {
  DirectorConfig syncs = config({});
  syncs.sync = SyncDaemon{"eth0", "VI", {}, {}, {}, {}, {}};
  syncs.sync_id = 51;
  Rig rig(syncs);
  rig.start();
  net::ipvs::Daemon daemon{net::ipvs::DaemonRole::backup, "eth0", 51, {}, {}, {}, {}};
  net::ipvs::Daemon master = daemon;
  master.role = net::ipvs::DaemonRole::master;
  EXPECT_THAT(rig.commands(),
              ElementsAre(Command{command::StopDaemon{daemon}}, Command{command::StartDaemon{daemon}}));
  rig.handle(event::HolderChanged{"VI", true});
  EXPECT_THAT(rig.commands(),
              ElementsAre(Command{command::StopDaemon{daemon}}, Command{command::StartDaemon{master}}));
  rig.handle(event::HolderChanged{"VI", true});
  EXPECT_THAT(rig.commands(), IsEmpty());
  rig.handle(event::StopRequested{});
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::StopDaemon{master}}));
}

TEST(LvsDirector, TimeoutsAreSetWhenTheyAreConfigured) {
  DirectorConfig some = config({});
  some.timeouts.tcp = 900;
  Rig rig(some);
  rig.start();
  EXPECT_THAT(rig.commands(), ElementsAre(Command{command::SetTimeouts{{900, 0, 0}}}));
  rig.handle(event::Reconfigured{some});
  EXPECT_THAT(rig.commands(), IsEmpty());
}

// ---- any sequence at all

class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed) : random_(seed) {}

  DirectorConfig configuration() {
    std::vector<ServicePlan> plans;
    for (unsigned service = 0; service < 3; ++service) {
      if (random_.chance(15)) continue;
      std::vector<ServerConfig> servers;
      for (unsigned host = 1; host <= 4; ++host) {
        if (random_.chance(25)) continue;
        ServerConfig one = server(host, static_cast<std::uint32_t>(random_.between(0, 4)));
        one.inhibit_on_failure = random_.chance(30);
        one.alpha = random_.chance(20);
        if (random_.chance(40)) one.drain_timeout = random_.between(1, 20) * 1s;
        servers.push_back(one);
      }
      ServicePlan one = plan(servers, 100 + service);
      one.service.quorum = static_cast<std::uint32_t>(random_.between(1, 6));
      one.service.hysteresis = static_cast<std::uint32_t>(random_.between(0, one.service.quorum - 1));
      if (random_.chance(60))
        one.service.sorry =
            SorryServer{at(static_cast<unsigned>(random_.between(3, 6))), {}, random_.chance(50)};
      if (random_.chance(20)) {
        one.service.key = GroupName{"G" + std::to_string(service)};
        one.group = Group{"G", {{at(100 + service).address, at(100 + service + 1).address, 80}}, {}};
      }
      plans.push_back(one);
    }
    return last_ = config(plans);
  }
  const DirectorConfig& last() const { return last_; }

  Event event() {
    const std::int64_t kind = random_.between(0, 99);
    if (kind < 8) return event::Reconfigured{configuration()};
    const auto& services = last_.services;
    if (services.empty()) return event::Reconfigured{configuration()};
    const auto& which = services.at(
        static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(services.size()) - 1)));
    const Endpoint server = at(static_cast<unsigned>(random_.between(1, 4)));
    if (kind < 20) {
      std::optional<std::uint32_t> weight;
      if (random_.chance(60)) weight = static_cast<std::uint32_t>(random_.between(0, 3));
      return event::WeightOrdered{id_of(which.service), server, weight};
    }
    Health health;
    health.up = random_.chance(55);
    if (random_.chance(30)) health.weight = static_cast<std::uint32_t>(random_.between(0, 5));
    health.weight_added = random_.chance(20) ? random_.between(-3, 3) : 0;
    return event::HealthChanged{id_of(which.service), server, health};
  }

  core::Random& random() { return random_; }

 private:
  core::Random random_;
  DirectorConfig last_;
};

// The rig audits every command: never an empty service while a fit server or a sorry server exists.
TEST(LvsDirectorProperty, NoSequenceOfHealthAndReloadsEmptiesAServiceThatCouldServe) {
  for (std::uint64_t seed = 1; seed <= 300 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    RandomWorld world(seed);
    Rig rig(world.configuration());
    rig.start();
    for (int step = 0; step < 60 && !::testing::Test::HasFailure(); ++step) {
      for (unsigned host = 1; host <= 4; ++host)
        rig.active[at(host)] = static_cast<std::uint32_t>(world.random().between(0, 2));
      rig.handle(world.event());
      if (world.random().chance(30)) rig.pass(world.random().between(1, 5) * 1s);
      if (world.random().chance(5))
        rig.director = Director(world.last(), rig.director.snapshot()), rig.start();
      Table table = rig.table;
      EXPECT_EQ(audit(table, {}, rig.director.fit()), std::nullopt);
      EXPECT_THAT(diff(rig.director.wanted_view(), rig.table), IsEmpty())
          << "believed and real tables differ";
    }
    rig.handle(event::StopRequested{});
    EXPECT_THAT(rig.table, IsEmpty());
  }
}

}  // namespace
}  // namespace lvs
