#include "sim/neighbour.hpp"

#include <gtest/gtest.h>

#include "net/frames.hpp"

namespace sim {
namespace {

const net::MacAddress mac{{2, 0, 0, 0, 1, 0}};
const auto address = net::IpAddress::v4(10, 0, 0, 100);
const auto address6 = *net::IpAddress::parse("fd00::100");

TEST(Neighbour, BelievesBothKindsOfAnnouncement) {
  EXPECT_EQ(read_announcement(net::gratuitous_arp(mac, address)), (Announcement{address, mac}));
  EXPECT_EQ(read_announcement(net::neighbour_advertisement(mac, address6, false)),
            (Announcement{address6, mac}));
}

TEST(Neighbour, DoesNotBelieveADamagedOne) {
  auto arp = net::gratuitous_arp(mac, address);
  arp.resize(30);
  EXPECT_EQ(read_announcement(arp), std::nullopt);
  auto advertisement = net::neighbour_advertisement(mac, address6, false);
  advertisement.back() ^= 1;  // the checksum no longer fits
  EXPECT_EQ(read_announcement(advertisement), std::nullopt);
}

TEST(Neighbour, SaysWhetherTheCacheChanged) {
  NeighbourCache cache;
  EXPECT_TRUE(cache.learn({address, mac}));
  EXPECT_FALSE(cache.learn({address, mac}));
  EXPECT_TRUE(cache.learn({address, net::MacAddress{}}));
  EXPECT_EQ(cache.lookup(address), net::MacAddress{});
}

}  // namespace
}  // namespace sim
