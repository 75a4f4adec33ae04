#include "runtime/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace runtime {
namespace {

core::Result<> write_all(int fd, std::span<const std::uint8_t> bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return std::unexpected(file_error("write", name, errno));
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

std::span<const std::uint8_t> octets(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};  // NOLINT: characters as octets
}

}  // namespace

core::Error file_error(std::string_view what, std::string_view path, int code) {
  return {code, fmt::format("{} {}: {}", what, path, std::strerror(code))};
}

core::Result<> write_file(const std::string& path, std::string_view text, std::uint32_t mode) {
  std::string temporary = path + ".XXXXXX";
  Fd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return std::unexpected(file_error("create", temporary, errno));
  auto written = write_all(file.get(), octets(text), temporary);
  if (written && ::fchmod(file.get(), mode) != 0)
    written = std::unexpected(file_error("chmod", temporary, errno));
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = std::unexpected(file_error("rename to", path, errno));
  if (!written) ::unlink(temporary.c_str());
  return written;
}

core::Result<std::string> read_text_file(const std::string& path, std::size_t limit) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return std::unexpected(file_error("open", path, errno));
  std::string text;
  struct stat status{};
  // What lies in /proc has no size, and may grow.
  if (::fstat(file.get(), &status) == 0 && status.st_size > 0)
    text.reserve(std::min(static_cast<std::size_t>(status.st_size), limit));
  std::string buffer(64 << 10, '\0');
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(file_error("read", path, errno));
    if (got == 0) return text;
    text.append(buffer, 0, static_cast<std::size_t>(got));
    if (text.size() > limit) return std::unexpected(file_error("read", path, EFBIG));
  }
}

core::Result<Fd> sealed_memory(const char* name, const std::function<void(core::ArchiveWriter::Put)>& fill) {
  Fd memory(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return std::unexpected(file_error("memfd_create", name, errno));
  core::Result<> written;
  fill([&](std::span<const std::uint8_t> piece) {
    if (written) written = write_all(memory.get(), piece, name);
  });
  if (!written) return std::unexpected(written.error());
  if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return std::unexpected(file_error("seal", name, errno));
  }
  return memory;
}

core::Result<core::Bytes> read_memory(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return std::unexpected(file_error("fstat", "memory file", errno));
  core::Bytes bytes(static_cast<std::size_t>(status.st_size));
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got = ::pread(fd, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::unexpected(file_error("read", "memory file", got < 0 ? errno : ENODATA));
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace runtime
