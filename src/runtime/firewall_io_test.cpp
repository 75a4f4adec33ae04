// Our nf_tables messages against a real kernel, and what `nft` says of them.
#include "runtime/firewall_io.hpp"

#include <array>
#include <cstdio>
#include <gmock/gmock.h>
#include <memory>
#include <string>

#include "runtime/test_network.hpp"

namespace runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string output_of(const std::string& command) {
  std::string text;
  const auto close = [](std::FILE* pipe) { ::pclose(pipe); };
  const std::unique_ptr<std::FILE, decltype(close)> pipe{::popen((command + " 2>&1").c_str(), "r"), close};
  std::array<char, 4096> piece{};
  while (std::fgets(piece.data(), piece.size(), pipe.get()) != nullptr) text += piece.data();
  return text;
}

net::BlockedAddress blocked(std::string_view address, std::uint32_t interface = 0) {
  return {net::IpAddress::parse(address).value(), {interface}};
}

class FirewallIoTest : public testing::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (!IsSkipped() && output_of("nft --version").find("nftables") == std::string::npos)
      GTEST_SKIP() << "nft is not installed";
  }
  void build(std::vector<net::BlockedAddress> addresses, bool counters = false) {
    const auto built =
        io.apply(engine::action::BuildFirewall{{"sf_test", -5, counters}, std::move(addresses)});
    ASSERT_TRUE(built) << built.error().message;
  }
  core::Result<> change(std::vector<net::BlockedAddress> added, std::vector<net::BlockedAddress> removed) {
    return io.apply(engine::action::ChangeFirewall{"sf_test", std::move(added), std::move(removed)});
  }
  static std::string listing() { return output_of("nft list table inet sf_test"); }

  FirewallIo io;
};

TEST_F(FirewallIoTest, NftReadsTheTableAsItWasMeant) {
  build({blocked("192.0.2.1"), blocked("2001:db8::1"), blocked("fe80::1", 1)}, true);
  EXPECT_EQ(listing(), R"(table inet sf_test {
	set blocked_v4 {
		type ipv4_addr
		elements = { 192.0.2.1 }
	}

	set blocked_v6 {
		type ipv6_addr
		elements = { 2001:db8::1 }
	}

	set blocked_link_local {
		type ipv6_addr . iface_index
		elements = { fe80::1 . "lo" }
	}

	chain input {
		type filter hook input priority filter - 5; policy accept;
		icmpv6 type nd-neighbor-solicit accept
		icmpv6 type nd-neighbor-advert accept
		ip daddr @blocked_v4 counter packets 0 bytes 0 drop
		ip6 daddr @blocked_v6 counter packets 0 bytes 0 drop
		ip6 daddr . iif @blocked_link_local counter packets 0 bytes 0 drop
	}

	chain output {
		type filter hook output priority filter - 5; policy accept;
		icmpv6 type nd-neighbor-solicit accept
		icmpv6 type nd-neighbor-advert accept
		ip saddr @blocked_v4 counter packets 0 bytes 0 drop
		ip6 saddr @blocked_v6 counter packets 0 bytes 0 drop
		ip6 saddr . oif @blocked_link_local counter packets 0 bytes 0 drop
	}
}
)");
}

TEST_F(FirewallIoTest, AddressesComeAndGo) {
  build({blocked("192.0.2.1")});
  ASSERT_TRUE(change({blocked("192.0.2.2"), blocked("fe80::2", 1)}, {blocked("192.0.2.1")}));
  EXPECT_THAT(listing(), HasSubstr("elements = { 192.0.2.2 }"));
  EXPECT_THAT(listing(), HasSubstr("fe80::2 . \"lo\""));
}

TEST_F(FirewallIoTest, ThousandsOfAddressesAreOneTransaction) {
  std::vector<net::BlockedAddress> many;
  for (unsigned i = 0; i < 2500; ++i)
    many.push_back(
        {net::IpAddress::v4(10, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)), {}});
  build(many);
  EXPECT_THAT(listing(), HasSubstr("10.1.9.195"));
}

TEST_F(FirewallIoTest, BuildsInPlaceOfWhatSomebodyPutThere) {
  output_of("nft add table inet sf_test");
  output_of("nft add chain inet sf_test strange");
  build({});
  EXPECT_THAT(listing(), Not(HasSubstr("strange")));
  EXPECT_THAT(listing(), HasSubstr("chain input"));
}

TEST_F(FirewallIoTest, AChangeOfWhatIsNotThereFailsAsAWhole) {
  build({blocked("192.0.2.1")});
  EXPECT_FALSE(change({blocked("192.0.2.2")}, {blocked("192.0.2.9")}));
  EXPECT_THAT(listing(), Not(HasSubstr("192.0.2.2")));
}

TEST_F(FirewallIoTest, HearsOfOthersAndNotOfItself) {
  build({blocked("192.0.2.1")});
  EXPECT_FALSE(io.was_touched());
  ASSERT_TRUE(change({blocked("192.0.2.2")}, {}));
  EXPECT_FALSE(io.was_touched());
  output_of("nft add table inet somebody_elses");
  EXPECT_FALSE(io.was_touched());
  output_of("nft delete element inet sf_test blocked_v4 '{ 192.0.2.2 }'");
  EXPECT_TRUE(io.was_touched());
  output_of("nft flush ruleset");
  EXPECT_TRUE(io.was_touched());
  EXPECT_FALSE(io.was_touched());
}

TEST_F(FirewallIoTest, IsRemovedHoweverOften) {
  build({blocked("192.0.2.1")});
  EXPECT_TRUE(io.apply(engine::action::RemoveFirewall{"sf_test"}));
  EXPECT_TRUE(io.apply(engine::action::RemoveFirewall{"sf_test"}));
  EXPECT_THAT(listing(), HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace runtime
