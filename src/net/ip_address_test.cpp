#include "net/ip_address.hpp"

#include <gmock/gmock.h>

#include "core/random.hpp"

namespace net {
namespace {

struct Spelling {
  const char* written;
  const char* canonical;  // null: not an address
};

void PrintTo(const Spelling& spelling, std::ostream* out) { *out << '"' << spelling.written << '"'; }

class IpAddressText : public ::testing::TestWithParam<Spelling> {};

TEST_P(IpAddressText, IsReadAndWrittenAsTheRfcsSay) {
  const auto address = IpAddress::parse(GetParam().written);
  if (GetParam().canonical == nullptr) {
    EXPECT_EQ(address, std::nullopt) << address->to_string();
  } else {
    ASSERT_TRUE(address.has_value());
    EXPECT_EQ(address->to_string(), GetParam().canonical);
  }
}

INSTANTIATE_TEST_SUITE_P(V4, IpAddressText,
                         ::testing::Values(Spelling{"0.0.0.0", "0.0.0.0"},
                                           Spelling{"255.255.255.255", "255.255.255.255"},
                                           Spelling{"10.9.0.1", "10.9.0.1"}, Spelling{"256.0.0.1", nullptr},
                                           Spelling{"1.2.3", nullptr}, Spelling{"1.2.3.4.5", nullptr},
                                           Spelling{"1.2.3.", nullptr}, Spelling{".1.2.3", nullptr},
                                           Spelling{"1..2.3", nullptr}, Spelling{"010.0.0.1", nullptr},
                                           Spelling{"1.2.3.00", nullptr}, Spelling{" 1.2.3.4", nullptr},
                                           Spelling{"1.2.3.4 ", nullptr}, Spelling{"+1.2.3.4", nullptr},
                                           Spelling{"-1.2.3.4", nullptr}, Spelling{"1.2.3.0x4", nullptr},
                                           Spelling{"1.2.3.4/24", nullptr}, Spelling{"", nullptr},
                                           Spelling{"16909060", nullptr}, Spelling{"localhost", nullptr}));

// RFC 5952, sections 2 and 4, and RFC 4291, section 2.2.
INSTANTIATE_TEST_SUITE_P(
    V6, IpAddressText,
    ::testing::Values(
        Spelling{"::", "::"}, Spelling{"::1", "::1"}, Spelling{"1::", "1::"},
        Spelling{"0:0:0:0:0:0:0:0", "::"}, Spelling{"2001:0db8::0001", "2001:db8::1"},
        Spelling{"2001:DB8::A", "2001:db8::a"}, Spelling{"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
        Spelling{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        Spelling{"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one group alone is not shortened
        Spelling{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          // the longest run
        Spelling{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    // of equals the first
        Spelling{"0:0:1::", "0:0:1::"}, Spelling{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        Spelling{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"}, Spelling{"::ffff:192.0.2.1", "::ffff:c000:201"},
        Spelling{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"}, Spelling{"::1.2.3.4", "::102:304"},
        Spelling{"ff02::12", "ff02::12"}, Spelling{":", nullptr}, Spelling{":::", nullptr},
        Spelling{"1:::2", nullptr}, Spelling{"1::2::3", nullptr}, Spelling{":1:2:3:4:5:6:7", nullptr},
        Spelling{"1:2:3:4:5:6:7:", nullptr}, Spelling{"1:2:3:4:5:6:7", nullptr},
        Spelling{"1:2:3:4:5:6:7:8:9", nullptr}, Spelling{"1:2:3:4::5:6:7:8", nullptr},
        Spelling{"::1:2:3:4:5:6:7:8", nullptr}, Spelling{"12345::", nullptr}, Spelling{"g::", nullptr},
        Spelling{"::1%eth0", nullptr}, Spelling{"[::1]", nullptr}, Spelling{"1.2.3.4::", nullptr},
        Spelling{"::1.2.3.4:5", nullptr}, Spelling{"::1.2.3", nullptr},
        Spelling{"1:2:3:4:5:6:7:1.2.3.4", nullptr}, Spelling{"::1 ", nullptr}, Spelling{"-1::", nullptr}));

TEST(IpAddress, TextAndBackIsTheSameAddress) {
  core::Random random(11);
  for (int round = 0; round < 20'000; ++round) {
    IpAddress address{random.chance(30) ? Family::v4 : Family::v6, {}};
    // Many zero groups: that is where the text gets interesting.
    for (std::size_t i = 0; i < address.size(); ++i) {
      address.octets[i] = random.chance(60) ? std::uint8_t{0} : static_cast<std::uint8_t>(random.next());
    }
    ASSERT_EQ(IpAddress::parse(address.to_string()), address) << address.to_string();
  }
}

TEST(IpAddress, NoTextAtAllMakesTheReaderStumble) {
  constexpr std::string_view alphabet = "0123456789abcdefF:.:/% x";
  core::Random random(12);
  int read = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text(static_cast<std::size_t>(random.between(0, 12)), ' ');
    for (char& c : text) c = alphabet[static_cast<std::size_t>(random.between(0, std::ssize(alphabet) - 1))];
    if (const auto address = IpAddress::parse(text)) {
      ++read;
      EXPECT_EQ(IpAddress::parse(address->to_string()), address) << text;
    }
  }
  EXPECT_GT(read, 100);
}

TEST(IpAddress, OrderIsThatOfBigEndianNumbers) {
  const auto ip = [](std::string_view text) { return IpAddress::parse(text).value(); };
  EXPECT_LT(ip("10.9.0.2"), ip("10.9.0.10"));
  EXPECT_LT(ip("9.255.255.255"), ip("10.0.0.0"));
  EXPECT_LT(ip("127.0.0.1"), ip("128.0.0.1"));
  EXPECT_LT(ip("fe80::ff"), ip("fe80::100"));
}

TEST(IpAddress, KindsAreToldApart) {
  const auto ip = [](std::string_view text) { return IpAddress::parse(text).value(); };
  for (const auto* text : {"224.0.0.18", "239.255.255.255", "ff02::12"})
    EXPECT_TRUE(ip(text).is_multicast()) << text;
  for (const auto* text : {"223.255.255.255", "240.0.0.0", "fe80::"})
    EXPECT_FALSE(ip(text).is_multicast()) << text;
  for (const auto* text : {"169.254.0.1", "fe80::1", "febf::1"})
    EXPECT_TRUE(ip(text).is_link_local()) << text;
  for (const auto* text : {"169.253.0.1", "fec0::1", "fe00::"})
    EXPECT_FALSE(ip(text).is_link_local()) << text;
  for (const auto* text : {"127.0.0.1", "127.9.9.9", "::1"}) EXPECT_TRUE(ip(text).is_loopback()) << text;
  for (const auto* text : {"128.0.0.1", "::2", "::"}) EXPECT_FALSE(ip(text).is_loopback()) << text;
  EXPECT_TRUE(ip("::").is_unspecified());
  EXPECT_FALSE(ip("0.0.0.1").is_unspecified());
}

TEST(Prefix, IsReadWithAndWithoutItsLength) {
  EXPECT_EQ(Prefix::parse("10.0.0.1")->length, 32);
  EXPECT_EQ(Prefix::parse("fd00::1")->length, 128);
  EXPECT_EQ(Prefix::parse("10.0.0.1/24")->to_string(), "10.0.0.1/24");
  EXPECT_EQ(Prefix::parse("::/0")->to_string(), "::/0");
  for (const auto* text :
       {"10.0.0.1/", "10.0.0.1/33", "::/129", "10.0.0.1/-1", "10.0.0.1/8/8", "/8", "10.0.0.1/ 8"}) {
    EXPECT_EQ(Prefix::parse(text), std::nullopt) << text;
  }
}

TEST(Prefix, ContainsWhatSharesItsBits) {
  const auto contains = [](std::string_view prefix, std::string_view address) {
    return Prefix::parse(prefix)->contains(IpAddress::parse(address).value());
  };
  EXPECT_TRUE(contains("0.0.0.0/0", "1.2.3.4"));
  EXPECT_TRUE(contains("10.9.0.1/24", "10.9.0.255"));
  EXPECT_FALSE(contains("10.9.0.1/24", "10.9.1.0"));
  EXPECT_TRUE(contains("10.9.0.128/25", "10.9.0.200"));
  EXPECT_FALSE(contains("10.9.0.128/25", "10.9.0.127"));
  EXPECT_TRUE(contains("10.9.0.1", "10.9.0.1"));
  EXPECT_FALSE(contains("10.9.0.1", "10.9.0.2"));
  EXPECT_TRUE(contains("fd00::/7", "fc00::1"));
  EXPECT_FALSE(contains("::/0", "1.2.3.4"));
}

TEST(MacAddress, IsReadAndWritten) {
  EXPECT_EQ(MacAddress::parse("00:00:5E:00:01:33")->to_string(), "00:00:5e:00:01:33");
  EXPECT_EQ(MacAddress::parse("0:0:5e:0:1:33")->to_string(), "00:00:5e:00:01:33");
  for (const auto* text : {"", "00:00:5e:00:01", "00:00:5e:00:01:33:44", "00:00:5e:00:01:333",
                           "00:00:5e:00:01:", "00-00-5e-00-01-33", "0g:00:5e:00:01:33"}) {
    EXPECT_EQ(MacAddress::parse(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace net
