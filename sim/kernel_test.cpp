#include "sim/kernel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::VariantWith;

class KernelTest : public testing::Test {
 protected:
  net::InterfaceAddress address(const std::string& text) const {
    net::InterfaceAddress out;
    out.interface = kernel.interface("eth0")->index;
    out.address = *net::Prefix::parse(text);
    return out;
  }

  Kernel kernel{HostId{3},
                {{.name = "eth0",
                  .segment = SegmentId{0},
                  .addresses = {*net::Prefix::parse("10.0.0.1/24"), *net::Prefix::parse("fe80::1/64")}}}};
};

TEST_F(KernelTest, AnswersForItsAddressesWhileTheInterfaceIsUsable) {
  ASSERT_TRUE(kernel.add_address(address("10.0.0.100/32")));
  EXPECT_THAT(kernel.answered(SegmentId{0}), SizeIs(3));
  kernel.set_carrier("eth0", false);
  EXPECT_THAT(kernel.answered(SegmentId{0}), IsEmpty());
}

TEST_F(KernelTest, EchoesAnAdditionOnceAndARemovalOnce) {
  EXPECT_THAT(*kernel.add_address(address("10.0.0.100/32")),
              ElementsAre(VariantWith<engine::event::AddressAdded>(testing::_)));
  EXPECT_THAT(*kernel.add_address(address("10.0.0.100/32")), IsEmpty());
  EXPECT_THAT(kernel.remove_address(address("10.0.0.100/32")), SizeIs(1));
  EXPECT_THAT(kernel.remove_address(address("10.0.0.100/32")), IsEmpty());
}

TEST_F(KernelTest, RefusesWithTheErrorItWasGiven) {
  kernel.refusal = errno_no_buffers;
  const auto refused = kernel.add_address(address("10.0.0.100/32"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errno_no_buffers);
}

TEST_F(KernelTest, FlushesIpv6AloneWhenTheInterfaceGoesDown) {
  ASSERT_TRUE(kernel.add_address(address("fd00::100/64")));
  EXPECT_THAT(kernel.set_admin("eth0", false), SizeIs(3)) << "the change and two removals";
  EXPECT_THAT(kernel.addresses(), SizeIs(1));
  EXPECT_THAT(kernel.set_admin("eth0", true), SizeIs(2)) << "the change and the link-local address";
}

TEST_F(KernelTest, GivesAReCreatedInterfaceAnotherIndex) {
  const auto before = kernel.interface("eth0")->index;
  kernel.remove_interface("eth0");
  EXPECT_EQ(kernel.interface("eth0"), nullptr);
  kernel.create_interface("eth0");
  EXPECT_NE(kernel.interface("eth0")->index, before);
  EXPECT_TRUE(kernel.holds(kernel.interface("eth0")->index, net::IpAddress::v4(10, 0, 0, 1)));
}

TEST_F(KernelTest, ForgetsVirtualAddressesWhenItReboots) {
  ASSERT_TRUE(kernel.add_address(address("10.0.0.100/32")));
  kernel.reboot();
  EXPECT_THAT(kernel.addresses(), SizeIs(2));
}

}  // namespace
}  // namespace sim
