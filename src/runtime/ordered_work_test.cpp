#include "runtime/ordered_work.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

#include "runtime/interface_sysctl.hpp"

namespace runtime {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using engine::action::AddAddresses;
using engine::action::RemoveAddresses;
using engine::action::RunHooks;
using engine::action::SendFrame;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A kernel that takes its time, refuses what it is told to, and writes down what it was asked.
class SlowKernel : public WorkTools {
 public:
  core::Time now() const override { return time; }
  core::Result<NetlinkCommands::Applied> apply(std::span<const KernelChange> changes) override {
    if (out_of_memory) return std::unexpected(core::Error{ENOBUFS, "no memory"});
    NetlinkCommands::Applied applied;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      time += cost;
      const bool add = changes[i].kind == KernelChange::Kind::add;
      const auto* one = changes[i].address();
      const std::string text = one == nullptr ? changes[i].text() : one->address.to_string();
      if (text == refused) applied.refusals.push_back({i, {EINVAL, text}});
      story.push_back((add ? "+" : "-") + text);
    }
    ++calls;
    return applied;
  }
  FrameSocket::Sent send(std::span<const SendFrame* const> frames) override {
    if (queue_full) return {0, true, std::nullopt};
    for (const auto* frame : frames) story.push_back("frame " + std::to_string(frame->frame.at(0)));
    return {frames.size(), false, std::nullopt};
  }
  core::Result<> change(const FirewallChange& firewall) override {
    if (firewall_refused) return std::unexpected(core::Error{EOPNOTSUPP, "no nf_tables"});
    if (std::holds_alternative<engine::action::BuildFirewall>(firewall)) story.push_back("build firewall");
    if (const auto* one = std::get_if<engine::action::ChangeFirewall>(&firewall))
      story.push_back("block " + one->added.at(0).address.to_string());
    return {};
  }
  core::Result<> change(const LinkChange& link) override {
    if (link_refused) return std::unexpected(core::Error{EOPNOTSUPP, "no such kind"});
    story.push_back("link " + std::get<engine::action::CreateLink>(link).link.name);
    return {};
  }
  void run(RunHooks&& hooks) override { story.push_back("run " + hooks.queue); }
  void tell(engine::action::Tell&& news) override { story.push_back("tell " + news.event.subject.name); }

  core::Time time{1000ms};
  core::Duration cost = 100us;
  std::string refused;
  bool out_of_memory = false;
  bool queue_full = false;
  bool link_refused = false;
  bool firewall_refused = false;
  int calls = 0;
  std::vector<std::string> story;
};

net::InterfaceAddress address(const std::string& text) {
  net::InterfaceAddress result;
  result.address = net::Prefix::parse(text).value();
  return result;
}

std::vector<net::InterfaceAddress> many(int count) {
  std::vector<net::InterfaceAddress> result;
  for (int i = 0; i < count; ++i) {
    result.push_back(address("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "/32"));
  }
  return result;
}

TEST(OrderedWork, RoutesRulesAndLinksKeepTheirPlace) {
  OrderedWork work;
  SlowKernel kernel;
  net::KernelRoute route;
  route.route.destination = net::Prefix::parse("10.1.0.0/16").value();
  engine::action::CreateLink link;
  link.link.name = "vrrp.51";
  work.add(LinkChange{link});
  work.add(AddAddresses{{address("10.0.0.1/32")}});
  work.add(engine::action::AddRoutes{{route}});
  work.add(engine::action::RemoveRoutes{{route}});
  EXPECT_THAT(work.work(kernel, kernel.time + 10ms).problems, IsEmpty());
  EXPECT_THAT(kernel.story,
              ElementsAre("link vrrp.51", "+10.0.0.1/32", "+route 10.1.0.0/16", "-route 10.1.0.0/16"));
  EXPECT_EQ(kernel.calls, 1) << "addresses and routes leave in one request";
}

TEST(OrderedWork, RefusedRoutesAndLinksAreToldApart) {
  OrderedWork work;
  SlowKernel kernel;
  kernel.refused = "route 10.1.0.0/16";
  kernel.link_refused = true;
  net::KernelRoute route;
  route.route.destination = net::Prefix::parse("10.1.0.0/16").value();
  engine::action::CreateLink link;
  link.link.name = "vrrp.51";
  work.add(LinkChange{link});
  work.add(engine::action::AddRoutes{{route}});
  const auto outcome = work.work(kernel, kernel.time + 10ms);
  ASSERT_THAT(outcome.routes_refused, SizeIs(1));
  EXPECT_EQ(outcome.routes_refused[0].route, route);
  ASSERT_THAT(outcome.links_refused, SizeIs(1));
  EXPECT_EQ(outcome.links_refused[0].name, "vrrp.51");
}

TEST(OrderedWork, HappensInTheOrderItWasDecided) {
  OrderedWork work;
  SlowKernel kernel;
  work.add(RemoveAddresses{{address("10.0.0.1/32")}});
  work.add(AddAddresses{{address("10.0.0.1/32"), address("10.0.0.2/32")}});
  work.add(SendFrame{{1}, {7}});
  work.add(RunHooks{"VI_1", {}});
  work.add(RemoveAddresses{{address("10.0.0.2/32")}});
  EXPECT_THAT(work.work(kernel, kernel.time + 10ms).problems, IsEmpty());
  EXPECT_THAT(kernel.story, ElementsAre("-10.0.0.1/32", "+10.0.0.1/32", "+10.0.0.2/32", "frame 7", "run VI_1",
                                        "-10.0.0.2/32"));
  EXPECT_TRUE(work.empty());
  EXPECT_EQ(work.next_time(kernel.time), std::nullopt);
}

TEST(OrderedWork, ASliceEndsInTimeHoweverSlowTheKernelIs) {
  for (const core::Duration cost : {core::Duration{20us}, core::Duration{100us}, core::Duration{3ms}}) {
    OrderedWork work;
    SlowKernel kernel;
    kernel.cost = cost;
    work.add(AddAddresses{many(2000)});
    for (int slice = 0; slice < 10'000 && !work.empty(); ++slice) {
      const core::Time start = kernel.time;
      work.work(kernel, start + 10ms);
      EXPECT_LE(kernel.time - start, 10ms + std::max<core::Duration>(4 * cost, 4ms)) << slice;
      if (!work.empty()) {
        EXPECT_GT(work.next_time(kernel.time), kernel.time);
      }
    }
    EXPECT_TRUE(work.empty());
    EXPECT_THAT(kernel.story, SizeIs(2000));
  }
}

TEST(OrderedWork, ManyAddressesShareASystemCall) {
  OrderedWork work;
  SlowKernel kernel;
  kernel.cost = 20us;
  work.add(AddAddresses{many(2000)});
  while (!work.empty()) work.work(kernel, kernel.time + 10ms);
  EXPECT_LT(kernel.calls, 60);
}

TEST(OrderedWork, ARefusedAddressIsNamedAndTheOthersAreThere) {
  OrderedWork work;
  SlowKernel kernel;
  kernel.refused = "10.0.0.1/32";
  work.add(AddAddresses{many(3)});
  work.add(RemoveAddresses{many(3)});
  const auto outcome = work.work(kernel, kernel.time + 10ms);
  ASSERT_THAT(outcome.not_added, SizeIs(1));
  EXPECT_EQ(outcome.not_added[0].address, address("10.0.0.1/32"));
  EXPECT_EQ(outcome.not_added[0].error.code, EINVAL);
  EXPECT_THAT(outcome.problems, SizeIs(1));  // the removal
  EXPECT_THAT(kernel.story, SizeIs(6));
}

TEST(OrderedWork, WithoutMemoryItWaitsAndLosesNothing) {
  OrderedWork work;
  SlowKernel kernel;
  kernel.out_of_memory = true;
  work.add(AddAddresses{many(3)});
  EXPECT_THAT(work.work(kernel, kernel.time + 10ms).problems, SizeIs(1));
  EXPECT_THAT(work.work(kernel, kernel.time + 10ms).problems, IsEmpty());  // too early to try again
  kernel.out_of_memory = false;
  kernel.time = *work.next_time(kernel.time);
  work.work(kernel, kernel.time + 10ms);
  EXPECT_THAT(kernel.story, SizeIs(3));
}

TEST(OrderedWork, AFullQueueIsWaitedForAndThenOneFrameIsGivenUp) {
  OrderedWork work;
  SlowKernel kernel;
  kernel.queue_full = true;
  work.add(SendFrame{{1}, {7}});
  work.add(SendFrame{{1}, {8}});
  const core::Time start = kernel.time;
  std::vector<core::Error> problems;
  while (problems.empty()) {
    problems = work.work(kernel, kernel.time + 10ms).problems;
    kernel.time = work.next_time(kernel.time).value();
  }
  EXPECT_GE(kernel.time - start, 250ms);
  EXPECT_LE(kernel.time - start, 260ms);
  kernel.queue_full = false;
  work.work(kernel, kernel.time + 10ms);
  EXPECT_THAT(kernel.story, ElementsAre("frame 8"));
}

TEST(OrderedWork, AnAddressIsBlockedBeforeItIsThere) {
  OrderedWork work;
  SlowKernel kernel;
  const net::BlockedAddress address{net::IpAddress::v4(192, 0, 2, 7), {}};
  work.add(FirewallChange{engine::action::ChangeFirewall{"t", {address}, {}}});
  net::InterfaceAddress added;
  added.address = net::Prefix::parse("192.0.2.7/24").value();
  work.add(engine::action::AddAddresses{{added}});
  work.work(kernel, kernel.time + 10ms);
  EXPECT_THAT(kernel.story, ElementsAre("block 192.0.2.7", "+192.0.2.7/24"));
}

TEST(OrderedWork, AFirewallThatIsRefusedAndAChangeThatDoesNotFitAreTold) {
  OrderedWork work;
  SlowKernel kernel;
  kernel.firewall_refused = true;
  work.add(FirewallChange{engine::action::BuildFirewall{}});
  work.add(FirewallChange{engine::action::ChangeFirewall{}});
  const auto outcome = work.work(kernel, kernel.time + 10ms);
  ASSERT_TRUE(outcome.firewall_refused);
  EXPECT_EQ(outcome.firewall_refused->code, EOPNOTSUPP);
  EXPECT_TRUE(outcome.firewall_touched);
}

class Sysctls : public ::testing::Test {
 protected:
  Sysctls() {
    char name[] = "/tmp/standfast-sysctls.XXXXXX";  // NOLINT: mkdtemp writes it; the tests run side by side
    root_ = ::mkdtemp(name);
    std::filesystem::create_directories(root_ / "net/ipv4/conf/eth0");
    write("0\n");
  }
  ~Sysctls() override { std::filesystem::remove_all(root_); }
  void write(const std::string& text) { std::ofstream{file()} << text; }
  std::string read() {
    std::string text;
    std::getline(std::ifstream{file()}, text);
    return text;
  }
  std::filesystem::path file() const { return root_ / "net/ipv4/conf/eth0/promote_secondaries"; }

  std::filesystem::path root_;
};

TEST_F(Sysctls, ArePutBack) {
  InterfaceSysctls settings{root_};
  ASSERT_TRUE(settings.set("eth0", "promote_secondaries", "1").has_value());
  ASSERT_TRUE(settings.set("eth0", "promote_secondaries", "2").has_value());
  EXPECT_EQ(read(), "2");
  EXPECT_THAT(settings.restore(), IsEmpty());
  EXPECT_EQ(read(), "0");
}

TEST_F(Sysctls, ThatSomebodyElseChangedAreLeftAlone) {
  InterfaceSysctls settings{root_};
  ASSERT_TRUE(settings.set("eth0", "promote_secondaries", "1").has_value());
  write("3\n");
  EXPECT_THAT(settings.restore(), IsEmpty());
  EXPECT_EQ(read(), "3");
}

TEST_F(Sysctls, OfAnInterfaceThatIsNotThereAreAnError) {
  InterfaceSysctls settings{root_};
  EXPECT_FALSE(settings.set("eth9", "promote_secondaries", "1").has_value());
}

}  // namespace
}  // namespace runtime
