// Against the kernel's own IPVS. Where it has none the tests say so and skip: tests/lab/test_ipvs_plane.py runs them in a guest
// whose kernel has it, and does not let them skip.
#include "runtime/ipvs_plane.hpp"

#include <algorithm>
#include <cerrno>
#include <gmock/gmock.h>
#include <poll.h>

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
using ::testing::UnorderedElementsAre;
namespace command = net::ipvs::command;

Endpoint at(const std::string& address, std::uint16_t port = 80) {
  return {net::IpAddress::parse(address).value(), port};
}

Destination server(const std::string& address, std::uint32_t weight = 1) {
  Destination destination;
  destination.endpoint = at(address);
  destination.weight = weight;
  return destination;
}

ServiceSettings scheduled(const std::string& scheduler) {
  ServiceSettings settings;
  settings.scheduler = scheduler;
  return settings;
}

const ServiceKey web = ServiceKey::of(Protocol::tcp, at("10.9.0.50"));

class IpvsPlaneTest : public testing::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped()) return;
    auto opened = IpvsPlane::open({});
    if (!opened && opened.error().code == ENOENT) GTEST_SKIP() << opened.error().message;
    ASSERT_TRUE(opened) << (opened ? std::string() : opened.error().message);
    plane_.emplace(std::move(*opened));
    const auto link = make_link("wk0", "veth", "wk1");
    add_address(link, "10.9.0.1/24");
    add_address(link, "fd00::1/64");
  }

  std::vector<std::string> apply(const Commands& commands) {
    const auto refusals = plane_->apply(commands);
    EXPECT_TRUE(refusals) << (refusals ? std::string() : refusals.error().message);
    std::vector<std::string> texts;
    if (!refusals) return texts;
    for (const auto& refusal : *refusals) texts.push_back(refusal.error.message);
    return texts;
  }
  std::vector<Destination> listed(const ServiceKey& key = web) {
    const auto listing = plane_->list();
    std::vector<Destination> result;
    EXPECT_TRUE(listing) << (listing ? std::string() : listing.error().message);
    if (!listing) return result;
    for (const auto& service : *listing) {
      if (service.key != key) continue;
      for (const auto& each : service.destinations) result.push_back(each.destination);
    }
    return result;
  }

  std::optional<IpvsPlane> plane_;
};

TEST_F(IpvsPlaneTest, WhatIsAskedForIsListedAsItWasAsked) {
  ServiceSettings settings = scheduled("wrr");
  settings.persistent = true;
  settings.timeout_seconds = 300;
  settings.mask_length = 24;
  Destination tunnelled = server("10.9.0.12", 3);
  tunnelled.forwarding = {Method::tunnel, net::ipvs::TunnelType::gue, 6080, net::ipvs::TunnelChecksum::full};
  Destination direct = server("10.9.0.13", 0);
  direct.forwarding.method = Method::direct;
  direct.upper_threshold = 100;
  direct.lower_threshold = 10;
  EXPECT_THAT(apply({command::AddService{web, settings}, command::AddDestination{web, server("10.9.0.11", 7)},
                     command::AddDestination{web, tunnelled}, command::AddDestination{web, direct}}),
              IsEmpty());
  const auto listing = plane_->list();
  ASSERT_TRUE(listing);
  ASSERT_THAT(*listing, SizeIs(1));
  EXPECT_EQ(listing->front().key, web);
  EXPECT_EQ(listing->front().settings, settings);
  EXPECT_THAT(listed(), UnorderedElementsAre(server("10.9.0.11", 7), tunnelled, direct));
}

TEST_F(IpvsPlaneTest, EverySchedulerOfTheFileIsKnownToTheKernel) {
  std::uint16_t port = 1;
  for (const char* scheduler :
       {"rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq"}) {
    const ServiceKey key = ServiceKey::of(Protocol::tcp, at("10.9.0.50", port++));
    EXPECT_THAT(apply({command::AddService{key, scheduled(scheduler)}}), IsEmpty()) << scheduler;
  }
}

TEST_F(IpvsPlaneTest, Ipv6MarksAndEveryProtocol) {
  for (const ServiceKey& key :
       {ServiceKey::of(Protocol::tcp, at("fd00::50")), ServiceKey::of(Protocol::udp, at("fd00::50")),
        ServiceKey::of(Protocol::sctp, at("10.9.0.50")), ServiceKey::of_mark(5, net::Family::v4),
        ServiceKey::of_mark(5, net::Family::v6)}) {
    const Destination one = server(key.family == net::Family::v4 ? "10.9.0.11" : "fd00::11", 2);
    EXPECT_THAT(apply({command::AddService{key, scheduled("rr")}, command::AddDestination{key, one}}),
                IsEmpty())
        << to_string(key);
    EXPECT_THAT(listed(key), ElementsAre(one)) << to_string(key);
  }
  EXPECT_THAT(*plane_->list(), SizeIs(5));
}

TEST_F(IpvsPlaneTest, EditsAndRemovals) {
  apply({command::AddService{web, scheduled("rr")}, command::AddDestination{web, server("10.9.0.11")},
         command::AddDestination{web, server("10.9.0.12")}});
  EXPECT_THAT(apply({command::EditService{web, scheduled("mh")},
                     command::EditDestination{web, server("10.9.0.11", 9)},
                     command::RemoveDestination{web, at("10.9.0.12")}}),
              IsEmpty());
  EXPECT_THAT(listed(), ElementsAre(server("10.9.0.11", 9)));
  EXPECT_EQ(plane_->list()->front().settings.scheduler, "mh");
  EXPECT_THAT(apply({command::RemoveService{web}}), IsEmpty());
  EXPECT_THAT(*plane_->list(), IsEmpty());
}

TEST_F(IpvsPlaneTest, WhatIsThereAlreadyIsMadeAsWantedAndWhatIsGoneIsNoRefusal) {
  apply({command::AddService{web, scheduled("rr")}, command::AddDestination{web, server("10.9.0.11")}});
  EXPECT_THAT(
      apply({command::AddService{web, scheduled("wrr")}, command::AddDestination{web, server("10.9.0.11", 4)},
             command::EditDestination{web, server("10.9.0.12", 5)},
             command::RemoveDestination{web, at("10.9.0.13")},
             command::RemoveService{ServiceKey::of_mark(1, net::Family::v4)}}),
      IsEmpty());
  EXPECT_THAT(listed(), UnorderedElementsAre(server("10.9.0.11", 4), server("10.9.0.12", 5)));
  EXPECT_EQ(plane_->list()->front().settings.scheduler, "wrr");
}

TEST_F(IpvsPlaneTest, RefusalsNameTheCommandAndTheCauseAndStopNothing) {
  const auto refusals = apply(
      {command::AddService{ServiceKey::of_mark(1, net::Family::v4), scheduled("nonsense")},
       command::AddService{web, scheduled("rr")}, command::AddDestination{web, server("255.255.255.255")},
       command::AddDestination{web, server("10.9.0.11")}});
  ASSERT_THAT(refusals, SizeIs(2));
  EXPECT_THAT(refusals[0], HasSubstr("add service fwmark 1"));
  EXPECT_THAT(refusals[0], HasSubstr("no scheduler nonsense"));
  EXPECT_THAT(refusals[1], HasSubstr("add 255.255.255.255:80 with weight 1 to tcp 10.9.0.50:80"));
  EXPECT_THAT(listed(), ElementsAre(server("10.9.0.11")));
}

TEST_F(IpvsPlaneTest, ThousandsOfCommandsAreDoneInOrder) {
  Commands commands;
  for (std::uint32_t mark = 1; mark <= 300; ++mark) {
    const ServiceKey key = ServiceKey::of_mark(mark, net::Family::v4);
    commands.emplace_back(command::AddService{key, scheduled("wrr")});
    for (int host = 1; host <= 10; ++host)
      commands.emplace_back(
          command::AddDestination{key, server("10.9.0." + std::to_string(host + 10), mark)});
  }
  // One in the middle of a slice is refused; the others do not notice.
  commands.insert(commands.begin() + 1234,
                  command::AddDestination{ServiceKey::of_mark(9999, net::Family::v4), server("10.9.0.11")});
  const auto refusals = plane_->apply(commands);
  ASSERT_TRUE(refusals);
  ASSERT_THAT(*refusals, SizeIs(1));
  EXPECT_EQ(refusals->front().index, 1234U);
  const auto listing = plane_->list();
  ASSERT_TRUE(listing);
  EXPECT_THAT(*listing, SizeIs(300));
  for (const auto& service : *listing) EXPECT_THAT(service.destinations, SizeIs(10));
  EXPECT_THAT(apply({command::Flush{}}), IsEmpty());
  EXPECT_THAT(*plane_->list(), IsEmpty());
}

TEST_F(IpvsPlaneTest, ServicesAreListedOneByOneToo) {
  apply({command::AddService{web, scheduled("rr")}, command::AddDestination{web, server("10.9.0.11")}});
  const auto listing = plane_->list(std::vector{web});
  ASSERT_TRUE(listing);
  ASSERT_THAT(*listing, SizeIs(1));
  ASSERT_THAT(listing->front().destinations, SizeIs(1));
  EXPECT_EQ(listing->front().destinations.front().active, 0U);
}

TEST_F(IpvsPlaneTest, TimeoutsThatAre0AreLeftAlone) {
  const auto before = plane_->timeouts();
  ASSERT_TRUE(before);
  EXPECT_THAT(apply({command::SetTimeouts{{0, 77, 0}}}), IsEmpty());
  EXPECT_EQ(plane_->timeouts().value(), (net::ipvs::Timeouts{before->tcp, 77, before->udp}));
}

TEST_F(IpvsPlaneTest, TheSynchronisationDaemonsOfBothKinds) {
  net::ipvs::Daemon daemon;
  daemon.interface = "wk0";
  daemon.id = 51;
  daemon.port = 8849;
  daemon.ttl = 3;
  daemon.group = net::IpAddress::v4(224, 0, 0, 90);
  net::ipvs::Daemon master = daemon;
  master.role = net::ipvs::DaemonRole::master;
  EXPECT_THAT(apply({command::StartDaemon{daemon}, command::StartDaemon{master}}), IsEmpty());
  const auto running = plane_->daemons();
  ASSERT_TRUE(running);
  ASSERT_THAT(*running, SizeIs(2));
  for (const auto& one : *running) {
    EXPECT_EQ(one.interface, "wk0");
    EXPECT_EQ(one.id, 51);
    EXPECT_EQ(one.port, 8849);
    EXPECT_EQ(one.group, daemon.group);
  }
  EXPECT_THAT(apply({command::StopDaemon{daemon}, command::StopDaemon{daemon}, command::StopDaemon{master}}),
              IsEmpty());
  EXPECT_THAT(*plane_->daemons(), IsEmpty());
  daemon.interface = "nowhere";
  EXPECT_THAT(apply({command::StartDaemon{daemon}}), ElementsAre(HasSubstr("no interface nowhere")));
}

TEST_F(IpvsPlaneTest, TheModuleLoaderEndsWithStatus0) {
  const auto loader = IpvsPlane::start_module_loader();
  ASSERT_TRUE(loader) << (loader ? std::string() : loader.error().message);
  pollfd ended{loader->pidfd.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&ended, 1, 20'000), 1);
  EXPECT_EQ(reap(*loader).value(), ExitStatus{});
}

// ---- without any IPVS

TEST(IpvsRefusal, SaysWhatIsMissing) {
  EXPECT_THAT(ipvs_refusal(command::AddService{web, scheduled("mh")}, ENOENT).message,
              HasSubstr("is the module ip_vs_mh there?"));
  EXPECT_THAT(ipvs_refusal(command::RemoveService{web}, EPERM).message, HasSubstr("CAP_NET_ADMIN"));
}

}  // namespace
}  // namespace runtime
