#include "runtime/test_network.hpp"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/native.hpp"

namespace runtime::testing {

namespace {

constexpr std::uint16_t link_attribute_namespace_fd = 28;

constexpr std::uint16_t link_attribute_queue = 6;
constexpr std::size_t link_body = 16;

// An interface that says it is running may still have the queue "noop", which swallows everything, until the kernel's link
// watcher has looked at it.
bool carries_packets(const std::string& name) {
  const Fd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  netlink::Buffer request;
  netlink::append_get_link(request, 1, name);
  std::vector<std::uint8_t> answer(32 * 1024);
  if (::send(fd.get(), request.data(), request.size(), 0) < 0) return false;
  const ssize_t size = ::recv(fd.get(), answer.data(), answer.size(), 0);
  if (size < static_cast<ssize_t>(netlink::header_size + link_body)) return false;
  answer.resize(static_cast<std::size_t>(size));
  netlink::AttributeReader attributes{std::span{answer}.subspan(netlink::header_size + link_body)};
  for (netlink::Attribute attribute; attributes.next(attribute);) {
    if (attribute.type == link_attribute_queue) return attribute.text() != "noop";
  }
  return false;
}

Fd current_namespace() { return Fd{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)}; }

}  // namespace

void NetworkTest::SetUp() {
  before_ = current_namespace();
  if (::geteuid() != 0 || ::unshare(CLONE_NEWNET) != 0)
    GTEST_SKIP() << "needs root, to make network namespaces";
  make_link("lo", "");
}

void NetworkTest::TearDown() {
  if (before_) enter(before_);
}

Fd NetworkTest::here() const { return current_namespace(); }

Fd NetworkTest::new_namespace() {
  EXPECT_EQ(::unshare(CLONE_NEWNET), 0);
  make_link("lo", "");
  return current_namespace();
}

void NetworkTest::enter(const Fd& space) { EXPECT_EQ(::setns(space.get(), CLONE_NEWNET), 0); }

NetlinkCommands NetworkTest::commands() {
  auto opened = NetlinkCommands::open({});
  EXPECT_TRUE(opened.has_value());
  return std::move(*opened);
}

net::InterfaceIndex NetworkTest::make_link(const std::string& name, const std::string& kind,
                                           const std::string& peer) {
  auto control = commands();
  netlink::Buffer request;
  if (kind.empty()) {
    netlink::append_set_link_up(request, control.next_sequence(), index_of(name), true);
  } else {
    netlink::append_add_link(request, control.next_sequence(), {name, kind, peer, {}, 0, {}, true});
  }
  const auto made = control.ask(request);
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message);
  if (!peer.empty()) make_link(peer, "");
  return index_of(name);
}

void NetworkTest::move_link(const std::string& name, const Fd& space) {
  auto control = commands();
  netlink::Buffer request;
  {
    netlink::MessageWriter message{request, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, control.next_sequence()};
    message.u8(0).u8(0).u16(0).u32(index_of(name).value).u32(0).u32(0);
    message.attribute_u32(link_attribute_namespace_fd, static_cast<std::uint32_t>(space.get()));
  }
  const auto moved = control.ask(request);
  EXPECT_TRUE(moved.has_value()) << (moved ? "" : moved.error().message);
  const Fd back = here();
  enter(space);
  make_link(name, "");
  enter(back);
}

void NetworkTest::wait_until_running(const std::string& name) {
  auto monitor = NetlinkMonitor::open({}).value();
  while (!carries_packets(name)) {
    pollfd news{monitor.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&news, 1, 5000), 1) << name << " does not come up";
    monitor.hear(1000, [](netlink::Message&&) {});
  }
}

net::InterfaceIndex NetworkTest::index_of(const std::string& name) {
  return {::if_nametoindex(name.c_str())};
}

void NetworkTest::add_address(net::InterfaceIndex interface, const std::string& prefix) {
  net::InterfaceAddress address;
  address.interface = interface;
  address.address = net::Prefix::parse(prefix).value();
  const KernelChange change{KernelChange::Kind::add, address};
  const auto applied = commands().apply({&change, 1});
  ASSERT_TRUE(applied.has_value());
  EXPECT_TRUE(applied->refusals.empty());
}

}  // namespace runtime::testing
