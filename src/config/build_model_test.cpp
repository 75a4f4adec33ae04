// What global_defs, groups, static entries and virtual servers come to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/loading_for_test.hpp"

namespace config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

Model model_of(const std::string& text) {
  Loading loading;
  const Loaded loaded = loading.load(text);
  EXPECT_EQ(loaded.diagnostics.count(Severity::error), 0U) << ids(loaded.diagnostics);
  return loaded.model;
}

TEST(Globals, MergeFromSeveralBlocks) {
  const Globals globals =
      model_of("global_defs {\n router_id one\n vrrp_rt_priority 50\n}\nglobal_defs {\n vrrp_no_swap\n}\n")
          .globals;
  EXPECT_EQ(globals.router_id, "one");
  EXPECT_EQ(globals.vrrp_process.realtime_priority, 50U);
  EXPECT_TRUE(globals.vrrp_process.no_swap);
}

TEST(Globals, TakeTheHostNameForAMissingRouterId) {
  Loading loading;
  loading.world.node = "node-7";
  EXPECT_EQ(loading.load("").model.globals.router_id, "node-7");
}

TEST(Globals, KeepPidFilesInADirectoryForAnInstanceOrANamespace) {
  EXPECT_TRUE(model_of("instance lb1\n").globals.daemon.use_pid_directory);
  EXPECT_TRUE(model_of("net_namespace red\n").globals.daemon.use_pid_directory);
  EXPECT_FALSE(model_of("").globals.daemon.use_pid_directory);
}

TEST(Globals, ReadAMaskAsNumberOrAsBits) {
  EXPECT_EQ(model_of("global_defs {\n umask 0177\n}\n").globals.daemon.file_mode_mask, 0177U);
  EXPECT_EQ(model_of("global_defs {\n umask IXUSR|IRWXG | IRWXO\n}\n").globals.daemon.file_mode_mask, 0177U);
}

TEST(Globals, AnnounceOnceWithMinGarpWhereverItStands) {
  const auto announcements = model_of("global_defs {\n vrrp_min_garp\n vrrp_garp_lower_prio_delay 3\n}\n")
                                 .globals.vrrp.announcements;
  EXPECT_EQ(announcements.master_repeat, 1U);
  EXPECT_EQ(announcements.master_delay, 0s);
  EXPECT_EQ(announcements.lower_prio_delay, 3s);
  EXPECT_EQ(announcements.lower_prio_repeat, 1U);
}

TEST(Globals, RunScriptsAsTheUserMadeForThem) {
  Loading loading;
  loading.world.users["keepalived_script"] = {995, 995, {995}};
  EXPECT_EQ(loading.load("global_defs {\n startup_script /opt/notify.sh\n}\n")
                .model.globals.daemon.startup_script->uid,
            995U);
  EXPECT_EQ(loading.load("global_defs {\n startup_script /opt/notify.sh\n script_user scripts\n}\n")
                .model.globals.daemon.startup_script->uid,
            998U);
}

TEST(Globals, AskForTheUserOfScriptsOnceAndOnlyWithScripts) {
  Loading loading;
  loading.load(instance(""));
  EXPECT_EQ(loading.world.users_asked_for, 0);
  loading.load("global_defs {\n startup_script /opt/notify.sh\n shutdown_script /opt/notify.sh\n}\n");
  EXPECT_EQ(loading.world.users_asked_for, 1);
}

TEST(Mentions, AKeywordWithoutEffectOnlyOnce) {
  Loading loading;
  const Loaded loaded = loading.load(
      "global_defs {\n snmp_socket udp:127.0.0.1:705\n}\nglobal_defs {\n snmp_socket udp:127.0.0.1:706\n}\n");
  EXPECT_EQ(ids(loaded.diagnostics), "not-acted-on");
}

TEST(SyncGroup, MayStandAboveItsMembers) {
  const Model model = model_of("vrrp_sync_group G {\n group {\n VI\n }\n}\n" + instance(""));
  ASSERT_THAT(model.sync_groups, SizeIs(1));
  EXPECT_THAT(model.sync_groups[0].members, ElementsAre("VI"));
}

TEST(SyncGroup, DecidesWhetherPrioritiesOfItsMembersAreToldUnlessTheySayThemselves) {
  const std::string group = "vrrp_sync_group G {\n group {\n VI\n }\n notify_priority_changes\n}\n";
  EXPECT_TRUE(*model_of(group + instance("")).instances[0].hooks.priority_changes);
  EXPECT_FALSE(
      *model_of(group + instance("notify_priority_changes off")).instances[0].hooks.priority_changes);
  EXPECT_FALSE(*model_of(instance("")).instances[0].hooks.priority_changes);
  const std::string global = "global_defs {\n vrrp_notify_priority_changes\n}\n";
  EXPECT_TRUE(*model_of(global + instance("")).instances[0].hooks.priority_changes);
}

TEST(Routes, AreReadWithWhateverStandsInThem) {
  const Model model = model_of(
      "static_routes {\n inet6 default via fe80::1 dev eth0\n blackhole 10.0.0.0/8 table 100 metric 5 mtu "
      "lock 1400\n"
      " 10.1.0.0/16 nexthop via 192.0.2.1 weight 2 nexthop dev eth1\n}\n");
  ASSERT_THAT(model.static_routes, SizeIs(3));
  EXPECT_EQ(model.static_routes[0].family, net::Family::v6);
  EXPECT_EQ(model.static_routes[0].destination.length, 0);
  EXPECT_EQ(model.static_routes[1].type, net::RouteType::blackhole);
  EXPECT_EQ(model.static_routes[1].table, 100U);
  EXPECT_EQ(model.static_routes[1].metric, 5U);
  EXPECT_EQ(model.static_routes[1].metrics.mtu, 1400U);
  EXPECT_EQ(model.static_routes[1].metrics.locked, 1U << 2U);
  ASSERT_THAT(model.static_routes[2].next_hops, SizeIs(2));
  EXPECT_EQ(model.static_routes[2].next_hops[0].weight, 2);
  EXPECT_EQ(model.static_routes[2].next_hops[1].interface, "eth1");
}

TEST(Rules, AreReadWithWhateverStandsInThem) {
  const Model model = model_of(
      "static_rules {\n from 10.0.0.0/8 fwmark 0x10/0xff table 100 preference 500\n"
      " to 192.0.2.0/24 sport 80 type blackhole priority 0x20\n}\n");
  ASSERT_THAT(model.static_rules, SizeIs(2));
  EXPECT_EQ(model.static_rules[0].mark, 16U);
  EXPECT_EQ(model.static_rules[0].mark_mask, 255U);
  EXPECT_EQ(model.static_rules[0].preference, 500U);
  EXPECT_EQ(model.static_rules[1].action, net::RuleAction::blackhole);
  EXPECT_EQ(model.static_rules[1].source_ports->low, 80);
  EXPECT_EQ(model.static_rules[1].preference, 32U);
}

TEST(VirtualServer, HandsItsTimingDownToCheckers) {
  const Model model = model_of(R"(virtual_server 192.0.2.10 80 {
    delay_loop 6
    lb_algo wrr
    lb_kind DR
    protocol TCP
    retry 2
    real_server 192.0.2.20 80 {
      weight 3
      connect_timeout 2
      TCP_CHECK {
        nb_get_retry 4
      }
      HTTP_GET {
        url {
          path /
          status_code 200 301-302
        }
        delay_loop 1.5
      }
    }
  })");
  const VirtualServer& service = model.virtual_servers.at(0);
  EXPECT_EQ(service.config.scheduler, "wrr");
  EXPECT_EQ(service.servers.at(0).config.forwarding.method, lvs::Method::direct);
  const auto& checkers = service.servers.at(0).checkers;
  ASSERT_THAT(checkers, SizeIs(2));
  EXPECT_EQ(checkers[0].config->timing.delay_loop, 6s);
  EXPECT_EQ(checkers[0].config->timing.warmup, 6s);
  EXPECT_EQ(checkers[0].config->timing.retry, 4U);
  EXPECT_EQ(checkers[0].config->timing.connect_timeout, 2s);
  EXPECT_EQ(checkers[0].target.address.to_string(), "192.0.2.20");
  EXPECT_EQ(checkers[1].config->timing.delay_loop, 1500ms);
  EXPECT_EQ(checkers[1].config->timing.retry, 2U);
  EXPECT_EQ(checkers[1].config->timing.delay_before_retry, 3s);
  const auto& http = *check::http_of(checkers[1].config->probe);
  ASSERT_THAT(http.urls.at(0).statuses, SizeIs(2));
  EXPECT_EQ(http.urls[0].statuses[1].high, 302);
}

TEST(VirtualServer, RunsAMiscCheckAsTheUserOfItsBlockOnly) {
  const Model model = model_of(R"(virtual_server 192.0.2.10 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 192.0.2.20 80 {
      MISC_CHECK {
        misc_path "/opt/notify.sh x"
        user scripts
      }
      notify_up /opt/notify.sh
    }
  })");
  const RealServer& server = model.virtual_servers.at(0).servers.at(0);
  EXPECT_EQ(server.checkers.at(0).command->uid, 998U);
  EXPECT_EQ(server.notify_up->uid, 0U);
}

TEST(VirtualServerGroup, KnowsThreeWaysToWriteARange) {
  const Model model = model_of(
      "virtual_server_group G {\n 192.0.2.1-9 80\n 192.0.2.16/28 80\n 2001:db8::1-2001:db8::f 443\n fwmark 7 "
      "inet6\n}\n");
  const lvs::Group& group = model.virtual_server_groups.at(0);
  ASSERT_THAT(group.ranges, SizeIs(3));
  EXPECT_EQ(group.ranges[0].last.to_string(), "192.0.2.9");
  EXPECT_EQ(group.ranges[1].last.to_string(), "192.0.2.31");
  EXPECT_EQ(group.ranges[2].last.to_string(), "2001:db8::f");
  EXPECT_EQ(group.marks.at(0).family, net::Family::v6);
}

TEST(AnyText, CutOffAnywhereIsReadWithoutHarm) {
  const std::string text = R"(global_defs {
    script_user scripts :adm
    vrrp_strict
    lvs_sync_daemon eth0 inst VI id 3 group 224.0.0.81
    umask IWGRP | IWOTH
    vrrp_garp_extra_if all 30
  }
  vrrp_script s { script "</tmp/up" }
  vrrp_instance VI {
    interface eth0
    virtual_router_id 51
    use_vmac name vip 02:00:00:00:01 group 7
    auth_hmac {
      key 1 hex:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
      active_key 1
    }
    track_script { s weight -20 reverse }
    unicast_peer { 192.0.2.2 min_ttl 20 }
    virtual_ipaddress { 192.0.2.10/24 brd + label eth0:1 scope link preferred_lft forever }
    virtual_routes {
      10.0.0.0/8 via 192.0.2.1 encap ip id 5 dst 192.0.2.3 realms 1/2 rtt lock 300ms nexthop via 192.0.2.4 weight 3
    }
    virtual_rules { from 10.0.0.0/8 fwmark 1/2 table 100 uidrange 1-5 sport 80 preference 5 }
    notify "/opt/notify.sh 'a' \"b\" && true" scripts
  }
  virtual_server fwmark 7 {
    lvs_method TUN type gue port 5 csum
    persistence_granularity 255.255.255.0
    real_server 192.0.2.20 80 {
      UDP_CHECK { payload 0 1f require_reply xx }
      HTTP_GET { url { path / digest 0 regex "a b" regex_stack 1 2 } }
      SMTP_CHECK { host { connect_ip 192.0.2.9 } }
    }
  })";
  Loading loading;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const Loaded loaded = loading.load(text.substr(0, length));
    for (const Diagnostic& each : loaded.diagnostics.list) ASSERT_FALSE(each.message.empty()) << length;
  }
}

}  // namespace
}  // namespace config
