// Real daemon halves on real (virtual) wires: each node is a FailoverHost in a network namespace of its own.
#include "runtime/failover_host.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <gmock/gmock.h>
#include <linux/if_packet.h>
#include <map>
#include <net/ethernet.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/frames.hpp"
#include "runtime/process.hpp"
#include "runtime/system_error.hpp"
#include "runtime/test_network.hpp"

namespace runtime {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using vrrp::Reason;
using vrrp::State;

net::Prefix prefix(const std::string& text) { return net::Prefix::parse(text).value(); }
net::IpAddress ip(const std::string& text) { return net::IpAddress::parse(text).value(); }

struct Step {
  State to = State::initialize;
  Reason reason = Reason::none;
};

bool operator==(const Step& left, const Step& right) {
  return left.to == right.to && left.reason == right.reason;
}

// A machine with one interface "eth", its daemon half and what the supervisor and the script runner would see.
struct Node {
  Fd space;
  std::unique_ptr<FailoverHost> host;
  std::vector<ToSupervisor> told;
  Fd scripts_ours, scripts_theirs;

  std::vector<Step> steps() const {
    std::vector<Step> all;
    for (const auto& message : told) {
      if (const auto* moved = std::get_if<to_supervisor::TransitionReported>(&message)) {
        all.push_back({moved->report.transition.to, moved->report.transition.reason});
      }
    }
    return all;
  }
  std::vector<std::string> notices() const {
    std::vector<std::string> all;
    for (const auto& message : told) {
      if (const auto* noticed = std::get_if<to_supervisor::Noticed>(&message))
        all.push_back(noticed->notice.id);
    }
    return all;
  }
  bool is(State state) const { return !steps().empty() && steps().back().to == state; }
};

class Failover : public testing::NetworkTest {
 protected:
  // Two nodes on one cable.
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped()) return;
    a_.space = here();
    make_link("eth", "veth", "far");
    b_.space = new_namespace();
    enter(a_.space);
    move_link("far", b_.space);
    prepare(a_, "eth", "192.0.2.1/24", "fe80::1/64");
    prepare(b_, "far", "192.0.2.2/24", "fe80::2/64");
    for (Node* node : {&a_, &b_}) {
      auto pair = socket_pair(SOCK_SEQPACKET).value();
      node->scripts_ours = std::move(pair.first);
      node->scripts_theirs = std::move(pair.second);
    }
  }

  void prepare(const Node& node, const std::string& name, const std::string& v4, const std::string& v6) {
    enter(node.space);
    wait_until_running(name);
    add_address(index_of(name), v4);
    add_address(index_of(name), v6);
  }

  static engine::InstanceConfig router(const std::string& interface, std::uint8_t priority,
                                       const std::vector<std::string>& addresses = {"192.0.2.100/32"}) {
    engine::InstanceConfig instance;
    instance.vrrp.name = "VI_1";
    instance.vrrp.interface = interface;
    instance.vrrp.version = vrrp::Version::v3;
    instance.vrrp.vrid = 51;
    instance.vrrp.priority = priority;
    instance.vrrp.advert_interval = 100ms;
    instance.vrrp.multicast_group = ip("224.0.0.18");
    for (const auto& text : addresses) {
      vrrp::VirtualAddress address;
      address.address.address = prefix(text);
      instance.vrrp.addresses.push_back(address);
    }
    return instance;
  }

  static FailoverWorkerConfig config_of(std::vector<engine::InstanceConfig> instances) {
    FailoverWorkerConfig config;
    config.failover.instances = std::move(instances);
    return config;
  }

  void start(Node& node, FailoverWorkerConfig config, std::optional<SnapshotFile> snapshot = {}) {
    enter(node.space);
    auto host = FailoverHost::start(std::move(config), std::move(snapshot), {node.scripts_ours.get(), -1},
                                    [&node](const ToSupervisor& message) { node.told.push_back(message); });
    ASSERT_TRUE(host.has_value()) << host.error().message;
    node.host = std::move(*host);
  }

  /// Serves both nodes until `done`; false if that does not happen in `limit`.
  bool run_until(const std::function<bool()>& done, core::Duration limit = 10s) {
    const core::Time end = now() + limit;
    while (!done()) {
      if (now() >= end) return false;
      std::vector<pollfd> waiting;
      std::vector<Node*> nodes;
      for (Node* node : {&a_, &b_}) {
        if (!node->host || node->host->finished()) continue;
        waiting.push_back({node->host->fd(), POLLIN, 0});
        nodes.push_back(node);
      }
      ::poll(waiting.data(), waiting.size(), 10);
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (waiting[i].revents == 0) continue;
        enter(nodes[i]->space);
        nodes[i]->host->turn();
      }
    }
    return true;
  }
  void run_for(core::Duration time) {
    run_until([] { return false; }, time);
  }

  std::vector<net::InterfaceAddress> addresses(const Node& node) {
    enter(node.space);
    return commands().list(true).value().addresses;
  }
  bool has(const Node& node, const std::string& wanted) {
    return std::ranges::any_of(addresses(node),
                               [&](const auto& seen) { return seen.address == prefix(wanted); });
  }
  void change(const Node& node, KernelChange::Kind kind, const std::string& interface,
              const std::string& address) {
    enter(node.space);
    net::InterfaceAddress changed;
    changed.interface = index_of(interface);
    changed.address = prefix(address);
    const KernelChange wanted{kind, changed};
    const auto applied = commands().apply({&wanted, 1});
    ASSERT_TRUE(applied && applied->refusals.empty());
  }

  /// Everything that arrives at the far end of the cable, as Ethernet frames with the time of their arrival.
  Fd sniffer(const Node& node) {
    enter(node.space);
    Fd fd{::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL))};
    const int room = 16 << 20;
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    ::setsockopt(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    return fd;
  }
  struct Frame {
    std::vector<std::uint8_t> bytes;
    core::Duration arrival{};
    bool is_v4_advert() const {
      return bytes.size() > 36 && bytes[12] == 0x08 && bytes[13] == 0 && bytes[23] == 112;
    }
  };
  static std::vector<Frame> sniffed(const Fd& fd) {
    std::vector<Frame> frames;
    std::array<std::uint8_t, 2048> buffer{};
    std::array<std::uint8_t, 128> control{};
    for (;;) {
      iovec part{buffer.data(), buffer.size()};
      msghdr header{nullptr, 0, &part, 1, control.data(), control.size(), 0};
      const ssize_t length = ::recvmsg(fd.get(), &header, 0);
      if (length < 0) return frames;
      Frame frame{{buffer.begin(), buffer.begin() + length}, {}};
      if (const cmsghdr* stamp = CMSG_FIRSTHDR(&header); stamp != nullptr) {
        timespec time{};
        std::memcpy(&time, CMSG_DATA(stamp), sizeof time);
        frame.arrival = std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
      }
      frames.push_back(std::move(frame));
    }
  }

  Node a_, b_;
};

constexpr State master = State::master;
constexpr State backup = State::backup;

TEST_F(Failover, TheBackupTakesOverFromAMasterThatDies) {
  start(a_, config_of({router("eth", 150)}));
  start(b_, config_of({router("far", 100)}));
  ASSERT_TRUE(run_until([&] { return has(a_, "192.0.2.100/32"); }));
  EXPECT_TRUE(b_.is(backup));
  run_for(500ms);
  EXPECT_TRUE(a_.is(master));
  EXPECT_TRUE(b_.is(backup));
  EXPECT_FALSE(has(b_, "192.0.2.100/32"));

  a_.host.reset();  // as kill -9 does: sockets vanish, the address stays
  const core::Time death = now();
  ASSERT_TRUE(run_until([&] { return has(b_, "192.0.2.100/32"); }));
  EXPECT_LE(now() - death, 500ms);  // 3 × 100 ms and the skew of 61 ms at most since the last advert
  EXPECT_EQ(b_.steps().back(), (Step{master, Reason::master_silent}));
}

TEST_F(Failover, AMasterThatStopsResignsAndLeavesNothingBehind) {
  start(a_, config_of({router("eth", 150)}));
  start(b_, config_of({router("far", 100)}));
  ASSERT_TRUE(run_until([&] { return has(a_, "192.0.2.100/32"); }));
  run_for(200ms);
  a_.host->stop();
  const core::Time stop = now();
  ASSERT_TRUE(run_until([&] { return a_.host->finished() && b_.is(master); }));
  EXPECT_LE(now() - stop, 150ms);  // the skew, 61 ms
  EXPECT_FALSE(has(a_, "192.0.2.100/32"));
  ASSERT_TRUE(run_until([&] { return has(b_, "192.0.2.100/32"); }));
}

TEST_F(Failover, TheWireShowsAdvertsAndAnnouncements) {
  const Fd wire = sniffer(b_);
  start(a_, config_of({router("eth", 255)}));
  ASSERT_TRUE(run_until([&] { return has(a_, "192.0.2.100/32"); }));
  run_for(250ms);
  enter(a_.space);
  const auto frames = sniffed(wire);
  ASSERT_THAT(frames, Not(IsEmpty()));
  const auto advert = std::ranges::find_if(frames, &Frame::is_v4_advert);
  ASSERT_NE(advert, frames.end());
  EXPECT_THAT(std::vector<unsigned>(advert->bytes.begin(), advert->bytes.begin() + 6),
              ElementsAre(1, 0, 0x5e, 0, 0, 0x12));
  EXPECT_EQ(advert->bytes[15], 0xc0);  // type of service
  EXPECT_EQ(advert->bytes[22], 255);   // time to live
  std::vector<net::IpAddress> announced;
  for (const auto& frame : frames) {
    if (const auto seen = net::decode_announcement(frame.bytes)) announced.push_back(seen->address);
  }
  EXPECT_THAT(announced, Contains(ip("192.0.2.100")));
}

TEST_F(Failover, Ipv6RoutersDoTheSame) {
  const auto v6 = [](const std::string& interface, std::uint8_t priority) {
    auto instance = router(interface, priority, {"fe80::100/128", "2001:db8::100/64"});
    instance.vrrp.family = net::Family::v6;
    instance.vrrp.multicast_group = ip("ff02::12");
    return config_of({instance});
  };
  const Fd wire = sniffer(b_);
  start(a_, v6("eth", 150));
  start(b_, v6("far", 100));
  ASSERT_TRUE(run_until([&] { return has(a_, "2001:db8::100/64"); }));
  run_for(500ms);
  EXPECT_TRUE(b_.is(backup));
  EXPECT_EQ(b_.steps().size(), 1U);
  enter(a_.space);
  std::size_t announcements = 0;
  for (const auto& frame : sniffed(wire)) announcements += net::decode_announcement(frame.bytes) ? 1 : 0;
  EXPECT_EQ(announcements, 10U);
  a_.host.reset();
  ASSERT_TRUE(run_until([&] { return has(b_, "2001:db8::100/64") && has(b_, "fe80::100/128"); }));
  for (const auto& seen : addresses(b_))
    EXPECT_FALSE(seen.tentative && seen.address == prefix("2001:db8::100/64"));
}

TEST_F(Failover, AnAddressThatSomebodyRemovesIsPutBack) {
  start(a_, config_of({router("eth", 255)}));
  ASSERT_TRUE(run_until([&] { return has(a_, "192.0.2.100/32"); }));
  change(a_, KernelChange::Kind::remove, "eth", "192.0.2.100/32");
  EXPECT_TRUE(run_until([&] { return has(a_, "192.0.2.100/32"); }, 1s));
  EXPECT_TRUE(a_.is(master));
}

TEST_F(Failover, AWorkerAfterACrashGoesOnAsMaster) {
  auto memory = SnapshotFile::create().value();
  const auto same_memory = [&] { return SnapshotFile::open(::dup(memory.fd())).value(); };
  start(a_, config_of({router("eth", 150)}), same_memory());
  start(b_, config_of({router("far", 100)}));
  ASSERT_TRUE(run_until([&] { return has(a_, "192.0.2.100/32"); }));
  run_for(300ms);
  a_.host.reset();
  a_.told.clear();
  start(a_, config_of({router("eth", 150)}), same_memory());
  run_for(600ms);
  EXPECT_THAT(b_.steps(), SizeIs(1));  // backup, and nothing since
  EXPECT_TRUE(has(a_, "192.0.2.100/32"));
  for (const Step& step : a_.steps()) EXPECT_EQ(step.to, master);
}

TEST_F(Failover, TwoThousandAddressesMakeNoAdvertLate) {
  std::vector<engine::InstanceConfig> many;
  for (int group = 0; group < 8; ++group) {
    std::vector<std::string> addresses;
    for (int i = 1; i <= 250; ++i)
      addresses.push_back("10.0." + std::to_string(group) + "." + std::to_string(i) + "/32");
    many.push_back(router("far", 100, addresses));
    many.back().vrrp.name = "VI_" + std::to_string(group);
    many.back().vrrp.vrid = static_cast<std::uint8_t>(group + 1);
  }
  const Fd wire = sniffer(a_);
  start(b_, config_of(many));
  ASSERT_TRUE(run_until([&] { return b_.is(master); }));
  const core::Time decided = now();
  ASSERT_TRUE(run_until([&] { return has(b_, "10.0.7.250/32"); }));
  const core::Duration took = now() - decided;
  RecordProperty("takeover_of_2000_addresses_ms", static_cast<int>(took / 1ms));
  const auto ours = prefix("10.0.0.0/16");
  EXPECT_EQ(std::ranges::count_if(addresses(b_),
                                  [&](const auto& seen) { return ours.contains(seen.address.address); }),
            2000);
  run_for(200ms);
  std::map<unsigned, core::Duration> last;
  core::Duration longest{};
  for (const auto& frame : sniffed(wire)) {
    if (!frame.is_v4_advert()) continue;
    auto [before, first] = last.try_emplace(frame.bytes[35], frame.arrival);
    longest = std::max(longest, frame.arrival - before->second);
    before->second = frame.arrival;
  }
  EXPECT_THAT(last, SizeIs(8));
  EXPECT_LT(longest, 300ms);  // a backup would not have noticed
  RecordProperty("longest_gap_between_adverts_ms", static_cast<int>(longest / 1ms));
}

TEST_F(Failover, AnOverrunOfNewsEndsInANewListing) {
  auto config = config_of({router("eth", 255)});
  config.netlink_monitor_buffer = 4096;
  start(a_, config);
  ASSERT_TRUE(run_until([&] { return has(a_, "192.0.2.100/32"); }));
  run_for(50ms);
  for (int i = 1; i <= 200; ++i)
    change(a_, KernelChange::Kind::add, "lo", "10.0.0." + std::to_string(i) + "/32");
  change(a_, KernelChange::Kind::remove, "eth", "192.0.2.100/32");
  EXPECT_TRUE(run_until([&] { return has(a_, "192.0.2.100/32"); }, 1s));
  EXPECT_THAT(a_.notices(), Contains("netlink_overrun"));
}

TEST_F(Failover, ScriptsAreAskedForWhenTheAddressIsThere) {
  auto instance = router("eth", 255);
  instance.hooks.master = notify::Command{{"/bin/true"}, false, 0, 0, {}};
  start(a_, config_of({instance}));
  ASSERT_TRUE(run_until([&] { return has(a_, "192.0.2.100/32"); }));
  run_for(50ms);
  std::vector<std::uint8_t> datagram(64 * 1024);
  const ssize_t size = ::recv(a_.scripts_theirs.get(), datagram.data(), datagram.size(), 0);
  ASSERT_GT(size, 0);
  datagram.resize(static_cast<std::size_t>(size));
  const auto scripts = core::from_bytes<RunScripts>(datagram);
  ASSERT_TRUE(scripts.has_value());
  ASSERT_THAT(scripts->commands, SizeIs(1));
  EXPECT_EQ(scripts->commands[0].argv.at(0), "/bin/true");
}

TEST_F(Failover, JunkAtAnyRateMakesNoAdvertLate) {
  start(a_, config_of({router("eth", 255)}));
  ASSERT_TRUE(run_until([&] { return a_.is(master); }));
  // A packet that is VRRP by protocol number and nothing else, to the group, as fast as this thread can between the turns.
  enter(b_.space);
  auto flood = VrrpSockets::open().value();
  engine::action::SendPacket junk;
  junk.interface = index_of("far");
  junk.source = ip("192.0.2.2");
  junk.destination = ip("224.0.0.18");
  junk.packet = {0x45, 0xc0, 0,   28, 0, 1,  0,    0,  255, 112, 0, 0,  192, 0,
                 2,    2,    224, 0,  0, 18, 0x31, 51, 200, 0,   0, 10, 1,   1};
  const Fd wire = sniffer(b_);
  const core::Time end = now() + 1s;
  std::uint64_t sent = 0;
  while (now() < end) {
    enter(b_.space);
    for (int i = 0; i < 200; ++i, ++sent) ASSERT_TRUE(flood.send(junk).has_value());
    pollfd waiting{a_.host->fd(), POLLIN, 0};
    if (::poll(&waiting, 1, 0) == 1) {
      enter(a_.space);
      a_.host->turn();
    }
  }
  enter(b_.space);
  const auto adverts = std::ranges::count_if(sniffed(wire), &Frame::is_v4_advert);
  EXPECT_GE(adverts, 9);
  EXPECT_TRUE(a_.is(master));
  RecordProperty("junk_packets_a_second", static_cast<int>(sent));
}

}  // namespace
}  // namespace runtime
