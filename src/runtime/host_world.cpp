#include "runtime/host_world.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <memory>
#include <net/if.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/fd.hpp"
#include "runtime/files.hpp"

namespace runtime {
namespace {

constexpr std::size_t file_limit = std::size_t{512} << 20;

struct Freed {
  void operator()(char* text) const { std::free(text); }  // NOLINT: libc's memory
};

config::FileStatus::Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return config::FileStatus::Kind::regular;
  if (S_ISDIR(mode)) return config::FileStatus::Kind::directory;
  if (S_ISLNK(mode)) return config::FileStatus::Kind::symlink;
  return config::FileStatus::Kind::other;
}

std::vector<std::uint32_t> groups_of(const char* name, gid_t primary) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(name, primary, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(name, primary, groups.data(), &count) < 0) return {primary};
  }
  groups.resize(static_cast<std::size_t>(count));
  return {groups.begin(), groups.end()};
}

// Drivers name themselves; the file system view of interfaces may belong to another network namespace.
std::string driver_kind(int socket, ifreq& request) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  request.ifr_data = reinterpret_cast<char*>(&info);  // NOLINT: ioctl API
  if (::ioctl(socket, SIOCETHTOOL, &request) != 0) return "physical";
  const std::string driver(info.driver, ::strnlen(info.driver, sizeof info.driver));
  return driver.empty() ? "physical" : driver;
}

}  // namespace

HostWorld::HostWorld() : seed_(0) {
  if (::getrandom(&seed_, sizeof seed_, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed_)) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    seed_ =
        static_cast<std::uint64_t>(now.tv_nsec) * 0x9e3779b97f4a7c15 + static_cast<std::uint64_t>(::getpid());
  }
}

core::Result<std::string> HostWorld::read_file(const std::string& path) const {
  struct stat found{};
  // A pipe or a device would block or never end.
  if (::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode))
    return std::unexpected(file_error("read", path, EISDIR));
  if (::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    return std::unexpected(core::Error{EINVAL, "read " + path + ": not a plain file"});
  }
  return read_text_file(path, file_limit);
}

std::vector<std::string> HostWorld::glob(const std::string& pattern) const {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_BRACE, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return paths;
}

std::optional<config::FileStatus> HostWorld::status(const std::string& path, bool follow) const {
  struct stat found{};
  if ((follow ? ::stat(path.c_str(), &found) : ::lstat(path.c_str(), &found)) != 0) return std::nullopt;
  return config::FileStatus{kind_of(found.st_mode), found.st_mode & 07777U, found.st_uid, found.st_gid};
}

std::optional<std::string> HostWorld::real_path(const std::string& path) const {
  const std::unique_ptr<char, Freed> resolved(::realpath(path.c_str(), nullptr));
  if (!resolved) return std::nullopt;
  return resolved.get();
}

std::string HostWorld::working_directory() const {
  const std::unique_ptr<char, Freed> directory(::getcwd(nullptr, 0));
  return directory ? directory.get() : "/";
}

std::optional<std::string> HostWorld::environment(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string HostWorld::host_name() const {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "localhost";
}

std::optional<config::UserEntry> HostWorld::user(const std::string& name) const {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  while (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE)
    buffer.resize(buffer.size() * 2);
  if (found == nullptr) return std::nullopt;
  return config::UserEntry{entry.pw_uid, entry.pw_gid, groups_of(entry.pw_name, entry.pw_gid)};
}

std::optional<std::uint32_t> HostWorld::group(const std::string& name) const {
  std::vector<char> buffer(16384);
  ::group entry{};
  ::group* found = nullptr;
  while (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE)
    buffer.resize(buffer.size() * 2);
  if (found == nullptr) return std::nullopt;
  return entry.gr_gid;
}

std::optional<std::string> HostWorld::interface_kind(const std::string& name) const {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof request.ifr_name) return std::nullopt;
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return std::nullopt;
  if ((request.ifr_flags & IFF_LOOPBACK) != 0) return "loopback";
  return driver_kind(socket.get(), request);
}

std::optional<std::string> HostWorld::find_executable(const std::string& name) const {
  const char* search = std::getenv("PATH");
  std::string_view rest =
      search != nullptr ? search : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  while (true) {
    const auto colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    const std::string path = (directory.empty() ? "." : std::string(directory)) + "/" + name;
    struct stat found{};
    if (::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(path.c_str(), X_OK) == 0)
      return path;
    if (colon == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(colon + 1);
  }
}

}  // namespace runtime
