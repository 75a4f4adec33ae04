// The worker's process as the supervisor starts it: descriptors at their fixed numbers, messages over the channel.
#include "runtime/failover_worker.hpp"

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "core/check.hpp"
#include "runtime/channel.hpp"
#include "runtime/clock.hpp"
#include "runtime/files.hpp"
#include "runtime/messages.hpp"
#include "runtime/process.hpp"
#include "runtime/snapshot_file.hpp"
#include "runtime/test_network.hpp"

namespace runtime {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class FailoverWorker : public testing::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped()) return;
    make_link("eth", "veth", "far");
    wait_until_running("eth");
    add_address(index_of("eth"), "192.0.2.1/24");
    config_.log.syslog = false;
    engine::InstanceConfig router;
    router.vrrp.name = "VI_1";
    router.vrrp.interface = "eth";
    router.vrrp.vrid = 51;
    router.vrrp.priority = 255;
    router.vrrp.multicast_group = net::IpAddress::v4(224, 0, 0, 18);
    vrrp::VirtualAddress address;
    address.address.address = net::Prefix::parse("192.0.2.100/32").value();
    router.vrrp.addresses.push_back(address);
    config_.failover.instances.push_back(router);
  }

  void TearDown() override {
    channel_.reset();
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    NetworkTest::TearDown();
  }

  /// `before` runs in the child, ahead of the worker.
  void start(const std::function<void()>& before = [] {}) {
    auto channel = socket_pair(SOCK_STREAM).value();
    auto scripts = socket_pair(SOCK_SEQPACKET).value();
    auto watcher = socket_pair(SOCK_SEQPACKET).value();
    const Fd config = sealed_archive("config", config_).value();
    const SnapshotFile snapshot = SnapshotFile::create().value();
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      // Out of the way first, so that none is overwritten before it was copied.
      const int high[] = {::fcntl(channel.second.get(), F_DUPFD, 100), ::fcntl(config.get(), F_DUPFD, 100),
                          ::fcntl(snapshot.fd(), F_DUPFD, 100), ::fcntl(scripts.second.get(), F_DUPFD, 100),
                          ::fcntl(watcher.second.get(), F_DUPFD, 100)};
      ::dup2(high[0], worker_channel_fd);
      ::dup2(high[1], worker_config_fd);
      ::dup2(high[2], worker_snapshot_fd);
      ::dup2(high[3], worker_scripts_fd);
      ::dup2(high[4], worker_watcher_fd);
      ::close_range(worker_watcher_fd + 1, ~0U, 0);
      before();
      ::_exit(run_failover_worker());
    }
    channel_.emplace(
        io_, channel.first.release(), [this](ToSupervisor message) { told_.push_back(std::move(message)); },
        [this](const std::optional<core::Error>&) { closed_ = true; });
  }

  template <class Message>
  bool hears(core::Duration limit = 5s) {
    const auto is_it = [](const ToSupervisor& message) { return std::holds_alternative<Message>(message); };
    for (const core::Time end = now() + limit; now() < end && !closed_; io_.run_one_for(20ms)) {
      if (std::ranges::any_of(told_, is_it)) return true;
    }
    return std::ranges::any_of(told_, is_it);
  }

  int exit_status() {
    Fd ended = open_pidfd(child_).value();
    for (const core::Time end = now() + 8s; now() < end; io_.run_one_for(20ms)) {
      pollfd waiting{ended.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 0) == 1) break;
    }
    int status = 0;
    if (::waitpid(child_, &status, WNOHANG) != child_) return -1;
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  bool has_address() {
    const auto listing = commands().list(true).value();
    for (const auto& seen : listing.addresses) {
      if (seen.address == net::Prefix::parse("192.0.2.100/32")) return true;
    }
    return false;
  }

  FailoverWorkerConfig config_;
  pid_t child_ = -1;
  boost::asio::io_context io_;
  std::optional<Channel<ToSupervisor, ToWorker>> channel_;
  std::vector<ToSupervisor> told_;
  bool closed_ = false;
};

TEST_F(FailoverWorker, BecomesReadyReportsItsTransitionsAndStopsWhenTold) {
  start();
  ASSERT_TRUE(hears<to_supervisor::Ready>());
  ASSERT_TRUE(hears<to_supervisor::TransitionReported>());
  channel_->send(to_worker::SendSnapshot{7});
  ASSERT_TRUE(hears<to_supervisor::SnapshotTaken>());
  EXPECT_TRUE(has_address());
  channel_->send(to_worker::Stop{});
  EXPECT_EQ(exit_status(), 0);
  EXPECT_FALSE(has_address());
}

TEST_F(FailoverWorker, WithdrawsWhenTheSupervisorIsGone) {
  start();
  ASSERT_TRUE(hears<to_supervisor::TransitionReported>());
  channel_->close();
  EXPECT_EQ(exit_status(), 0);
  EXPECT_FALSE(has_address());
}

TEST_F(FailoverWorker, WithdrawsOnASignalToStop) {
  start();
  ASSERT_TRUE(hears<to_supervisor::TransitionReported>());
  ::kill(child_, SIGHUP);  // the supervisor's to act on
  ::kill(child_, SIGTERM);
  EXPECT_EQ(exit_status(), 0);
  EXPECT_FALSE(has_address());
}

TEST_F(FailoverWorker, TakesANewConfigurationAsADifference) {
  start();
  ASSERT_TRUE(hears<to_supervisor::TransitionReported>());
  told_.clear();
  config_.generation = 2;
  channel_->send(to_worker::Reconfigure{config_});
  ASSERT_TRUE(hears<to_supervisor::Reconfigured>());
  EXPECT_FALSE(hears<to_supervisor::TransitionReported>(100ms));
  EXPECT_TRUE(has_address());
}

TEST_F(FailoverWorker, EndsWithStatus4WhereAPermissionIsMissing) {
  start([] { SF_CHECK(::setuid(65534) == 0); });
  EXPECT_EQ(exit_status(), 4);
}

TEST_F(FailoverWorker, SaysWhatItsSchedulingWasRefusedAndGoesOn) {
  config_.process.cpu_affinity = {1023};
  start();
  ASSERT_TRUE(hears<to_supervisor::Ready>());
  EXPECT_TRUE(hears<to_supervisor::Noticed>());
}

TEST_F(FailoverWorker, RunsInRealTimeWithinItsLimit) {
  config_.process.realtime_priority = 2;
  config_.process.realtime_limit_us = 10'000;
  config_.process.no_swap = true;
  start();
  ASSERT_TRUE(hears<to_supervisor::TransitionReported>());
  channel_->send(to_worker::Stop{});
  EXPECT_EQ(exit_status(), 0);
}

}  // namespace
}  // namespace runtime
