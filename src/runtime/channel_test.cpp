#include "runtime/channel.hpp"

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "core/random.hpp"
#include "runtime/fd.hpp"
#include "runtime/messages.hpp"
#include "runtime/process.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests read better with literals
using testing::ElementsAre;

struct Ends {
  Fd left, right;
};

Ends pair_of_ends() {
  auto ends = socket_pair(SOCK_STREAM);
  return {std::move(ends->first), std::move(ends->second)};
}

template <class Condition>
bool run_until(boost::asio::io_context& io, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition() && std::chrono::steady_clock::now() < deadline) {
    io.restart();
    io.run_one_for(100ms);
  }
  return condition();
}

TEST(Channel, CarriesMessagesBothWaysInOrder) {
  boost::asio::io_context io;
  auto [left, right] = pair_of_ends();
  std::vector<std::uint64_t> asked;
  std::vector<std::uint32_t> answered;
  Channel<ToSupervisor, ToWorker> supervisor(
      io, left.release(),
      [&](ToSupervisor m) { answered.push_back(std::get<to_supervisor::Ready>(m).generation); }, [](auto) {});
  Channel<ToWorker, ToSupervisor> worker(
      io, right.release(),
      [&](ToWorker m) {
        asked.push_back(std::get<to_worker::SendSnapshot>(m).request);
        worker.send(to_supervisor::Ready{static_cast<std::uint32_t>(asked.back() + 10)});
      },
      [](auto) {});
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_TRUE(supervisor.send(to_worker::SendSnapshot{i}));
  EXPECT_TRUE(run_until(io, [&] { return answered.size() == 3; }));
  EXPECT_THAT(asked, ElementsAre(1, 2, 3));
  EXPECT_THAT(answered, ElementsAre(11, 12, 13));
}

TEST(Channel, CarriesMessagesMuchLargerThanTheSocketsBuffer) {
  boost::asio::io_context io;
  auto [left, right] = pair_of_ends();
  to_supervisor::SnapshotTaken big{.request = 9, .snapshot = {}};
  big.snapshot.instances.resize(20'000);
  for (auto& instance : big.snapshot.instances) instance.name = "a name that takes some room";
  std::optional<to_supervisor::SnapshotTaken> got;
  Channel<ToSupervisor, ToWorker> supervisor(
      io, left.release(), [&](ToSupervisor m) { got = std::get<to_supervisor::SnapshotTaken>(std::move(m)); },
      [](auto) {});
  Channel<ToWorker, ToSupervisor> worker(io, right.release(), [](ToWorker) {}, [](auto) {});
  EXPECT_TRUE(worker.send(big));
  EXPECT_GT(worker.queued(), 1'000'000U);
  EXPECT_TRUE(run_until(io, [&] { return got.has_value(); }));
  EXPECT_EQ(got->snapshot, big.snapshot);
  EXPECT_EQ(worker.queued(), 0U);
}

TEST(Channel, DeliversWhatWasSaidBeforeTheOtherEndClosed) {
  boost::asio::io_context io;
  auto [left, right] = pair_of_ends();
  std::vector<std::string> seen;
  Channel<ToSupervisor, ToWorker> supervisor(
      io, left.release(), [&](ToSupervisor) { seen.emplace_back("message"); },
      [&](std::optional<core::Error> error) { seen.emplace_back(error ? "error" : "end"); });
  {
    Channel<ToWorker, ToSupervisor> worker(io, right.release(), [](ToWorker) {}, [](auto) {});
    worker.send(to_supervisor::Ready{1});
  }
  EXPECT_TRUE(run_until(io, [&] { return seen.size() == 2; }));
  EXPECT_THAT(seen, ElementsAre("message", "end"));
  EXPECT_FALSE(supervisor.open());
  EXPECT_FALSE(supervisor.send(to_worker::Stop{}));
}

TEST(Channel, MayBeDestroyedFromItsOwnHandler) {
  boost::asio::io_context io;
  auto [left, right] = pair_of_ends();
  int messages = 0;
  std::unique_ptr<Channel<ToSupervisor, ToWorker>> supervisor;
  supervisor = std::make_unique<Channel<ToSupervisor, ToWorker>>(
      io, left.release(),
      [&](ToSupervisor) {
        ++messages;
        supervisor.reset();
      },
      [](auto) {});
  Channel<ToWorker, ToSupervisor> worker(io, right.release(), [](ToWorker) {}, [](auto) {});
  worker.send(to_supervisor::Ready{1});
  worker.send(to_supervisor::Ready{2});
  EXPECT_TRUE(run_until(io, [&] { return messages == 1; }));
  io.restart();
  io.run_for(10ms);
  EXPECT_EQ(messages, 1);
}

TEST(Channel, RefusesMoreThanItsQueueHolds) {
  boost::asio::io_context io;
  auto [left, right] = pair_of_ends();
  FrameChannel channel(io, left.release(), {[](auto) {}, [](auto) {}}, 1 << 20);
  const core::Bytes chunk(100'000);
  int taken = 0;
  while (channel.send(chunk)) ++taken;
  EXPECT_GE(taken, 10);
  EXPECT_TRUE(channel.open());
  EXPECT_LE(channel.queued(), 1U << 20);
}

TEST(Channel, EndsOnALengthThatCannotBe) {
  boost::asio::io_context io;
  auto [left, right] = pair_of_ends();
  std::optional<core::Error> failed;
  FrameChannel channel(io, left.release(),
                       {[](auto) { ADD_FAILURE() << "no frame was sent"; },
                        [&](std::optional<core::Error> e) { failed = e; }});
  const std::uint32_t length = channel_message_limit + 1;
  ASSERT_EQ(::send(right.get(), &length, sizeof length, 0), 4);
  EXPECT_TRUE(run_until(io, [&] { return failed.has_value(); }));
}

TEST(Channel, EndsOnAMessageThatDoesNotReadBack) {
  boost::asio::io_context io;
  auto [left, right] = pair_of_ends();
  std::optional<core::Error> failed;
  Channel<ToSupervisor, ToWorker> supervisor(
      io, left.release(), [](ToSupervisor) { ADD_FAILURE() << "nothing good was sent"; },
      [&](std::optional<core::Error> e) { failed = e; });
  const std::uint8_t damaged[] = {1, 0, 0, 0, 0xee};  // NOLINT: one octet, no such alternative
  ASSERT_EQ(::send(right.get(), damaged, sizeof damaged, 0), 5);
  EXPECT_TRUE(run_until(io, [&] { return failed.has_value(); }));
  EXPECT_FALSE(supervisor.open());
}

// Frames arrive whole and in order however the octets are cut.
TEST(Channel, DoesNotCareHowTheStreamIsCut) {
  core::Random random(4711);
  for (int round = 0; round < 200; ++round) {
    boost::asio::io_context io;
    auto [left, right] = pair_of_ends();
    core::Bytes stream;
    std::vector<core::Bytes> sent;
    std::vector<core::Bytes> got;
    bool ended = false;
    FrameChannel channel(io, left.release(),
                         {[&](std::span<const std::uint8_t> f) { got.emplace_back(f.begin(), f.end()); },
                          [&](std::optional<core::Error> e) { ended = !e; }});
    for (int i = 0; i < 8; ++i) {
      core::Bytes frame(static_cast<std::size_t>(random.between(0, 299)), static_cast<std::uint8_t>(i));
      const auto length = static_cast<std::uint32_t>(frame.size());
      const auto* head = reinterpret_cast<const std::uint8_t*>(&length);  // NOLINT: as it goes over the wire
      stream.insert(stream.end(), head, head + 4);
      stream.insert(stream.end(), frame.begin(), frame.end());
      sent.push_back(std::move(frame));
    }
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t piece =
          std::min<std::size_t>(static_cast<std::size_t>(random.between(1, 90)), stream.size() - at);
      ASSERT_EQ(::send(right.get(), stream.data() + at, piece, 0), static_cast<ssize_t>(piece));
      at += piece;
      io.restart();
      io.poll();
    }
    right.reset();
    ASSERT_TRUE(run_until(io, [&] { return ended; }));
    ASSERT_EQ(got, sent);
  }
}

// Garbage never crashes, never delivers more than it could hold, and always ends the channel once the sender closes.
TEST(Channel, SurvivesGarbage) {
  core::Random random(815);
  for (int round = 0; round < 500; ++round) {
    boost::asio::io_context io;
    auto [left, right] = pair_of_ends();
    bool ended = false;
    Channel<ToWorker, ToSupervisor> channel(io, left.release(), [](ToWorker) {}, [&](auto) { ended = true; });
    core::Bytes garbage(static_cast<std::size_t>(random.between(0, 399)));
    for (auto& octet : garbage) octet = static_cast<std::uint8_t>(random.between(0, 255));
    if (garbage.size() > 4 && random.chance(50))
      garbage[1] = garbage[2] = garbage[3] = 0;  // a plausible length
    ASSERT_EQ(::send(right.get(), garbage.data(), garbage.size(), 0), static_cast<ssize_t>(garbage.size()));
    right.reset();
    ASSERT_TRUE(run_until(io, [&] { return ended; }));
  }
}

}  // namespace
}  // namespace runtime
