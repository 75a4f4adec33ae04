#include "runtime/process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace runtime {
namespace {

constexpr int above_all_targets = 64;

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

core::Error failure(std::string_view what, int code) {
  return {code, fmt::format("{}: {}", what, std::strerror(code))};
}

}  // namespace

std::string ExitStatus::to_string() const {
  if (signal != 0) return fmt::format("ended by signal {} ({})", signal, ::strsignal(signal));
  return fmt::format("exited with status {}", status);
}

core::Result<> Child::send_signal(int signal) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0) return {};
  return std::unexpected(failure(fmt::format("signal {} to process {}", signal, pid), errno));
}

core::Result<Fd> open_pidfd(pid_t pid) {
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return std::unexpected(failure(fmt::format("pidfd_open of process {}", pid), errno));
  return pidfd;
}

core::Result<Child> spawn(const std::string& executable, const std::vector<std::string>& argv,
                          const std::vector<InheritedFd>& descriptors) {
  FileActions actions;
  const Attributes attributes;
  // A source may have the number of another's target: all go through copies with high numbers first.
  std::vector<Fd> copies;
  int first_free = 3;
  for (const auto& [source, target] : descriptors) {
    copies.emplace_back(::fcntl(source, F_DUPFD_CLOEXEC, above_all_targets));
    if (!copies.back()) {
      const int code = errno == EINVAL ? EMFILE : errno;  // EINVAL: the limit is below the numbers we copy to
      return std::unexpected(
          failure("no file descriptors for " + argv.at(0) + ": raise the limit (ulimit -n)", code));
    }
    ::posix_spawn_file_actions_adddup2(actions.get(), copies.back().get(), target);
    first_free = std::max(first_free, target + 1);
  }
  ::posix_spawn_file_actions_addclosefrom_np(actions.get(), first_free);

  std::vector<char*> arguments;
  for (const auto& word : argv)
    arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: posix_spawn does not write
  arguments.push_back(nullptr);
  Child child;
  const int error = ::posix_spawn(&child.pid, executable.c_str(), actions.get(), attributes.get(),
                                  arguments.data(), environ);
  if (error != 0) return std::unexpected(failure("cannot start " + executable, error));
  auto pidfd = open_pidfd(child.pid);
  if (!pidfd) {
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    return std::unexpected(pidfd.error());
  }
  child.pidfd = std::move(*pidfd);
  return child;
}

core::Result<ExitStatus> reap(const Child& child) {
  siginfo_t info{};
  if (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(child.pidfd.get()), &info,
               WEXITED | WNOHANG) != 0) {
    return std::unexpected(failure(fmt::format("waiting for process {}", child.pid), errno));
  }
  if (info.si_pid == 0)
    return std::unexpected(core::Error{EAGAIN, fmt::format("process {} still runs", child.pid)});
  if (info.si_code == CLD_EXITED) return ExitStatus{info.si_status, 0};
  return ExitStatus{-1, info.si_status};
}

core::Result<std::pair<Fd, Fd>> socket_pair(int type) {
  int ends[2] = {-1, -1};  // NOLINT: as the kernel wants it
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return std::unexpected(failure("socketpair", errno));
  }
  return std::pair{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace runtime
