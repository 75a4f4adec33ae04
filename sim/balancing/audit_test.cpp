// Every promise must be seen broken on a made-up history that breaks it, and kept on one that does not.
#include "sim/balancing/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sim::balancing {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;
namespace command = net::ipvs::command;

constexpr core::Time t0{1000s};

Endpoint at(std::uint8_t host) { return {net::IpAddress::v4(10, 0, 0, host), 80}; }
const ServiceKey key = ServiceKey::of(net::ipvs::Protocol::tcp, at(100));
const Endpoint sorry = at(50);

lvs::Table table(const std::vector<std::pair<Endpoint, std::uint32_t>>& servers) {
  lvs::Table table;
  for (const auto& [server, weight] : servers) {
    auto& destination = table[key].destinations.emplace_back();
    destination.endpoint = server;
    destination.weight = weight;
  }
  return table;
}

// Servers 1 and 2, each with one check: at most 1 + 3 x (0.5 + slack) + 1 s until one is found dead.
engine::BalancerConfig services(std::uint32_t quorum = 1, std::uint32_t hysteresis = 0) {
  engine::BalancerConfig config;
  lvs::ServicePlan plan;
  plan.service.key = at(100);
  plan.service.protocol = net::ipvs::Protocol::tcp;
  plan.service.quorum = quorum;
  plan.service.hysteresis = hysteresis;
  plan.service.sorry = lvs::SorryServer{sorry, {}, false};
  engine::ServiceTasks tasks;
  for (const std::uint8_t host : {std::uint8_t{1}, std::uint8_t{2}}) {
    plan.servers.emplace_back().endpoint = at(host);
    check::Config check;
    check.timing.delay_loop = check.timing.warmup = check.timing.delay_before_retry = 1s;
    check.timing.connect_timeout = 500ms;
    engine::CheckTask task;
    task.config = check;
    task.target = {at(host).address, 80, {}};
    tasks.servers.emplace_back().checks.push_back(task);
  }
  config.director.services.push_back(plan);
  config.services.push_back(tasks);
  return config;
}

std::vector<std::string> broken(const Audit& audit) {
  std::vector<std::string> promises;
  for (const Finding& finding : audit.findings()) promises.push_back(finding.auditor);
  return promises;
}

notify::Event news(std::uint8_t host, bool up, bool gone = false) {
  const lvs::ServiceId service = lvs::id_of(services().director.services[0].service);
  notify::Event event;
  event.subject = {notify::Subject::Kind::real_server, lvs::to_string(at(host), service), 0,
                   lvs::to_string(service)};
  event.state = up ? notify::HookState::up : notify::HookState::down;
  event.gone = gone;
  return event;
}

TEST(BalancingAudit, TheLastServerMayGoOnlyWhenNobodyElseCouldServe) {
  const net::ipvs::Command removal = command::RemoveDestination{key, at(1)};
  Audit audit;
  audit.commanded(t0, table({{at(1), 1}}), removal, table({}), {{key, {}}});
  audit.commanded(t0, table({{at(1), 1}}), removal, table({{at(2), 1}}), {{key, {at(2)}}});
  audit.commanded(t0, table({{at(1), 0}}), removal, table({}), {{key, {at(2)}}});
  EXPECT_TRUE(audit.clean());
  audit.commanded(t0, table({{at(1), 1}}), removal, table({{at(2), 0}}), {{key, {at(2)}}});
  EXPECT_THAT(broken(audit), ElementsAre("never an empty service"));
}

TEST(BalancingAudit, ADeadServerMayServeAsLongAsItsCheckTakesAndNoLonger) {
  const engine::BalancerConfig config = services();
  const core::Duration promise = promised(config.services[0].servers[0]);
  EXPECT_GT(promise, 3s);
  EXPECT_LT(promise, 5s);
  const Truths truths{{at(1), {false, t0}}};
  Audit audit;
  audit.looked(t0 + promise, table({{at(1), 1}}), config, truths, t0);
  audit.looked(t0 + promise + 1s, table({{at(1), 0}, {at(2), 1}}), config, truths, t0);
  audit.looked(t0 + promise + 1s, table({{at(1), 1}}), config, truths, t0 + 2s);
  EXPECT_TRUE(audit.clean()) << "something else was wrong until then";
  audit.looked(t0 + promise + 1ms, table({{at(1), 1}}), config, truths, t0);
  EXPECT_THAT(broken(audit), ElementsAre("dead servers leave in time"));
}

TEST(BalancingAudit, InTheEndThoseServeWhoShould) {
  Audit audit;
  audit.settled(t0, table({{at(1), 1}, {at(2), 1}}), services(), {}, {});
  audit.settled(t0, table({{at(2), 1}}), services(), {{at(1), {false, t0}}}, {});
  audit.settled(t0, table({{sorry, 1}}), services(), {{at(1), {false, t0}}, {at(2), {false, t0}}}, {});
  const lvs::ServiceId service = lvs::id_of(services().director.services[0].service);
  audit.settled(t0, table({{at(1), 1}, {at(2), 0}}), services(), {}, {{{service, at(2)}, 0}});
  EXPECT_TRUE(audit.clean());
  audit.settled(t0, table({{at(1), 1}}), services(), {}, {});
  audit.settled(t0, table({{sorry, 1}}), services(), {{at(1), {false, t0}}}, {});
  audit.settled(t0, {}, services(), {{at(1), {false, t0}}, {at(2), {false, t0}}}, {});
  EXPECT_EQ(audit.findings().size(), 4U) << "the last one lacks the service and its server";
}

TEST(BalancingAudit, WithinTheHysteresisBothMayBe) {
  const engine::BalancerConfig config = services(2, 1);
  const Truths one_dead{{at(1), {false, t0}}};
  EXPECT_THAT(may_serve(config.director.services[0], config.services[0], one_dead, {}),
              ElementsAre(std::set{at(2)}, std::set{sorry}));
  EXPECT_THAT(may_serve(services(2).director.services[0], config.services[0], one_dead, {}),
              ElementsAre(std::set{sorry}));
}

TEST(BalancingAudit, TheLastNewsOfAServerAreItsState) {
  const Truths dead{{at(1), {false, t0}}};
  Audit audit;
  audit.news_settled(t0, services(), {});
  audit.told(news(1, false));
  audit.news_settled(t0, services(), dead);
  audit.told(news(1, true));
  audit.news_settled(t0, services(), {});
  audit.told(news(1, false, true));
  audit.news_settled(t0, services(), {});
  audit.told(news(1, false));
  audit.configured({});
  audit.news_settled(t0, services(), {});
  EXPECT_TRUE(audit.clean()) << audit.findings().front().text;
  audit.news_settled(t0, services(), dead);
  audit.told(news(2, false));
  audit.news_settled(t0, services(), {});
  EXPECT_THAT(broken(audit), ElementsAre("news are true", "news are true"));
}

TEST(BalancingAudit, OthersServicesAreNotTouched) {
  const lvs::Table foreign = table({{at(1), 1}});
  Audit audit;
  audit.others(t0, foreign, foreign);
  EXPECT_TRUE(audit.clean());
  audit.others(t0, table({{at(1), 2}}), foreign);
  audit.others(t0, {}, foreign);
  EXPECT_THAT(broken(audit),
              ElementsAre("others' services are left alone", "others' services are left alone"));
}

TEST(BalancingAudit, AnythingElseIsDemanded) {
  Audit audit;
  audit.demand(t0, true, "order", "kept");
  EXPECT_TRUE(audit.clean());
  audit.demand(t0, false, "order", "broken");
  EXPECT_THAT(broken(audit), ElementsAre("order"));
}

}  // namespace
}  // namespace sim::balancing
