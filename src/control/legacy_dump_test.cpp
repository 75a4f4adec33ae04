#include "control/legacy_dump.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "control/legacy_text.hpp"
#include "control/status.hpp"

namespace control {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests read better with literals
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

constexpr Moment at_noon{core::Time{1000s}, core::WallTime{1795367500749165us}};

config::Model one_router() {
  config::Model model;
  config::Instance instance;
  instance.vrrp.name = "VI_1";
  instance.vrrp.interface = "eth0";
  instance.vrrp.vrid = 51;
  instance.vrrp.priority = 150;
  instance.vrrp.auth_type = vrrp::AuthType::pass;
  instance.vrrp.auth_pass = "secret";
  instance.vrrp.signature.emplace().keys = {{1, "a secret of thirty-two octets, no less"}};
  instance.vrrp.preempt = false;
  instance.hooks.master = notify::Command{.argv = {"/etc/x.sh", "a b"}, .supplementary_groups = {}};
  vrrp::VirtualAddress address;
  address.address.address = *net::Prefix::parse("10.9.0.100/24");
  address.address.label = "eth0:1";
  instance.vrrp.addresses = {address};
  model.instances = {instance};
  return model;
}

engine::FailoverSnapshot master_snapshot() {
  vrrp::Snapshot router;
  router.name = "VI_1";
  router.interface = "eth0";
  router.vrid = 51;
  router.state = vrrp::State::master;
  router.wanted = vrrp::State::master;
  router.base_priority = 100;
  router.effective_priority = 150;
  router.priority_parts = {{100, "base"}, {50, "chk_haproxy"}};
  router.advert_interval = 1s;
  router.master_interval = 250ms;
  router.addresses_installed = true;
  router.source = net::IpAddress::v4(10, 9, 0, 1);
  router.last = {.from = vrrp::State::backup,
                 .to = vrrp::State::master,
                 .reason = vrrp::Reason::master_silent,
                 .when = core::Time{940s},
                 .priority = 150,
                 .peer = net::IpAddress::v4(10, 9, 0, 2),
                 .peer_priority = 200,
                 .detail = {}};
  router.counters.adverts_sent = 7;
  router.counters.ttl_errors = 3;
  router.counters.signature_wrong = 4;
  router.counters.signature_replayed = 5;
  engine::FailoverSnapshot snapshot;
  snapshot.taken = core::Time{1000s};
  snapshot.instances = {router};
  return snapshot;
}

TEST(LegacyJson, IsAnArrayOfDataAndStatsInTheOldOrder) {
  const auto json = Json::parse(legacy_json(one_router(), master_snapshot(), at_noon));
  ASSERT_TRUE(json.is_array());
  ASSERT_EQ(json.size(), 1U);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json[0]["data"].items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("iname", "dont_track_primary", "skip_check_adv_addr", "strict_mode",
                                "vmac_ifname", "ifp_ifname", "master_priority", "last_transition",
                                "garp_delay", "garp_refresh", "garp_rep", "garp_refresh_rep",
                                "garp_lower_prio_delay", "garp_lower_prio_rep", "lower_prio_no_advert",
                                "higher_prio_send_advert", "vrid", "base_priority", "effective_priority",
                                "vipset", "promote_secondaries", "adver_int", "master_adver_int", "accept",
                                "nopreempt", "preempt_delay", "state", "wantstate", "version", "smtp_alert",
                                "notify_deleted", "script_master", "vips", "auth_type", "auth_data"));
}

TEST(LegacyJson, HasTheTypesThatExportersExpect) {
  const auto data = Json::parse(legacy_json(one_router(), master_snapshot(), at_noon))[0]["data"];
  EXPECT_EQ(data["state"], 2);
  EXPECT_TRUE(data["garp_delay"].is_number_integer());
  EXPECT_TRUE(data["strict_mode"].is_number_integer());
  EXPECT_TRUE(data["vipset"].is_boolean());
  EXPECT_EQ(data["nopreempt"], true);
  EXPECT_TRUE(data["adver_int"].is_number_integer());
  EXPECT_EQ(data["master_adver_int"], 0.25);
  EXPECT_EQ(data["last_transition"], 1795367440.749165) << "a minute ago";
  EXPECT_EQ(data["vips"][0], "10.9.0.100/24 dev eth0 scope global label eth0:1 set");
  EXPECT_EQ(data["script_master"], "'/etc/x.sh' 'a b'");
}

TEST(LegacyJson, NeverShowsThePassword) {
  const auto text = legacy_json(one_router(), master_snapshot(), at_noon) +
                    legacy_data(one_router(), master_snapshot(), at_noon) +
                    status_json({}, one_router(), master_snapshot(), at_noon);
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST(LegacyJson, EscapesSlashes) {
  EXPECT_THAT(legacy_json(one_router(), master_snapshot(), at_noon), HasSubstr(R"(10.9.0.100\/24)"));
}

TEST(LegacyJson, CountsAllStatistics) {
  const auto stats = Json::parse(legacy_json(one_router(), master_snapshot(), at_noon))[0]["stats"];
  EXPECT_EQ(stats["advert_sent"], 7);
  EXPECT_EQ(stats["ip_ttl_err"], 3);
  EXPECT_EQ(stats["auth_ext_invalid_hmac"], 4);
  EXPECT_EQ(stats["auth_ext_replay"], 5);
  for (const auto& [key, value] : stats.items()) EXPECT_TRUE(value.is_number_integer()) << key;
}

TEST(LegacyJson, HasAnObjectAroundTheArrayInVersionTwo) {
  auto model = one_router();
  model.globals.daemon.json_version = 2;
  const auto json = Json::parse(legacy_json(model, master_snapshot(), at_noon));
  EXPECT_EQ(json["vrrp"].size(), 1U);
  EXPECT_TRUE(json["track_process"].is_array());
}

TEST(LegacyJson, SkipsARouterTheConfigurationNoLongerHas) {
  EXPECT_EQ(legacy_json({}, master_snapshot(), at_noon), "[]");
}

TEST(LegacyStats, HasTheShapeThatExportersParse) {
  EXPECT_EQ(legacy_stats(master_snapshot()),
            "VRRP Instance: VI_1\n"
            "  Advertisements:\n"
            "    Received: 0\n"
            "    Sent: 7\n"
            "  Became master: 0\n"
            "  Released master: 0\n"
            "  Packet Errors:\n"
            "    Length: 0\n"
            "    TTL: 3\n"
            "    Invalid Type: 0\n"
            "    Advertisement Interval: 0\n"
            "    Address List: 0\n"
            "  Authentication Errors:\n"
            "    Invalid Type: 0\n"
            "    Type Mismatch: 0\n"
            "    Failure: 0\n"
            "  Authentication Extension Errors:\n"
            "    Missing: 0\n"
            "    Malformed: 0\n"
            "    Unknown Key: 0\n"
            "    Invalid HMAC: 4\n"
            "    Stale: 0\n"
            "    Replay: 5\n"
            "  Priority Zero:\n"
            "    Received: 0\n"
            "    Sent: 0\n");
}

TEST(LegacyData, HasTheKeysThatExportersParse) {
  const auto text = legacy_data(one_router(), master_snapshot(), at_noon);
  for (const auto* line :
       {"------< Global definitions >------\n", "------< VRRP Topology >------\n",
        "\n VRRP Instance = VI_1\n", "\n   State = MASTER\n", "\n   Wantstate = MASTER\n",
        "\n   Interface = eth0\n", "\n   Virtual Router ID = 51\n", "\n   Priority = 100\n",
        "\n   Effective priority = 150\n", "\n   Gratuitous ARP delay = 5\n",
        "\n   Virtual IP (1):\n     10.9.0.100/24 dev eth0 ", "\n   Last transition = 1795367440.749165 ("}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(LegacyText, ShowsIpv6AddressesRoutesAndRules) {
  vrrp::VirtualAddress address;
  address.address.address = *net::Prefix::parse("2001:db8::1/64");
  EXPECT_EQ(legacy_address(address, "eth1", false),
            "2001:db8::1/64 dev eth1 scope global preferred_lft forever");
  net::Route route;
  route.destination = *net::Prefix::parse("10.77.0.0/24");
  route.via = net::IpAddress::v4(10, 9, 0, 2);
  route.interface = "eth0";
  EXPECT_EQ(legacy_route(route), "prepend 10.77.0.0/24 via inet 10.9.0.2 dev eth0 proto 18");
  net::Rule rule;
  rule.from = *net::Prefix::parse("10.78.0.0/24");
  rule.preference = 1000;
  rule.action = net::RuleAction::table;
  rule.table = 100;
  EXPECT_EQ(legacy_rule(rule), "from 10.78.0.0/24 priority 1000 tos 0x0 protocol 18 lookup 100");
}

TEST(StatusJson, SaysWhoIsMasterSinceWhenAndWhy) {
  const auto json = Json::parse(status_json({}, one_router(), master_snapshot(), at_noon));
  const auto& router = json["routers"][0];
  EXPECT_EQ(router["state"], "master");
  EXPECT_EQ(router["last_transition"]["age_seconds"], 60.0);
  EXPECT_EQ(router["last_transition"]["at"], "2026-11-22T17:10:40.749165Z");
  EXPECT_EQ(router["last_transition"]["reason"]["id"], "master_silent");
  EXPECT_EQ(router["last_transition"]["reason"]["peer"], "10.9.0.2");
  EXPECT_EQ(router["priority"]["parts"][1]["what"], "chk_haproxy");
  EXPECT_EQ(router["master"]["self"], true);
  EXPECT_EQ(router["master"]["address"], "10.9.0.1");
  EXPECT_EQ(router["addresses"][0]["address"], "10.9.0.100/24");
  EXPECT_EQ(router["counters"]["adverts_sent"], 7);
}

TEST(StatusJson, NamesWhoIsFollowedAndWhatIsWrong) {
  auto snapshot = master_snapshot();
  auto& router = snapshot.instances[0];
  router.state = vrrp::State::fault;
  router.master = net::IpAddress::v4(10, 9, 0, 3);
  router.master_priority = 200;
  router.faults = {{vrrp::FaultKind::interface_down, "eth0"}};
  const auto json = Json::parse(status_json({}, one_router(), snapshot, at_noon))["routers"][0];
  EXPECT_EQ(json["master"]["self"], false);
  EXPECT_EQ(json["master"]["priority"], 200);
  EXPECT_EQ(json["faults"][0]["object"], "eth0");
}

config::Model router_of_both_families() {
  config::Model model = one_router();
  config::Instance twin = model.instances[0];
  twin.twin_of = "VI_1";
  twin.vrrp.name = "VI_1/IPv6";
  twin.vrrp.family = net::Family::v6;
  twin.vrrp.addresses[0].address = {};
  twin.vrrp.addresses[0].address.address = *net::Prefix::parse("fd00::100/64");
  model.instances.push_back(twin);
  return model;
}

engine::FailoverSnapshot snapshot_of_both_families() {
  auto snapshot = master_snapshot();
  snapshot.instances.push_back(snapshot.instances[0]);
  snapshot.instances[1].name = "VI_1/IPv6";
  snapshot.instances[1].twin_of = "VI_1";
  snapshot.instances[1].family = net::Family::v6;
  return snapshot;
}

TEST(StatusJson, ShowsTheOtherFamilyAsPartOfItsInstance) {
  const auto json =
      Json::parse(status_json({}, router_of_both_families(), snapshot_of_both_families(), at_noon));
  ASSERT_EQ(json["routers"].size(), 1U);
  const auto& other = json["routers"][0]["other_family"];
  EXPECT_EQ(other["family"], "ipv6");
  EXPECT_EQ(other["addresses"][0]["address"], "fd00::100/64");
}

TEST(LegacyJson, ShowsTheAddressesOfBothFamiliesAsOfOneInstance) {
  const auto json = Json::parse(legacy_json(router_of_both_families(), snapshot_of_both_families(), at_noon));
  ASSERT_EQ(json.size(), 1U);
  EXPECT_EQ(json[0]["data"]["vips"].size(), 2U);
  const auto text = legacy_data(router_of_both_families(), snapshot_of_both_families(), at_noon);
  EXPECT_THAT(text, HasSubstr("Virtual IP (2):"));
  EXPECT_THAT(text, Not(HasSubstr("VI_1/IPv6")));
}

TEST(StatusText, ShowsTheOtherFamilyBelowItsInstance) {
  DaemonStatus daemon;
  daemon.worker = DaemonStatus::Worker::running;
  const auto text = status_text(daemon, router_of_both_families(), snapshot_of_both_families(), at_noon);
  EXPECT_THAT(text, HasSubstr("IPv6 too"));
  EXPECT_THAT(text, HasSubstr("fd00::100/64 installed"));
}

TEST(StatusJson, SurvivesNamesThatAreNoUtf8) {
  auto snapshot = master_snapshot();
  snapshot.instances[0].name = "VI_\xff";
  EXPECT_TRUE(Json::accept(status_json({}, one_router(), snapshot, at_noon)));
  EXPECT_TRUE(Json::accept(legacy_json(one_router(), snapshot, at_noon)));
}

TEST(StatusText, TellsAPersonTheSame) {
  DaemonStatus daemon;
  daemon.version = "0.1.0";
  daemon.node = "lb1";
  daemon.files = {"/etc/standfast/standfast.conf"};
  daemon.refused = DaemonStatus::Refused{core::Time{990s}, 2, "f:3: unknown keyword"};
  daemon.worker = DaemonStatus::Worker::running;
  daemon.snapshot_is_live = true;
  const auto text = status_text(daemon, one_router(), master_snapshot(), at_noon);
  for (const auto* part :
       {"standfast 0.1.0 on lb1", "MASTER", "this node", "1 min 0 s", "10.9.0.2, priority 200",
        "+100 base, +50 chk_haproxy", "10.9.0.100/24 installed", "2 errors: f:3: unknown keyword"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(AgeText, UsesTwoUnitsAtMost) {
  EXPECT_EQ(age_text(-5s), "0 ms");
  EXPECT_EQ(age_text(40ms), "40 ms");
  EXPECT_EQ(age_text(1250ms), "1.25 s");
  EXPECT_EQ(age_text(59s), "59 s");
  EXPECT_EQ(age_text(61min), "1 h 1 min");
  EXPECT_EQ(age_text(50h), "2 d 2 h");
}

}  // namespace
}  // namespace control
