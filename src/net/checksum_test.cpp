#include "net/checksum.hpp"

#include <array>
#include <gmock/gmock.h>
#include <vector>

#include "core/random.hpp"

namespace net {
namespace {

TEST(Checksum, OfTheExampleOfRfc1071) {
  const std::array<std::uint8_t, 8> octets{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(Checksum{}.add(octets).value(), 0x220d);  // the complement of ddf2
}

TEST(Checksum, OfNothingIsAllOnes) { EXPECT_EQ(Checksum{}.value(), 0xffff); }

TEST(Checksum, AnOddOctetIsPaddedWithZero) {
  const std::array<std::uint8_t, 3> odd{0x12, 0x34, 0x56};
  const std::array<std::uint8_t, 4> even{0x12, 0x34, 0x56, 0x00};
  EXPECT_EQ(Checksum{}.add(odd).value(), Checksum{}.add(even).value());
}

TEST(Checksum, CarriesAreFoldedHoweverManyThereAre) {
  const std::vector<std::uint8_t> ones(1'000'000, 0xff);
  EXPECT_EQ(Checksum{}.add(ones).value(), 0);
}

TEST(Checksum, PartsAddUpToTheWhole) {
  core::Random random(5);
  std::vector<std::uint8_t> octets(256);
  for (auto& octet : octets) octet = static_cast<std::uint8_t>(random.next());
  const std::span whole(octets);
  for (std::size_t cut = 0; cut <= octets.size(); cut += 2) {
    EXPECT_EQ(Checksum{}.add(whole.first(cut)).add(whole.subspan(cut)).value(),
              Checksum{}.add(whole).value());
  }
  EXPECT_EQ(Checksum{}.add(whole).add_u16(0x1234).value(), Checksum{}.add_u16(0x1234).add(whole).value());
}

TEST(Checksum, APacketThatHoldsItsOwnChecksumSumsToZero) {
  core::Random random(6);
  for (int round = 0; round < 1000; ++round) {
    std::vector<std::uint8_t> octets(static_cast<std::size_t>(random.between(1, 40)) * 2);
    for (auto& octet : octets) octet = static_cast<std::uint8_t>(random.next());
    octets[0] = octets[1] = 0;
    const IpAddress source{Family::v6, {0xfe, 0x80, static_cast<std::uint8_t>(random.next())}};
    const IpAddress destination{Family::v6, {0xff, 0x02}};
    const auto length = static_cast<std::uint32_t>(octets.size());
    const auto sum = Checksum{}.add(octets).add_pseudo_header(source, destination, 112, length).value();
    octets[0] = static_cast<std::uint8_t>(sum >> 8);
    octets[1] = static_cast<std::uint8_t>(sum);
    EXPECT_EQ(Checksum{}.add(octets).add_pseudo_header(source, destination, 112, length).value(), 0);
  }
}

// The sum that RFC 793 describes, spelt out; a length above 16 bits is two words.
TEST(Checksum, ThePseudoHeaderCountsAddressesProtocolAndLength) {
  const auto source = IpAddress::v4(192, 168, 0, 1);
  const auto destination = IpAddress::v4(192, 168, 0, 199);
  const unsigned sum = 0xc0a8 + 0x0001 + 0xc0a8 + 0x00c7 + 17 + 4;
  const auto folded = static_cast<std::uint16_t>(~((sum & 0xffff) + (sum >> 16)));
  EXPECT_EQ(Checksum{}.add_pseudo_header(source, destination, 17, 4).value(), folded);
  EXPECT_EQ(Checksum{}.add_pseudo_header(source, destination, 17, 0x10003).value(), folded);
}

}  // namespace
}  // namespace net
