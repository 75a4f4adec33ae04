// What a vrrp_instance comes to: defaults, inheritance, inference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/loading_for_test.hpp"

namespace config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Instance only_instance(const std::string& text) {
  Loading loading;
  const Loaded loaded = loading.load(text);
  EXPECT_EQ(ids(loaded.diagnostics), "");
  return loaded.model.instances.empty() ? Instance{} : loaded.model.instances.front();
}

std::string what_is_said(const std::string& text, bool lenient = false) {
  Loading loading;
  loading.options.read.lenient = lenient;
  return ids(loading.load(text).diagnostics);
}

TEST(Instance, HasTheDefaultsOfVersion2ForIpv4) {
  const vrrp::Config router = only_instance(instance("")).vrrp;
  EXPECT_EQ(router.name, "VI");
  EXPECT_EQ(router.interface, "eth0");
  EXPECT_EQ(router.vrid, 51);
  EXPECT_EQ(router.family, net::Family::v4);
  EXPECT_EQ(router.version, vrrp::Version::v2);
  EXPECT_EQ(router.priority, 100);
  EXPECT_EQ(router.advert_interval, 1s);
  EXPECT_EQ(router.down_timer_adverts, 3U);
  EXPECT_EQ(router.multicast_group.to_string(), "224.0.0.18");
  EXPECT_TRUE(router.preempt);
  EXPECT_TRUE(router.accept);
  EXPECT_TRUE(router.reannounce_after_second_master);
  EXPECT_FALSE(router.start_as_master);
  EXPECT_EQ(router.announcements, vrrp::AnnouncementConfig{});
}

TEST(Instance, IsVersion3OnItsOwnGroupForIpv6) {
  const vrrp::Config router = only_instance(instance("", "2001:db8::10/64")).vrrp;
  EXPECT_EQ(router.version, vrrp::Version::v3);
  EXPECT_EQ(router.multicast_group.to_string(), "ff02::12");
}

TEST(Instance, InheritsFromGlobalDefsWhereverThatStands) {
  const std::string globals = R"(global_defs {
    vrrp_version 3
    vrrp_garp_master_delay 7
    vrrp_garp_master_repeat 2
    vrrp_down_timer_adverts 4
    vrrp_mcast_group4 224.0.0.99
    vrrp_skip_check_adv_addr
    v3_checksum_as_v2
    vrrp_higher_prio_send_advert on
  })";
  const Instance before = only_instance(globals + "\n" + instance(""));
  const Instance after = only_instance(instance("") + globals);
  EXPECT_EQ(before, after);
  EXPECT_EQ(after.vrrp.version, vrrp::Version::v3);
  EXPECT_EQ(after.vrrp.announcements.master_delay, 7s);
  EXPECT_EQ(after.vrrp.announcements.lower_prio_delay, 7s);
  EXPECT_EQ(after.vrrp.announcements.lower_prio_repeat, 2U);
  EXPECT_EQ(after.vrrp.down_timer_adverts, 4U);
  EXPECT_EQ(after.vrrp.multicast_group.to_string(), "224.0.0.99");
  EXPECT_EQ(after.vrrp.checksum, vrrp::ChecksumStyle::no_pseudo_header);
  EXPECT_TRUE(after.vrrp.skip_check_advert_addresses);
  EXPECT_TRUE(after.vrrp.higher_prio_send_advert);
}

TEST(Instance, MayWriteOffAfterAnySwitch) {
  const Instance router =
      only_instance("global_defs {\n vrrp_skip_check_adv_addr\n v3_checksum_as_v2 off\n}\n" +
                    instance("skip_check_adv_addr off\n nopreempt off\n track_src_ip off"));
  EXPECT_FALSE(router.vrrp.skip_check_advert_addresses);
  EXPECT_TRUE(router.vrrp.preempt);
  EXPECT_FALSE(router.vrrp.track_source);
  EXPECT_EQ(router.vrrp.checksum, vrrp::ChecksumStyle::pseudo_header);
}

TEST(Instance, IsTheOwnerWhenStateMasterHasNoPriority) {
  Loading loading;
  const Loaded loaded = loading.load(instance("state MASTER"));
  EXPECT_EQ(ids(loaded.diagnostics), "implied-priority");
  EXPECT_TRUE(loaded.model.instances.at(0).vrrp.owner());
  EXPECT_TRUE(loaded.model.instances.at(0).vrrp.start_as_master);
}

TEST(Instance, RemembersThatStateBackupWasWrittenForAnOwner) {
  const vrrp::Config router = only_instance(instance("state BACKUP\n priority 255")).vrrp;
  EXPECT_TRUE(router.state_backup_written);
  EXPECT_FALSE(router.start_as_master);
  EXPECT_TRUE(only_instance(instance("priority 255")).vrrp.start_as_master);
}

TEST(Instance, TakesSynonyms) {
  const Instance router = only_instance(
      instance("unicast_src_ip 192.0.2.1\n unicast_peer {\n 192.0.2.2 min_ttl 64\n 192.0.2.3\n }"));
  EXPECT_TRUE(router.vrrp.unicast);
  EXPECT_FALSE(router.vrrp.multicast());
  EXPECT_EQ(router.vrrp.source->to_string(), "192.0.2.1");
  ASSERT_THAT(router.vrrp.peers, SizeIs(2));
  EXPECT_EQ(router.vrrp.peers[0].min_ttl, 64);
  EXPECT_TRUE(router.vrrp.check_unicast_source);
  EXPECT_FALSE(only_instance(instance("mcast_src_ip 192.0.2.1")).vrrp.unicast);
}

TEST(Instance, KeepsEveryOptionOfAnAddress) {
  const vrrp::VirtualAddress address =
      only_instance(
          instance("", "192.0.2.10/24 brd + dev eth1 label eth1:1 scope link noprefixroute no_track"))
          .vrrp.addresses.at(0);
  EXPECT_EQ(address.address.address.to_string(), "192.0.2.10/24");
  EXPECT_EQ(address.address.broadcast->to_string(), "192.0.2.255");
  EXPECT_EQ(address.interface, "eth1");
  EXPECT_EQ(address.address.label, "eth1:1");
  EXPECT_EQ(address.address.scope, 253);
  EXPECT_TRUE(address.address.no_prefix_route);
  EXPECT_FALSE(address.track);
}

TEST(Instance, DeprecatesAnIpv6HostAddressUnlessToldOtherwise) {
  EXPECT_EQ(only_instance(instance("", "2001:db8::10")).vrrp.addresses.at(0).address.preferred_lifetime, 0U);
  EXPECT_EQ(only_instance(instance("", "2001:db8::10 preferred_lft forever"))
                .vrrp.addresses.at(0)
                .address.preferred_lifetime,
            std::nullopt);
  EXPECT_EQ(only_instance(instance("", "2001:db8::10/64")).vrrp.addresses.at(0).address.preferred_lifetime,
            std::nullopt);
  EXPECT_FALSE(only_instance(instance("", "2001:db8::10/64 -nodad")).vrrp.addresses.at(0).address.no_dad);
}

TEST(Instance, MovesAddressesThatNoAdvertCanHoldToTheExcludedOnes) {
  std::string addresses;
  for (int i = 0; i < 260; ++i) {
    addresses += "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + "\n";
  }
  Loading loading;
  const Loaded loaded = loading.load(instance("virtual_ipaddress_excluded {\n 10.9.9.9\n }", addresses));
  EXPECT_EQ(ids(loaded.diagnostics), "?too-many-addresses");
  const vrrp::Config& router = loaded.model.instances.at(0).vrrp;
  EXPECT_THAT(router.addresses, SizeIs(255));
  ASSERT_THAT(router.excluded_addresses, SizeIs(6));
  EXPECT_EQ(router.excluded_addresses[0].address.address.address.to_string(), "10.0.1.6");
}

TEST(Instance, AllowsTheOtherFamilyAmongTheExcludedAddresses) {
  EXPECT_THAT(
      only_instance(instance("virtual_ipaddress_excluded {\n 2001:db8::1/64\n }")).vrrp.excluded_addresses,
      SizeIs(1));
}

TEST(Instance, RoundsItsIntervalToWhatTheVersionCanSay) {
  Loading loading;
  EXPECT_EQ(loading.load(instance("advert_int 0.4")).model.instances.at(0).vrrp.advert_interval, 1s);
  EXPECT_EQ(loading.load(instance("version 3\n advert_int 0.01")).model.instances.at(0).vrrp.advert_interval,
            10ms);
  EXPECT_EQ(loading.load(instance("version 3\n advert_int 100")).model.instances.at(0).vrrp.advert_interval,
            40950ms);
}

TEST(Instance, SendsNoAuthenticationWhereThereIsNoneToSend) {
  const std::string authentication = "authentication {\n auth_type PASS\n auth_pass secret\n }";
  EXPECT_EQ(only_instance(instance(authentication)).vrrp.auth_pass, "secret");
  Loading loading;
  const Loaded loaded = loading.load(instance("version 3\n" + authentication));
  EXPECT_EQ(ids(loaded.diagnostics), "?authentication-dropped");
  EXPECT_EQ(loaded.model.instances.at(0).vrrp.auth_type, vrrp::AuthType::none);
}

TEST(Instance, RunsItsScriptsAsWhoIsNamed) {
  const Instance router = only_instance(
      "global_defs {\n script_user scripts\n}\n" +
      instance("notify_master \"/opt/notify.sh 'to master'\"\n notify_backup /opt/notify.sh scripts :adm"));
  ASSERT_TRUE(router.hooks.master);
  EXPECT_THAT(router.hooks.master->argv, ElementsAre("/opt/notify.sh", "to master"));
  EXPECT_EQ(router.hooks.master->uid, 998U);
  EXPECT_EQ(router.hooks.master->gid, 997U);
  EXPECT_THAT(router.hooks.master->supplementary_groups, IsEmpty());
  EXPECT_EQ(router.hooks.backup->gid, 4U);
  EXPECT_THAT(router.hooks.backup->supplementary_groups, ElementsAre(998, 27));
}

TEST(Instance, LetsAShellRunACommandThatWasMeantForOne) {
  const Instance router = only_instance(instance("notify \"/opt/notify.sh 'a b' && exit 7 || exit 0\""));
  EXPECT_TRUE(router.hooks.any->through_shell);
  EXPECT_THAT(router.hooks.any->argv,
              ElementsAre("/bin/sh", "-c", "/opt/notify.sh 'a b' && exit 7 || exit 0"));
}

TEST(Instance, SharesAVridWithTheOtherFamilyAndWithOtherGroupsOnly) {
  const auto with = [](const std::string& name, const std::string& more, const std::string& address) {
    return "vrrp_instance " + name + " {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n " +
           address + "\n }\n" + more + "\n}\n";
  };
  EXPECT_EQ(what_is_said(with("A", "", "192.0.2.1") + with("B", "", "2001:db8::1")), "");
  EXPECT_EQ(what_is_said(with("A", "", "192.0.2.1") + with("B", "mcast_dst_ip 224.0.0.19", "192.0.2.2")), "");
  EXPECT_EQ(what_is_said(with("A", "", "192.0.2.1") + with("B", "", "192.0.2.2")), "!repeated-vrid");
}

TEST(Instance, MayTrackWhatIsDefinedFurtherDown) {
  Loading loading;
  const Loaded loaded = loading.load(instance("track_script {\n chk weight -20\n }") +
                                     "vrrp_script chk {\n script /opt/notify.sh\n interval 2\n}\n");
  EXPECT_TRUE(loaded.diagnostics.usable());
  ASSERT_THAT(loaded.model.instances.at(0).trackers, SizeIs(1));
  EXPECT_EQ(loaded.model.instances.at(0).trackers[0].weight->points, -20);
  EXPECT_EQ(loaded.model.scripts.at(0).config.timeout, 2s);
}

TEST(StrictMode, LeavesNoAddressThatAnswersNothingUnlessAskedTo) {
  const std::string strict = "global_defs {\n vrrp_strict\n}\n";
  EXPECT_EQ(what_is_said(strict + instance("")), "!answers-nothing");
  EXPECT_EQ(what_is_said(strict + instance("no_accept")), "");
  EXPECT_EQ(what_is_said(strict + instance("version 3\n accept")), "");
  EXPECT_EQ(what_is_said(strict + instance("priority 255")), "");
  EXPECT_EQ(what_is_said(strict + instance(""), true), "?answers-nothing");
}

TEST(StrictMode, AnswersWhenABareVrrpIptablesAsksForNoRules) {
  const Instance router = only_instance("global_defs {\n vrrp_strict\n vrrp_iptables\n}\n" + instance(""));
  EXPECT_TRUE(router.vrrp.accept);
  EXPECT_FALSE(router.vrrp.reannounce_after_second_master);
  EXPECT_TRUE(router.vrrp.lower_prio_no_advert);
  EXPECT_EQ(router.vrrp.announcements.lower_prio_repeat, 0U);
}

TEST(StrictMode, CanBeSwitchedOffForOneRouter) {
  EXPECT_EQ(what_is_said("global_defs {\n vrrp_strict\n}\n" +
                         instance("strict_mode off\n state MASTER\n priority 150")),
            "");
}

TEST(Compatibility, SaysWhatIsAssumedAndGoesOn) {
  Loading loading;
  loading.options.read.lenient = true;
  const Loaded loaded = loading.load(instance("priority 300\n nonsense 3\n state master"));
  EXPECT_EQ(ids(loaded.diagnostics), "?out-of-range ?unknown-keyword ?bad-value");
  EXPECT_TRUE(loaded.diagnostics.usable());
  EXPECT_EQ(loaded.model.instances.at(0).vrrp.priority, 100);
}

}  // namespace
}  // namespace config
