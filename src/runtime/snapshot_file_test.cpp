#include "runtime/snapshot_file.hpp"

#include <atomic>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/failover.hpp"

namespace runtime {
namespace {

engine::FailoverSnapshot snapshot_of(std::size_t instances, std::uint64_t sequence) {
  engine::FailoverSnapshot snapshot;
  snapshot.last_sequence = sequence;
  snapshot.instances.resize(instances);
  for (std::size_t i = 0; i < instances; ++i) {
    snapshot.instances[i].name = "VI_" + std::to_string(i);
    snapshot.instances[i].state = vrrp::State::master;
    snapshot.instances[i].counters.adverts_sent = sequence;
  }
  return snapshot;
}

TEST(SnapshotFile, IsEmptyBeforeTheFirstWrite) {
  const auto file = SnapshotFile::create();
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->read<engine::FailoverSnapshot>(), std::nullopt);
  EXPECT_EQ(file->last_alive(), core::Time{});
}

TEST(SnapshotFile, GivesTheLastSnapshotToWhoOpensItNext) {
  auto file = SnapshotFile::create();
  ASSERT_TRUE(file);
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    ASSERT_TRUE(file->write(
        snapshot_of(3 * sequence * sequence * sequence, sequence)));  // grows past its place each time
  }
  file->beat(core::Time{std::chrono::seconds(42)});
  const auto next = SnapshotFile::open(::dup(file->fd()));
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(next->read<engine::FailoverSnapshot>(), snapshot_of(375, 5));
  EXPECT_EQ(next->last_alive(), core::Time{std::chrono::seconds(42)});
}

TEST(SnapshotFile, ShowsAReaderWhatAnotherWroteAfterwards) {
  auto reader = SnapshotFile::create();
  ASSERT_TRUE(reader);
  auto writer = SnapshotFile::open(::dup(reader->fd()));
  ASSERT_TRUE(writer);
  for (const std::size_t size : {1, 100, 3, 5000, 2}) {
    ASSERT_TRUE(writer->write(snapshot_of(size, size)));
    EXPECT_EQ(reader->read<engine::FailoverSnapshot>(), snapshot_of(size, size));
  }
}

TEST(SnapshotFile, ForgetsWhenTold) {
  auto file = SnapshotFile::create();
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write(snapshot_of(1, 1)));
  file->beat(core::Time{std::chrono::seconds(1)});
  file->clear();
  EXPECT_EQ(file->read<engine::FailoverSnapshot>(), std::nullopt);
  EXPECT_EQ(file->last_alive(), core::Time{});
}

TEST(SnapshotFile, RefusesWhatIsNoSnapshotFile) {
  EXPECT_FALSE(SnapshotFile::open(::memfd_create("empty", 0)));
  const int other = ::memfd_create("other", 0);
  ASSERT_EQ(::ftruncate(other, 8192), 0);
  EXPECT_FALSE(SnapshotFile::open(other));
}

// Whatever octet of the newest slot is damaged, the reader gets one of the two whole snapshots or none, never a mixture.
TEST(SnapshotFile, NeverShowsADamagedSnapshot) {
  auto file = SnapshotFile::create();
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write(snapshot_of(2, 1)));
  ASSERT_TRUE(file->write(snapshot_of(2, 2)));
  struct stat status{};
  ASSERT_EQ(::fstat(file->fd(), &status), 0);
  const auto size = static_cast<std::size_t>(status.st_size);
  auto* memory =
      static_cast<std::uint8_t*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd(), 0));
  ASSERT_NE(static_cast<void*>(memory), MAP_FAILED);
  int older = 0;
  for (std::size_t at = 0; at < size; ++at) {
    memory[at] ^= 0x5a;
    if (const auto seen = file->read<engine::FailoverSnapshot>()) {
      EXPECT_TRUE(*seen == snapshot_of(2, 1) || *seen == snapshot_of(2, 2)) << "octet " << at;
      older += *seen == snapshot_of(2, 1) ? 1 : 0;
    }
    memory[at] ^= 0x5a;
  }
  EXPECT_GE(older, static_cast<int>(core::to_bytes(snapshot_of(2, 2)).size()))
      << "damage to the newer slot shows the older one";
  ::munmap(memory, size);
}

// A writer killed at any moment: what can be read afterwards is whole and not older than the last write known to be finished.
TEST(SnapshotFile, SurvivesWritersKilledInTheMiddle) {
  auto file = SnapshotFile::create();
  ASSERT_TRUE(file);
  void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& finished = *new (shared) std::atomic<std::uint64_t>(0);
  for (int round = 0; round < 40; ++round) {
    const std::uint64_t before = finished;
    const pid_t writer = ::fork();
    if (writer == 0) {
      auto mine = SnapshotFile::open(::dup(file->fd()));
      for (std::uint64_t sequence = before + 1;; ++sequence) {
        if (!mine->write(snapshot_of(50 + sequence % 500, sequence))) ::_exit(1);
        finished = sequence;
      }
    }
    const auto some_writes_later = before + 3 + static_cast<std::uint64_t>(round);
    while (finished < some_writes_later) ::sched_yield();
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    const auto seen = file->read<engine::FailoverSnapshot>();
    ASSERT_TRUE(seen) << "round " << round;
    ASSERT_GE(seen->last_sequence, finished.load());
    ASSERT_EQ(*seen, snapshot_of(50 + seen->last_sequence % 500, seen->last_sequence));
    finished = seen->last_sequence;
  }
  ::munmap(shared, 4096);
}

}  // namespace
}  // namespace runtime
