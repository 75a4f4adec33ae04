#include "runtime/bfd_sockets.hpp"

#include <cerrno>
#include <gmock/gmock.h>
#include <poll.h>

#include "runtime/test_network.hpp"

namespace runtime {
namespace {

using Endpoint = BfdSockets::Endpoint;
using ::testing::IsEmpty;
using ::testing::SizeIs;

net::IpAddress ip(const std::string& text) { return net::IpAddress::parse(text).value(); }

Endpoint to_self(std::uint32_t session, const std::string& address, std::uint8_t hop_limit = 255) {
  Endpoint endpoint;
  endpoint.session = session;
  endpoint.neighbour = ip(address);
  endpoint.source = ip(address);
  endpoint.hop_limit = hop_limit;
  return endpoint;
}

// Over the loopback interface: what is sent is heard on the sockets that receive.
class BfdSocketsTest : public testing::NetworkTest {
 protected:
  struct Heard {
    net::IpAddress source, destination;
    unsigned hop_limit = 0;
    bool multihop = false;
    std::size_t size = 0;
  };

  std::vector<Heard> hear() {
    pollfd waiting{sockets_.fd(), POLLIN, 0};
    ::poll(&waiting, 1, 2000);
    std::vector<Heard> heard;
    sockets_.receive_batch([&](const engine::event::BfdPacketReceived& packet) {
      heard.push_back(
          {packet.source, packet.destination, packet.hop_limit, packet.multihop, packet.payload.size()});
    });
    return heard;
  }

  BfdSockets sockets_ = BfdSockets::open(1).value();
};

TEST_F(BfdSocketsTest, CarriesAPacketWithItsHopLimitInBothFamilies) {
  for (const std::string address : {"127.0.0.1", "::1"}) {
    ASSERT_THAT(sockets_.set({to_self(3, address, 254)}), IsEmpty());
    ASSERT_TRUE(sockets_.send({3, {}}));
    const auto heard = hear();
    ASSERT_THAT(heard, SizeIs(1)) << address;
    EXPECT_EQ(heard[0].source, ip(address));
    EXPECT_EQ(heard[0].destination, ip(address));
    EXPECT_EQ(heard[0].hop_limit, 254U);
    EXPECT_FALSE(heard[0].multihop);
    EXPECT_EQ(heard[0].size, bfd::packet_size);
  }
}

TEST_F(BfdSocketsTest, MultihopSessionsHaveAPortOfTheirOwn) {
  Endpoint far = to_self(0, "127.0.0.1");
  far.multihop = true;
  ASSERT_THAT(sockets_.set({far, to_self(1, "127.0.0.1")}), IsEmpty());
  ASSERT_TRUE(sockets_.send({0, {}}));
  const auto heard = hear();
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_TRUE(heard[0].multihop);
}

TEST_F(BfdSocketsTest, SaysWhyAPortCannotBeHeard) {
  auto other = BfdSockets::open(2);
  ASSERT_TRUE(other);
  ASSERT_THAT(other->set({to_self(0, "127.0.0.1")}), IsEmpty());
  const auto problems = sockets_.set({to_self(0, "127.0.0.1")});
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].code, EADDRINUSE);
  EXPECT_TRUE(sockets_.incomplete());
  ASSERT_THAT(other->set({}), IsEmpty());
  EXPECT_THAT(sockets_.retry(), IsEmpty());
  EXPECT_FALSE(sockets_.incomplete());
}

TEST_F(BfdSocketsTest, ASourceThatIsNotHereYetFailsOnlyWhenSomethingIsSent) {
  Endpoint early = to_self(0, "127.0.0.1");
  early.source = ip("192.0.2.9");
  ASSERT_THAT(sockets_.set({early}), IsEmpty());
  EXPECT_FALSE(sockets_.send({0, {}}));
  make_link("wk0", "veth", "wk1");
  add_address(index_of("wk0"), "192.0.2.9/24");
  early.neighbour = ip("192.0.2.9");
  ASSERT_THAT(sockets_.set({early}), IsEmpty());
  EXPECT_TRUE(sockets_.send({0, {}}));
  EXPECT_THAT(hear(), SizeIs(1));
}

TEST_F(BfdSocketsTest, AClosedSessionSendsNothing) {
  ASSERT_THAT(sockets_.set({to_self(0, "127.0.0.1")}), IsEmpty());
  ASSERT_THAT(sockets_.set({}), IsEmpty());
  EXPECT_TRUE(sockets_.send({0, {}}));
  EXPECT_TRUE(sockets_.send({7, {}}));
}

}  // namespace
}  // namespace runtime
