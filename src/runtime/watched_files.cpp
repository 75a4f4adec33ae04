#include "runtime/watched_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <set>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/clock.hpp"
#include "runtime/fd.hpp"
#include "runtime/system_error.hpp"
#include "track/file_value.hpp"

namespace runtime {

namespace asio = boost::asio;

namespace {

using std::chrono_literals::operator""ms;

constexpr std::uint32_t interesting = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |
                                      IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr core::Duration least_gap = 5ms;  // between two values of one file
constexpr std::chrono::seconds directory_retry{1};

}  // namespace

WatchedFiles::WatchedFiles(asio::io_context& io, Say say)
    : io_(io), say_(std::move(say)), inotify_(io), retry_(io), quiet_(io) {}
WatchedFiles::~WatchedFiles() = default;

void WatchedFiles::watch(const std::vector<track::FileConfig>& files) {
  std::map<std::string, File> next;
  for (const auto& config : files) {
    const std::size_t slash = config.path.rfind('/');
    File file{config.path,
              slash == 0 || slash == std::string::npos ? "/" : config.path.substr(0, slash),
              config.path.substr(slash == std::string::npos ? 0 : slash + 1),
              {},
              true,
              {}};
    next.emplace(config.name, std::move(file));
  }
  files_ = std::move(next);
  if (!files_.empty() && !inotify_.is_open()) open();
  std::set<std::string> wanted;
  for (const auto& [name, file] : files_) wanted.insert(file.directory);
  for (auto known = directories_.begin(); known != directories_.end();) {
    if (wanted.contains(known->first)) {
      ++known;
      continue;
    }
    ::inotify_rm_watch(inotify_.native_handle(), known->second);
    watches_.erase(known->second);
    known = directories_.erase(known);
  }
  add_directories();
  tell_due();
}

void WatchedFiles::open() {
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) {
    say_(engine::action::Notice{
        engine::action::Notice::Level::error,
        {},
        "track_file",
        fmt::format("tracked files cannot be watched: {} (fs.inotify.max_user_instances?)",
                    std::strerror(errno))});
    return;
  }
  inotify_.assign(fd);
  await_news();
}

void WatchedFiles::await_news() {
  inotify_.async_wait(asio::posix::descriptor_base::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (error) return;
                        hear();
                        await_news();
                      });
}

void WatchedFiles::hear() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t size = ::read(inotify_.native_handle(), buffer.data(), buffer.size());
    if (size <= 0) break;
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + static_cast<ssize_t>(sizeof event);
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        for (auto& [unused, file] : files_) file.due = true;
      } else if ((event.mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
        const auto watch = watches_.find(event.wd);
        if (watch == watches_.end()) continue;
        const std::string directory = watch->second;
        if ((event.mask & IN_MOVE_SELF) != 0) ::inotify_rm_watch(inotify_.native_handle(), event.wd);
        directories_.erase(directory);
        watches_.erase(watch);
        mark_all(directory);
        look_later();
      } else {
        mark(event.wd, event.len > 0 ? std::string_view(name) : std::string_view());
      }
    }
  }
  tell_due();
}

void WatchedFiles::mark(int directory, std::string_view leaf) {
  const auto watch = watches_.find(directory);
  if (watch == watches_.end()) return;
  for (auto& [name, file] : files_) {
    if (file.directory == watch->second && file.leaf == leaf) file.due = true;
  }
}

void WatchedFiles::mark_all(const std::string& directory) {
  for (auto& [name, file] : files_) {
    if (file.directory == directory) file.due = true;
  }
}

// Watched first, read after: nothing falls between the two.
void WatchedFiles::add_directories() {
  bool missing = false;
  for (const auto& [name, file] : files_) {
    if (directories_.contains(file.directory) || !inotify_.is_open()) continue;
    const int watch = ::inotify_add_watch(inotify_.native_handle(), file.directory.c_str(), interesting);
    if (watch < 0) {
      missing = true;
      continue;
    }
    directories_[file.directory] = watch;
    watches_[watch] = file.directory;
    mark_all(file.directory);
  }
  if (missing) look_later();
}

void WatchedFiles::look_later() {
  retry_.expires_after(directory_retry);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    add_directories();
    tell_due();
  });
}

void WatchedFiles::tell_due() {
  const core::Time time = now();
  std::optional<core::Time> later;
  for (auto& [name, file] : files_) {
    if (!file.due) continue;
    if (time >= file.quiet_until) {
      tell(name, file);
      continue;
    }
    later = std::min(later.value_or(file.quiet_until), file.quiet_until);
  }
  if (!later) return;
  quiet_.expires_after(*later - time);
  quiet_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tell_due();
  });
}

void WatchedFiles::tell(const std::string& name, File& file) {
  file.due = false;
  auto value = read(name, file.path);
  if (file.told && file.told->value == value.value && file.told->problem == value.problem) return;
  file.quiet_until = now() + least_gap;
  file.told = value;
  say_(std::move(value));
}

// O_NONBLOCK: a FIFO in the file's place must not hold us up. What is not there is 0 without a word: that is how a file says so.
engine::event::TrackedFileChanged WatchedFiles::read(const std::string& name, const std::string& path) {
  engine::event::TrackedFileChanged result{name, 0, {}};
  const Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file) {
    if (errno != ENOENT && errno != ENOTDIR)
      result.problem = fmt::format("{}: {}", path, std::strerror(errno));
    return result;
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    result.problem = fmt::format("{} is {}", path, S_ISDIR(status.st_mode) ? "a directory" : "not a file");
    return result;
  }
  std::array<char, track::file_octets_read> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) {
    result.problem = fmt::format("{}: {}", path, std::strerror(errno));
    return result;
  }
  auto parsed = track::parse_file_value({text.data(), static_cast<std::size_t>(size)});
  result.value = parsed.value;
  if (!parsed.problem.empty()) result.problem = fmt::format("{}: {}", path, parsed.problem);
  return result;
}

}  // namespace runtime
