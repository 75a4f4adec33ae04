#include "runtime/pid_file.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "runtime/files.hpp"

namespace runtime {
namespace {

struct flock whole_file(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool still_there(const std::string& path, int fd) {
  struct stat by_name{};
  struct stat by_fd{};
  return ::lstat(path.c_str(), &by_name) == 0 && ::fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
         by_name.st_dev == by_fd.st_dev;
}

std::optional<pid_t> number_in(int fd) {
  char text[32] = {};  // NOLINT: a read buffer
  const ssize_t got = ::pread(fd, text, sizeof text - 1, 0);
  pid_t pid = 0;
  if (got <= 0 || std::from_chars(text, text + got, pid).ec != std::errc{} || pid <= 0) return std::nullopt;
  return pid;
}

}  // namespace

core::Result<PidFile> PidFile::lock(const std::string& path) {
  while (true) {
    Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644));
    if (!file) return std::unexpected(file_error("pid file: open", path, errno));
    struct stat status{};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      return std::unexpected(core::Error{EINVAL, fmt::format("pid file {}: not a plain file", path)});
    }
    struct flock wanted = whole_file(F_WRLCK);
    if (::fcntl(file.get(), F_OFD_SETLK, &wanted) != 0) {
      if (errno != EAGAIN && errno != EACCES)
        return std::unexpected(file_error("pid file: lock", path, errno));
      const auto pid = number_in(file.get());
      return std::unexpected(
          core::Error{EWOULDBLOCK, fmt::format("already running{} ({} is locked)",
                                               pid ? fmt::format(" as process {}", *pid) : "", path)});
    }
    // The former owner may have removed the name between our open and our lock.
    if (!still_there(path, file.get())) continue;
    if (::fchmod(file.get(), 0644) != 0) return std::unexpected(file_error("pid file: chmod", path, errno));
    return PidFile(path, std::move(file));
  }
}

PidFile::~PidFile() { remove(); }

PidFile& PidFile::operator=(PidFile&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::move(other.path_);
    file_ = std::move(other.file_);
  }
  return *this;
}

core::Result<> PidFile::write(pid_t pid) {
  const std::string text = fmt::format("{}\n", pid);
  if (::ftruncate(file_.get(), 0) != 0 ||
      ::pwrite(file_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return std::unexpected(file_error("pid file: write", path_, errno));
  }
  return {};
}

void PidFile::abandon() { file_.reset(); }

void PidFile::remove() {
  if (file_ && still_there(path_, file_.get())) ::unlink(path_.c_str());
  file_.reset();
}

std::optional<pid_t> running_pid(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return std::nullopt;
  struct flock probe = whole_file(F_WRLCK);
  if (::fcntl(file.get(), F_OFD_GETLK, &probe) != 0 || probe.l_type == F_UNLCK) return std::nullopt;
  return number_in(file.get());
}

}  // namespace runtime
