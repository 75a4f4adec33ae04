// What adverts do: the rows of the transition table, and second masters (contract S2).
#include "vrrp/instance.hpp"
#include "vrrp/instance_fixture.hpp"

namespace vrrp {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// ---------------------------------------------------------------------------------------------------- backup

TEST(VrrpBackup, HearingItsMasterWaitsAgainForTheFullTime) {
  Router router;
  router.start();
  router.now += 3s;
  EXPECT_THAT(router.hear(150), IsEmpty());
  EXPECT_EQ(router.until_timeout(), 3609375us);
  EXPECT_EQ(router.shown().master, ip("10.9.0.2"));
  EXPECT_EQ(router.shown().master_priority, 150);
}

TEST(VrrpBackup, AcceptsAnEqualPriorityWhateverTheAddress) {
  Router router;
  router.start();
  router.now += 3s;
  router.hear(100, "10.9.0.0");
  EXPECT_EQ(router.until_timeout(), 3609375us);
}

TEST(VrrpBackup, WaitsTheSkewOnlyWhenTheMasterResigns) {
  Router router;
  router.start();
  router.hear(150);
  EXPECT_THAT(router.hear(0), IsEmpty());
  EXPECT_EQ(router.until_timeout(), 609375us);
  EXPECT_EQ(router.shown().counters.priority_zero_received, 1U);
  EXPECT_THAT(router.run(1s), Contains("BACKUP>MASTER master_resigned"));
  EXPECT_EQ(router.shown().last.peer, ip("10.9.0.2"));
}

TEST(VrrpBackup, IsNotKeptWaitingByAResignationThatIsRepeated) {
  Router router;
  router.start();
  router.hear(0);
  router.now += 500ms;
  router.hear(0);
  EXPECT_EQ(router.until_timeout(), 109375us);
}

TEST(VrrpBackup, ForgetsAResignationWhenAMasterIsHeardAgain) {
  Router router;
  router.start();
  router.hear(0);
  router.hear(150);
  EXPECT_EQ(router.until_timeout(), 3609375us);
  EXPECT_THAT(router.run(4s), Contains("BACKUP>MASTER master_silent"));
}

TEST(VrrpBackup, LetsItsTimerRunWhileALowerPriorityIsMaster) {
  Router router;
  router.start();
  router.now += 2s;
  EXPECT_THAT(router.hear(50), IsEmpty());
  EXPECT_EQ(router.until_timeout(), 1609375us) << "neither begun again nor ended";
  EXPECT_EQ(router.shown().master, ip("10.9.0.2"));
  router.now += 1s;
  router.hear(50);
  EXPECT_THAT(router.run(1s), Contains("BACKUP>MASTER preempted"));
  EXPECT_EQ(router.shown().last.detail, "10.9.0.2 (priority 50) has been master");
}

TEST(VrrpBackup, ObeysALowerPriorityWithNopreempt) {
  Config patient = config();
  patient.preempt = false;
  Router router(patient);
  router.start();
  for (int i = 0; i < 10; ++i) {
    router.now += 1s;
    EXPECT_THAT(router.hear(50), IsEmpty());
    EXPECT_EQ(router.until_timeout(), 3609375us);
  }
  EXPECT_THAT(router.run(4s), Contains("BACKUP>MASTER master_silent"));
}

TEST(VrrpBackup, ObeysALowerPriorityForThePreemptDelayOnly) {
  Config patient = config();
  patient.preempt_delay = 5s;
  Router router(patient);
  router.start();
  for (int second = 0; second < 5; ++second) {  // the delay begins with the first one
    EXPECT_THAT(router.hear(50), IsEmpty());
    EXPECT_EQ(router.until_timeout(), 3609375us) << second;
    router.now += 1s;
  }
  router.hear(50);
  EXPECT_EQ(router.until_timeout(), 2609375us) << "from now on the timer runs";
  router.now += 1s;
  router.hear(50);
  EXPECT_EQ(router.until_timeout(), 1609375us);
}

TEST(VrrpBackup, BeginsThePreemptDelayAnewAfterAHigherPriority) {
  Config patient = config();
  patient.preempt_delay = 5s;
  Router router(patient);
  router.start();
  router.hear(50);
  router.now += 3s;
  router.hear(150);
  router.now += 3s;
  router.hear(50);
  EXPECT_EQ(router.until_timeout(), 3609375us);
}

TEST(VrrpBackup, LearnsTheIntervalOfItsMasterInVersion3) {
  Router router;
  router.start();
  router.hear(150, "10.9.0.2", 2s);
  EXPECT_EQ(router.until_timeout(), 6s + 1218750us) << "three times 2 s and 156/256 of 2 s";
  EXPECT_EQ(router.shown().master_interval, 2s);
  router.run(8s);
  EXPECT_EQ(router.state(), State::master);
  EXPECT_EQ(router.shown().master_interval, 1s) << "its own again";
}

TEST(VrrpBackup, KeepsItsOwnIntervalInVersion2) {
  Config old = config();
  old.version = Version::v2;
  Router router(old);
  router.start();
  router.hear(150, "10.9.0.2", 2s);
  EXPECT_EQ(router.until_timeout(), 3609375us);
}

TEST(VrrpBackup, RemarksThatSomebodyHasItsAddressOnce) {
  Router router;
  router.start();
  EXPECT_THAT(router.hear(150, "10.9.0.1"), ElementsAre("notice own_packet"));
  EXPECT_THAT(router.hear(150, "10.9.0.1"), IsEmpty());
  EXPECT_EQ(router.shown().counters.own_packets, 2U);
  EXPECT_EQ(router.until_timeout(), 3609375us) << "it is obeyed all the same";
}

// ---------------------------------------------------------------------------------------------------- master

TEST(VrrpMaster, YieldsToAHigherPriorityAndTellsItThatThereWereTwo) {
  Router router;
  router.as_settled_master();
  EXPECT_THAT(router.hear(150, "10.9.0.2", 2s),
              ElementsAre("advert 100", "withdraw", "MASTER>BACKUP higher_priority_heard"));
  EXPECT_EQ(router.until_timeout(), 6s + 1218750us) << "with the interval of the new master";
  EXPECT_EQ(router.shown().last.detail, "10.9.0.2 (priority 150) is master; our priority is 100");
  EXPECT_EQ(router.shown().counters.priority_zero_sent, 0U);
}

TEST(VrrpMaster, TellsTheIntervalOfWhomItYieldsToSoThatOthersGoOnWaitingForThat) {
  Router router;
  router.as_settled_master();
  const Actions actions = router.instance.handle(router.now, event::AdvertReceived{ip("10.9.0.2"), 200, 3s});
  EXPECT_EQ(actions.front(), Action(action::SendAdvert{100, 3s}));
}

TEST(VrrpMaster, YieldsSilentlyIfNobodyIsToAnnounceAgain) {
  Config silent = config();
  silent.reannounce_after_second_master = false;
  Router router(silent);
  router.as_settled_master();
  EXPECT_THAT(router.hear(150), ElementsAre("withdraw", "MASTER>BACKUP higher_priority_heard"));

  silent.higher_prio_send_advert = true;
  Router polite(silent);
  polite.as_settled_master();
  EXPECT_THAT(polite.hear(150), ElementsAre("advert 100", "withdraw", "MASTER>BACKUP higher_priority_heard"));
}

TEST(VrrpMaster, YieldsToAnEqualPriorityFromAHigherAddress) {
  Router router;
  router.as_settled_master();
  EXPECT_THAT(router.hear(100, "10.9.0.2"), Contains("MASTER>BACKUP equal_priority_higher_address"));
}

TEST(VrrpMaster, StaysAgainstAnEqualPriorityFromALowerAddress) {
  Router router;
  router.as_settled_master();
  EXPECT_THAT(router.hear(100, "10.9.0.0"),
              ElementsAre("advert 100", "announce 5", "lower priority heard", "notice second_master"));
  EXPECT_EQ(router.state(), State::master);
}

TEST(VrrpMaster, AnswersAResignationAtOnceAndCountsOnFromThere) {
  Router router;
  router.as_settled_master();
  router.now += 300ms;
  EXPECT_THAT(router.hear(0), Contains("advert 100"));
  EXPECT_EQ(router.until_deadline(), 1s);
}

TEST(VrrpMaster, AnswersALowerPriority) {
  Router router;
  router.as_settled_master();
  router.now += 300ms;
  EXPECT_THAT(router.hear(50),
              ElementsAre("advert 100", "announce 5", "lower priority heard", "notice second_master"));
  EXPECT_EQ(router.until_deadline(), 1s);
  EXPECT_EQ(router.shown().counters.lower_priority_received, 1U);
}

TEST(VrrpMaster, AnnouncesOnceMoreAfterTheLowerPrioDelay) {
  Router router;
  router.as_settled_master();
  router.hear(50);
  EXPECT_THAT(router.run(2s), Not(Contains("announce 5")));
  router.hear(50);
  router.run(1s);
  EXPECT_THAT(router.run(2100ms), Contains("announce 5"));
}

TEST(VrrpMaster, AnswersALowerPriorityWithAnnouncementsOnlyIfToldSo) {
  Config quiet = config();
  quiet.lower_prio_no_advert = true;
  Router router(quiet);
  router.as_settled_master();
  EXPECT_THAT(router.hear(50), ElementsAre("announce 5", "lower priority heard", "notice second_master"));

  quiet.announcements.lower_prio_repeat = 0;
  Router mute(quiet);
  mute.as_settled_master();
  EXPECT_THAT(mute.hear(50), ElementsAre("lower priority heard", "notice second_master"));
}

TEST(VrrpMaster, IsNotDrivenByAStreamOfLowerPriorities) {
  Router router;
  router.as_settled_master();
  std::vector<std::string> all;
  for (int i = 0; i < 1000; ++i) {
    router.now += 1ms;
    const auto some = router.hear(50);
    all.insert(all.end(), some.begin(), some.end());
    const auto due = words(router.instance.handle_timeout(router.now));
    all.insert(all.end(), due.begin(), due.end());
  }
  EXPECT_LE(std::ranges::count(all, "advert 100"), 10);
  EXPECT_LE(std::ranges::count(all, "announce 5"), 10);
  EXPECT_EQ(std::ranges::count(all, "notice second_master"), 1);
}

TEST(VrrpMaster, TakesItsOwnAdvertForNobodyElses) {
  Router router;
  router.as_settled_master();
  const auto timeout = router.instance.next_timeout();
  EXPECT_THAT(router.hear(100, "10.9.0.1"), ElementsAre("notice own_packet"));
  EXPECT_THAT(router.hear(200, "10.9.0.1"), IsEmpty());
  EXPECT_EQ(router.state(), State::master);
  EXPECT_EQ(router.instance.next_timeout(), timeout);
}

TEST(VrrpMaster, ExpectsALastAdvertOfTheMasterItReplaced) {
  Router router;
  router.start();
  while (router.state() == State::backup) {
    router.hear(50);
    router.run(std::min<Duration>(1s, router.until_timeout()));
  }
  ASSERT_EQ(router.shown().last.reason, Reason::preempted);
  router.now += 10ms;
  EXPECT_THAT(router.hear(50), ElementsAre("advert 100")) << "a handover, no second master";
  EXPECT_EQ(router.shown().counters.second_masters_seen, 0U);
  router.now += 300ms;
  EXPECT_THAT(router.hear(50), Contains("notice second_master"));
}

TEST(VrrpMaster, ExpectsALastAdvertOfNobodyElse) {
  Router router;
  router.start();
  while (router.state() == State::backup) {
    router.hear(50);
    router.run(std::min<Duration>(1s, router.until_timeout()));
  }
  router.now += 10ms;
  EXPECT_THAT(router.hear(40, "10.9.0.3"), Contains("notice second_master"));
  EXPECT_EQ(router.shown().counters.second_masters_seen, 1U);
}

// ---------------------------------------------------------------------------------------------------- owners

TEST(VrrpOwner, GivesWayToAnotherOwnerWithAHigherAddress) {
  Router router(config(255));
  router.start();
  EXPECT_THAT(router.hear(255, "10.9.0.2"),
              ElementsAre("notice owner_conflict", "advert 255", "withdraw", "MASTER>BACKUP owner_conflict"));
}

TEST(VrrpOwner, GivesWayAfterAWhileToAnotherOwnerThatDoesNot) {
  Router router(config(255));
  router.start();
  EXPECT_THAT(router.hear(255, "10.9.0.0"), ElementsAre("notice owner_conflict", "advert 255"));
  for (int i = 0; i < 3; ++i) {
    router.run(1s);
    EXPECT_THAT(router.hear(255, "10.9.0.0"), ElementsAre("advert 255"));
  }
  router.run(1s);
  EXPECT_THAT(router.hear(255, "10.9.0.0"), Contains("MASTER>BACKUP owner_conflict"));
}

TEST(VrrpOwner, StaysIfTheOtherOwnerIsGoneInTime) {
  Router router(config(255));
  router.start();
  router.hear(255, "10.9.0.0");
  router.run(60s);
  EXPECT_THAT(router.hear(255, "10.9.0.0"), Contains("advert 255"))
      << "a new conflict, counted from its beginning";
  EXPECT_EQ(router.state(), State::master);
}

TEST(VrrpOwner, IgnoresEveryAdvertIfToldSoOrStrict) {
  Config deaf = config(255);
  deaf.owner_ignore_adverts = true;
  Router router(deaf);
  router.start();
  EXPECT_THAT(router.hear(255, "10.9.0.2"), IsEmpty());

  deaf.owner_ignore_adverts = false;
  deaf.strict = true;
  Router strict(deaf);
  strict.start();
  EXPECT_THAT(strict.hear(255, "10.9.0.2"), IsEmpty());
  EXPECT_THAT(strict.hear(0, "10.9.0.2"), IsEmpty());
}

// ---------------------------------------------------------------------------------------------------- second masters

TEST(VrrpSecondMaster, MakesUsAnnounceAndReportAgainWhenItIsGone) {
  Router router;
  router.as_settled_master();
  router.run(10s);
  router.hear(50);
  EXPECT_EQ(router.shown().counters.second_masters_seen, 1U);
  EXPECT_EQ(router.shown().second_master_until, router.now + 3609375us);
  EXPECT_THAT(router.run(3600ms), Not(Contains("MASTER>MASTER second_master_gone")));
  EXPECT_THAT(router.run(10ms), ElementsAre("announce 5", "MASTER>MASTER second_master_gone"));
  EXPECT_EQ(router.shown().last.peer, ip("10.9.0.2"));
  EXPECT_EQ(router.shown().last.peer_priority, 50);
  EXPECT_EQ(router.shown().second_master_until, std::nullopt);
}

TEST(VrrpSecondMaster, IsOneEpisodeForAsLongAsItGoesOn) {
  Router router;
  router.as_settled_master();
  for (int i = 0; i < 20; ++i) {
    router.hear(50);
    EXPECT_THAT(router.run(1s), Not(Contains("MASTER>MASTER second_master_gone")));
  }
  EXPECT_EQ(router.shown().counters.second_masters_seen, 1U);
  EXPECT_THAT(router.run(4s), Contains("MASTER>MASTER second_master_gone"));
  router.hear(50);
  EXPECT_EQ(router.shown().counters.second_masters_seen, 2U);
}

TEST(VrrpSecondMaster, IsWaitedForByItsOwnIntervalIfThatIsLonger) {
  Router router;
  router.as_settled_master();
  router.hear(50, "10.9.0.2", 10s);
  EXPECT_EQ(router.shown().second_master_until, router.now + 30s + 609375us);
}

TEST(VrrpSecondMaster, IsGoneAtOnceWhenItResigns) {
  Router router;
  router.as_settled_master();
  router.hear(50);
  router.now += 200ms;
  EXPECT_THAT(router.hear(0), ElementsAre("advert 100", "announce 5", "MASTER>MASTER second_master_gone"));
  EXPECT_EQ(router.shown().counters.second_masters_seen, 1U);
}

TEST(VrrpSecondMaster, IsKnownFromItsResignationAlone) {
  Router router;
  router.as_settled_master();
  EXPECT_THAT(router.hear(0), ElementsAre("advert 100", "notice second_master", "announce 5",
                                          "MASTER>MASTER second_master_gone"));
  EXPECT_EQ(router.shown().counters.second_masters_seen, 1U);
}

TEST(VrrpSecondMaster, DoesNotRunTheHooksForEachOfAStreamOfResignations) {
  Router router;
  router.as_settled_master();
  std::size_t reported = 0;
  for (int i = 0; i < 3000; ++i) {
    router.now += 1ms;
    for (const auto& words : {router.hear(0), words(router.instance.handle_timeout(router.now))}) {
      reported += static_cast<std::size_t>(std::ranges::count(words, "MASTER>MASTER second_master_gone"));
    }
  }
  EXPECT_EQ(reported, 1U);
}

TEST(VrrpSecondMaster, IsOnlyCountedIfNothingIsToBeAnnouncedAgain) {
  Config silent = config();
  silent.reannounce_after_second_master = false;
  Router router(silent);
  router.as_settled_master();
  router.hear(50);
  router.run(3s);
  EXPECT_THAT(router.run(1900ms), Not(Contains("MASTER>MASTER second_master_gone")));
  EXPECT_EQ(router.shown().second_master_until, std::nullopt);
  EXPECT_EQ(router.shown().counters.second_masters_seen, 1U);
}

TEST(VrrpSecondMaster, IsForgottenWhenWeAreNoLongerMaster) {
  Router router;
  router.as_settled_master();
  router.hear(50);
  router.hear(200, "10.9.0.3");
  EXPECT_EQ(router.shown().second_master_until, std::nullopt);
}

}  // namespace
}  // namespace vrrp
