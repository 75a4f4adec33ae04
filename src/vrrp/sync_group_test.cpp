#include "vrrp/sync_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vrrp {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr core::Time t0{1h};

GroupMember member(std::string name, State state, bool wants = false, Reason reason = Reason::started) {
  return {std::move(name), state, wants, reason};
}

template <class Wanted>
bool has(const GroupActions& actions) {
  return std::ranges::any_of(actions, [](const auto& a) { return std::holds_alternative<Wanted>(a); });
}

TEST(SyncGroup, NobodyIsMasterBeforeEverybodyWantsToBe) {
  SyncGroup group("G");
  group.handle(t0, {{member("a", State::backup), member("b", State::backup)}});
  EXPECT_THAT(group.handle(t0, {{member("a", State::backup, true), member("b", State::backup)}}), IsEmpty());
  EXPECT_TRUE(has<action::MastersTogether>(
      group.handle(t0, {{member("a", State::backup, true), member("b", State::backup, true)}})));
}

TEST(SyncGroup, WhoGivesWayTakesTheOthersAlong) {
  SyncGroup group("G");
  group.handle(t0, {{member("a", State::master), member("b", State::master)}});
  const auto actions = group.handle(t0, {{member("a", State::backup), member("b", State::master)}});
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(std::get<action::YieldTogether>(actions.front()).member, "a");
}

TEST(SyncGroup, AMasterBesideAMemberThatWaitsToBeOneStays) {
  SyncGroup group("G");
  EXPECT_TRUE(has<action::MastersTogether>(
      group.handle(t0, {{member("a", State::master), member("b", State::backup, true)}})));
}

TEST(SyncGroup, SaysTheStateItsMembersShareAndWhoMadeIt) {
  SyncGroup group("G");
  const auto actions = group.handle(t0, {{member("a", State::fault, false, Reason::group_member_left),
                                          member("b", State::fault, false, Reason::fault)}});
  ASSERT_THAT(actions, SizeIs(1));
  const Transition& said = std::get<action::ReportGroup>(actions.front()).transition;
  EXPECT_EQ(said.from, State::initialize);
  EXPECT_EQ(said.to, State::fault);
  EXPECT_EQ(said.reason, Reason::fault);
  EXPECT_EQ(said.detail, "b");
  EXPECT_EQ(said.when, t0);
}

TEST(SyncGroup, SaysNothingTwice) {
  SyncGroup group("G");
  const event::GroupObserved backups{{member("a", State::backup), member("b", State::backup)}};
  EXPECT_TRUE(has<action::ReportGroup>(group.handle(t0, backups)));
  EXPECT_THAT(group.handle(t0 + 1s, backups), IsEmpty());
}

TEST(SyncGroup, AMemberThatHasNotBegunKeepsTheGroupFromIt) {
  SyncGroup group("G");
  EXPECT_THAT(group.handle(t0, {{member("a", State::backup, true), member("b", State::initialize)}}),
              IsEmpty());
  EXPECT_EQ(group.state(), State::initialize);
}

TEST(SyncGroup, ANewWorkerDoesNotSayItAgain) {
  GroupSnapshot before;
  before.state = State::master;
  SyncGroup group("G", before);
  EXPECT_THAT(group.handle(t0, {{member("a", State::master), member("b", State::master)}}), IsEmpty());
}

}  // namespace
}  // namespace vrrp
