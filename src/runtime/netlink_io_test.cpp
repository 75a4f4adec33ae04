#include "runtime/netlink_io.hpp"

#include <cerrno>
#include <gmock/gmock.h>

#include "runtime/test_network.hpp"

namespace runtime {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NetlinkIo : public testing::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (!IsSkipped()) veth_ = make_link("wk0", "veth", "wk1");
  }

  KernelChange change(KernelChange::Kind kind, const std::string& prefix) const {
    net::InterfaceAddress address;
    address.interface = veth_;
    address.address = net::Prefix::parse(prefix).value();
    return {kind, address};
  }
  KernelChange add(const std::string& prefix) const { return change(KernelChange::Kind::add, prefix); }
  KernelChange remove(const std::string& prefix) const { return change(KernelChange::Kind::remove, prefix); }

  static net::InterfaceAddress& address_of(KernelChange& change) {
    return std::get<net::InterfaceAddress>(change.object);
  }
  /// Without those that the kernel makes itself, in its own time.
  static std::vector<net::Prefix> addresses() {
    std::vector<net::Prefix> found;
    const auto listing = commands().list(true).value();
    for (const auto& address : listing.addresses) {
      if (!address.address.address.is_link_local()) found.push_back(address.address);
    }
    return found;
  }

  net::InterfaceIndex veth_;
};

net::Prefix prefix(const std::string& text) { return net::Prefix::parse(text).value(); }

TEST_F(NetlinkIo, ListsWhatThereIs) {
  add_address(veth_, "192.0.2.1/24");
  wait_until_running("wk0");
  const auto listing = commands().list(true).value();
  ASSERT_THAT(listing.interfaces, SizeIs(3));
  EXPECT_EQ(listing.interfaces[0].name, "lo");
  EXPECT_TRUE(listing.interfaces[0].loopback);
  EXPECT_FALSE(listing.interfaces[0].has_mac);
  const auto& veth = listing.interfaces[2];
  EXPECT_EQ(veth.name, "wk0");
  EXPECT_TRUE(veth.has_mac && veth.usable() && veth.arp);
  EXPECT_THAT(addresses(), Contains(prefix("192.0.2.1/24")));
}

TEST_F(NetlinkIo, AnAddressIsInstalledAsItWasAskedFor) {
  KernelChange v4 = add("192.0.2.10/24");
  address_of(v4).label = "wk0:1";
  address_of(v4).broadcast = net::IpAddress::parse("192.0.2.255");
  address_of(v4).scope = 253;
  address_of(v4).no_prefix_route = true;
  KernelChange v6 = add("2001:db8::10/128");
  address_of(v6).preferred_lifetime = 0;
  KernelChange with_peer = add("198.51.100.1/32");
  address_of(with_peer).peer = net::IpAddress::parse("198.51.100.2");
  address_of(with_peer).label = "wk0";
  const std::vector<KernelChange> wanted{v4, v6, with_peer};
  EXPECT_THAT(commands().apply(wanted).value().refusals, IsEmpty());
  const auto listed = commands().list(true).value().addresses;
  for (const auto& change : wanted) EXPECT_THAT(listed, Contains(*change.address()));
}

TEST_F(NetlinkIo, WhatIsThereAlreadyOrGoneAlreadyIsNoFailure) {
  auto control = commands();
  const std::vector<KernelChange> twice{add("192.0.2.10/24"), add("192.0.2.10/24"), remove("192.0.2.10/24"),
                                        remove("192.0.2.10/24"), add("192.0.2.10/24")};
  EXPECT_THAT(control.apply(twice).value().refusals, IsEmpty());
  EXPECT_THAT(addresses(), Contains(prefix("192.0.2.10/24")));  // order was kept
}

TEST_F(NetlinkIo, ARefusalIsAttributedToItsAddress) {
  KernelChange nowhere = add("192.0.2.11/24");
  address_of(nowhere).interface = {4711};
  const std::vector<KernelChange> changes{add("192.0.2.10/24"), nowhere, add("192.0.2.12/24")};
  const auto applied = commands().apply(changes).value();
  ASSERT_THAT(applied.refusals, SizeIs(1));
  EXPECT_EQ(applied.refusals[0].index, 1U);
  EXPECT_EQ(applied.refusals[0].error.code, ENODEV);
  EXPECT_FALSE(applied.answers_lost);
  EXPECT_THAT(addresses(), Contains(prefix("192.0.2.12/24")));
}

TEST_F(NetlinkIo, OurRightToChangeAddressesIsFoundOutWithoutChangingAny) {
  const auto before = addresses();
  EXPECT_TRUE(commands().may_change().has_value());
  EXPECT_EQ(addresses(), before);
}

TEST_F(NetlinkIo, TheMonitorTellsOfAddressesAndLinks) {
  auto monitor = NetlinkMonitor::open({}).value();
  const std::vector<KernelChange> changes{add("192.0.2.10/24"), remove("192.0.2.10/24")};
  ASSERT_TRUE(commands().apply(changes).has_value());
  const auto made = make_link("wk2", "veth", "wk3");
  {
    auto control = commands();
    netlink::Buffer request;
    netlink::append_delete_link(request, control.next_sequence(), made);
    ASSERT_TRUE(control.ask(request).has_value());
  }
  std::vector<std::string> story;
  const auto sink = [&](netlink::Message&& message) {
    // The kernel adds link-local addresses of its own meanwhile.
    const auto ours = [](const net::InterfaceAddress& address) {
      return address.address == prefix("192.0.2.10/24");
    };
    const auto* present = std::get_if<netlink::AddressPresent>(&message.content);
    if (present != nullptr && ours(present->address)) story.emplace_back("address");
    const auto* absent = std::get_if<netlink::AddressGone>(&message.content);
    if (absent != nullptr && ours(absent->address)) story.emplace_back("no address");
    const auto* link = std::get_if<netlink::LinkPresent>(&message.content);
    if (link != nullptr && link->interface.index == made) story.push_back(link->interface.name);
    const auto* gone = std::get_if<netlink::LinkGone>(&message.content);
    if (gone != nullptr && gone->interface == made) story.emplace_back("no wk2");
  };
  EXPECT_EQ(monitor.hear(1000, sink), NetlinkMonitor::Heard::all);
  ASSERT_GE(story.size(), 4U);
  EXPECT_EQ(story[0], "address");
  EXPECT_EQ(story[1], "no address");
  EXPECT_THAT(story, Contains("wk2"));
  EXPECT_THAT(story, Contains("no wk2"));
}

TEST_F(NetlinkIo, AMonitorThatCouldNotHoldAllTheNewsSaysSoAndIsEmpty) {
  auto monitor = NetlinkMonitor::open({.octets = 4096, .force = false}).value();
  std::vector<KernelChange> many;
  for (int i = 0; i < 250; ++i) many.push_back(add("10.0.0." + std::to_string(i + 1) + "/32"));
  ASSERT_TRUE(commands().apply(many).has_value());
  const auto ignore = [](netlink::Message&&) {};
  auto heard = NetlinkMonitor::Heard::more;
  while (heard == NetlinkMonitor::Heard::more) heard = monitor.hear(8, ignore);
  EXPECT_EQ(heard, NetlinkMonitor::Heard::overrun);
  EXPECT_EQ(monitor.hear(8, ignore), NetlinkMonitor::Heard::all);
  EXPECT_THAT(addresses(), Contains(prefix("10.0.0.250/32")));
}

}  // namespace
}  // namespace runtime
