// Starting our own workers: this executable again, with the descriptors they expect at fixed numbers (messages.hpp) and no
// others, in a process group of their own so that a Ctrl-C in the terminal reaches the supervisor alone. A pidfd tells of the
// end. Scripts are another matter: script_runner.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/result.hpp"
#include "runtime/fd.hpp"

namespace runtime {

struct InheritedFd {
  int source = -1;  // ours, stays open
  int target = -1;  // the child's, 3 or more
};

struct Child {
  pid_t pid = -1;
  Fd pidfd;  // readable once it has ended

  core::Result<> send_signal(int signal) const;
};

struct ExitStatus {
  int status = 0;  // of a normal exit; -1 otherwise
  int signal = 0;  // that ended it; 0 = none

  std::string to_string() const;
  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

/// `executable` with `argv`, our environment, default signal handling and an empty mask. Never blocks longer than exec.
core::Result<Child> spawn(const std::string& executable, const std::vector<std::string>& argv,
                          const std::vector<InheritedFd>& descriptors);

/// Collects a child that has ended (its pidfd is readable).
core::Result<ExitStatus> reap(const Child& child);

/// SOCK_STREAM or SOCK_SEQPACKET, close-on-exec, non-blocking.
core::Result<std::pair<Fd, Fd>> socket_pair(int type);

/// A pidfd of a process; an error when there is none.
core::Result<Fd> open_pidfd(pid_t pid);

}  // namespace runtime
