#include "vrrp/advert.hpp"

#include <gmock/gmock.h>
#include <string>

#include "core/random.hpp"
#include "net/checksum.hpp"

// Frames that a running keepalived was seen to send: VRID 51, priority 150, one second, 10.9.0.1
// (fe80::ff:fe00:1).
namespace vrrp {
namespace {

using namespace std::chrono_literals;
using net::IpAddress;
using ::testing::ElementsAre;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

std::vector<std::uint8_t> bytes(std::string_view hex) {
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits += c;
  }
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return out;
}

VirtualAddress virtual_address(std::string_view text) {
  VirtualAddress address;
  address.address.address = net::Prefix::parse(text).value();
  return address;
}

Config v4_config(Version version) {
  Config config;
  config.vrid = 51;
  config.version = version;
  config.priority = 150;
  config.multicast_group = ip("224.0.0.18");
  config.addresses = {virtual_address("10.9.0.100/24")};
  return config;
}

Config v6_config(Version version) {
  Config config = v4_config(version);
  config.family = net::Family::v6;
  config.multicast_group = ip("ff02::12");
  config.addresses = {virtual_address("fe80::9:100/64"), virtual_address("fd00:9::100/64")};
  return config;
}

Config unicast(Config config, std::string_view peer) {
  config.unicast = true;
  config.peers = {UnicastPeer{ip(peer)}};
  return config;
}

/// A packet with the memory its views point to.
struct Packet {
  std::vector<std::uint8_t> octets;  // IPv4: from the IP header on
  IpAddress source, destination;
  std::uint8_t hop_limit = 255;
  std::uint8_t protocol = 112;

  static Packet v4(std::vector<std::uint8_t> whole) {
    Packet packet;
    packet.source = IpAddress::v4(std::span(whole).subspan<12, 4>());
    packet.destination = IpAddress::v4(std::span(whole).subspan<16, 4>());
    packet.hop_limit = whole[8];
    packet.protocol = whole[9];
    packet.octets = std::move(whole);
    return packet;
  }
  static Packet v6(std::vector<std::uint8_t> message, std::string_view from, std::string_view to) {
    return {std::move(message), ip(from), ip(to)};
  }

  ReceivedPacket view() const {
    const std::size_t header = source.is_v4() ? std::size_t{20} : 0;
    return {source,
            destination,
            hop_limit,
            protocol,
            std::span(octets).first(header),
            std::span(octets).subspan(header)};
  }
  std::uint8_t& message(std::size_t offset) { return octets.at((source.is_v4() ? 20 : 0) + offset); }

  /// Makes the checksum right again after a change, without a pseudo-header for version 2.
  Packet& repaired() {
    message(6) = message(7) = 0;
    net::Checksum sum;
    sum.add(view().payload);
    if (message(0) >> 4 == 3) {
      sum.add_pseudo_header(source, destination, 112, static_cast<std::uint32_t>(view().payload.size()));
    }
    const std::uint16_t value = sum.value();
    message(6) = static_cast<std::uint8_t>(value >> 8);
    message(7) = static_cast<std::uint8_t>(value);
    return *this;
  }
};

std::expected<Advert, ReceiveError> receive(const Config& config, const Packet& packet,
                                            ReceiveContext context = {}) {
  return vrrp::receive(config, packet.view(), context);
}

ReceiveContext context_after(const Config& config, const Packet& packet, ReceiveContext context = {}) {
  EXPECT_TRUE(vrrp::receive(config, packet.view(), context).has_value());
  return context;
}

// ---- golden frames
// -----------------------------------------------------------------------------------------------

struct Golden {
  std::string name;
  Config config;
  Outgoing outgoing;
  std::string wire;  // IPv4: from the IP header on; IPv6: the message
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

std::vector<Golden> goldens() {
  const Outgoing multicast{ip("10.9.0.1"), ip("224.0.0.18"), 150};
  const Outgoing to_peer{ip("10.9.0.1"), ip("10.9.0.2"), 150};
  const Outgoing v6_multicast{ip("fe80::ff:fe00:1"), ip("ff02::12"), 150};
  const auto with = [](Outgoing outgoing, auto change) {
    change(outgoing);
    return outgoing;
  };
  const auto resigning = [&](Outgoing outgoing) {
    return with(outgoing, [](Outgoing& o) { o.priority = 0; });
  };
  Config pass = v4_config(Version::v2);
  pass.auth_type = AuthType::pass;
  pass.auth_pass = "s3cret";
  Config short_ttl = unicast(v4_config(Version::v3), "10.9.0.2");
  short_ttl.unicast_ttl = 64;
  Config other_group = v4_config(Version::v3);
  other_group.multicast_group = ip("224.0.0.99");
  const Config v3_unicast = unicast(v4_config(Version::v3), "10.9.0.2");
  return {
      {"Version2", v4_config(Version::v2), multicast,
       "45c0002800010000ff70d0880a090001e0000012 2133960100013e5d0a0900640000000000000000"},
      {"Version2Pass", pass, multicast,
       "45c0002800010000ff70d0880a090001e0000012 21339601010101430a0900647333637265740000"},
      {"Version2Resigns", v4_config(Version::v2),
       with(resigning(multicast), [](Outgoing& o) { o.ip_id = 4; }),
       "45c0002800040000ff70d0850a090001e0000012 213300010001d45d0a0900640000000000000000"},
      {"Version3", v4_config(Version::v3), multicast,
       "45c0002000010000ff70d0900a090001e0000012 31339601006443610a090064"},
      {"Version3Resigns", v4_config(Version::v3), resigning(multicast),
       "45c0002000010000ff70d0900a090001e0000012 313300010064d9610a090064"},
      {"Version3Unicast", v3_unicast, to_peer,
       "45c0002000010000ff70a6980a0900010a090002 31339601006419690a090064"},
      {"Version3UnicastTtl64", short_ttl, to_peer,
       "45c0002000010000407065990a0900010a090002 31339601006419690a090064"},
      {"Version3OldUnicastChecksum", v3_unicast,
       with(to_peer, [](Outgoing& o) { o.checksum_style = ChecksumStyle::multicast_pseudo_header; }),
       "45c0002000010000ff70a6980a0900010a090002 31339601006443610a090064"},
      {"Version3WithoutPseudoHeader", v4_config(Version::v3),
       with(multicast, [](Outgoing& o) { o.checksum_style = ChecksumStyle::no_pseudo_header; }),
       "45c0002000010000ff70d0900a090001e0000012 3133960100642dfa0a090064"},
      {"Version3OtherSource", v4_config(Version::v3),
       with(multicast, [](Outgoing& o) { o.source = ip("10.9.0.77"); }),
       "45c0002000010000ff70d0440a09004de0000012 31339601006443150a090064"},
      {"Version3OtherGroup", other_group,
       with(multicast, [](Outgoing& o) { o.destination = ip("224.0.0.99"); }),
       "45c0002000010000ff70d03f0a090001e0000063 31339601006443100a090064"},
      {"Version3Owner", v4_config(Version::v3), with(multicast, [](Outgoing& o) { o.priority = 255; }),
       "45c0002000010000ff70d0900a090001e0000012 3133ff010064da600a090064"},
      {"Version3Ipv6", v6_config(Version::v3), v6_multicast,
       "3133960200643da3 fe800000000000000000000000090100 fd000009000000000000000000000100"},
      {"Version2Ipv6", v6_config(Version::v2), v6_multicast,
       "2133960200014e06 fe800000000000000000000000090100 fd000009000000000000000000000100"},
      {"Version3Ipv6Unicast", unicast(v6_config(Version::v3), "fd00:9::2"),
       Outgoing{ip("fd00:9::1"), ip("fd00:9::2"), 150},
       "3133960200644023 fe800000000000000000000000090100 fd000009000000000000000000000100"},
  };
}

class GoldenFrame : public ::testing::TestWithParam<Golden> {};

TEST_P(GoldenFrame, IsWhatWeSend) {
  EXPECT_EQ(encode(GetParam().config, GetParam().outgoing), bytes(GetParam().wire));
}

TEST_P(GoldenFrame, IsAcceptedWithoutRemark) {
  const auto& [name, config, outgoing, wire] = GetParam();
  Packet packet = config.family == net::Family::v4
                      ? Packet::v4(bytes(wire))
                      : Packet{bytes(wire), outgoing.source, outgoing.destination,
                               hop_limit_to(config, outgoing.destination)};
  // Read by the other end, whose peer is the sender.
  Config receiver = config;
  for (auto& peer : receiver.peers) peer.address = outgoing.source;
  receiver.check_unicast_source = config.unicast;

  ReceiveContext context{.own_source = ip("10.9.0.200")};
  const auto advert = vrrp::receive(receiver, packet.view(), context);
  ASSERT_TRUE(advert.has_value()) << receive_error_id(advert.error());
  EXPECT_EQ(advert->version, config.version);
  EXPECT_EQ(advert->vrid, 51);
  EXPECT_EQ(advert->priority, outgoing.priority);
  EXPECT_EQ(advert->interval, 1s);
  ASSERT_EQ(advert->addresses.size(), config.addresses.size());
  for (std::size_t i = 0; i < config.addresses.size(); ++i) {
    EXPECT_EQ(advert->addresses[i], config.addresses[i].address.address.address);
  }
  EXPECT_FALSE(context.address_list_differs || context.interval_differs || context.from_own_address);
  EXPECT_EQ(context.old_unicast_checksum, outgoing.checksum_style == ChecksumStyle::multicast_pseudo_header);
  EXPECT_EQ(vrid_of(packet.view()), 51);
}

TEST_P(GoldenFrame, IsRefusedWithAnyOneBitFlipped) {
  const auto& [name, config, outgoing, wire] = GetParam();
  // An IPv4 header is checked by the kernel, and version 3 sums may be right in more than one style: all
  // flips of the message must be caught, by whichever check comes first.
  const std::vector<std::uint8_t> octets = bytes(wire);
  const std::size_t header = config.family == net::Family::v4 ? 20 : 0;
  Config receiver = config;
  for (auto& peer : receiver.peers) peer.address = outgoing.source;
  for (std::size_t bit = header * 8; bit < octets.size() * 8; ++bit) {
    std::vector<std::uint8_t> damaged = octets;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const Packet packet =
        header != 0 ? Packet::v4(damaged) : Packet{damaged, outgoing.source, outgoing.destination};
    EXPECT_FALSE(receive(receiver, packet).has_value()) << "bit " << bit;
  }
}

INSTANTIATE_TEST_SUITE_P(Advert, GoldenFrame, ::testing::ValuesIn(goldens()),
                         [](const auto& test) { return test.param.name; });

// ---- one thing wrong
// ---------------------------------------------------------------------------------------------

Packet v2_packet() {
  return Packet::v4(encode(v4_config(Version::v2), {ip("10.9.0.1"), ip("224.0.0.18"), 150}));
}
Packet v3_packet() {
  return Packet::v4(encode(v4_config(Version::v3), {ip("10.9.0.1"), ip("224.0.0.18"), 150}));
}

TEST(AdvertReceived, TooShortForItsAddressesIsALengthError) {
  for (std::size_t size = 20; size < v2_packet().octets.size(); ++size) {
    Packet packet = v2_packet();
    packet.octets.resize(size);
    EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::packet_length) << size;
  }
}

TEST(AdvertReceived, TooLongIsALengthError) {
  for (const std::size_t excess : {1U, 2U, 4U, 28U}) {
    Packet packet = v2_packet();  // 40 octets with its header
    packet.octets.resize(packet.octets.size() + excess);
    const bool padding = excess % 4 == 2;
    EXPECT_EQ(receive(v4_config(Version::v2), packet).has_value(), padding) << excess;
  }
}

TEST(AdvertReceived, EthernetPaddingIsNoPartOfTheAdvert) {
  Packet packet = v3_packet();
  packet.octets.resize(46, 0xee);
  EXPECT_TRUE(receive(v4_config(Version::v3), packet).has_value());
  packet.octets[3] = 46;  // some senders count it
  EXPECT_TRUE(receive(v4_config(Version::v3), packet).has_value());
}

TEST(AdvertReceived, AnAdvertThatEthernetDoesNotPadHasNoPadding) {
  Config config = v4_config(Version::v3);
  config.addresses.assign(10, virtual_address("10.9.0.100/24"));
  Packet packet = Packet::v4(encode(config, {ip("10.9.0.1"), ip("224.0.0.18"), 150}));
  packet.octets.resize(packet.octets.size() + 2);
  EXPECT_EQ(receive(config, packet).error(), ReceiveError::packet_length);
}

TEST(AdvertReceived, ALengthFieldThatDisagreesIsALengthError) {
  Packet packet = v2_packet();
  packet.octets[3] = 44;
  EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::packet_length);
}

TEST(AdvertReceived, AHeaderThatIsNotIpv4IsRefused) {
  for (const int first : {0x65, 0x44, 0x46}) {
    Packet packet = v2_packet();
    packet.octets[0] = static_cast<std::uint8_t>(first);
    EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::ip_header);
  }
}

TEST(AdvertReceived, IpOptionsAreAllowed) {
  Packet packet = v2_packet();
  std::vector<std::uint8_t> header(packet.octets.begin(), packet.octets.begin() + 20);
  header[0] = 0x46;
  header[3] = 44;
  header.insert(header.end(), {1, 1, 1, 0});
  ReceivedPacket view = packet.view();
  view.ipv4_header = header;
  ReceiveContext context;
  EXPECT_TRUE(vrrp::receive(v4_config(Version::v2), view, context).has_value());
}

TEST(AdvertReceived, OfAnotherFamilyIsRefused) {
  Packet packet = v3_packet();
  EXPECT_EQ(receive(v6_config(Version::v3), packet).error(), ReceiveError::ip_header);
}

TEST(AdvertReceived, ByMulticastFromBehindARouterIsATtlError) {
  Packet packet = v2_packet();
  packet.hop_limit = 254;
  EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::ttl);
}

TEST(AdvertReceived, OfTheOtherVersionIsAVersionErrorNotALengthError) {
  EXPECT_EQ(receive(v4_config(Version::v3), v2_packet()).error(), ReceiveError::version);
  EXPECT_EQ(receive(v4_config(Version::v2), v3_packet()).error(), ReceiveError::version);
}

TEST(AdvertReceived, OfAVersionNobodyKnowsIsAVersionError) {
  Packet packet = v3_packet();
  packet.message(0) = 0x41;
  EXPECT_EQ(receive(v4_config(Version::v3), packet.repaired()).error(), ReceiveError::version);
}

TEST(AdvertReceived, AuthenticationIsToldApart) {
  Config pass = v4_config(Version::v2);
  pass.auth_type = AuthType::pass;
  pass.auth_pass = "s3cret";
  EXPECT_EQ(receive(pass, v2_packet()).error(), ReceiveError::auth_type_mismatch);

  Packet with_pass = Packet::v4(encode(pass, {ip("10.9.0.1"), ip("224.0.0.18"), 150}));
  EXPECT_EQ(receive(v4_config(Version::v2), with_pass).error(), ReceiveError::auth_type_mismatch);
  EXPECT_TRUE(receive(pass, with_pass).has_value());
  EXPECT_EQ(receive(pass, with_pass)->auth_type, AuthType::pass);

  Packet unknown = v2_packet();
  unknown.message(4) = 3;
  EXPECT_EQ(receive(v4_config(Version::v2), unknown.repaired()).error(), ReceiveError::auth_type_unknown);
}

TEST(AdvertReceived, APasswordCountsToItsEighthOctet) {
  Config ours = v4_config(Version::v2);
  ours.auth_type = AuthType::pass;
  ours.auth_pass = "12345678";
  Config theirs = ours;
  const auto sent_with = [&](std::string password) {
    theirs.auth_pass = std::move(password);
    return Packet::v4(encode(theirs, {ip("10.9.0.1"), ip("224.0.0.18"), 150}));
  };
  EXPECT_TRUE(receive(ours, sent_with("12345678")).has_value());
  EXPECT_TRUE(receive(ours, sent_with("123456789")).has_value());
  for (const char* wrong : {"", "1234567", "X2345678", "1234567X", "1234567\xb8"}) {
    EXPECT_EQ(receive(ours, sent_with(wrong)).error(), ReceiveError::auth_failure) << wrong;
  }
}

TEST(AdvertReceived, AnAuthenticationHeaderIsRefusedAndYetNamesItsVrid) {
  Packet packet = Packet::v4(
      bytes("45c0004000010000ff33d0ad0a090001e0000012 700400000a09000100000001eaa9820aa84b93984b70f0ab "
            "2133960102013c5d0a0900640000000000000000"));
  EXPECT_EQ(vrid_of(packet.view()), 51);
  EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::unexpected_ah);
}

// As a running keepalived sent them, by multicast and to a unicast peer.
constexpr std::string_view ah_multicast =
    "45c0004000010000ff33d0ad0a090001e0000012 700400000a09000100000001eaa9820aa84b93984b70f0ab "
    "2133960102013c5d0a0900640000000000000000";
constexpr std::string_view ah_unicast =
    "45c0004000010000ff33a6b50a0900010a090002 700400000a09000100000001fe8248e32d91e21ff43acb55 "
    "2133960102013c5d0a0900640000000000000000";

Config ah_config() {
  Config config = v4_config(Version::v2);
  config.auth_type = AuthType::ah;
  config.auth_pass = "s3cret";
  return config;
}

TEST(AdvertReceived, AnAuthenticationHeaderProvesThePassword) {
  for (const auto& [config, seen] :
       {std::pair{ah_config(), ah_multicast}, std::pair{unicast(ah_config(), "10.9.0.1"), ah_unicast}}) {
    ReceiveContext context;
    const Packet packet = Packet::v4(bytes(seen));
    const auto advert = vrrp::receive(config, packet.view(), context);
    ASSERT_TRUE(advert.has_value()) << receive_error_text(advert.error());
    EXPECT_EQ(advert->priority, 150);
    EXPECT_EQ(advert->auth_type, AuthType::ah);
    EXPECT_EQ(context.ah_sequence, 1U);
    EXPECT_EQ(vrrp::receive(config, packet.view(), context).error(), ReceiveError::auth_replay)
        << "the same number again";
    Config other = config;
    other.auth_pass = "s3cre7";
    EXPECT_EQ(receive(other, packet).error(), ReceiveError::auth_failure);
    Config without = config;
    without.auth_type = AuthType::none;
    EXPECT_EQ(receive(without, packet).error(), ReceiveError::unexpected_ah);
  }
  EXPECT_EQ(receive(ah_config(), v2_packet()).error(), ReceiveError::ah_missing);
}

TEST(AdvertReceived, NoOctetUnderTheAuthenticationHeaderMayChange) {
  const auto whole = bytes(ah_multicast);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    // Routers may change the type of service, fragmentation and the checksum of the header.
    const bool may_change = at == 1 || at == 6 || at == 7 || at == 10 || at == 11;
    auto changed = whole;
    changed[at] ^= 0x01;
    EXPECT_EQ(receive(ah_config(), Packet::v4(changed)).has_value(), may_change) << "octet " << at;
    if (at < 20) continue;
    EXPECT_FALSE(
        receive(ah_config(), Packet::v4({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at)})))
        << "cut at " << at;
  }
}

TEST(AdvertSent, AnAuthenticationHeaderAsKeepalivedWritesIt) {
  EXPECT_EQ(encode(ah_config(), {ip("10.9.0.1"), ip("224.0.0.18"), 150}), bytes(ah_multicast));
  EXPECT_EQ(encode(unicast(ah_config(), "10.9.0.2"), {ip("10.9.0.1"), ip("10.9.0.2"), 150}),
            bytes(ah_unicast));
}

TEST(AdvertReceived, Version2InsistsOnTheInterval) {
  Packet packet = v2_packet();
  packet.message(5) = 5;
  EXPECT_EQ(receive(v4_config(Version::v2), packet.repaired()).error(), ReceiveError::advert_interval);
}

TEST(AdvertReceived, Version3LearnsTheInterval) {
  Config fast = v4_config(Version::v3);
  fast.advert_interval = 250ms;
  Packet packet = Packet::v4(encode(fast, {ip("10.9.0.1"), ip("224.0.0.18"), 150}));
  EXPECT_EQ(receive(v4_config(Version::v3), packet)->interval, 250ms);
  EXPECT_TRUE(context_after(v4_config(Version::v3), packet).interval_differs);
}

TEST(AdvertReceived, Version3IgnoresTheReservedBits) {
  Packet packet = v3_packet();
  packet.message(4) = 0xf0;
  EXPECT_EQ(receive(v4_config(Version::v3), packet.repaired())->interval, 1s);
}

TEST(AdvertReceived, AnIntervalOfZeroIsRefused) {
  Packet packet = v3_packet();
  packet.message(5) = 0;
  EXPECT_EQ(receive(v4_config(Version::v3), packet.repaired()).error(), ReceiveError::advert_interval);
}

TEST(AdvertReceived, OfAnotherTypeIsATypeError) {
  Packet packet = v3_packet();
  packet.message(0) = 0x32;
  EXPECT_EQ(receive(v4_config(Version::v3), packet.repaired()).error(), ReceiveError::type);
}

TEST(AdvertReceived, ChecksumsOfBothReadingsOfVersion3AreRight) {
  const Config config = v4_config(Version::v3);
  for (const auto style : {ChecksumStyle::pseudo_header, ChecksumStyle::no_pseudo_header}) {
    const Packet packet = Packet::v4(encode(config, {ip("10.9.0.1"), ip("224.0.0.18"), 150, 1, style}));
    EXPECT_TRUE(receive(config, packet).has_value());
  }
  Config as_v2 = config;
  as_v2.checksum = ChecksumStyle::no_pseudo_header;
  EXPECT_TRUE(receive(as_v2, v3_packet()).has_value());
  Packet wrong = v3_packet();
  wrong.message(6) ^= 1;
  EXPECT_EQ(receive(as_v2, wrong).error(), ReceiveError::checksum) << "one of them must be right";
}

TEST(AdvertReceived, TheOldUnicastChecksumIsLearntUnlessForbidden) {
  Config config = unicast(v4_config(Version::v3), "10.9.0.1");
  const Packet packet = Packet::v4(
      encode(config, {ip("10.9.0.1"), ip("10.9.0.2"), 150, 1, ChecksumStyle::multicast_pseudo_header}));
  EXPECT_TRUE(context_after(config, packet).old_unicast_checksum);
  config.detect_old_unicast_checksum = false;
  EXPECT_EQ(receive(config, packet).error(), ReceiveError::checksum);
  config.checksum = ChecksumStyle::multicast_pseudo_header;
  EXPECT_TRUE(receive(config, packet).has_value());
}

TEST(AdvertReceived, APacketThatIsRefusedTeachesNothing) {
  Config config = unicast(v4_config(Version::v3), "10.9.0.3");
  config.check_unicast_source = true;
  const Packet packet = Packet::v4(
      encode(config, {ip("10.9.0.1"), ip("10.9.0.2"), 150, 1, ChecksumStyle::multicast_pseudo_header}));
  ReceiveContext context;
  EXPECT_EQ(vrrp::receive(config, packet.view(), context).error(), ReceiveError::unknown_peer);
  EXPECT_FALSE(context.old_unicast_checksum);
}

TEST(AdvertReceived, Ipv6ChecksumsAreOursToVerify) {
  const Config config = v6_config(Version::v3);
  Packet packet = Packet::v6(encode(config, {ip("fe80::1"), ip("ff02::12"), 150}), "fe80::1", "ff02::12");
  EXPECT_TRUE(receive(config, packet).has_value());
  packet.source = ip("fe80::2");
  EXPECT_EQ(receive(config, packet).error(), ReceiveError::checksum);
}

TEST(AdvertReceived, UnicastAndMulticastAreNotMixed) {
  const Config multicast = v4_config(Version::v3);
  const Config to_peer = unicast(multicast, "10.9.0.1");
  const Packet by_unicast = Packet::v4(encode(to_peer, {ip("10.9.0.1"), ip("10.9.0.2"), 150}));
  EXPECT_EQ(receive(multicast, by_unicast).error(), ReceiveError::unexpected_destination);
  EXPECT_EQ(receive(to_peer, v3_packet()).error(), ReceiveError::unexpected_destination);
  EXPECT_TRUE(receive(to_peer, by_unicast).has_value());
}

TEST(AdvertReceived, AnotherGroupIsAnotherRouter) {
  Config config = v4_config(Version::v3);
  config.multicast_group = ip("224.0.0.99");
  EXPECT_EQ(receive(config, v3_packet()).error(), ReceiveError::unexpected_destination);
}

TEST(AdvertReceived, FromWhoIsNoPeerIsRefusedOnlyWhenAskedFor) {
  Config config = unicast(v4_config(Version::v3), "10.9.0.3");
  const Packet packet = Packet::v4(encode(config, {ip("10.9.0.1"), ip("10.9.0.2"), 150}));
  EXPECT_TRUE(receive(config, packet).has_value());
  config.check_unicast_source = true;
  EXPECT_EQ(receive(config, packet).error(), ReceiveError::unknown_peer);
}

TEST(AdvertReceived, APeersTtlWindowIncludesBothEnds) {
  Config config = unicast(v4_config(Version::v3), "10.9.0.1");
  config.peers[0].min_ttl = 60;
  config.peers[0].max_ttl = 64;
  Packet packet = Packet::v4(encode(config, {ip("10.9.0.1"), ip("10.9.0.2"), 150}));
  for (const auto& [ttl, right] : {std::pair{59, false}, {60, true}, {64, true}, {65, false}}) {
    packet.hop_limit = static_cast<std::uint8_t>(ttl);
    const auto advert = receive(config, packet);
    EXPECT_EQ(advert.has_value(), right) << ttl;
    if (!right) {
      EXPECT_EQ(advert.error(), ReceiveError::ttl);
    }
  }
}

// ---- remarks
// -----------------------------------------------------------------------------------------------------

TEST(AdvertReceived, AnotherAddressListIsARemarkAndNoMore) {
  Config config = v4_config(Version::v2);
  EXPECT_FALSE(context_after(config, v2_packet()).address_list_differs);
  config.addresses = {virtual_address("10.9.0.101/24")};
  EXPECT_TRUE(context_after(config, v2_packet()).address_list_differs);
  config.addresses.clear();
  EXPECT_TRUE(context_after(config, v2_packet()).address_list_differs);
}

TEST(AdvertReceived, TheSameAddressesInAnotherOrderAreTheSameList) {
  Config ours = v6_config(Version::v3);
  Config theirs = ours;
  std::swap(theirs.addresses[0], theirs.addresses[1]);
  const Packet packet =
      Packet::v6(encode(theirs, {ip("fe80::1"), ip("ff02::12"), 150}), "fe80::1", "ff02::12");
  EXPECT_FALSE(context_after(ours, packet).address_list_differs);
}

TEST(AdvertReceived, ARepeatedAddressDoesNotHideAMissingOne) {
  Config ours = v6_config(Version::v3);
  Config theirs = ours;
  theirs.addresses[1] = theirs.addresses[0];
  const Packet packet =
      Packet::v6(encode(theirs, {ip("fe80::1"), ip("ff02::12"), 150}), "fe80::1", "ff02::12");
  EXPECT_TRUE(context_after(ours, packet).address_list_differs);
}

TEST(AdvertReceived, TheCurrentMastersListMayBeSkipped) {
  Config config = v4_config(Version::v2);
  config.addresses.clear();
  config.skip_check_advert_addresses = true;
  EXPECT_FALSE(context_after(config, v2_packet(), {.master = ip("10.9.0.1")}).address_list_differs);
  EXPECT_TRUE(context_after(config, v2_packet(), {.master = ip("10.9.0.9")}).address_list_differs);
}

TEST(AdvertReceived, OurOwnAddressAsSenderIsRemarked) {
  EXPECT_TRUE(
      context_after(v4_config(Version::v2), v2_packet(), {.own_source = ip("10.9.0.1")}).from_own_address);
  EXPECT_FALSE(
      context_after(v4_config(Version::v2), v2_packet(), {.own_source = ip("10.9.0.2")}).from_own_address);
}

TEST(AdvertReceived, TheFirstFailureInOrderIsTheOneReported) {
  Packet packet = v2_packet();
  packet.hop_limit = 1;
  packet.message(0) = 0x32;
  packet.message(4) = 9;
  EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::packet_length)
      << "as version 3 it is too long";
  packet = v2_packet();
  packet.hop_limit = 1;
  packet.message(4) = 9;
  packet.message(5) = 9;
  EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::ttl);
  packet.hop_limit = 255;
  EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::auth_type_unknown);
  packet.message(4) = 0;
  EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::advert_interval);
  packet.message(5) = 1;
  packet.message(0) = 0x22;
  EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::type);
  packet.message(0) = 0x21;
  packet.message(7) ^= 1;
  EXPECT_EQ(receive(v4_config(Version::v2), packet).error(), ReceiveError::checksum);
}

// ---- sending
// -----------------------------------------------------------------------------------------------------

TEST(AdvertSent, CarriesAtMost255AddressesOfItsFamily) {
  Config config = v4_config(Version::v3);
  config.addresses.assign(300, virtual_address("10.9.0.100/24"));
  config.addresses.insert(config.addresses.begin(), virtual_address("fd00::1/64"));
  const Packet packet = Packet::v4(encode(config, {ip("10.9.0.1"), ip("224.0.0.18"), 150}));
  EXPECT_EQ(packet.octets.size(), 20U + 8 + 255 * 4);
  const auto advert = receive(config, packet);
  ASSERT_TRUE(advert.has_value());
  EXPECT_THAT(advert->addresses, ::testing::SizeIs(255));
  EXPECT_THAT(advert->addresses, ::testing::Each(ip("10.9.0.100")));
}

TEST(AdvertSent, HasTheIntervalThatItsVersionCanSay) {
  EXPECT_EQ(interval_on_wire(Version::v2, 1400ms), 1s);
  EXPECT_EQ(interval_on_wire(Version::v2, 1600ms), 2s);
  EXPECT_EQ(interval_on_wire(Version::v2, 10ms), 1s);
  EXPECT_EQ(interval_on_wire(Version::v2, 400s), 255s);
  EXPECT_EQ(interval_on_wire(Version::v3, 14ms), 10ms);
  EXPECT_EQ(interval_on_wire(Version::v3, 15ms), 20ms);
  EXPECT_EQ(interval_on_wire(Version::v3, 1ms), 10ms);
  EXPECT_EQ(interval_on_wire(Version::v3, 100s), 40950ms);
}

TEST(AdvertSent, GoesAsFarAsConfigured) {
  Config config = unicast(v4_config(Version::v3), "10.9.0.2");
  EXPECT_EQ(hop_limit_to(config, ip("10.9.0.2")), 255);
  EXPECT_EQ(hop_limit_to(config, ip("fd00::2")), 64);
  config.unicast_ttl = 3;
  EXPECT_EQ(hop_limit_to(config, ip("10.9.0.2")), 3);
  EXPECT_EQ(hop_limit_to(config, ip("fd00::2")), 3);
  EXPECT_EQ(hop_limit_to(config, ip("224.0.0.18")), 255);
}

TEST(AdvertSent, OfAnyConfigurationIsAcceptedByItsTwin) {
  core::Random random(1);
  for (int round = 0; round < 2000; ++round) {
    const bool v4 = random.chance(50);
    Config config = v4 ? v4_config(random.chance(50) ? Version::v2 : Version::v3)
                       : v6_config(random.chance(50) ? Version::v2 : Version::v3);
    config.vrid = static_cast<std::uint8_t>(random.between(1, 255));
    config.advert_interval = std::chrono::milliseconds(random.between(1, 300'000));
    if (random.chance(40)) config.auth_type = AuthType::pass;
    config.auth_pass.assign(static_cast<std::size_t>(random.between(0, 9)),
                            static_cast<char>(random.between(1, 255)));
    config.addresses.resize(static_cast<std::size_t>(random.between(0, 260)));
    for (auto& address : config.addresses) {
      auto& it = address.address.address.address;
      it = IpAddress::any(config.family);
      for (std::size_t i = 0; i < it.size(); ++i) it.octets[i] = static_cast<std::uint8_t>(random.next());
    }
    if (random.chance(50)) config = unicast(config, v4 ? "10.9.0.1" : "fe80::1");
    const IpAddress source = ip(v4 ? "10.9.0.1" : "fe80::1");
    const IpAddress destination =
        config.multicast() ? config.multicast_group : ip(v4 ? "10.9.0.2" : "fe80::2");
    const auto style = static_cast<ChecksumStyle>(random.between(0, 2));
    const auto octets = encode(config, {source, destination, static_cast<std::uint8_t>(random.next()),
                                        static_cast<std::uint16_t>(random.next()), style});
    const Packet packet = v4 ? Packet::v4(octets) : Packet{octets, source, destination};
    ReceiveContext context;
    const auto advert = vrrp::receive(config, packet.view(), context);
    ASSERT_TRUE(advert.has_value()) << round << ": " << receive_error_id(advert.error());
    EXPECT_FALSE(context.interval_differs || context.address_list_differs) << round;
    if (v4) {
      EXPECT_EQ(net::Checksum{}.add(packet.view().ipv4_header).value(), 0);
    }
  }
}

// ---- counters
// ----------------------------------------------------------------------------------------------------

TEST(AdvertCounters, EveryErrorCountsOnceAndHasWords) {
  for (int i = 0; i <= static_cast<int>(ReceiveError::unknown_peer); ++i) {
    const auto error = static_cast<ReceiveError>(i);
    Counters counters;
    ++rx_counter(counters, error);
    EXPECT_NE(counters, Counters{});
    EXPECT_FALSE(receive_error_id(error).empty());
    EXPECT_FALSE(receive_error_text(error).empty());
  }
  Counters counters;
  ++rx_counter(counters, ReceiveError::checksum);
  EXPECT_EQ(counters.checksum_errors, 1U);
}

TEST(AdvertVrid, OfAPacketTooShortToSayIsUnknown) {
  Packet packet = v2_packet();
  packet.octets.resize(21);
  EXPECT_EQ(vrid_of(packet.view()), std::nullopt);
  packet.protocol = 51;
  EXPECT_EQ(vrid_of(packet.view()), std::nullopt);
}

}  // namespace
}  // namespace vrrp
