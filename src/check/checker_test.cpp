#include "check/checker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "core/archive.hpp"

namespace check {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr core::Time t0{1h};

Config tcp_config(std::uint32_t retry = 1) {
  Config config;
  config.probe = Tcp{};
  config.timing.delay_loop = 10s;
  config.timing.delay_before_retry = 1s;
  config.timing.warmup = 0s;
  config.timing.retry = retry;
  return config;
}

Config pages_config(std::size_t pages) {
  Config config = tcp_config();
  Http http;
  for (std::size_t i = 0; i < pages; ++i) http.urls.emplace_back().path = "/";
  config.probe = http;
  config.timing.delay_loop = 1s;
  config.timing.delay_before_retry = 3s;
  return config;
}

template <class T>
std::vector<T> all(const Actions& actions) {
  std::vector<T> found;
  for (const Action& each : actions) {
    if (const auto* one = std::get_if<T>(&each)) found.push_back(*one);
  }
  return found;
}

std::vector<bool> reports(const Actions& actions) {
  std::vector<bool> found;
  for (const auto& each : all<action::ReportHealth>(actions)) found.push_back(each.up);
  return found;
}

std::vector<std::string> remarks(const Actions& actions) {
  std::vector<std::string> found;
  for (const auto& each : all<action::Remark>(actions)) found.push_back(each.text);
  return found;
}

const ProbeResult refused = std::unexpected(ProbeError{Stage::connect, "Connection refused"});

/// A checker and a server that answers as it is told; time runs to the next probe.
std::shared_ptr<const Config> shared(Config config) {
  return std::make_shared<const Config>(std::move(config));
}

struct Bench {
  explicit Bench(const Config& config, bool first_decides = true) : checker(shared(config), 7) {
    checker.handle(now, event::Started{first_decides});
  }

  action::StartProbe start() {
    now = checker.next_timeout().value();
    const auto started = all<action::StartProbe>(checker.handle_timeout(now));
    EXPECT_THAT(started, SizeIs(1));
    return started.front();
  }
  Actions finish(const ProbeResult& result) {
    const auto run = start().run;
    now += 10ms;
    return checker.handle(now, event::ProbeFinished{run, result});
  }
  Actions good() { return finish(Answer{"connected", {}, {}}); }
  Actions bad() { return finish(refused); }
  core::Duration delay() const { return checker.next_timeout().value() - now; }

  core::Time now = t0;
  Checker checker;
};

TEST(Checker, StartsUpAndAsksWithinTheWarmUp) {
  Config config = tcp_config();
  config.timing.warmup = 5s;
  std::set<core::Time> firsts;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Checker checker(shared(config), seed);
    EXPECT_TRUE(checker.up());
    EXPECT_EQ(checker.next_timeout(), std::nullopt);
    checker.handle(t0, event::Started{});
    EXPECT_GE(*checker.next_timeout(), t0);
    EXPECT_LE(*checker.next_timeout(), t0 + 5s);
    firsts.insert(*checker.next_timeout());
  }
  EXPECT_GT(firsts.size(), 15U);
}

TEST(Checker, OneProbeAtATime) {
  Bench bench(tcp_config());
  bench.start();
  EXPECT_EQ(bench.checker.next_timeout(), std::nullopt);
  EXPECT_THAT(bench.checker.handle_timeout(bench.now + 1h), IsEmpty());
}

TEST(Checker, EarlyCallsDoNothing) {
  Bench bench(tcp_config());
  bench.good();
  EXPECT_THAT(bench.checker.handle_timeout(bench.now + 9s), IsEmpty());
}

TEST(Checker, TheVeryFirstFailureDecidesAlone) {
  Bench bench(tcp_config(3));
  EXPECT_THAT(reports(bench.bad()), ElementsAre(false));
  EXPECT_EQ(bench.delay(), 10s);
}

TEST(Checker, OfAServerAddedByAReloadItDoesNot) {
  Bench bench(tcp_config(1), false);
  EXPECT_THAT(bench.bad(), IsEmpty());
  EXPECT_EQ(bench.delay(), 1s);
  EXPECT_THAT(reports(bench.bad()), ElementsAre(false));
}

TEST(Checker, GoesDownAfterRetryPlusOneFailuresInARow) {
  Bench bench(tcp_config(2));
  bench.good();
  EXPECT_EQ(bench.delay(), 10s);
  EXPECT_THAT(bench.bad(), IsEmpty());
  EXPECT_EQ(bench.checker.state(), State::failing);
  EXPECT_EQ(bench.delay(), 1s);
  EXPECT_THAT(bench.bad(), IsEmpty());
  EXPECT_TRUE(bench.checker.up());
  EXPECT_THAT(bench.bad(),
              ElementsAre(Action{action::ReportHealth{
                              false, {}, 0, {Reason::Cause::failed, Stage::connect, "Connection refused"}}},
                          Action{action::Remark{true, "check_failed",
                                                "TCP_CHECK failed: connect: Connection refused"}}));
  EXPECT_EQ(bench.delay(), 10s) << "down, it is asked at the usual pace";
}

TEST(Checker, ASuccessBetweenForgetsTheFailures) {
  Bench bench(tcp_config(1));
  bench.good();
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(bench.bad(), IsEmpty());
    EXPECT_THAT(bench.good(), IsEmpty());
  }
}

TEST(Checker, OneSuccessBringsItBack) {
  Bench bench(tcp_config());
  bench.bad();
  const Actions actions = bench.good();
  EXPECT_THAT(reports(actions), ElementsAre(true));
  EXPECT_THAT(remarks(actions), ElementsAre("TCP_CHECK succeeded: connected"));
}

TEST(Checker, WithRiseItTakesSoManyInARow) {
  Config config = tcp_config();
  config.timing.rise = 3;
  config.timing.delay_unconfirmed = 200ms;
  Bench bench(config);
  bench.bad();
  EXPECT_EQ(bench.delay(), 10s);
  EXPECT_THAT(bench.good(), IsEmpty());
  EXPECT_EQ(bench.delay(), 200ms) << "faster while it is not confirmed";
  EXPECT_THAT(bench.good(), IsEmpty());
  EXPECT_THAT(bench.bad(), IsEmpty());
  EXPECT_EQ(bench.delay(), 10s);
  bench.good();
  bench.good();
  EXPECT_THAT(reports(bench.good()), ElementsAre(true));
}

TEST(Checker, AnUnconfirmedFailureIsLookedAtFaster) {
  Config config = tcp_config(2);
  config.timing.delay_unconfirmed = 100ms;
  Bench bench(config);
  bench.good();
  bench.bad();
  EXPECT_EQ(bench.delay(), 100ms);
}

TEST(Checker, AlphaIsDownUntilTheFirstSuccess) {
  Config config = tcp_config();
  config.alpha = true;
  Bench bench(config);
  EXPECT_FALSE(bench.checker.up());
  EXPECT_EQ(bench.checker.reason().to_string(), "not checked yet");
  EXPECT_THAT(bench.bad(), IsEmpty()) << "it was down";
  EXPECT_THAT(reports(bench.good()), ElementsAre(true));
}

TEST(Checker, PagesAreAskedForInTurn) {
  Bench bench(pages_config(3));
  std::vector<std::uint32_t> parts;
  for (int i = 0; i < 5; ++i) {
    const auto started = bench.start();
    parts.push_back(started.part);
    bench.checker.handle(bench.now, event::ProbeFinished{started.run, Answer{}});
    EXPECT_EQ(bench.delay(), 1s);
  }
  EXPECT_THAT(parts, ElementsAre(0, 1, 2, 0, 1));
}

TEST(Checker, ThePageThatFailedIsAskedForAloneThenItTakesAWholePass) {
  Bench bench(pages_config(3));
  bench.good();
  EXPECT_THAT(bench.bad(), IsEmpty());
  EXPECT_EQ(bench.delay(), 3s);
  EXPECT_THAT(reports(bench.bad()), ElementsAre(false));
  EXPECT_EQ(bench.delay(), 3s) << "the larger of delay_loop and delay_before_retry";
  for (int i = 0; i < 3; ++i) {
    const auto started = bench.start();
    EXPECT_EQ(started.part, 1U);
    bench.checker.handle(bench.now, event::ProbeFinished{started.run, refused});
  }
  EXPECT_THAT(bench.good(), IsEmpty());
  EXPECT_EQ(bench.checker.snapshot().part, 0U);
  EXPECT_THAT(bench.good(), IsEmpty());
  EXPECT_THAT(bench.good(), IsEmpty());
  EXPECT_THAT(reports(bench.good()), ElementsAre(true)) << "3 s after the repair";
}

TEST(Checker, FastRecoveryDoesNotWaitBetweenThePages) {
  Config config = pages_config(2);
  http_of(config.probe)->fast_recovery = true;
  Bench bench(config);
  bench.bad();
  bench.good();
  EXPECT_EQ(bench.delay(), 0s);
  bench.good();
  EXPECT_EQ(bench.delay(), 0s);
  EXPECT_THAT(reports(bench.good()), ElementsAre(true));
  EXPECT_EQ(bench.delay(), 1s);
}

TEST(Checker, APassThatFailsBeginsAnew) {
  Bench bench(pages_config(2));
  bench.bad();
  bench.good();                         // the page that failed
  bench.good();                         // page 0 of the pass
  EXPECT_THAT(bench.bad(), IsEmpty());  // page 1
  EXPECT_EQ(bench.checker.snapshot().part, 1U);
  bench.good();
  EXPECT_EQ(bench.checker.snapshot().part, 0U);
}

TEST(Checker, TheAnswerMaySetTheWeight) {
  Bench bench(tcp_config());
  EXPECT_THAT(bench.finish(Answer{"exit 12", 10, {}}),
              ElementsAre(Action{
                  action::ReportHealth{true, 10, 0, {Reason::Cause::passed, Stage::verdict, "exit 12"}}}));
  EXPECT_THAT(bench.finish(Answer{"exit 12", 10, {}}), IsEmpty());
  bench.good();
  EXPECT_EQ(bench.checker.weight(), 10U) << "an answer without one leaves it";
}

TEST(Checker, TheWeightIsReportedOnceWithTheVerdict) {
  Bench bench(tcp_config());
  bench.bad();
  const auto reported = all<action::ReportHealth>(bench.finish(Answer{"exit 2", 0, {}}));
  ASSERT_THAT(reported, SizeIs(1));
  EXPECT_TRUE(reported.front().up);
  EXPECT_EQ(reported.front().weight, 0U);
}

TEST(Checker, EveryFailureIsToldIfAskedTo) {
  Config config = tcp_config(1);
  config.log_all_failures = true;
  Bench bench(config);
  bench.good();
  EXPECT_THAT(remarks(bench.bad()), ElementsAre("TCP_CHECK failed, 1 of 2: connect: Connection refused"));
  EXPECT_THAT(remarks(bench.bad()), ElementsAre("TCP_CHECK failed: connect: Connection refused"));
  EXPECT_THAT(remarks(bench.bad()), ElementsAre("TCP_CHECK fails: connect: Connection refused"));
}

TEST(Checker, FailuresOfAServerThatIsDownAreToldOnce) {
  Bench bench(tcp_config());
  EXPECT_THAT(remarks(bench.bad()), SizeIs(1));
  for (int i = 0; i < 10; ++i) EXPECT_THAT(bench.bad(), IsEmpty());
}

TEST(Checker, ACheckThatThisMachineCannotMakeSaysNothingOfTheServer) {
  Bench bench(tcp_config(0));
  const ProbeResult no_ports = std::unexpected(ProbeError{Stage::local, "no free local port"});
  const Actions first = bench.finish(no_ports);
  EXPECT_THAT(
      remarks(first),
      ElementsAre("TCP_CHECK cannot be made, the server counts as before: not asked: no free local port"));
  EXPECT_THAT(reports(first), IsEmpty());
  EXPECT_EQ(bench.delay(), 1s);
  EXPECT_THAT(bench.finish(no_ports), IsEmpty()) << "told once";
  bench.good();
  EXPECT_THAT(remarks(bench.finish(no_ports)), SizeIs(1));
}

TEST(Checker, AWarningIsToldUntilItIsAnother) {
  Bench bench(tcp_config());
  EXPECT_THAT(remarks(bench.finish(Answer{"HTTP status 200", {}, "the certificate ends in 6 days"})),
              ElementsAre("TCP_CHECK: the certificate ends in 6 days"));
  EXPECT_THAT(bench.finish(Answer{"HTTP status 200", {}, "the certificate ends in 6 days"}), IsEmpty());
  EXPECT_THAT(remarks(bench.finish(Answer{"HTTP status 200", {}, "the certificate ends in 5 days"})),
              SizeIs(1));
  EXPECT_THAT(bench.finish(Answer{"HTTP status 200", {}, {}}), IsEmpty());
}

TEST(Checker, SuspendedItKeepsItsVerdictAndAsksNothing) {
  Bench bench(tcp_config(3));
  bench.good();
  bench.bad();
  const auto run = bench.start().run;
  EXPECT_THAT(bench.checker.handle(bench.now, event::Suspended{}),
              ElementsAre(Action{action::StopProbe{run}}));
  EXPECT_EQ(bench.checker.next_timeout(), std::nullopt);
  EXPECT_EQ(bench.checker.state(), State::up) << "one failure of four is forgotten";
  EXPECT_THAT(bench.checker.handle(bench.now, event::ProbeFinished{run, refused}), IsEmpty()) << "too late";
  EXPECT_EQ(bench.checker.next_timeout(), std::nullopt);
  bench.checker.handle(bench.now, event::Resumed{});
  EXPECT_EQ(bench.checker.next_timeout(), bench.now);
}

TEST(Checker, SuspendedFromTheStartItWaitsToBeResumed) {
  Checker checker(shared(tcp_config()), 1);
  checker.handle(t0, event::Suspended{});
  checker.handle(t0, event::Started{});
  EXPECT_EQ(checker.next_timeout(), std::nullopt);
  checker.handle(t0 + 1s, event::Resumed{});
  EXPECT_EQ(checker.next_timeout(), t0 + 1s);
}

TEST(Checker, TheResultOfAnotherRunIsIgnored) {
  Bench bench(tcp_config());
  const auto run = bench.start().run;
  EXPECT_THAT(bench.checker.handle(bench.now, event::ProbeFinished{run - 1, refused}), IsEmpty());
  EXPECT_EQ(bench.checker.next_timeout(), std::nullopt) << "it still waits for its own";
}

TEST(Checker, ANewWorkerGoesOnWhereTheOldOneWas) {
  Bench bench(tcp_config(2));
  bench.good();
  bench.bad();
  const auto bytes = core::to_bytes(bench.checker.snapshot());
  const auto snapshot = core::from_bytes<CheckerSnapshot>(bytes);
  ASSERT_TRUE(snapshot);
  Bench next(tcp_config(2));
  next.now = bench.now;
  next.checker = Checker(shared(tcp_config(2)), 3);
  next.checker.handle(bench.now, event::Restored{*snapshot});
  EXPECT_EQ(next.checker.next_timeout(), bench.checker.next_timeout());
  EXPECT_THAT(next.bad(), IsEmpty());
  EXPECT_THAT(reports(next.bad()), ElementsAre(false)) << "the third failure in a row";
}

TEST(Checker, OverdueProbesAreSpreadAfterARestart) {
  Bench bench(tcp_config());
  bench.good();
  const auto snapshot = bench.checker.snapshot();
  std::set<core::Time> firsts;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Checker next(shared(tcp_config()), seed);
    next.handle(bench.now + 1h, event::Restored{snapshot});
    EXPECT_LE(*next.next_timeout(), bench.now + 1h + 1s);
    firsts.insert(*next.next_timeout());
  }
  EXPECT_GT(firsts.size(), 15U);
}

TEST(Checker, AReloadKeepsTheHistory) {
  Bench bench(tcp_config(3));
  bench.good();
  bench.bad();
  Config faster = tcp_config(1);
  faster.timing.delay_before_retry = 100ms;
  EXPECT_THAT(bench.checker.handle(bench.now, event::Reconfigured{shared(faster)}), IsEmpty());
  EXPECT_EQ(bench.delay(), 100ms);
  EXPECT_THAT(reports(bench.bad()), ElementsAre(false)) << "the second in a row, and no first failure";
}

TEST(Checker, AFileOfWeightZeroIsAVerdict) {
  Config config;
  config.probe = File{"load", 0, false};
  Bench bench(config);
  EXPECT_EQ(bench.checker.next_timeout(), std::nullopt);
  EXPECT_THAT(bench.checker.handle(t0, event::FileRead{0}), IsEmpty());
  EXPECT_THAT(reports(bench.checker.handle(t0, event::FileRead{3})), ElementsAre(false));
  EXPECT_THAT(reports(bench.checker.handle(t0, event::FileRead{0})), ElementsAre(true));
}

TEST(Checker, AFileOfAnyOtherWeightAddsToTheServers) {
  Config config;
  config.probe = File{"load", 2, true};
  Bench bench(config);
  const auto reported = all<action::ReportHealth>(bench.checker.handle(t0, event::FileRead{5}));
  ASSERT_THAT(reported, SizeIs(1));
  EXPECT_TRUE(reported.front().up);
  EXPECT_EQ(reported.front().weight_change, -10);
  EXPECT_THAT(bench.checker.handle(t0, event::FileRead{5}), IsEmpty());
  EXPECT_THAT(reports(bench.checker.handle(t0, event::FileRead{2000000000})), ElementsAre(false));
  EXPECT_THAT(reports(bench.checker.handle(t0, event::FileRead{0})), ElementsAre(true));
}

TEST(Checker, ASessionIsFollowed) {
  Config config;
  config.probe = Bfd{"peer"};
  config.alpha = true;
  Bench bench(config);
  EXPECT_FALSE(bench.checker.up());
  EXPECT_THAT(reports(bench.checker.handle(t0, event::BfdReported{true, "session up"})), ElementsAre(true));
  const auto down =
      bench.checker.handle(t0, event::BfdReported{false, "session down: neighbor signaled session down"});
  EXPECT_THAT(reports(down), ElementsAre(false));
  EXPECT_THAT(remarks(down), ElementsAre("BFD_CHECK failed: session down: neighbor signaled session down"));
}

TEST(CheckConfig, EqualChecksHaveOneHash) {
  const std::hash<Config> hash;
  EXPECT_EQ(hash(pages_config(2)), hash(pages_config(2)));
  EXPECT_NE(hash(pages_config(2)), hash(pages_config(3)));
  EXPECT_NE(hash(tcp_config()), hash(pages_config(1)));
}

TEST(CheckConfig, AllOfACheckMayTakeAsLongAsTheConnectionUnlessSaidOtherwise) {
  Config config = tcp_config();
  config.timing.connect_timeout = 2s;
  EXPECT_EQ(config.limit(), 2s);
  config.timing.check_timeout = 30s;
  EXPECT_EQ(config.limit(), 30s);
  config.probe = Misc{};
  EXPECT_EQ(config.limit(), 10s) << "a script: delay_loop";
  config.probe = Misc{3s, false};
  EXPECT_EQ(config.limit(), 3s);
}

}  // namespace
}  // namespace check
