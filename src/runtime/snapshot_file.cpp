#include "runtime/snapshot_file.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace runtime {
namespace {

constexpr std::uint64_t magic = 0x7366736e61703031;  // changes with the layout below
constexpr std::size_t page = 4096;
constexpr std::size_t size_limit = std::size_t{1} << 30;

// Not cryptographic: it tells a half-written slot from a whole one. Eight octets a step keep 2,000 routers under 0.1 ms.
std::uint64_t checksum(std::uint64_t sequence, std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = sequence * 0x9e3779b97f4a7c15 + bytes.size();
  const auto mix = [&sum](std::uint64_t word) {
    sum = (sum ^ word) * 0xff51afd7ed558ccd;
    sum ^= sum >> 32;
  };
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    mix(word);
  }
  std::uint64_t last = 0;
  if (at < bytes.size()) std::memcpy(&last, bytes.data() + at, bytes.size() - at);
  mix(last);
  return sum;
}

std::size_t round_up(std::size_t size) { return (size + page - 1) / page * page; }

core::Error failure(const char* what, int code) {
  return {code, fmt::format("snapshot memory file: {}: {}", what, std::strerror(code))};
}

}  // namespace

// Every field is read and written through atomics: another process may be looking. A slot is valid when its sequence is not 0
// and its checksum fits; the writer zeroes the sequence first and sets it last.
struct SnapshotFile::Header {
  struct Slot {
    std::atomic<std::uint64_t> sequence;
    std::atomic<std::uint64_t> offset;
    std::atomic<std::uint64_t> capacity;
    std::atomic<std::uint64_t> length;
    std::atomic<std::uint64_t> sum;
  };
  std::atomic<std::uint64_t> magic;
  std::atomic<std::int64_t> last_alive;  // nanoseconds since boot
  std::atomic<std::uint64_t> size;       // of the file
  Slot slots[2];                         // NOLINT: a layout in shared memory
};

core::Result<SnapshotFile> SnapshotFile::create() {
  const int fd = ::memfd_create("standfast-snapshot", MFD_CLOEXEC);
  if (fd < 0) return std::unexpected(failure("memfd_create", errno));
  SnapshotFile file(fd);
  if (auto reserved = file.reserve(page); !reserved) return std::unexpected(reserved.error());
  file.header().size = page;
  file.header().magic = magic;
  return file;
}

core::Result<SnapshotFile> SnapshotFile::open(int fd) {
  SnapshotFile file(fd);
  struct stat status{};
  if (::fstat(fd, &status) != 0) return std::unexpected(failure("fstat", errno));
  if (static_cast<std::size_t>(status.st_size) < page) {
    return std::unexpected(core::Error{EBADMSG, "snapshot memory file: too short to be one of ours"});
  }
  if (auto mapped = file.map(static_cast<std::size_t>(status.st_size)); !mapped)
    return std::unexpected(mapped.error());
  if (file.header().magic != magic) {
    return std::unexpected(core::Error{EBADMSG, "snapshot memory file: written by another build"});
  }
  // A worker that went mad may have written anywhere: places that cannot be are forgotten before they are used.
  const auto size = static_cast<std::uint64_t>(status.st_size);
  file.header().size = size;
  for (auto& slot : file.header().slots) {
    if (slot.capacity <= size && slot.offset <= size - slot.capacity &&
        (slot.capacity == 0 || slot.offset >= page))
      continue;
    slot.sequence = 0;
    slot.offset = 0;
    slot.capacity = 0;
  }
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return file;
}

SnapshotFile::~SnapshotFile() { release(); }

SnapshotFile::SnapshotFile(SnapshotFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      memory_(std::exchange(other.memory_, nullptr)),
      mapped_(std::exchange(other.mapped_, 0)) {}

SnapshotFile& SnapshotFile::operator=(SnapshotFile&& other) noexcept {
  if (this != &other) {
    release();
    fd_ = std::exchange(other.fd_, -1);
    memory_ = std::exchange(other.memory_, nullptr);
    mapped_ = std::exchange(other.mapped_, 0);
  }
  return *this;
}

void SnapshotFile::release() noexcept {
  if (memory_ != nullptr) ::munmap(memory_, mapped_);
  if (fd_ >= 0) ::close(fd_);
  memory_ = nullptr;
  mapped_ = 0;
  fd_ = -1;
}

core::Result<> SnapshotFile::map(std::size_t size) const {
  void* memory = memory_ == nullptr ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0)
                                    : ::mremap(memory_, mapped_, size, MREMAP_MAYMOVE);
  if (memory == MAP_FAILED) return std::unexpected(failure("mmap", errno));
  memory_ = static_cast<std::uint8_t*>(memory);
  mapped_ = size;
  return {};
}

core::Result<> SnapshotFile::reserve(std::size_t size) {
  if (size > size_limit) return std::unexpected(failure("the snapshot is too large", EFBIG));
  if (const int error = ::posix_fallocate(fd_, 0, static_cast<off_t>(size)); error != 0) {
    return std::unexpected(failure("no memory", error));
  }
  return map(size);
}

SnapshotFile::Header& SnapshotFile::header() const {
  static_assert(sizeof(Header) <= page && std::atomic<std::uint64_t>::is_always_lock_free);
  return *reinterpret_cast<Header*>(memory_);  // NOLINT: a layout in shared memory
}

core::Result<> SnapshotFile::write_bytes(std::span<const std::uint8_t> bytes) {
  const std::uint64_t newest = std::max(header().slots[0].sequence.load(), header().slots[1].sequence.load());
  const unsigned target = header().slots[0].sequence < header().slots[1].sequence ? 0 : 1;
  if (bytes.size() > header().slots[target].capacity) {
    // A larger place at the end, twice what is needed so that this is rare; the old one gives its memory back.
    const std::size_t offset = header().size;
    const std::size_t capacity = round_up(2 * bytes.size());
    if (auto reserved = reserve(offset + capacity); !reserved) return reserved;
    auto& slot = header().slots[target];
    slot.sequence = 0;
    if (slot.capacity > 0) {
      ::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(slot.offset.load()),
                  static_cast<off_t>(slot.capacity.load()));
    }
    header().size = offset + capacity;
    slot.offset = offset;
    slot.capacity = capacity;
  } else if (header().size > mapped_) {
    if (auto mapped = map(header().size); !mapped) return mapped;
  }
  auto& slot = header().slots[target];
  slot.sequence = 0;
  if (!bytes.empty()) std::memcpy(memory_ + slot.offset, bytes.data(), bytes.size());
  slot.length = bytes.size();
  slot.sum = checksum(newest + 1, bytes);
  slot.sequence = newest + 1;
  return {};
}

std::optional<core::Bytes> SnapshotFile::read_slot(unsigned which) const {
  const auto& slot = header().slots[which];
  const std::uint64_t sequence = slot.sequence;
  const std::uint64_t offset = slot.offset;
  const std::uint64_t length = slot.length;
  if (sequence == 0 || offset < page || length > size_limit || offset > size_limit) return std::nullopt;
  if (offset + length > mapped_) {
    // The worker has grown the file since we mapped it. What fstat does not confirm is never touched.
    struct stat status{};
    if (::fstat(fd_, &status) != 0 || offset + length > static_cast<std::uint64_t>(status.st_size))
      return std::nullopt;
    if (!map(static_cast<std::size_t>(status.st_size))) return std::nullopt;
  }
  core::Bytes bytes(memory_ + offset, memory_ + offset + length);
  if (checksum(sequence, bytes) != header().slots[which].sum) return std::nullopt;
  return bytes;
}

std::optional<core::Bytes> SnapshotFile::read_bytes() const {
  const unsigned newer = header().slots[0].sequence < header().slots[1].sequence ? 1 : 0;
  if (auto bytes = read_slot(newer)) return bytes;
  return read_slot(1 - newer);
}

void SnapshotFile::beat(core::Time now) {
  header().last_alive.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

core::Time SnapshotFile::last_alive() const {
  return core::Time{core::Duration{header().last_alive.load(std::memory_order_relaxed)}};
}

void SnapshotFile::clear() {
  header().last_alive = 0;
  header().slots[0].sequence = 0;
  header().slots[1].sequence = 0;
}

}  // namespace runtime
