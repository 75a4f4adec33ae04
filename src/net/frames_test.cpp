#include "net/frames.hpp"

#include <gmock/gmock.h>
#include <string>
#include <string_view>

#include "core/random.hpp"

namespace net {
namespace {

using ::testing::Optional;

std::vector<std::uint8_t> bytes(std::string_view hex) {
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

Announcement of(std::string_view address, std::string_view mac, bool router = false) {
  return {IpAddress::parse(address).value(), MacAddress::parse(mac).value(), router};
}

const Announcement arp_sample = of("10.9.0.100", "02:00:00:00:00:01");
const Announcement na_sample = of("fe80::9:100", "00:00:5e:00:02:34");

TEST(Frames, GratuitousArpIsTheOneSeenOnTheWire) {
  EXPECT_EQ(announcement_frame(arp_sample), bytes("ffffffffffff02000000000108060001080006040001020000000001"
                                                  "0a090064ffffffffffff0a090064"));
}

TEST(Frames, NeighbourAdvertisementIsTheOneSeenOnTheWire) {
  EXPECT_EQ(announcement_frame(na_sample),
            bytes("33330000000100005e00023486dd6000000000203afffe800000000000000000000000090100"
                  "ff0200000000000000000000000000018800f75720000000fe800000000000000000000000090100"
                  "020100005e000234"));
}

TEST(Frames, ARouterSaysSo) {
  const auto frame = neighbour_advertisement(na_sample.mac, na_sample.address, true);
  EXPECT_EQ(frame.at(58), 0xa0);  // Router and Override
  EXPECT_THAT(decode_neighbour_advertisement(frame), Optional(of("fe80::9:100", "00:00:5e:00:02:34", true)));
}

TEST(Frames, WhatWeSendIsWhatAHostReads) {
  core::Random random(3);
  for (int round = 0; round < 2000; ++round) {
    Announcement announcement;
    announcement.address.family = random.chance(50) ? Family::v4 : Family::v6;
    for (std::size_t i = 0; i < announcement.address.size(); ++i) {
      announcement.address.octets[i] = static_cast<std::uint8_t>(random.next());
    }
    if (announcement.address.is_multicast()) announcement.address.octets[0] = 0x20;
    announcement.router = announcement.address.is_v6() && random.chance(50);
    for (auto& octet : announcement.mac.octets) octet = static_cast<std::uint8_t>(random.next());
    EXPECT_THAT(decode_announcement(announcement_frame(announcement)), Optional(announcement));
  }
}

TEST(Frames, EveryTruncationIsRefused) {
  for (const auto& announcement : {arp_sample, na_sample}) {
    const auto frame = announcement_frame(announcement);
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_EQ(decode_announcement(std::span(frame).first(size)), std::nullopt) << size;
    }
  }
}

TEST(Frames, EthernetPaddingIsIgnored) {
  for (const auto& announcement : {arp_sample, na_sample}) {
    auto frame = announcement_frame(announcement);
    frame.resize(frame.size() + 18, 0xaa);
    EXPECT_THAT(decode_announcement(frame), Optional(announcement));
  }
}

TEST(Frames, AnOrdinaryArpQuestionAnnouncesNothing) {
  auto frame = announcement_frame(arp_sample);
  frame.back() = 101;  // asks for somebody else
  EXPECT_EQ(decode_announcement(frame), std::nullopt);
}

TEST(Frames, TheReplyFormOfGratuitousArpIsReadToo) {
  auto frame = announcement_frame(arp_sample);
  frame[21] = 2;
  EXPECT_THAT(decode_announcement(frame), Optional(arp_sample));
  frame[21] = 3;
  EXPECT_EQ(decode_announcement(frame), std::nullopt);
}

TEST(Frames, AnAddressProbeAnnouncesNothing) {
  EXPECT_EQ(decode_announcement(gratuitous_arp(arp_sample.mac, IpAddress::any(Family::v4))), std::nullopt);
}

// From the hop limit on every bit matters: it is either compared or covered by the checksum. (Before: MAC addresses of the
// frame, traffic class and flow label, which say nothing.)
TEST(Frames, AnyFlippedBitOfAnAdvertisementIsNoticed) {
  const auto frame = announcement_frame(na_sample);
  for (std::size_t bit = 18 * 8; bit < frame.size() * 8; ++bit) {
    auto damaged = frame;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_EQ(decode_announcement(damaged), std::nullopt) << "bit " << bit;
  }
}

}  // namespace
}  // namespace net
