#include "vrrp/signature.hpp"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "vrrp/advert.hpp"

namespace vrrp {
namespace {

using namespace std::chrono_literals;
using net::IpAddress;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

std::vector<std::uint8_t> octets(std::string_view hex) {
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(
        static_cast<std::uint8_t>(std::strtoul(std::string(hex.substr(i, 2)).c_str(), nullptr, 16)));
  return out;
}

std::string counting_key() {
  std::string key;
  for (char octet = 0; octet < 32; ++octet) key.push_back(octet);
  return key;
}

SignatureConfig signature(std::uint8_t id = 7, std::string secret = counting_key()) {
  SignatureConfig config;
  config.keys = {{id, std::move(secret)}};
  config.active_key = id;
  return config;
}

Config router(net::Family family, Version version) {
  Config config;
  config.family = family;
  config.version = version;
  config.vrid = 51;
  config.signature = signature();
  const bool v4 = family == net::Family::v4;
  config.multicast_group = ip(v4 ? "224.0.0.18" : "ff02::12");
  const auto add = [&](std::string_view address) {
    config.addresses.emplace_back().address.address = net::Prefix::parse(address).value();
  };
  if (v4) add("10.9.0.100/24");
  if (!v4) add("fe80::9:100/64");
  if (!v4) add("fd00:9::100/64");
  return config;
}

constexpr core::WallTime at(std::int64_t seconds) { return core::WallTime(std::chrono::seconds(seconds)); }

// An IPv4 packet, or the message with its source, as the wire had it.
struct Heard {
  std::vector<std::uint8_t> bytes;
  IpAddress source, destination;

  ReceivedPacket view() const {
    const std::span<const std::uint8_t> all(bytes);
    if (source.is_v4()) return {source, destination, 255, 112, all.first(20), all.subspan(20)};
    return {source, destination, 255, 112, {}, all};
  }
};

Heard own_advert(const Config& config, SignatureNumber number, std::uint8_t priority = 150) {
  Outgoing outgoing;
  outgoing.source = ip(config.family == net::Family::v4 ? "10.9.0.1" : "fe80::ff:fe00:1");
  outgoing.destination = config.multicast_group;
  outgoing.priority = priority;
  outgoing.signature_number = number;
  return {encode(config, outgoing), outgoing.source, outgoing.destination};
}

constexpr SignatureNumber number_at(std::uint32_t seconds, std::uint16_t count = 0) {
  return SignatureNumber{seconds} << 32 | count;
}

std::expected<Advert, ReceiveError> hear(const Config& config, const Heard& heard, core::WallTime wall,
                                         const SignatureMemory* memory = nullptr) {
  ReceiveContext context;
  context.wall = wall;
  context.signatures = memory;
  return receive(config, heard.view(), context);
}

// Complete packets that keepalived 2.4.3 sent.
constexpr std::string_view v3_packet =
    "45c0003c00010000ff70d0740a090001e0000012"
    "31339601006443610a090064"
    "010700006b031c6187eb00003bd1ce69eee9386619975407595701bc";
constexpr std::string_view v2_packet =
    "45c0004400010000ff70d06c0a090001e0000012"
    "2133960100013e5d0a0900640000000000000000"
    "010700006b031c69e13a0000be9a95521ecb9d8de442ea10ed7613b8";
constexpr std::string_view v6_message =
    "313396020064b0e1fe800000000000000000000000090100fd000009000000000000000000000100"
    "010900006b031c723b250000f6cef494d628d293de97d10d4ed73664";

TEST(Signature, OfARecordedVersion3AdvertIsMadeAndBelieved) {
  const Config config = router(net::Family::v4, Version::v3);
  const Heard recorded{octets(v3_packet), ip("10.9.0.1"), ip("224.0.0.18")};
  EXPECT_EQ(own_advert(config, 0x6b031c6187eb0000).bytes, recorded.bytes);
  EXPECT_TRUE(hear(config, recorded, at(0x6b031c61)));
}

TEST(Signature, OfARecordedVersion2AdvertIsMadeAndBelieved) {
  Config config = router(net::Family::v4, Version::v2);
  config.signature = signature(7, "0123456789abcdef0123456789abcdef");
  const Heard recorded{octets(v2_packet), ip("10.9.0.1"), ip("224.0.0.18")};
  EXPECT_EQ(own_advert(config, 0x6b031c69e13a0000).bytes, recorded.bytes);
  EXPECT_TRUE(hear(config, recorded, at(0x6b031c69)));
}

TEST(Signature, OfARecordedIPv6AdvertIsMadeAndBelieved) {
  Config config = router(net::Family::v6, Version::v3);
  config.signature = signature(9);
  const Heard recorded{octets(v6_message), ip("fe80::ff:fe00:1"), ip("ff02::12")};
  EXPECT_EQ(own_advert(config, 0x6b031c723b250000).bytes, recorded.bytes);
  EXPECT_TRUE(hear(config, recorded, at(0x6b031c72)));
}

TEST(Signature, EveryChangedOctetIsNoticed) {
  const Config config = router(net::Family::v4, Version::v3);
  const Heard good = own_advert(config, number_at(1000));
  for (std::size_t i = 20; i < good.bytes.size(); ++i) {
    Heard changed = good;
    changed.bytes[i] ^= 0x10;
    EXPECT_FALSE(hear(config, changed, at(1000))) << "octet " << i;
  }
}

TEST(Signature, EachThingThatCanBeWrongHasItsName) {
  const Config config = router(net::Family::v4, Version::v3);
  const auto after = [&](std::size_t octet, std::uint8_t value) {
    Heard heard = own_advert(config, number_at(1000));
    heard.bytes[octet] = value;
    return hear(config, heard, at(1000)).error();
  };
  const std::size_t trailer = 20 + 12;
  EXPECT_EQ(after(trailer, 2), ReceiveError::signature_malformed);
  EXPECT_EQ(after(trailer + 3, 1), ReceiveError::signature_malformed);
  EXPECT_EQ(after(trailer + 1, 8), ReceiveError::signature_unknown_key);
  EXPECT_EQ(after(trailer + 27, 0), ReceiveError::signature_wrong);
  Config unsigned_config = config;
  unsigned_config.signature.reset();
  EXPECT_EQ(hear(config, own_advert(unsigned_config, 1), at(1000)).error(), ReceiveError::signature_missing);
  EXPECT_EQ(hear(unsigned_config, own_advert(config, number_at(1000)), at(1000)).error(),
            ReceiveError::packet_length);
}

TEST(Signature, AnotherSenderCannotUseIt) {
  const Config config = router(net::Family::v4, Version::v3);
  Heard heard = own_advert(config, number_at(1000));
  heard.source = ip("10.9.0.9");
  EXPECT_EQ(hear(config, heard, at(1000)).error(), ReceiveError::signature_wrong);
}

TEST(Signature, IsStaleOutsideOfTheWindowUnlessOnlyTheOrderCounts) {
  Config config = router(net::Family::v4, Version::v3);
  config.signature->window_seconds = 10;
  const Heard heard = own_advert(config, number_at(1000));
  EXPECT_TRUE(hear(config, heard, at(1010)));
  EXPECT_TRUE(hear(config, heard, at(990)));
  EXPECT_EQ(hear(config, heard, at(1011)).error(), ReceiveError::signature_stale);
  EXPECT_EQ(hear(config, heard, at(988)).error(), ReceiveError::signature_stale);
  config.signature->monotonic = true;
  EXPECT_TRUE(hear(config, heard, at(100'000)));
}

TEST(Signature, ClocksThatDifferByHalfAWindowAreWorthAWord) {
  Config config = router(net::Family::v4, Version::v3);
  config.signature->window_seconds = 10;
  const Heard heard = own_advert(config, number_at(1000));
  const auto differ = [&](std::int64_t now) {
    ReceiveContext context;
    context.wall = at(now);
    EXPECT_TRUE(receive(config, heard.view(), context));
    return context.clocks_differ;
  };
  EXPECT_FALSE(differ(1003));
  EXPECT_TRUE(differ(1008));
}

TEST(Signature, IsNotBelievedASecondTime) {
  const Config config = router(net::Family::v4, Version::v3);
  SignatureMemory memory;
  const Heard heard = own_advert(config, number_at(1000, 3));
  ASSERT_TRUE(hear(config, heard, at(1000), &memory));
  remember_signature(memory, heard.source, number_at(1000, 3), 16);
  EXPECT_EQ(hear(config, heard, at(1000), &memory).error(), ReceiveError::signature_replayed);
  EXPECT_EQ(hear(config, own_advert(config, number_at(1000, 2)), at(1000), &memory).error(),
            ReceiveError::signature_replayed);
  EXPECT_TRUE(hear(config, own_advert(config, number_at(1000, 4)), at(1000), &memory));
}

TEST(Signature, ModesSayWhatIsAcceptedAndSent) {
  Config config = router(net::Family::v4, Version::v3);
  Config plain = config;
  plain.signature.reset();
  const Heard unsigned_one = own_advert(plain, 0);
  config.signature->mode = SignatureMode::permissive;
  EXPECT_TRUE(hear(config, unsigned_one, at(1000)));
  EXPECT_EQ(own_advert(config, number_at(1000)).bytes.size(), unsigned_one.bytes.size() + signature_size);
  config.signature->mode = SignatureMode::receive_only;
  EXPECT_TRUE(hear(config, unsigned_one, at(1000)));
  EXPECT_EQ(own_advert(config, number_at(1000)).bytes, unsigned_one.bytes);
  config.signature->mode = SignatureMode::enforce;
  Heard wrong = own_advert(config, number_at(1000));
  wrong.bytes.back() ^= 1;
  config.signature->mode = SignatureMode::permissive;
  EXPECT_EQ(hear(config, wrong, at(1000)).error(), ReceiveError::signature_wrong);
}

TEST(Signature, AnyListedKeyIsBelieved) {
  Config sender = router(net::Family::v4, Version::v3);
  Config receiver = sender;
  receiver.signature->keys.push_back({8, std::string(40, 'k')});
  sender.signature = signature(8, std::string(40, 'k'));
  EXPECT_TRUE(hear(receiver, own_advert(sender, number_at(1000)), at(1000)));
}

TEST(SignatureNumbers, FollowTheClockAndNeverRepeat) {
  SignatureMemory memory;
  const SignatureConfig config = signature();
  EXPECT_EQ(next_signature_number(memory, config, at(1000) + 500ms), number_at(1000) | 0x80000000U);
  EXPECT_EQ(next_signature_number(memory, config, at(1000) + 500ms), number_at(1000, 1) | 0x80000000U);
  EXPECT_EQ(next_signature_number(memory, config, at(999)), number_at(1000, 2) | 0x80000000U);
  EXPECT_EQ(next_signature_number(memory, config, at(1001)), number_at(1001));
}

TEST(SignatureNumbers, FollowAClockThatWasSetBackUnlessOnlyTheOrderCounts) {
  SignatureConfig config = signature();
  SignatureMemory memory;
  next_signature_number(memory, config, at(5000));
  EXPECT_EQ(next_signature_number(memory, config, at(1000)), number_at(1000));
  config.monotonic = true;
  SignatureMemory counting;
  next_signature_number(counting, config, at(5000));
  EXPECT_EQ(next_signature_number(counting, config, at(1000)), number_at(5000, 1));
}

TEST(SignatureMarks, OfAPeerWhoseClockWasSetBackLapseUnlessOnlyTheOrderCounts) {
  SignatureConfig config = signature();
  SignatureMemory memory;
  remember_signature(memory, ip("10.9.0.2"), number_at(5000), 16);
  EXPECT_TRUE(is_new_signature(memory, config, ip("10.9.0.2"), number_at(1000), at(1000)));
  EXPECT_FALSE(is_new_signature(memory, config, ip("10.9.0.2"), number_at(4999), at(4999)));
  config.monotonic = true;
  EXPECT_FALSE(is_new_signature(memory, config, ip("10.9.0.2"), number_at(1000), at(1000)));
}

TEST(SignatureMarks, ForgetWhoWasNotHeardForTheLongestTime) {
  SignatureMemory memory;
  for (const std::string_view sender : {"10.9.0.1", "10.9.0.2", "10.9.0.1", "10.9.0.3"})
    remember_signature(memory, ip(sender), number_at(1000), 2);
  ASSERT_EQ(memory.marks.size(), 2U);
  EXPECT_EQ(memory.marks[0].sender, ip("10.9.0.1"));
  EXPECT_EQ(memory.marks[1].sender, ip("10.9.0.3"));
}

}  // namespace
}  // namespace vrrp
