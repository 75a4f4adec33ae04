// What trackers and sync groups ask of a router.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vrrp/instance_fixture.hpp"

namespace vrrp {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> weigh(Router& router, std::vector<PriorityPart> parts) {
  return router.tell(event::PriorityChanged{std::move(parts)});
}

Config in_group(std::uint8_t priority = 100) {
  Config member = config(priority);
  member.in_sync_group = true;
  return member;
}

TEST(TrackedPriority, PartsAddUp) {
  Router router;
  router.as_settled_master();
  EXPECT_THAT(weigh(router, {{20, "bfd B1 (up)"}, {-50, "chk_haproxy (exit 1, 3 of 3)"}}),
              ElementsAre("priority 100>70"));
  EXPECT_THAT(router.run(1s), ElementsAre("advert 70"));
  EXPECT_THAT(router.shown().priority_parts,
              ElementsAre(PriorityPart{100, "base"}, PriorityPart{20, "bfd B1 (up)"},
                          PriorityPart{-50, "chk_haproxy (exit 1, 3 of 3)"}));
  EXPECT_EQ(router.shown().effective_priority, 70);
}

TEST(TrackedPriority, TheSumIsHeldTo1And254) {
  Router router;
  router.start();
  EXPECT_THAT(weigh(router, {{253, "a"}}), ElementsAre("priority 100>254"));
  EXPECT_THAT(weigh(router, {{-253, "a"}}), ElementsAre("priority 254>1"));
  EXPECT_THAT(weigh(router, {{253, "a"}, {-253, "b"}}), ElementsAre("priority 1>100"));
}

TEST(TrackedPriority, TheOwnerKeeps255) {
  Router router(config(255));
  router.start();
  EXPECT_THAT(weigh(router, {{-100, "a"}}), IsEmpty());
  EXPECT_EQ(router.shown().effective_priority, 255);
}

TEST(TrackedPriority, ABackupsTimerMovesWithTheSkew) {
  Router router;
  router.start();
  router.now += 1s;
  weigh(router, {{128, "a"}});
  EXPECT_EQ(router.until_timeout(), 2s + 109375us) << "28/256 s instead of 156/256 s";
}

TEST(TrackedPriority, BeforeTheStartIsNoNews) {
  Router router;
  EXPECT_THAT(weigh(router, {{50, "a"}}), IsEmpty());
  router.start();
  EXPECT_EQ(router.shown().effective_priority, 150);
}

TEST(TrackedPriority, AReloadKeepsTheParts) {
  Router router;
  router.start();
  weigh(router, {{-50, "a"}});
  EXPECT_THAT(router.reload(config(120)), ElementsAre("priority 50>70"));
}

TEST(GroupMember, WantsToBeMasterAndWaits) {
  Router router(in_group());
  router.start();
  EXPECT_THAT(router.run(10s), IsEmpty());
  EXPECT_EQ(router.state(), State::backup);
  EXPECT_TRUE(router.instance.wants_master());
  EXPECT_EQ(router.shown().wanted, State::master);
  EXPECT_THAT(router.tell(event::GroupTakesOver{}), Contains("BACKUP>MASTER master_silent"));
  EXPECT_FALSE(router.instance.wants_master());
}

TEST(GroupMember, AMasterThatSpeaksAgainTakesTheWishAway) {
  Router router(in_group());
  router.start();
  router.run(5s);
  router.hear(150);
  EXPECT_FALSE(router.instance.wants_master());
  EXPECT_THAT(router.tell(event::GroupTakesOver{}), IsEmpty());
}

TEST(GroupMember, AnOwnerAsksItsGroupToo) {
  Router router(in_group(255));
  EXPECT_THAT(router.start(), Contains("INIT>BACKUP started"));
  EXPECT_EQ(router.until_timeout(), 1s + 3906250ns) << "an interval and the least skew";
}

TEST(GroupMember, StateMasterWaitsAnIntervalOnly) {
  Config member = in_group();
  member.start_as_master = true;
  Router router(member);
  router.start();
  EXPECT_EQ(router.until_timeout(), 1s + 3906250ns);
}

TEST(GroupMember, GivesWayWithoutPriorityZero) {
  Router router;
  router.as_settled_master();
  EXPECT_THAT(router.tell(event::GroupYields{"VI_2"}),
              ElementsAre("advert 100", "withdraw", "MASTER>BACKUP group_member_left"));
  EXPECT_THAT(router.tell(event::GroupYields{"VI_2"}), IsEmpty());
}

TEST(GroupMember, AnnouncesWhenASiblingHeardALowerMaster) {
  Router router;
  router.as_settled_master();
  EXPECT_THAT(router.tell(event::GroupHeardLowerPriority{}), ElementsAre("announce 5"));
}

}  // namespace
}  // namespace vrrp
