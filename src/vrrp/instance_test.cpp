// States and timers: start, takeover, faults, pauses, reload, resumption. What adverts do is in instance_hearing_test.cpp.
#include "vrrp/instance.hpp"

#include "vrrp/instance_fixture.hpp"

namespace vrrp {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// ---------------------------------------------------------------------------------------------------- start

TEST(VrrpInstance, StartsAsBackupAndRemovesWhatAnEarlierRunLeft) {
  Router router;
  EXPECT_THAT(router.start(), ElementsAre("withdraw", "INIT>BACKUP started"));
  EXPECT_EQ(router.until_timeout(), 3609375us) << "three intervals and a skew of 156/256 s";
}

TEST(VrrpInstance, StartsAsBackupEvenWithStateMasterUnlessItOwnsTheAddresses) {
  Config master = config();
  master.start_as_master = true;
  EXPECT_THAT(Router(master).start(), ElementsAre("withdraw", "INIT>BACKUP started"));
}

TEST(VrrpInstance, StartsAsMasterAtOnceAsOwner) {
  Router router(config(255));
  EXPECT_THAT(router.start(),
              ElementsAre("advert 255", "install", "announce 5", "INIT>MASTER started_as_owner"));
}

TEST(VrrpInstance, WaitsAsOwnerToldToStartAsBackup) {
  Config owner = config(255);
  owner.state_backup_written = true;
  Router router(owner);
  EXPECT_THAT(router.start(), ElementsAre("withdraw", "INIT>BACKUP started"));
  EXPECT_EQ(router.until_timeout(), 3s + 3906250ns) << "the least skew";
}

TEST(VrrpInstance, StartsInFaultAndSaysWhy) {
  Router router;
  router.fault(FaultKind::interface_down, "eth0");
  EXPECT_THAT(router.start(), ElementsAre("withdraw", "INIT>FAULT fault"));
  EXPECT_EQ(router.shown().last.detail, "interface eth0 is down");
  EXPECT_EQ(router.instance.next_timeout(), std::nullopt);
}

TEST(VrrpInstance, WaitsForTheStartupDelayBeforeItsTimersBegin) {
  Router router;
  router.tell(event::Started{router.now + 5s});
  EXPECT_EQ(router.until_timeout(), 5s + 3609375us);
  EXPECT_THAT(router.hear(200), IsEmpty());
  EXPECT_EQ(router.shown().counters.discarded_not_running, 1U);
  EXPECT_EQ(router.until_timeout(), 5s + 3609375us) << "what comes during the delay is not heard";
}

TEST(VrrpInstance, WaitsAsOwnerForTheStartupDelayAndOneInterval) {
  Router router(config(255));
  EXPECT_THAT(router.tell(event::Started{router.now + 5s}), ElementsAre("withdraw", "INIT>BACKUP started"));
  EXPECT_EQ(router.until_timeout(), 6s);
}

// ---------------------------------------------------------------------------------------------------- takeover

TEST(VrrpInstance, TakesOverWhenTheMasterFallsSilent) {
  Router router;
  router.start();
  router.hear(150);
  router.now += 3609374us;
  EXPECT_THAT(words(router.instance.handle_timeout(router.now)), IsEmpty());
  router.now += 1us;
  EXPECT_THAT(words(router.instance.handle_timeout(router.now)),
              ElementsAre("advert 100", "install", "announce 5", "BACKUP>MASTER master_silent"));
  EXPECT_THAT(words(router.instance.handle_timeout(router.now)), IsEmpty()) << "a repeated call does nothing";
  const Transition last = router.shown().last;
  EXPECT_EQ(last.peer, ip("10.9.0.2"));
  EXPECT_EQ(last.peer_priority, 150);
  EXPECT_EQ(last.detail, "no advert from 10.9.0.2 (priority 150) for 3.61 s");
}

struct DownTime {
  Version version;
  int priority;
  Duration interval;
  std::uint32_t adverts;
  Duration expected;
};

class MasterDown : public ::testing::TestWithParam<DownTime> {};

TEST_P(MasterDown, IsSoManyIntervalsAndTheSkew) {
  Config chosen = config(static_cast<std::uint8_t>(GetParam().priority));
  chosen.version = GetParam().version;
  chosen.advert_interval = GetParam().interval;
  chosen.down_timer_adverts = GetParam().adverts;
  chosen.state_backup_written = true;
  EXPECT_EQ(Router(chosen).as_backup().until_timeout(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Formulas, MasterDown,
                         ::testing::Values(DownTime{Version::v2, 100, 1s, 3, 3609375us},
                                           DownTime{Version::v3, 100, 1s, 3, 3609375us},
                                           DownTime{Version::v2, 150, 1s, 3, 3414062500ns},
                                           DownTime{Version::v3, 100, 500ms, 3, 1804687500ns},
                                           DownTime{Version::v2, 100, 2s, 3, 6609375us},
                                           DownTime{Version::v3, 1, 10ms, 3, 39960937ns},
                                           DownTime{Version::v3, 254, 1s, 1, 1007812500ns},
                                           DownTime{Version::v2, 255, 1s, 3, 3003906250ns},
                                           DownTime{Version::v3, 100, 40s, 5, 224375ms}));

TEST(VrrpInstance, SendsAdvertsAtTheirIntervalWhateverTheDelayOfEach) {
  Router router;
  router.as_master();
  const Time first = router.now;
  for (int i = 1; i <= 5; ++i) {
    router.now = first + i * 1s + 300ms;  // late each time
    EXPECT_THAT(words(router.instance.handle_timeout(router.now)), Contains("advert 100"));
    EXPECT_EQ(router.shown().deadline, first + (i + 1) * 1s);
  }
}

TEST(VrrpInstance, DoesNotMakeUpForAdvertsItMissed) {
  Router router;
  router.as_master();
  EXPECT_THAT(router.sleep(2500ms), ElementsAre("advert 100"));
  EXPECT_EQ(router.until_deadline(), 1s);
}

TEST(VrrpInstance, RoundsAnIntervalOfVersion2ToWholeSeconds) {
  Config half = config();
  half.version = Version::v2;
  half.advert_interval = 400ms;
  EXPECT_EQ(Router(half).as_master().until_deadline(), 1s);
}

// ---------------------------------------------------------------------------------------------------- faults

TEST(VrrpInstance, LeavesWithPriorityZeroForAFault) {
  Router router;
  router.as_master();
  EXPECT_THAT(router.fault(), ElementsAre("advert 0", "withdraw", "MASTER>FAULT fault"));
  EXPECT_EQ(router.shown().counters.priority_zero_sent, 1U);
  EXPECT_EQ(router.shown().counters.released_master, 1U);
  EXPECT_EQ(router.instance.next_timeout(), std::nullopt) << "nothing more is announced";
}

TEST(VrrpInstance, SendsNothingThroughAnInterfaceThatIsDown) {
  Router router;
  router.as_master();
  EXPECT_THAT(router.fault(FaultKind::interface_down, "eth0"), ElementsAre("withdraw", "MASTER>FAULT fault"));
}

TEST(VrrpInstance, LeavesBackupForAFaultWithoutAWord) {
  Router router;
  router.start();
  EXPECT_THAT(router.fault(), ElementsAre("BACKUP>FAULT fault"));
}

TEST(VrrpInstance, ReturnsToBackupWithAFullTimerWhenTheLastFaultIsGone) {
  Router router;
  router.start();
  router.hear(200, "10.9.0.2", 5s);
  router.tell(event::FaultsChanged{{{FaultKind::tracker, "a"}, {FaultKind::tracker, "b"}}});
  EXPECT_THAT(router.tell(event::FaultsChanged{{{FaultKind::tracker, "b"}}}), IsEmpty());
  EXPECT_THAT(router.repair(), ElementsAre("FAULT>BACKUP fault_cleared"));
  EXPECT_EQ(router.until_timeout(), 3609375us) << "the learnt interval is forgotten";
}

TEST(VrrpInstance, WaitsAsOwnerAfterAFault) {
  Router router(config(255));
  router.start();
  router.fault();
  EXPECT_THAT(router.repair(), ElementsAre("FAULT>BACKUP fault_cleared"));
  EXPECT_EQ(router.until_timeout(), 3s + 3906250ns);
}

TEST(VrrpInstance, TellsUnicastPeersWhereItIsAfterAFault) {
  Config unicast = config();
  unicast.unicast = true;
  unicast.peers = {{ip("10.9.0.2")}};
  Router router(unicast);
  router.fault();
  router.start();
  EXPECT_THAT(router.repair(), ElementsAre("announce source", "FAULT>BACKUP fault_cleared"));
}

TEST(VrrpInstance, DiscardsAdvertsInFault) {
  Router router;
  router.fault();
  router.start();
  EXPECT_THAT(router.hear(200), IsEmpty());
  EXPECT_EQ(router.shown().counters.discarded_not_running, 1U);
  EXPECT_EQ(router.shown().counters.adverts_received, 0U);
}

// ---------------------------------------------------------------------------------------------------- stop

TEST(VrrpInstance, StopsAsMasterWithExactlyOnePriorityZero) {
  Router router;
  router.as_master();
  EXPECT_THAT(router.tell(event::Stopped{}), ElementsAre("advert 0", "withdraw", "MASTER>INIT stopped"));
  EXPECT_EQ(router.instance.next_timeout(), std::nullopt);
  EXPECT_THAT(router.tell(event::Stopped{}), IsEmpty());
}

TEST(VrrpInstance, StopsAsBackupAndInFaultWithAReportOnly) {
  EXPECT_THAT(Router().as_backup().tell(event::Stopped{}), ElementsAre("BACKUP>INIT stopped"));
  Router faulty;
  faulty.fault();
  faulty.start();
  EXPECT_THAT(faulty.tell(event::Stopped{Reason::removed}), ElementsAre("FAULT>INIT removed"));
}

TEST(VrrpInstance, StopsWithoutATraceIfTheAddressesShallStay) {
  Router router;
  router.as_master();
  EXPECT_THAT(router.tell(event::Stopped{Reason::stopped, false}), ElementsAre("MASTER>INIT stopped"));
  EXPECT_EQ(router.shown().counters.priority_zero_sent, 0U);
}

// ---------------------------------------------------------------------------------------------------- pauses (contract S7)

TEST(VrrpInstance, ListensAgainAfterAPauseInWhichTheOthersMustHaveTakenOver) {
  Router router;
  router.as_master();
  EXPECT_THAT(router.sleep(3s), ElementsAre("withdraw", "MASTER>BACKUP paused"));
  EXPECT_EQ(router.until_timeout(), 3609375us);
  EXPECT_THAT(router.shown().last.detail, HasSubstr("no advert sent for 3.00 s"));
}

TEST(VrrpInstance, GoesOnAfterAPauseTheOthersCannotHaveNoticed) {
  Router router;
  router.as_master();
  EXPECT_THAT(router.sleep(2999ms), ElementsAre("advert 100"));
}

TEST(VrrpInstance, GivesTheOthersTheTimeThatTheHighestPriorityAmongThemNeeds) {
  Config patient = config();
  patient.timer_expired_backup =
      128;  // nobody waits less than half an interval beyond the three that are missing
  Router router(patient);
  router.as_master();
  EXPECT_THAT(router.sleep(3499ms), ElementsAre("advert 100"));
  EXPECT_THAT(router.sleep(3500ms), ElementsAre("withdraw", "MASTER>BACKUP paused"));
}

TEST(VrrpInstance, NoticesThePauseWithWhateverComesFirstAndThenHearsIt) {
  Router router;
  router.as_master();
  router.now += 10s;
  EXPECT_THAT(router.hear(90), ElementsAre("withdraw", "MASTER>BACKUP paused")) << "no answer, no advert";
  EXPECT_EQ(router.shown().master, ip("10.9.0.2")) << "the packet counts";
  EXPECT_EQ(router.shown().counters.adverts_received, 1U);

  Router stopped;
  stopped.as_master();
  stopped.now += 10s;
  EXPECT_THAT(stopped.tell(event::Stopped{}),
              ElementsAre("withdraw", "MASTER>BACKUP paused", "BACKUP>INIT stopped"));
}

TEST(VrrpInstance, ListensOnceMoreAsBackupIfItsTimerRanOutWhileItSlept) {
  Router router;
  router.start();
  router.hear(150);
  EXPECT_THAT(router.sleep(10s), IsEmpty());
  EXPECT_EQ(router.until_timeout(), 3609375us);
  router.hear(150);
  EXPECT_THAT(router.sleep(10s), IsEmpty()) << "each time it had heard somebody";
  EXPECT_THAT(router.sleep(10s), IsEmpty()) << "and each time it slept so long";
  EXPECT_THAT(router.sleep(5s), Contains("BACKUP>MASTER master_silent"))
      << "but not for being a little late for ever";
}

TEST(VrrpInstance, TakesOverThoughALittleLate) {
  Router router;
  router.start();
  EXPECT_THAT(router.sleep(4600ms), Contains("BACKUP>MASTER master_silent"));
}

TEST(VrrpInstance, ListensAfterAPauseAsOwnerToo) {
  Router router(config(255));
  router.start();
  EXPECT_THAT(router.sleep(10s), ElementsAre("withdraw", "MASTER>BACKUP paused"));
}

// ---------------------------------------------------------------------------------------------------- reload

TEST(VrrpInstance, FeelsNothingOfAReloadThatChangesNothing) {
  Router backup, master;
  backup.start();
  master.as_master();
  const auto backup_timeout = backup.instance.next_timeout();
  const auto master_timeout = master.instance.next_timeout();
  EXPECT_THAT(backup.reload(config()), IsEmpty());
  EXPECT_THAT(master.reload(config()), IsEmpty());
  EXPECT_EQ(backup.instance.next_timeout(), backup_timeout);
  EXPECT_EQ(master.instance.next_timeout(), master_timeout);
}

TEST(VrrpInstance, MovesItsTimerWithTheSkewOfANewPriority) {
  Router router;
  router.start();
  router.now += 1s;
  EXPECT_THAT(router.reload(config(228)), ElementsAre("priority 100>228"));
  EXPECT_EQ(router.until_timeout(), 2s + 109375us) << "28/256 s instead of 156/256 s";
}

TEST(VrrpInstance, SendsANewPriorityWithTheNextAdvert) {
  Router router;
  router.as_settled_master();
  EXPECT_THAT(router.reload(config(120)), ElementsAre("priority 100>120"));
  EXPECT_THAT(router.run(1s), ElementsAre("advert 120"));
}

TEST(VrrpInstance, TellsTheOthersOfANewIntervalAtOnceAndIsNotTakenForAsleep) {
  for (const Duration interval : {100ms, 5000ms}) {
    Router router;
    router.as_settled_master();
    router.now += 700ms;
    Config changed = config();
    changed.advert_interval = interval;
    EXPECT_THAT(router.reload(changed), ElementsAre("advert 100"));
    EXPECT_EQ(router.shown().deadline, router.now + interval);
    EXPECT_THAT(router.run(interval), ElementsAre("advert 100")) << "still master";
  }
}

TEST(VrrpInstance, GoesOnFollowingItsMasterWhenItsOwnIntervalChanges) {
  Router router;
  router.start();
  router.hear(200);
  Config faster = config();
  faster.advert_interval = 100ms;
  EXPECT_THAT(router.reload(faster), IsEmpty());
  EXPECT_EQ(router.shown().master_interval, 1s);
  EXPECT_EQ(router.until_timeout(), 3s + 609375us);
}

TEST(VrrpInstance, AnnouncesAllAddressesWhenOneIsNew) {
  Router router;
  router.as_settled_master();
  Config more = config();
  more.addresses.push_back(more.addresses.front());
  more.addresses.back().address.address = net::Prefix::parse("10.9.0.101/24").value();
  EXPECT_THAT(router.reload(more, true), ElementsAre("advert 100", "install", "announce 5"));
}

TEST(VrrpInstance, AdvertisesTheShorterListAtOnceWithoutAnnouncing) {
  Config more = config();
  more.addresses.push_back(more.addresses.front());
  more.addresses.back().address.address = net::Prefix::parse("10.9.0.101/24").value();
  Router router(more);
  router.as_settled_master();
  EXPECT_THAT(router.reload(config()), ElementsAre("advert 100", "install"));
}

// ---------------------------------------------------------------------------------------------------- resumption

Snapshot snapshot_of_master(Time when) {
  Router before;
  before.now = when;
  before.as_settled_master();
  return before.shown();
}

TEST(VrrpInstance, StaysMasterAfterAShortAbsence) {
  Router router;
  const Snapshot before = snapshot_of_master(router.now);
  EXPECT_THAT(router.tell(event::Resumed{before, 2900ms}), ElementsAre("advert 100", "install"));
  EXPECT_EQ(router.state(), State::master);
  EXPECT_EQ(router.shown().last, before.last) << "that is no transition";
  EXPECT_EQ(router.shown().counters.became_master, 1U) << "counters go on";
  EXPECT_EQ(router.until_deadline(), 1s);
}

TEST(VrrpInstance, ListensAfterALongAbsence) {
  Router router;
  EXPECT_THAT(router.tell(event::Resumed{snapshot_of_master(router.now), 3s}),
              ElementsAre("withdraw", "MASTER>BACKUP paused"));
}

TEST(VrrpInstance, StaysBackupAndListensForAFullTime) {
  Router before;
  before.start();
  before.hear(200, "10.9.0.2", 2s);
  before.now += 1s;
  Router router;
  EXPECT_THAT(router.tell(event::Resumed{before.shown(), 1s}), ElementsAre("withdraw"));
  EXPECT_EQ(router.shown().master, ip("10.9.0.2"));
  EXPECT_EQ(router.until_timeout(), 6s + 1218750us) << "of the interval that was learnt";
}

TEST(VrrpInstance, ResignsIfItsInterfaceIsFaultyOnResumption) {
  Router router;
  router.fault();
  EXPECT_THAT(router.tell(event::Resumed{snapshot_of_master(router.now), 1s}),
              ElementsAre("advert 0", "withdraw", "MASTER>FAULT fault"));
}

TEST(VrrpInstance, LeavesFaultOnResumptionIfItsCauseIsGone) {
  Router before;
  before.fault();
  before.start();
  EXPECT_THAT(Router().tell(event::Resumed{before.shown(), 1s}),
              ElementsAre("withdraw", "FAULT>BACKUP fault_cleared"));
}

}  // namespace
}  // namespace vrrp
