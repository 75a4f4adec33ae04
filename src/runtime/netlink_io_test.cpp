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

  AddressChange change(AddressChange::Kind kind, const std::string& prefix) const {
    AddressChange wanted{kind, {}};
    wanted.address.interface = veth_;
    wanted.address.address = net::Prefix::parse(prefix).value();
    return wanted;
  }
  AddressChange add(const std::string& prefix) const { return change(AddressChange::Kind::add, prefix); }
  AddressChange remove(const std::string& prefix) const {
    return change(AddressChange::Kind::remove, prefix);
  }

  static std::vector<net::Prefix> addresses() {
    std::vector<net::Prefix> found;
    const auto listing = commands().list().value();
    for (const auto& address : listing.addresses) found.push_back(address.address);
    return found;
  }

  net::InterfaceIndex veth_;
};

net::Prefix prefix(const std::string& text) { return net::Prefix::parse(text).value(); }

TEST_F(NetlinkIo, ListsWhatThereIs) {
  add_address(veth_, "192.0.2.1/24");
  wait_until_running("wk0");
  const auto listing = commands().list().value();
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
  AddressChange v4 = add("192.0.2.10/24");
  v4.address.label = "wk0:1";
  v4.address.broadcast = net::IpAddress::parse("192.0.2.255");
  v4.address.scope = 253;
  v4.address.no_prefix_route = true;
  AddressChange v6 = add("2001:db8::10/128");
  v6.address.preferred_lifetime = 0;
  AddressChange with_peer = add("198.51.100.1/32");
  with_peer.address.peer = net::IpAddress::parse("198.51.100.2");
  with_peer.address.label = "wk0";
  const std::vector<AddressChange> wanted{v4, v6, with_peer};
  EXPECT_THAT(commands().apply(wanted).value().refusals, IsEmpty());
  const auto listed = commands().list().value().addresses;
  for (const auto& change : wanted) EXPECT_THAT(listed, Contains(change.address));
}

TEST_F(NetlinkIo, WhatIsThereAlreadyOrGoneAlreadyIsNoFailure) {
  auto control = commands();
  const std::vector<AddressChange> twice{add("192.0.2.10/24"), add("192.0.2.10/24"), remove("192.0.2.10/24"),
                                         remove("192.0.2.10/24"), add("192.0.2.10/24")};
  EXPECT_THAT(control.apply(twice).value().refusals, IsEmpty());
  EXPECT_THAT(addresses(), Contains(prefix("192.0.2.10/24")));  // order was kept
}

TEST_F(NetlinkIo, ARefusalIsAttributedToItsAddress) {
  AddressChange nowhere = add("192.0.2.11/24");
  nowhere.address.interface = {4711};
  const std::vector<AddressChange> changes{add("192.0.2.10/24"), nowhere, add("192.0.2.12/24")};
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
  const std::vector<AddressChange> changes{add("192.0.2.10/24"), remove("192.0.2.10/24")};
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
  std::vector<AddressChange> many;
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
