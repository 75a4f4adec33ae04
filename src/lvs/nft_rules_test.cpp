#include "lvs/nft_rules.hpp"

#include <gmock/gmock.h>
#include <numeric>
#include <set>

#include "lvs/fixture_for_test.hpp"

namespace lvs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

net::ipvs::ServiceSettings weighted() {
  net::ipvs::ServiceSettings settings;
  settings.scheduler = "wrr";
  return settings;
}

ServicePlan for_nftables() { return plan({server(1), server(2, 3)}); }

TEST(NftRules, WeightsAreSharesOfTheNumbersDrawn) {
  const NftDraw draw = nft_draw({entry(1, 2), entry(2, 0), entry(3, 6)}, NftSchedule::weights);
  EXPECT_EQ(draw.modulus, 4U);
  EXPECT_THAT(draw.slots, ElementsAre(NftSlots{0, 0, 0}, NftSlots{1, 3, 2}));
}

TEST(NftRules, NobodyIsDrawnWhenNobodyHasAWeight) {
  for (const NftSchedule schedule :
       {NftSchedule::weights, NftSchedule::first_weight, NftSchedule::source_hash}) {
    EXPECT_EQ(nft_draw({entry(1, 0)}, schedule).modulus, 0U);
    EXPECT_EQ(nft_draw({}, schedule).modulus, 0U);
  }
}

TEST(NftRules, TheHeaviestTakesAll) {
  EXPECT_THAT(nft_draw({entry(1, 2), entry(2, 9), entry(3, 6)}, NftSchedule::first_weight).slots,
              ElementsAre(NftSlots{0, 0, 1}));
}

std::vector<std::uint8_t> hosts(const std::vector<Destination>& destinations) {
  const NftDraw draw = nft_draw(destinations, NftSchedule::source_hash);
  std::vector<std::uint8_t> result(draw.modulus);
  for (const NftSlots& slots : draw.slots) {
    for (std::uint32_t slot = slots.low; slot <= slots.high; ++slot)
      result.at(slot) = destinations.at(slots.index).endpoint.address.octets[3];
  }
  return result;
}

TEST(NftRules, OfAHashOnlyTheClientsOfAServerThatLeavesMove) {
  const auto before = hosts({entry(1, 1), entry(2, 1), entry(3, 1), entry(4, 1)});
  const auto after = hosts({entry(1, 1), entry(3, 1), entry(4, 1)});
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t slot = 0; slot < before.size(); ++slot) {
    if (before[slot] != 2) {
      EXPECT_EQ(after[slot], before[slot]) << slot;
    }
  }
}

TEST(NftRules, AHashGivesSharesByWeight) {
  const auto all = hosts({entry(1, 1), entry(2, 3)});
  const auto heavy = std::ranges::count(all, 2);
  EXPECT_NEAR(static_cast<double>(heavy) / static_cast<double>(all.size()), 0.75, 0.05);
}

TEST(NftRules, NatOfAService) {
  const Entry web{weighted(), {entry(1, 1), entry(2, 3)}};
  EXPECT_EQ(nft_put(key(), web, nullptr, {}),
            "add chain inet standfast tcp_10.0.0.100_80\n"
            "flush chain inet standfast tcp_10.0.0.100_80\n"
            "add counter inet standfast tcp_10.0.0.100_80/10.0.0.1_80\n"
            "add chain inet standfast tcp_10.0.0.100_80/10.0.0.1_80\n"
            "flush chain inet standfast tcp_10.0.0.100_80/10.0.0.1_80\n"
            "add rule inet standfast tcp_10.0.0.100_80/10.0.0.1_80 meta l4proto tcp counter name "
            "\"tcp_10.0.0.100_80/10.0.0.1_80\" dnat ip to 10.0.0.1:80\n"
            "add counter inet standfast tcp_10.0.0.100_80/10.0.0.2_80\n"
            "add chain inet standfast tcp_10.0.0.100_80/10.0.0.2_80\n"
            "flush chain inet standfast tcp_10.0.0.100_80/10.0.0.2_80\n"
            "add rule inet standfast tcp_10.0.0.100_80/10.0.0.2_80 meta l4proto tcp counter name "
            "\"tcp_10.0.0.100_80/10.0.0.2_80\" dnat ip to 10.0.0.2:80\n"
            "add rule inet standfast tcp_10.0.0.100_80 numgen inc mod 4 vmap { 0 : goto "
            "tcp_10.0.0.100_80/10.0.0.1_80, 1-3 : goto tcp_10.0.0.100_80/10.0.0.2_80 }\n"
            "add element inet standfast services4 { 10.0.0.100 . tcp . 80 : goto tcp_10.0.0.100_80 }\n");
}

TEST(NftRules, AServerThatLeavesGoesAfterNothingLeadsToIt) {
  const Entry before{weighted(), {entry(1, 1), entry(2, 3)}};
  const Entry after{weighted(), {entry(1, 1)}};
  const std::string text = nft_put(key(), after, &before, {});
  EXPECT_LT(text.find("add rule inet standfast tcp_10.0.0.100_80 goto tcp_10.0.0.100_80/10.0.0.1_80"),
            text.find("delete chain inet standfast tcp_10.0.0.100_80/10.0.0.2_80"));
  EXPECT_THAT(text, HasSubstr("delete counter inet standfast tcp_10.0.0.100_80/10.0.0.2_80\n"));
}

TEST(NftRules, DirectRoutingAsksFirstWhereTheFlowWent) {
  Entry web{weighted(), {entry(1, 1)}};
  web.destinations[0].forwarding.method = Method::direct;
  const std::string text = nft_put(key(), web, nullptr, {{at(1).address, "eth0"}});
  EXPECT_LT(text.find("map @tcp_10.0.0.100_80/flows meta mark vmap @tcp_10.0.0.100_80/servers"),
            text.find("standfast tcp_10.0.0.100_80 goto tcp_10.0.0.100_80/10.0.0.1_80"));
  EXPECT_THAT(text, HasSubstr("fwd ip to 10.0.0.1 device \"eth0\"\n"));
}

TEST(NftRules, NamesAreThoseOfNft) {
  const ServiceKey v6 = ServiceKey::of(Protocol::udp, {net::IpAddress::parse("2001:db8::1").value(), 53});
  EXPECT_EQ(nft_name(v6), "udp_2001-db8--1_53");
  EXPECT_EQ(nft_name(ServiceKey::of_mark(7, net::Family::v6)), "mark6_7");
  EXPECT_NE(nft_mark(v6, at(1)), nft_mark(v6, at(2)));
  EXPECT_NE(nft_mark(v6, at(1)), 0U);
}

TEST(NftRules, NamesAreReadAsTheyWereWritten) {
  const ServiceKey v6 = ServiceKey::of(Protocol::udp, {net::IpAddress::parse("2001:db8::1").value(), 53});
  const Endpoint far{net::IpAddress::parse("fd00::9").value(), 5353};
  EXPECT_EQ(nft_named(nft_name(v6)), (NftNamed{v6, {}}));
  EXPECT_EQ(nft_named(nft_name(v6, far)), (NftNamed{v6, far}));
  const ServiceKey mark = ServiceKey::of_mark(7, net::Family::v6);
  EXPECT_EQ(nft_named(nft_name(mark, far)), (NftNamed{mark, far}));
  for (const char* name : {"prerouting", "output", "ingress", "tcp_", "tcp_10.0.0.1", "icmp_10.0.0.1_80",
                           "mark4_x", "tcp_10.0.0.1_80/flows", "tcp_10.0.0.1_99999", ""})
    EXPECT_EQ(nft_named(name), std::nullopt) << name;
}

TEST(NftRules, WhatNftablesCannotDoIsSaid) {
  EXPECT_THAT(nft_refusals(for_nftables()), IsEmpty());
  const auto said = [](auto&& change) {
    ServicePlan which = for_nftables();
    change(which);
    const auto refusals = nft_refusals(which);
    return refusals.empty() ? std::string() : refusals.front();
  };
  EXPECT_THAT(said([](ServicePlan& p) { p.service.scheduler = "wlc"; }), HasSubstr("no scheduler wlc"));
  EXPECT_THAT(said([](ServicePlan& p) { p.service.persistence_seconds = 60; }), HasSubstr("lb_algo sh"));
  EXPECT_THAT(said([](ServicePlan& p) { p.servers[0].forwarding.method = Method::tunnel; }),
              HasSubstr("10.0.0.1:80 needs lvs_method NAT or DR"));
  EXPECT_THAT(said([](ServicePlan& p) { p.servers[0].forwarding.method = Method::direct; }),
              HasSubstr("all servers of a service are NAT, or all are DR"));
  EXPECT_THAT(said([](ServicePlan& p) { p.servers[0].upper_threshold = 5; }), HasSubstr("uthreshold"));
  EXPECT_THAT(said([](ServicePlan& p) { p.service.key = at(100, 0); }), HasSubstr("needs a port"));
  EXPECT_THAT(said([](ServicePlan& p) { p.service.one_packet = true; }), Not(IsEmpty()));
}

TEST(NftRules, WhatIsReplacedIsSaid) {
  EXPECT_EQ(nft_replacement("wrr")->text, "");
  EXPECT_EQ(nft_replacement("mh")->text, "a consistent hash of the source");
  EXPECT_EQ(nft_replacement("lc"), std::nullopt);
}

}  // namespace
}  // namespace lvs
