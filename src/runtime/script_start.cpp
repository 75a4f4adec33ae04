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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
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

constexpr std::size_t child_stack = 64 * 1024;

/// What the child needs, made ready before it exists: it shares our memory and may not allocate.
struct Start {
  const notify::Command* command = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  pid_t parent = 0;
  int error = 0;  // why the script was not reached
};

void forget_signals() {
  struct sigaction plain{};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < 32; ++signal) ::sigaction(signal, &plain, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Bare system calls: the library's ones keep books for threads, and its books are ours too.
bool take_user(const notify::Command& command) {
  // An ordinary user running its own scripts has nothing to change and may not try.
  const bool same = command.uid == ::geteuid() && command.gid == ::getegid();
  const auto& groups = command.supplementary_groups;
  if (::geteuid() == 0 && ::syscall(SYS_setgroups, groups.size(), groups.data()) != 0) return false;
  return same || (::syscall(SYS_setgid, command.gid) == 0 && ::syscall(SYS_setuid, command.uid) == 0);
}

// Between the birth of the child and its program: only calls that are safe there. Returns only on failure, with errno set.
void become(const Start& start) {
  ::setpgid(0, 0);
  forget_signals();
  const sched_param normal{};
  ::sched_setscheduler(0, SCHED_OTHER, &normal);
  ::setpriority(PRIO_PROCESS, 0, 0);

  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return;
  for (int fd = 0; fd < 3; ++fd) {
    if (::dup2(null, fd) < 0) return;
  }
  ::close_range(3, ~0U, 0);
  if (!take_user(*start.command)) return;

  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a change of user clears it, so it comes after
  if (::getppid() != start.parent) {
    errno = ESRCH;
    return;
  }
  ::execve(start.argv[0], start.argv, start.environment);
}

int child(void* argument) {
  auto& start = *static_cast<Start*>(argument);
  become(start);
  start.error = errno;
  ::_exit(127);
}

core::Error cannot_start(int code) {
  return {code, fmt::format("cannot be started: {}", std::strerror(code))};
}

}  // namespace

core::Result<StartedScript> start_script(const notify::Command& command) {
  if (command.argv.empty()) return std::unexpected(core::Error{EINVAL, "the command is empty"});
  std::vector<char*> argv;
  for (const auto& word : command.argv)
    argv.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execve does not write
  argv.push_back(nullptr);
  const auto environment = script_environment();
  Start start{&command, argv.data(), environment.data(), ::getpid(), 0};

  // The child runs in our memory, on a stack of its own, and we stand still until it has its program: nothing is copied, which
  // is most of what starting a short script costs. No handler of ours may run in it.
  std::vector<char> stack(child_stack);
  sigset_t all, before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  int pidfd = -1;
  const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  const pid_t pid = ::clone(child, stack.data() + stack.size(), flags, &start, &pidfd);
  const int code = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return std::unexpected(cannot_start(code));
  StartedScript script{.child = {}};
  script.child.pid = pid;
  script.child.pidfd = Fd(pidfd);
  if (start.error != 0) {
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), nullptr, WEXITED);
    return std::unexpected(cannot_start(start.error));
  }
  return script;
}

void signal_script_group(const Child& child, int signal) {
  if (child.pid > 0) ::kill(-child.pid, signal);
}

}  // namespace runtime
