// The memory file in which a worker leaves its last snapshot and a heartbeat, so that the next
// worker resumes as it was. The supervisor creates it and keeps it; the worker inherits the descriptor
// (worker_snapshot_fd). Two slots, written in turn, each with sequence number, length and checksum: a worker
// killed in the middle of a write leaves the other slot whole. Space is reserved before it is touched, so a
// full machine is an error and never a SIGBUS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/archive.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace runtime {

class SnapshotFile {
 public:
  /// A new, empty one. The descriptor is close-on-exec.
  static core::Result<SnapshotFile> create();
  /// One that another process created; owns `fd`. An error if it is not such a file, or of another build.
  static core::Result<SnapshotFile> open(int fd);

  ~SnapshotFile();
  SnapshotFile(SnapshotFile&& other) noexcept;
  SnapshotFile& operator=(SnapshotFile&& other) noexcept;

  int fd() const { return fd_; }

  template <class Snapshot>
  core::Result<> write(const Snapshot& snapshot) {
    return write_bytes(core::to_bytes(snapshot));
  }
  /// The last one that was written whole; empty before the first, or if it is none of these. May be called while another
  /// process writes.
  template <class Snapshot>
  std::optional<Snapshot> read() const {
    const auto bytes = read_bytes();
    if (!bytes) return std::nullopt;
    auto snapshot = core::from_bytes<Snapshot>(*bytes);
    if (!snapshot) return std::nullopt;
    return std::move(*snapshot);
  }

  /// The same with plain octets.
  core::Result<> write_bytes(std::span<const std::uint8_t> bytes);
  std::optional<core::Bytes> read_bytes() const;

  /// A plain atomic store: call it as often as you like.
  void beat(core::Time now);
  /// When the worker last said it was running; the epoch (zero) before the first beat.
  core::Time last_alive() const;

  /// Forgets snapshot and heartbeat: the next worker starts afresh.
  void clear();

 private:
  struct Header;
  explicit SnapshotFile(int fd) : fd_(fd) {}
  core::Result<> map(std::size_t size) const;
  core::Result<> reserve(std::size_t size);
  Header& header() const;
  std::optional<core::Bytes> read_slot(unsigned slot) const;
  void release() noexcept;

  int fd_ = -1;
  mutable std::uint8_t* memory_ = nullptr;
  mutable std::size_t mapped_ = 0;
};

}  // namespace runtime
