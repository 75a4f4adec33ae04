// Every auditor must fire on a made-up history that breaks its promise, and keep quiet on one that does not.
#include "sim/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/frames.hpp"

namespace sim {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using vrrp::State;

constexpr HostId a{0};
constexpr HostId b{1};
constexpr HostId neighbour{2};
constexpr SegmentId wire{0};
constexpr core::Time t0{1000s};
const auto address = net::IpAddress::v4(10, 0, 0, 100);

Layout two_nodes() {
  Layout layout;
  layout.node_names = {"a", "b"};
  layout.slack = 10ms;
  layout.round_trip = 2ms;
  layout.groups.push_back({.segment = wire,
                           .vrid = 51,
                           .members = {{a, "VI"}, {b, "VI"}},
                           .addresses = {address},
                           .interval = 1s,
                           .shortest_interval = 1s,
                           .takeover = 4s});
  return layout;
}

class History {
 public:
  explicit History(std::unique_ptr<Auditor> auditor) : auditor_(std::move(auditor)) {}

  History& at(core::Duration after) {
    now_ = t0 + after;
    return *this;
  }
  template <class F>
  History& see(HostId host, F fact) {
    auditor_->observe({now_, host, std::move(fact)});
    return *this;
  }
  History& owns(HostId host) { return see(host, fact::AddressOwned{wire, address}); }
  History& loses(HostId host) { return see(host, fact::AddressLost{wire, address}); }
  History& reports(HostId host, State from, State to) {
    vrrp::Transition transition;
    transition.from = from;
    transition.to = to;
    return see(host, fact::Reported{++sequences_[host], "VI", transition});
  }
  std::vector<Finding> verdict() {
    auditor_->finish(now_);
    return auditor_->findings();
  }

 private:
  std::unique_ptr<Auditor> auditor_;
  core::Time now_ = t0;
  std::map<HostId, std::uint64_t> sequences_;
};

notify::Command command(std::vector<std::string> words) {
  notify::Command out;
  out.argv = std::move(words);
  return out;
}
engine::action::SendPacket packet_of(const std::string& instance) {
  engine::action::SendPacket out;
  out.instance = instance;
  return out;
}
engine::action::SendFrame announcing(const net::IpAddress& which) {
  engine::action::SendFrame out;
  out.frame = net::gratuitous_arp(net::MacAddress{}, which);
  return out;
}

auto says(const std::string& text) { return ElementsAre(Field(&Finding::text, HasSubstr(text))); }

// --- S1 -----------------------------------------------------------------------------------------------------------------------

TEST(AuditSingleOwner, FiresWhenTwoOwnersOutlastTheSettlingTime) {
  History history(audit_single_owner(two_nodes()));
  history.at(0s).see(a, fact::Disturbed{"start"}).owns(a).at(3s).owns(b).at(5s);
  EXPECT_THAT(history.verdict(), says("several owners: a b"));
}

TEST(AuditSingleOwner, AllowsAHandoverAndWhateverHappensDuringAPartition) {
  History history(audit_single_owner(two_nodes()));
  history.at(0s).owns(a).at(20s).owns(b).at(20s + 5ms).loses(a);
  history.at(30s).see(a, fact::Impaired{"cut", true}).owns(a).at(300s).see(a, fact::Repaired{"cut", true});
  history.at(301s).loses(b).at(400s);
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- S2 -----------------------------------------------------------------------------------------------------------------------

History healed_partition() {
  History history(audit_healing(two_nodes()));
  history.at(0s).owns(a).see(neighbour, fact::CacheUpdated{wire, address, a});
  history.at(10s).see(a, fact::Impaired{"cut", true});
  history.at(14s).owns(b).see(neighbour, fact::CacheUpdated{wire, address, b});
  history.at(20s).see(a, fact::Repaired{"cut", true}).at(20s + 400ms).loses(b);
  return history;
}

TEST(AuditHealing, FiresWhenACacheStillPointsAtTheLoser) {
  History history = healed_partition();
  history.at(20s + 500ms).see(a, fact::HooksQueued{"VI", {command({"x"})}}).at(30s);
  EXPECT_THAT(history.verdict(), says("is at b, but it is at a"));
}

TEST(AuditHealing, FiresWhenTheHooksDoNotRunAgain) {
  History history = healed_partition();
  history.at(20s + 500ms).see(neighbour, fact::CacheUpdated{wire, address, a}).at(30s);
  EXPECT_THAT(history.verdict(), says("did not run again"));
}

TEST(AuditHealing, FiresWhenTheOwnersStaySeveral) {
  History history(audit_healing(two_nodes()));
  history.at(10s).see(a, fact::Impaired{"cut", true}).at(14s).owns(a).owns(b);
  history.at(20s).see(a, fact::Repaired{"cut", true}).at(30s);
  EXPECT_THAT(history.verdict(), says("2 owners"));
}

TEST(AuditHealing, IsContentWithAnAnnouncementAndHooksInTime) {
  History history = healed_partition();
  history.at(20s + 500ms).see(neighbour, fact::CacheUpdated{wire, address, a});
  history.see(a, fact::HooksQueued{"VI", {command({"x"})}}).at(30s);
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- sync groups -------------------------------------------------------------------------------------------------------------

Layout one_sync_group() {
  Layout layout = two_nodes();
  layout.sync_groups = {{"VI", "VI_2"}};
  return layout;
}

TEST(AuditGroups, FiresWhenMembersDisagree) {
  History history(audit_groups(one_sync_group()));
  history.see(a, fact::StatesSeen{{{"VI", State::master, true}, {"VI_2", State::backup, false}}});
  EXPECT_THAT(history.verdict(), says("VI in MASTER and VI_2 in BACKUP"));
}

TEST(AuditGroups, KeepsQuietWhileTheyAgreeAndAboutWhoHasNotBegun) {
  History history(audit_groups(one_sync_group()));
  history.see(a, fact::StatesSeen{{{"VI", State::master, true}, {"VI_2", State::master, true}}});
  history.see(b, fact::StatesSeen{{{"VI", State::backup, false}, {"VI_2", State::initialize, false}}});
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- S3 -----------------------------------------------------------------------------------------------------------------------

TEST(AuditReports, FiresOnAGapInTheSequence) {
  History history(audit_reports(two_nodes()));
  history.see(a, fact::Reported{1, "VI", {}}).see(a, fact::Reported{3, "VI", {}});
  EXPECT_THAT(history.verdict(), says("#3 after #1"));
}

TEST(AuditReports, FiresWhenTheStateIsNotTheReportedOne) {
  History history(audit_reports(two_nodes()));
  history.reports(a, State::initialize, State::backup);
  history.see(a, fact::StatesSeen{{{"VI", State::master, true}}});
  EXPECT_THAT(history.verdict(), says("another state than it reported"));
}

TEST(AuditReports, FiresWhenHooksOverlapOrChangePlaces) {
  const auto first = command({"first"});
  const auto second = command({"second"});
  History history(audit_reports(two_nodes()));
  history.see(a, fact::HooksQueued{"VI", {first, second}});
  history.see(a, fact::HookStarted{"VI", 1, first}).see(a, fact::HookStarted{"VI", 2, second});
  EXPECT_THAT(history.verdict(), says("two hooks at once"));

  History other(audit_reports(two_nodes()));
  other.see(a, fact::HooksQueued{"VI", {first, second}}).see(a, fact::HookStarted{"VI", 1, second});
  EXPECT_THAT(other.verdict(), says("out of order"));
}

TEST(AuditReports, FiresWhenTheScriptsWereLastToldSomethingElse) {
  const auto told = command({"notify", "INSTANCE", "VI", "MASTER", "100"});
  History history(audit_reports(two_nodes()));
  history.reports(a, State::initialize, State::backup);
  history.see(a, fact::HooksQueued{"VI", {told}}).see(a, fact::HookStarted{"VI", 1, told});
  history.see(a, fact::HookFinished{"VI", 1}).see(a, fact::StatesSeen{{{"VI", State::backup, false}}, true});
  EXPECT_THAT(history.verdict(), says("last told MASTER"));
}

TEST(AuditReports, IsContentWithACleanStory) {
  const auto told = command({"notify", "INSTANCE", "VI", "BACKUP", "100"});
  History history(audit_reports(two_nodes()));
  history.see(a, fact::WorkerStarted{}).reports(a, State::initialize, State::backup);
  history.see(a, fact::HooksQueued{"VI", {told}}).see(a, fact::HookStarted{"VI", 1, told});
  history.see(a, fact::HookFinished{"VI", 1}).see(a, fact::StatesSeen{{{"VI", State::backup, false}}, true});
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- S4 -----------------------------------------------------------------------------------------------------------------------

TEST(AuditReload, FiresOnAnyActionOrNewDeadlineWhenNothingChanged) {
  History history(audit_reload(two_nodes()));
  history.see(a, fact::Reloaded{.answer = {packet_of("VI")}});
  EXPECT_THAT(history.verdict(), says("changed nothing"));

  History other(audit_reload(two_nodes()));
  other.see(a, fact::Reloaded{.schedule_kept = false});
  EXPECT_THAT(other.verdict(), says("moved its deadlines"));
}

TEST(AuditReload, FiresWhenAnEditReachesWhatItDoesNotName) {
  History history(audit_reload(two_nodes()));
  history.see(a, fact::Reloaded{
                     .touched = {"VI2"},
                     .answer = {packet_of("VI"), announcing(address), engine::action::RunHooks{"VI", {}}}});
  EXPECT_THAT(history.verdict(), SizeIs(3));
}

TEST(AuditReload, IsContentWhenAnEditTouchesWhatItNames) {
  History history(audit_reload(two_nodes()));
  history.see(a, fact::Reloaded{})
      .see(a, fact::Reloaded{.touched = {"VI"}, .touched_addresses = {address}, .answer = {packet_of("VI")}});
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- S6 -----------------------------------------------------------------------------------------------------------------------

TEST(AuditResume, FiresWhenAQuickRestartCostsMastership) {
  History history(audit_resume(two_nodes()));
  history.at(0s).reports(a, State::backup, State::master).at(10s).see(a, fact::WorkerEnded{});
  history.at(10s + 20ms).see(a, fact::WorkerStarted{true}).reports(a, State::master, State::backup);
  EXPECT_THAT(history.verdict(), says("gave up mastership"));
}

TEST(AuditResume, AllowsItAfterALongAbsence) {
  History history(audit_resume(two_nodes()));
  history.at(0s).reports(a, State::backup, State::master).at(10s).see(a, fact::WorkerEnded{});
  history.at(20s).see(a, fact::WorkerStarted{true}).reports(a, State::master, State::backup);
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- S7 -----------------------------------------------------------------------------------------------------------------------

TEST(AuditListening, FiresWhenASleeperSendsAtOnce) {
  History history(audit_listening(two_nodes()));
  history.see(a, fact::Continued{10s})
      .at(1ms)
      .see(a, fact::AdvertSent{.instance = "VI", .vrid = 51, .priority = 100});
  EXPECT_THAT(history.verdict(), says("before it listened"));
}

TEST(AuditListening, FiresForAWorkerThatResumesLate) {
  History history(audit_listening(two_nodes()));
  history.see(a, fact::WorkerEnded{}).at(10s).see(a, fact::WorkerStarted{true});
  history.see(a, fact::AdvertSent{.instance = "VI", .vrid = 51, .priority = 100});
  EXPECT_THAT(history.verdict(), says("before it listened"));
}

TEST(AuditListening, IsContentWhenTheMasterResignedMeanwhile) {
  vrrp::Transition taken;
  taken.to = State::master;
  taken.reason = vrrp::Reason::master_resigned;
  History history(audit_listening(two_nodes()));
  history.see(a, fact::Continued{10s})
      .at(1ms)
      .see(a, fact::AdvertSent{.instance = "VI", .vrid = 51, .priority = 100});
  history.see(a, fact::Reported{7, "VI", taken}).at(2ms);
  EXPECT_THAT(history.verdict(), IsEmpty());
}

TEST(AuditListening, IsContentAfterAShortNapAResignationOrAWait) {
  History history(audit_listening(two_nodes()));
  const fact::AdvertSent advert{.instance = "VI", .vrid = 51, .priority = 100};
  history.see(a, fact::Continued{2s}).see(a, advert);
  history.at(10s)
      .see(b, fact::Continued{10s})
      .see(b, fact::AdvertSent{.instance = "VI", .vrid = 51, .priority = 0});
  history.at(14s).see(b, advert);
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- L1 -----------------------------------------------------------------------------------------------------------------------

TEST(AuditConvergence, FiresWhenNobodyTakesTheAddress) {
  History history(audit_convergence(two_nodes()));
  history.at(0s).see(a, fact::Disturbed{"start"}).see(a, fact::Available{"VI", true}).at(5s);
  EXPECT_THAT(history.verdict(), says("nobody owns 10.0.0.100"));
}

TEST(AuditConvergence, FiresWhenFaultOutlivesItsCause) {
  History history(audit_convergence(two_nodes()));
  history.at(0s).owns(a).see(b, fact::Available{"VI", true});
  history.at(9s).see(b, fact::StatesSeen{{{"VI", State::fault, false}}, true});
  EXPECT_THAT(history.verdict(), says("FAULT without a cause"));
}

TEST(AuditConvergence, IsContentWithAnOwnerInTimeOrNobodyToServe) {
  History history(audit_convergence(two_nodes()));
  history.at(0s).see(a, fact::Disturbed{"start"}).see(a, fact::Available{"VI", true}).at(3s).owns(a);
  history.at(20s).see(a, fact::Disturbed{"power"}).see(a, fact::Available{"VI", false}).loses(a).at(60s);
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- L2 -----------------------------------------------------------------------------------------------------------------------

TEST(AuditRestoring, FiresWhenTheAddressStaysAway) {
  History history(audit_restoring(two_nodes()));
  history.reports(a, State::backup, State::master).at(1s).see(a, fact::AddressTaken{wire, address});
  history.at(1s + 50ms).owns(a);
  EXPECT_THAT(history.verdict(), says("did not put 10.0.0.100 back"));
}

TEST(AuditRestoring, IsContentWithARoundTripOrWithAnotherMaster) {
  History history(audit_restoring(two_nodes()));
  history.reports(a, State::backup, State::master).at(1s).see(a, fact::AddressTaken{wire, address});
  history.at(1s + 1ms)
      .owns(a)
      .at(2s)
      .see(a, fact::AddressTaken{wire, address})
      .reports(a, State::master, State::backup);
  history.at(3s);
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- local rules --------------------------------------------------------------------------------------------------------------

TEST(AuditLocalRules, FiresOnAnAdvertFromWhoIsNotMaster) {
  History history(audit_local_rules(two_nodes()));
  history.see(a, fact::AdvertSent{"VI", 51, 100, State::backup, State::backup});
  history.see(a, fact::AdvertSent{"VI", 51, 0, State::fault, State::fault});
  EXPECT_THAT(history.verdict(), SizeIs(2));
}

TEST(AuditLocalRules, FiresOnTimersInThePastAndOnIdleActivity) {
  History history(audit_local_rules(two_nodes()));
  history.see(a, fact::TimeoutHandled{t0, false, 0}).see(a, fact::TimeoutHandled{t0 + 1s, true, 2});
  EXPECT_THAT(history.verdict(), SizeIs(2));
}

TEST(AuditLocalRules, FiresWhenAddressesAndMastershipDisagreeAtRest) {
  History history(audit_local_rules(two_nodes()));
  history.see(a, fact::StatesSeen{{{"VI", State::master, true}}, true});
  history.owns(b).see(b, fact::StatesSeen{{{"VI", State::backup, false}}, true});
  EXPECT_THAT(history.verdict(), ElementsAre(Field(&Finding::text, HasSubstr("a VI lacks")),
                                             Field(&Finding::text, HasSubstr("b VI holds"))));
}

TEST(AuditLocalRules, IsContentWithAMasterThatActsLikeOne) {
  History history(audit_local_rules(two_nodes()));
  history.see(a, fact::AdvertSent{"VI", 51, 100, State::backup, State::master}).owns(a);
  history.see(a, fact::AdvertSent{"VI", 51, 0, State::master, State::initialize});
  history.see(a, fact::TimeoutHandled{t0 + 1s, false, 3})
      .see(a, fact::StatesSeen{{{"VI", State::master, true}}, true});
  EXPECT_THAT(history.verdict(), IsEmpty());
}

// --- routes -------------------------------------------------------------------------------------------------------------------

Layout with_a_route() {
  Layout layout = two_nodes();
  layout.routes[{a, "VI"}] = {"10.1.0.0/16 dev eth0"};
  layout.routes[{b, "VI"}] = {"10.1.0.0/16 dev eth0"};
  return layout;
}

History master_with_its_route() {
  History history(audit_routes(with_a_route()));
  history.at(0s).reports(a, State::backup, State::master).see(a, fact::RouteThere{"10.1.0.0/16 dev eth0"});
  return history;
}

TEST(AuditRoutes, FiresWhenARemovedRouteStaysAway) {
  History history = master_with_its_route();
  history.at(10s)
      .see(a, fact::RouteGone{"10.1.0.0/16 dev eth0"})
      .see(a, fact::RouteTaken{"10.1.0.0/16 dev eth0"});
  EXPECT_THAT(history.at(10s + 200ms).verdict(), says("a did not put 10.1.0.0/16 dev eth0 back"));
}

TEST(AuditRoutes, IsContentWhenItIsBackAtOnce) {
  History history = master_with_its_route();
  history.at(10s).see(a, fact::RouteTaken{"10.1.0.0/16 dev eth0"});
  history.at(10s + 1ms).see(a, fact::RouteThere{"10.1.0.0/16 dev eth0"});
  EXPECT_THAT(history.at(20s).verdict(), IsEmpty());
}

TEST(AuditRoutes, FiresWhenABackupHasARouteOrAMasterHasNone) {
  History history = master_with_its_route();
  history.at(10s)
      .see(b, fact::RouteThere{"10.1.0.0/16 dev eth0"})
      .see(a, fact::RouteGone{"10.1.0.0/16 dev eth0"});
  history.at(11s).see(a, fact::StatesSeen{{{"VI", State::master, true}}, true});
  history.see(b, fact::StatesSeen{{{"VI", State::backup, false}}, true});
  EXPECT_THAT(history.verdict(), ElementsAre(Field(&Finding::text, HasSubstr("a VI lacks 10.1.0.0/16")),
                                             Field(&Finding::text, HasSubstr("b VI has 10.1.0.0/16"))));
}

}  // namespace
}  // namespace sim
