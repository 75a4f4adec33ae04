// Real packets through a director made of rules: a client, a director and two servers, each in a network namespace of its own.
#include "runtime/nft_plane.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/route.hpp"
#include "runtime/test_network.hpp"

namespace runtime {
namespace {

using net::ipvs::Commands;
using net::ipvs::Destination;
using net::ipvs::Endpoint;
using net::ipvs::Method;
using net::ipvs::Protocol;
using net::ipvs::ServiceKey;
using net::ipvs::ServiceSettings;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace command = net::ipvs::command;

constexpr std::uint16_t port = 80;
constexpr int patience_ms = 5000;

Endpoint at(const std::string& address) { return {net::IpAddress::parse(address).value(), port}; }

sockaddr_in socket_address(const net::IpAddress& address) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  std::copy_n(address.octets.begin(), 4, reinterpret_cast<std::uint8_t*>(&result.sin_addr));
  return result;
}

// The client and the director share 10.1.0.0/24; each server has a link of its own to the director, 10.2.N.0/24.
class NftPlaneTest : public testing::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped()) return;
    director_ = here();
    write("/proc/sys/net/ipv4/ip_forward", "1");
    client_ = new_namespace();
    servers_[0] = new_namespace();
    servers_[1] = new_namespace();
    enter(director_);
    connect_node("c", client_, "10.1.0.2/24", "10.1.0.1/24");
    connect_node("s", servers_[0], "10.2.1.2/24", "10.2.1.11/24");
    connect_node("t", servers_[1], "10.2.2.2/24", "10.2.2.12/24");
    auto opened = NftPlane::open();
    ASSERT_TRUE(opened) << (opened ? std::string() : opened.error().message);
    plane_.emplace(std::move(*opened));
  }

  void TearDown() override {
    plane_.reset();
    NetworkTest::TearDown();
  }

  static void write(const char* path, const char* text) {
    const Fd fd{::open(path, O_WRONLY | O_CLOEXEC)};
    EXPECT_GT(::write(fd.get(), text, 1), 0) << path;
  }

  void add_default_route(const std::string& via) {
    auto route = std::make_shared<net::KernelRoute>();
    route->route.destination = net::Prefix{net::IpAddress::any(net::Family::v4), 0};
    route->route.via = net::IpAddress::parse(via).value();
    const KernelChange change{KernelChange::Kind::add, std::shared_ptr<const net::KernelRoute>(route)};
    const auto applied = commands().apply({&change, 1});
    ASSERT_TRUE(applied);
    EXPECT_THAT(applied->refusals, IsEmpty());
  }

  // A veth from the director to a node, whose default route leads back.
  void connect_node(const std::string& name, const Fd& node, const std::string& here_address,
                    const std::string& there_address) {
    const auto link = make_link(name + "0", "veth", name + "1");
    add_address(link, here_address);
    move_link(name + "1", node);
    enter(node);
    add_address(index_of(name + "1"), there_address);
    add_default_route(net::Prefix::parse(here_address)->address.to_string());
    enter(director_);
    wait_until_running(name + "0");
  }

  void listen(std::size_t which, const std::string& address) {
    enter(servers_.at(which));
    Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const sockaddr_in where = socket_address(net::IpAddress::parse(address).value());
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), 0)
        << std::strerror(errno);
    ASSERT_EQ(::listen(fd.get(), 128), 0);
    listening_.at(which) = std::move(fd);
    enter(director_);
  }

  struct Connection {
    Fd client, server;
    std::size_t which = 99;  // 99: nobody took it

    // Whether words still go both ways.
    bool talks() const {
      char byte = 'x';
      if (which > 1 || ::send(client.get(), &byte, 1, MSG_NOSIGNAL) != 1) return false;
      pollfd heard{server.get(), POLLIN, 0};
      return ::poll(&heard, 1, patience_ms) == 1 && ::recv(server.get(), &byte, 1, MSG_DONTWAIT) == 1;
    }
  };

  // `from`: the client's port; 0: any.
  Connection connect(std::uint16_t from = 0, int patience = patience_ms) {
    enter(client_);
    Connection made;
    made.client = Fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (from != 0) {
      const int on = 1;
      ::setsockopt(made.client.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      sockaddr_in own = socket_address(net::IpAddress::any(net::Family::v4));
      own.sin_port = htons(from);
      EXPECT_EQ(::bind(made.client.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
    }
    const sockaddr_in where = socket_address(vip_.address);
    ::connect(made.client.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where);
    pollfd waiting[] = {{listening_[0].get(), POLLIN, 0}, {listening_[1].get(), POLLIN, 0}};
    if (::poll(waiting, 2, patience) > 0) {
      made.which = (waiting[0].revents & POLLIN) != 0 ? 0 : 1;
      made.server = Fd{::accept4(waiting[made.which].fd, nullptr, nullptr, SOCK_CLOEXEC)};
    }
    enter(director_);
    return made;
  }

  std::array<int, 2> spread(int connections) {
    std::array<int, 2> counts{};
    for (int i = 0; i < connections; ++i) {
      const Connection made = connect();
      if (made.which > 1) return {-1, -1};
      ++counts.at(made.which);
    }
    return counts;
  }

  std::vector<std::string> apply(const Commands& commands) {
    const auto refusals = plane_->apply(commands);
    std::vector<std::string> texts;
    EXPECT_TRUE(refusals) << (refusals ? std::string() : refusals.error().message);
    if (!refusals) return texts;
    for (const auto& refusal : *refusals) texts.push_back(refusal.error.message);
    return texts;
  }

  static ServiceSettings scheduled(const std::string& scheduler) {
    ServiceSettings settings;
    settings.scheduler = scheduler;
    return settings;
  }
  static Destination server(const std::string& address, std::uint32_t weight, Method method = Method::nat) {
    Destination destination;
    destination.endpoint = at(address);
    destination.weight = weight;
    destination.forwarding.method = method;
    return destination;
  }

  const Endpoint vip_ = at("10.1.0.100");
  const ServiceKey web_ = ServiceKey::of(Protocol::tcp, vip_);
  Fd director_, client_;
  std::array<Fd, 2> servers_, listening_;
  std::optional<NftPlane> plane_;
};

class NftNat : public NftPlaneTest {
 protected:
  void SetUp() override {
    NftPlaneTest::SetUp();
    if (IsSkipped()) return;
    add_address(index_of("c0"), "10.1.0.100/32");
    listen(0, "10.2.1.11");
    listen(1, "10.2.2.12");
  }
};

TEST_F(NftNat, KeepsTheWeights) {
  EXPECT_THAT(apply({command::AddService{web_, scheduled("wrr")},
                     command::AddDestination{web_, server("10.2.1.11", 3)},
                     command::AddDestination{web_, server("10.2.2.12", 1)}}),
              IsEmpty());
  EXPECT_THAT(spread(40), ElementsAre(30, 10));
  EXPECT_THAT(apply({command::EditDestination{web_, server("10.2.1.11", 1)}}), IsEmpty());
  EXPECT_THAT(spread(40), ElementsAre(20, 20));
  EXPECT_THAT(apply({command::EditService{web_, scheduled("rr")},
                     command::EditDestination{web_, server("10.2.2.12", 9)}}),
              IsEmpty());
  EXPECT_THAT(spread(40), ElementsAre(20, 20)) << "rr asks for no weights";
  const auto listing = plane_->list();
  ASSERT_TRUE(listing);
  ASSERT_THAT(*listing, SizeIs(1));
  EXPECT_EQ(listing->front().statistics.connections, 120U);
}

TEST_F(NftNat, ConnectionsOutliveEveryChange) {
  apply({command::AddService{web_, scheduled("wrr")}, command::AddDestination{web_, server("10.2.1.11", 1)}});
  const Connection old = connect();
  ASSERT_EQ(old.which, 0U);
  EXPECT_THAT(apply({command::AddDestination{web_, server("10.2.2.12", 1)},
                     command::EditDestination{web_, server("10.2.1.11", 0)}}),
              IsEmpty());
  EXPECT_THAT(spread(10), ElementsAre(0, 10));
  EXPECT_TRUE(old.talks());
  EXPECT_THAT(apply({command::RemoveDestination{web_, at("10.2.1.11")}}), IsEmpty());
  EXPECT_TRUE(old.talks());
  EXPECT_THAT(spread(10), ElementsAre(0, 10));
}

// A server that died leaves connections behind that nobody answered. A client that takes one of their ports again must not be sent
// where they went.
TEST_F(NftNat, APortOfAClientIsNotBoundToADeadServer) {
  constexpr std::uint16_t taken = 40000;
  constexpr int soon_ms = 200;
  const Connection living = [&] {
    apply(
        {command::AddService{web_, scheduled("wrr")}, command::AddDestination{web_, server("10.2.1.11", 1)}});
    return connect();
  }();
  ASSERT_EQ(living.which, 0U);
  apply({command::AddDestination{web_, server("10.2.2.99", 1)},  // there is nobody
         command::EditDestination{web_, server("10.2.1.11", 0)}});
  EXPECT_EQ(connect(taken, soon_ms).which, 99U);
  EXPECT_THAT(apply({command::EditDestination{web_, server("10.2.1.11", 1)},
                     command::RemoveDestination{web_, at("10.2.2.99")}}),
              IsEmpty());
  EXPECT_EQ(connect(taken).which, 0U);
  EXPECT_TRUE(living.talks());
}

TEST_F(NftNat, AClientOfASourceHashStaysWhereItIs) {
  apply({command::AddService{web_, scheduled("sh")}, command::AddDestination{web_, server("10.2.1.11", 1)},
         command::AddDestination{web_, server("10.2.2.12", 1)}});
  const auto counts = spread(10);
  EXPECT_EQ(std::max(counts[0], counts[1]), 10);
}

TEST_F(NftNat, NothingIsLeftOfWhatIsRemoved) {
  apply({command::AddService{web_, scheduled("wrr")}, command::AddDestination{web_, server("10.2.1.11", 1)}});
  EXPECT_THAT(*plane_->list(), SizeIs(1));
  EXPECT_THAT(apply({command::RemoveService{web_}}), IsEmpty());
  EXPECT_THAT(*plane_->list(), IsEmpty());
  EXPECT_THAT(*NftPlane::open()->list(), IsEmpty());
}

TEST_F(NftNat, ASuccessorFindsWhatIsThereAndSetsTheWeightsAnew) {
  apply({command::AddService{web_, scheduled("wrr")}, command::AddDestination{web_, server("10.2.1.11", 1)}});
  const Connection old = connect();
  plane_.emplace(std::move(*NftPlane::open()));
  const auto found = plane_->list();
  ASSERT_TRUE(found);
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ(found->front().key, web_);
  ASSERT_THAT(found->front().destinations, SizeIs(1));
  EXPECT_THAT(apply({command::EditService{web_, scheduled("wrr")},
                     command::EditDestination{web_, server("10.2.1.11", 1)},
                     command::AddDestination{web_, server("10.2.2.12", 1)}}),
              IsEmpty());
  EXPECT_TRUE(old.talks());
  EXPECT_THAT(spread(10), ElementsAre(5, 5));
}

TEST_F(NftNat, WhatCannotBeDoneIsRefusedAndTheRestIsDone) {
  const ServiceKey other = ServiceKey::of(Protocol::tcp, {vip_.address, 81});
  const auto refusals =
      apply({command::AddService{other, scheduled("wlc")}, command::AddService{web_, scheduled("wrr")},
             command::AddDestination{web_, server("10.2.1.11", 1)},
             command::AddDestination{web_, server("10.2.2.12", 1, Method::tunnel)}});
  ASSERT_THAT(refusals, SizeIs(2));
  EXPECT_THAT(refusals[0], HasSubstr("no scheduler wlc"));
  EXPECT_THAT(refusals[1], HasSubstr("does not tunnel"));
  EXPECT_THAT(spread(4), ElementsAre(4, 0));
}

class NftDirect : public NftPlaneTest {
 protected:
  void SetUp() override {
    NftPlaneTest::SetUp();
    if (IsSkipped()) return;
    for (std::size_t i : {0, 1}) {
      enter(servers_.at(i));
      add_address(index_of("lo"), "10.1.0.100/32");
      enter(director_);
      listen(i, "10.1.0.100");
    }
    // The servers answer through the director here, which must not take the address for its own then; the client is told the way.
    enter(client_);
    auto route = std::make_shared<net::KernelRoute>();
    route->route.destination = net::Prefix{vip_.address, 32};
    route->route.via = net::IpAddress::parse("10.1.0.2").value();
    const KernelChange change{KernelChange::Kind::add, std::shared_ptr<const net::KernelRoute>(route)};
    EXPECT_TRUE(commands().apply({&change, 1}));
    enter(director_);
  }
};

TEST_F(NftDirect, KeepsTheWeightsAndTheFlows) {
  EXPECT_THAT(apply({command::AddService{web_, scheduled("wrr")},
                     command::AddDestination{web_, server("10.2.1.11", 3, Method::direct)},
                     command::AddDestination{web_, server("10.2.2.12", 1, Method::direct)}}),
              IsEmpty());
  EXPECT_THAT(spread(40), ElementsAre(30, 10));
  const Connection old = connect();
  ASSERT_LE(old.which, 1U);
  EXPECT_THAT(
      apply({command::EditDestination{web_, server("10.2.1.11", old.which == 0 ? 0 : 1, Method::direct)},
             command::EditDestination{web_, server("10.2.2.12", old.which == 0 ? 1 : 0, Method::direct)}}),
      IsEmpty());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(old.talks());
  const auto counts = spread(10);
  EXPECT_EQ(counts.at(old.which), 0);
  EXPECT_GT(plane_->list()->front().statistics.packets_in, 80U);
}

}  // namespace
}  // namespace runtime
