#include "app/daemonize.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/fd.hpp"
#include "runtime/files.hpp"

namespace app {
namespace {

constexpr const char* core_pattern_file = "/proc/sys/kernel/core_pattern";

// What stood there before us; a clean exit puts it back.
std::string& former_core_pattern() {
  static std::string text;
  return text;
}

core::Result<> write_core_pattern(const std::string& text) {
  const runtime::Fd file(::open(core_pattern_file, O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return std::unexpected(runtime::file_error("write", core_pattern_file, errno));
  }
  return {};
}

}  // namespace

core::Result<> go_to_background(const std::function<void()>& parting) {
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(core::Error{errno, fmt::format("fork: {}", std::strerror(errno))});
  if (pid > 0) {
    parting();
    ::_exit(0);
  }
  ::setsid();
  if (::chdir("/") != 0) return std::unexpected(runtime::file_error("chdir", "/", errno));
  const runtime::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return std::unexpected(runtime::file_error("open", "/dev/null", errno));
  for (int fd = 0; fd < 3; ++fd) ::dup2(null.get(), fd);
  return {};
}

core::Result<> allow_core_dumps(const std::optional<std::string>& pattern) {
  rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_CORE, &limit) != 0) {
    ::getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_CORE, &limit) != 0) {
      return std::unexpected(
          core::Error{errno, fmt::format("core dumps: setrlimit: {}", std::strerror(errno))});
    }
  }
  if (!pattern) return {};
  if (auto before = runtime::read_text_file(core_pattern_file)) former_core_pattern() = std::move(*before);
  return write_core_pattern(*pattern);
}

void restore_core_pattern() {
  if (!former_core_pattern().empty()) [[maybe_unused]]
    const auto written = write_core_pattern(former_core_pattern());
}

std::string temporary_directory() {
  const char* given = std::getenv("TMPDIR");
  struct stat status{};
  if (given != nullptr && given[0] == '/' && ::stat(given, &status) == 0 && S_ISDIR(status.st_mode))
    return given;
  return "/tmp";
}

}  // namespace app
