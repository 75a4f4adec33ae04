#include "runtime/script_start.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <vector>

namespace runtime {
namespace {

constexpr std::array<std::string_view, 3> unwanted{"IFS=", "LD_PRELOAD=", "LD_LIBRARY_PATH="};

std::vector<char*> script_environment() {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (std::ranges::none_of(unwanted, [&](std::string_view name) { return text.starts_with(name); }))
      kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

// Between fork and exec: only calls that are safe there. Returns only on failure, with errno set.
void become(const notify::Command& command, pid_t parent, char* const* argv, char* const* environment,
            int keep) {
  ::setpgid(0, 0);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const sched_param normal{};
  ::sched_setscheduler(0, SCHED_OTHER, &normal);
  ::setpriority(PRIO_PROCESS, 0, 0);

  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return;
  for (int fd = 0; fd < 3; ++fd) {
    if (::dup2(null, fd) < 0) return;
  }
  // The descriptor that reports a failure moves to 3; everything above goes.
  if (keep != 3 && ::dup3(keep, 3, O_CLOEXEC) < 0) return;
  ::close_range(4, ~0U, 0);

  // An ordinary user running its own scripts has nothing to change and may not try.
  const bool same = command.uid == ::geteuid() && command.gid == ::getegid();
  if (::geteuid() == 0) {
    if (::setgroups(command.supplementary_groups.size(), command.supplementary_groups.data()) != 0) return;
  }
  if (!same && (::setgid(command.gid) != 0 || ::setuid(command.uid) != 0)) return;

  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a change of user clears it, so it comes after
  if (::getppid() != parent) {
    errno = ESRCH;
    return;
  }
  ::execve(argv[0], argv, environment);
}

}  // namespace

core::Result<StartedScript> start_script(const notify::Command& command) {
  if (command.argv.empty()) return std::unexpected(core::Error{EINVAL, "the command is empty"});
  int ends[2] = {-1, -1};  // NOLINT: as the kernel wants it
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return std::unexpected(core::Error{errno, fmt::format("pipe: {}", std::strerror(errno))});
  }
  StartedScript script{.child = {}, .failure = Fd(ends[0])};
  Fd report(ends[1]);

  std::vector<char*> argv;
  for (const auto& word : command.argv)
    argv.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execve does not write
  argv.push_back(nullptr);
  const auto environment = script_environment();
  const pid_t parent = ::getpid();

  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(core::Error{errno, fmt::format("fork: {}", std::strerror(errno))});
  if (pid == 0) {
    // dup2 onto 0..2 must not hit the report.
    int keep = report.get();
    if (keep < 4) keep = ::fcntl(keep, F_DUPFD_CLOEXEC, 4);
    become(command, parent, argv.data(), environment.data(), keep);
    const int error = errno;
    [[maybe_unused]] const ssize_t wrote = ::write(3, &error, sizeof error);
    ::_exit(127);
  }
  ::setpgid(pid, pid);  // both sides do it: whoever comes first
  script.child.pid = pid;
  auto pidfd = open_pidfd(pid);
  if (!pidfd) {
    signal_script_group(script.child, SIGKILL);
    return std::unexpected(pidfd.error());
  }
  script.child.pidfd = std::move(*pidfd);
  return script;
}

int script_start_error(const StartedScript& script) {
  int error = 0;
  return ::read(script.failure.get(), &error, sizeof error) == sizeof error ? error : 0;
}

void signal_script_group(const Child& child, int signal) {
  if (child.pid > 0) ::kill(-child.pid, signal);
}

}  // namespace runtime
