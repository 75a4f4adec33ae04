#include "engine/balancer.hpp"

#include <gmock/gmock.h>

#include "lvs/table_audit.hpp"

namespace engine {
namespace {

using namespace std::chrono_literals;
using core::Time;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Time t0{1000s};

net::ipvs::Endpoint at(const std::string& address, std::uint16_t port) {
  return {net::IpAddress::parse(address).value(), port};
}

notify::Command script(const std::string& name) {
  notify::Command command;
  command.argv = {name};
  return command;
}

CheckTask tcp_check(const net::ipvs::Endpoint& server, core::Duration every = 1s) {
  CheckTask task;
  check::Config config;
  config.probe = check::Tcp{};
  config.timing.delay_loop = every;
  config.timing.warmup = 0s;
  config.timing.delay_before_retry = 1s;
  config.timing.retry = 1;
  task.config = config;
  task.target.address = server.address;
  task.target.port = server.port;
  return task;
}

// A service with two servers, each with one check.
void add_service(BalancerConfig& config, const std::string& address, core::Duration every = 1s) {
  lvs::ServicePlan plan;
  plan.service.key = at(address, 80);
  plan.service.protocol = lvs::Protocol::tcp;
  plan.service.scheduler = "rr";
  plan.service.alpha = false;
  ServiceTasks tasks;
  tasks.quorum_up = script("quorum_up");
  tasks.quorum_down = script("quorum_down");
  for (const std::string server : {"10.0.0.1", "10.0.0.2"}) {
    plan.servers.emplace_back().endpoint = at(server, 80);
    ServerTasks& own = tasks.servers.emplace_back();
    own.checks.push_back(tcp_check(at(server, 80), every));
    own.notify_up = script("up " + server);
    own.notify_down = script("down " + server);
  }
  config.director.services.push_back(plan);
  config.services.push_back(tasks);
}

BalancerConfig one_service() {
  BalancerConfig config;
  add_service(config, "10.9.0.50");
  return config;
}

template <class Action>
std::vector<Action> all(const BalancerActions& actions) {
  std::vector<Action> found;
  for (const auto& action : actions) {
    if (const auto* wanted = std::get_if<Action>(&action)) found.push_back(*wanted);
  }
  return found;
}

std::vector<std::string> scripts_of(const BalancerActions& actions) {
  std::vector<std::string> names;
  for (const auto& hooks : all<action::RunHooks>(actions)) names.push_back(hooks.commands[0].argv[0]);
  return names;
}

// A data plane that does as it is told, and servers that answer as the test says.
class Balancing : public ::testing::Test {
 protected:
  explicit Balancing() { begin(Balancer(one_service(), 1)); }

  void begin(Balancer&& balancer) {
    balancer_.emplace(std::move(balancer));
    collect(balancer_->start(now_));
    collect(balancer_->start_checks(now_));
  }

  BalancerActions tell(const BalancerEvent& event) {
    taken_.clear();
    collect(balancer_->handle(now_, event));
    return taken_;
  }

  /// Until then, with every probe answered at once.
  BalancerActions run(core::Duration time) {
    taken_.clear();
    const Time until = now_ + time;
    while (true) {
      const auto next = balancer_->next_timeout();
      if (!next || *next > until) break;
      now_ = std::max(now_, *next);
      collect(balancer_->handle_timeout(now_));
    }
    now_ = until;
    return taken_;
  }

  void collect(BalancerActions&& actions) {
    for (auto& wish : actions) {
      taken_.push_back(wish);
      if (const auto* define = std::get_if<action::DefineChecks>(&wish)) {
        for (const auto& [check, task] : define->definitions) tasks_[check] = *task;
      }
      if (const auto* list = std::get_if<lvs::action::ListTable>(&wish))
        collect(balancer_->handle(now_, lvs::event::TableListed{list->generation, listing()}));
      if (const auto* program = std::get_if<lvs::action::Program>(&wish)) {
        for (const auto& command : program->commands) EXPECT_TRUE(lvs::apply(table_, command));
      }
      if (const auto* probe = std::get_if<action::StartProbe>(&wish)) answer(*probe);
    }
  }

  void answer(const action::StartProbe& probe) {
    check::ProbeResult result = check::Answer{};
    const auto& target = tasks_[probe.check].target;
    if (dead_.contains(target.address.to_string()))
      result = std::unexpected(check::ProbeError{check::Stage::connect, "Connection refused"});
    ++asked_[target.address.to_string()];
    collect(balancer_->handle(now_, event::ProbeFinished{probe.check, probe.run, result}));
  }

  net::ipvs::Listing listing() const { return lvs::listing_of(table_); }

  std::vector<std::string> serving(const std::string& address = "10.9.0.50") const {
    std::vector<std::string> servers;
    const auto found = table_.find(net::ipvs::ServiceKey::of(lvs::Protocol::tcp, at(address, 80)));
    if (found == table_.end()) return servers;
    for (const auto& destination : found->second.destinations)
      servers.push_back(destination.endpoint.address.to_string());
    std::ranges::sort(servers);
    return servers;
  }

  Time now_ = t0;
  std::optional<Balancer> balancer_;
  BalancerActions taken_;
  lvs::Table table_;
  std::map<CheckId, CheckTask> tasks_;
  std::set<std::string> dead_;
  std::map<std::string, int> asked_;
};

TEST_F(Balancing, EveryServerServesAndIsCheckedFromTheStart) {
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1", "10.0.0.2"));
  run(5s);
  EXPECT_GE(asked_["10.0.0.1"], 4);
  EXPECT_THAT(scripts_of(run(5s)), IsEmpty());
}

TEST_F(Balancing, ServicesAreProgrammedBeforeAnythingIsSaidOfThemOrTheirChecksArePrepared) {
  Balancer balancer(one_service(), 1);
  const BalancerActions first = balancer.start(now_);
  EXPECT_THAT(all<action::DefineChecks>(first), IsEmpty());
  const auto list = all<lvs::action::ListTable>(first);
  ASSERT_THAT(list, SizeIs(1));
  const auto then = balancer.handle(now_, lvs::event::TableListed{list[0].generation, {}});
  EXPECT_THAT(all<lvs::action::Program>(then), SizeIs(1));
  EXPECT_THAT(then, SizeIs(1));
  const auto at_last = balancer.start_checks(now_);
  EXPECT_THAT(all<lvs::action::ReportQuorum>(at_last), SizeIs(1));
  EXPECT_THAT(all<action::Tell>(at_last), SizeIs(1));
  EXPECT_THAT(all<action::DefineChecks>(at_last), SizeIs(1));
}

TEST_F(Balancing, WhatIsProgrammedLateIsToldAtOnce) {
  Balancer balancer(one_service(), 1);
  const auto list = all<lvs::action::ListTable>(balancer.start(now_));
  ASSERT_THAT(list, SizeIs(1));
  EXPECT_THAT(all<action::Tell>(balancer.start_checks(now_)), IsEmpty()) << "the plane is not there yet";
  const auto then = balancer.handle(now_, lvs::event::TableListed{list[0].generation, {}});
  EXPECT_TRUE(std::holds_alternative<lvs::action::Program>(then.front()));
  EXPECT_THAT(all<action::Tell>(then), SizeIs(1));
}

TEST_F(Balancing, AServerThatDiesLeavesWithItsScriptAndNewsAndComesBack) {
  run(3s);
  dead_.insert("10.0.0.2");
  auto actions = run(4s);
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1"));
  EXPECT_THAT(scripts_of(actions), ElementsAre("down 10.0.0.2"));
  const auto news = all<action::Tell>(actions);
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(notify::fifo_line(news[0].event), "RS [10.0.0.2]:tcp:80 [10.9.0.50]:tcp:80 DOWN\n");
  EXPECT_EQ(news[0].event.detail, "TCP_CHECK: connect: Connection refused");
  dead_.clear();
  actions = run(4s);
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(scripts_of(actions), ElementsAre("up 10.0.0.2"));
}

TEST_F(Balancing, OfAServiceThatIsConfiguredTwiceTheFirstOneCountsWithItsScripts) {
  BalancerConfig config = one_service();
  add_service(config, "10.9.0.50");
  config.services[1].servers[1].notify_down = script("another");
  tell(event::ServicesReconfigured{config});
  dead_.insert("10.0.0.2");
  run(3s);
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1"));
  EXPECT_THAT(scripts_of(taken_), ElementsAre("down 10.0.0.2"));
}

TEST_F(Balancing, WithTheLastServerTheQuorumIsLost) {
  run(3s);
  dead_ = {"10.0.0.1", "10.0.0.2"};
  const auto actions = run(4s);
  EXPECT_THAT(scripts_of(actions), ::testing::Contains("quorum_down"));
  EXPECT_EQ(notify::fifo_line(all<action::Tell>(actions).back().event), "VS [10.9.0.50]:tcp:80 DOWN\n");
}

TEST_F(Balancing, TheSameConfigurationAgainDoesNothing) {
  run(3s);
  EXPECT_THAT(tell(event::ServicesReconfigured{one_service()}), IsEmpty());
}

TEST_F(Balancing, EqualChecksOfAServerInTwoServicesAreMadeOnce) {
  BalancerConfig config = one_service();
  add_service(config, "10.9.0.51");
  tell(event::ServicesReconfigured{config});
  run(2s);
  asked_.clear();
  run(10s);
  EXPECT_NEAR(asked_["10.0.0.1"], 10, 1);
  dead_.insert("10.0.0.1");
  run(4s);
  EXPECT_THAT(serving("10.9.0.50"), ElementsAre("10.0.0.2"));
  EXPECT_THAT(serving("10.9.0.51"), ElementsAre("10.0.0.2"));
}

TEST_F(Balancing, AnotherIntervalForgetsNothingOfAServersHealth) {
  run(3s);
  dead_.insert("10.0.0.2");
  run(4s);
  BalancerConfig config;
  add_service(config, "10.9.0.50", 2s);
  tell(event::ServicesReconfigured{config});
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1"));
  run(1s);
  asked_.clear();
  run(20s);
  EXPECT_NEAR(asked_["10.0.0.1"], 10, 1);
}

TEST_F(Balancing, ANewWorkerGoesOnWithWhatWasKnown) {
  run(3s);
  dead_.insert("10.0.0.2");
  run(4s);
  const BalancerSnapshot left = balancer_->snapshot(now_);
  taken_.clear();
  begin(Balancer(one_service(), 2, left));
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1"));
  EXPECT_THAT(scripts_of(taken_), IsEmpty());
  EXPECT_THAT(scripts_of(run(5s)), IsEmpty());
}

TEST_F(Balancing, WhatACheckFoundThatIsNoLongerConfiguredDoesNotHoldForANewWorker) {
  run(3s);
  dead_.insert("10.0.0.2");
  run(4s);
  ASSERT_THAT(serving(), ElementsAre("10.0.0.1"));
  BalancerConfig config = one_service();
  config.services[0].servers[1].checks.clear();
  begin(Balancer(config, 2, balancer_->snapshot(now_)));
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1", "10.0.0.2"));
}

TEST_F(Balancing, AWorkerThatIsGoneBeforeItChecksLosesNothingOfWhatWasKnown) {
  run(3s);
  dead_.insert("10.0.0.2");
  run(4s);
  Balancer shortlived(one_service(), 2, balancer_->snapshot(now_));
  shortlived.start(now_);
  const BalancerSnapshot left = shortlived.snapshot(now_);
  EXPECT_THAT(left.checks, SizeIs(2));
  dead_.clear();
  begin(Balancer(one_service(), 3, left));
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1"));
  run(4s);
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1", "10.0.0.2"));
}

TEST_F(Balancing, AServerToBeProvenCountsByACheckThatHasProvenItForAnotherService) {
  const auto unproven = [](BalancerConfig& config, std::size_t service) {
    for (std::size_t i = 0; i < 2; ++i) {
      config.director.services[service].servers[i].alpha = true;
      CheckTask& task = config.services[service].servers[i].checks[0];
      check::Config check = *task.config;
      check.alpha = true;
      task.config = check;
    }
  };
  BalancerConfig config = one_service();
  unproven(config, 0);
  begin(Balancer(config, 2));
  run(3s);
  ASSERT_THAT(serving(), ElementsAre("10.0.0.1", "10.0.0.2"));
  add_service(config, "10.9.0.51");
  unproven(config, 1);
  tell(event::ServicesReconfigured{config});
  for (const auto& [key, entry] : table_) EXPECT_THAT(entry.destinations, SizeIs(2)) << to_string(key);
}

TEST_F(Balancing, OfAServerThatIsTakenAwayOnceIsEnough) {
  BalancerConfig config = one_service();
  config.director.services[0].servers[1].drain_timeout = 5s;
  tell(event::ServicesReconfigured{config});
  config.director.services[0].servers.pop_back();
  config.services[0].servers.pop_back();
  const auto news = all<action::Tell>(tell(event::ServicesReconfigured{config}));
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_TRUE(news[0].event.gone);
  for (const auto& again : all<action::Tell>(tell(event::StatesWanted{2})))
    EXPECT_THAT(again.event.subject.name, ::testing::Not(::testing::HasSubstr("10.0.0.2")));
  EXPECT_THAT(all<action::Tell>(run(10s)), IsEmpty()) << "its connections end";
}

TEST_F(Balancing, WithoutItsAddressAServiceIsNotChecked) {
  BalancerConfig config = one_service();
  config.director.services[0].service.suspend_without_address = true;
  tell(event::ServicesReconfigured{config});
  run(2s);
  asked_.clear();
  run(5s);
  EXPECT_THAT(asked_, IsEmpty());
  tell(lvs::event::AddressChanged{net::IpAddress::parse("10.9.0.50").value(), true});
  run(5s);
  EXPECT_GE(asked_["10.0.0.1"], 3);
}

TEST_F(Balancing, AFileAndASessionAreChecksToo) {
  BalancerConfig config = one_service();
  CheckTask file, session;
  check::Config config_of_file, config_of_session;
  config_of_file.probe = check::File{"drain", 0, false};
  config_of_session.probe = check::Bfd{"peer"};
  file.config = config_of_file;
  session.config = config_of_session;
  config.services[0].servers[0].checks = {file};
  config.services[0].servers[1].checks = {session};
  tell(event::ServicesReconfigured{config});
  tell(event::BfdStateChanged{"peer", true});
  tell(event::TrackedFileChanged{"drain", 0, {}});
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1", "10.0.0.2"));
  tell(event::TrackedFileChanged{"drain", 1, {}});
  EXPECT_THAT(serving(), ElementsAre("10.0.0.2"));
  tell(event::TrackedFileChanged{"drain", 0, {}});
  tell(event::BfdStateChanged{"peer", false});
  EXPECT_THAT(serving(), ElementsAre("10.0.0.1"));
}

TEST_F(Balancing, WhoAsksHearsEveryStateAgain) {
  run(3s);
  dead_.insert("10.0.0.2");
  run(4s);
  std::vector<std::string> lines;
  for (const auto& news : all<action::Tell>(tell(event::StatesWanted{2}))) {
    EXPECT_TRUE(news.event.repeated);
    EXPECT_EQ(news.listeners, 2);
    lines.push_back(notify::fifo_line(news.event));
  }
  EXPECT_THAT(lines,
              ElementsAre("VS [10.9.0.50]:tcp:80 UP\n", "RS [10.0.0.2]:tcp:80 [10.9.0.50]:tcp:80 DOWN\n"));
}

TEST_F(Balancing, NothingIsLeftAtTheEnd) {
  run(3s);
  const auto actions = tell(event::StopRequested{});
  EXPECT_THAT(table_, IsEmpty());
  EXPECT_TRUE(std::holds_alternative<action::Stopped>(actions.back()));
  EXPECT_EQ(balancer_->next_timeout(), std::nullopt);
}

}  // namespace
}  // namespace engine
