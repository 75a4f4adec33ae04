#include "runtime/worker_main.hpp"

#include <cerrno>
#include <csignal>

namespace runtime {

int worker_exit_status(const core::Error& error) {
  return error.code == EPERM || error.code == EACCES ? worker_exit::no_permission : worker_exit::failed;
}

void ignore_foreign_signals() {
  for (const int signal : {SIGPIPE, SIGHUP, SIGUSR1, SIGUSR2}) std::signal(signal, SIG_IGN);
}

std::optional<SnapshotFile> inherited_snapshot(Log& log) {
  auto file = SnapshotFile::open(worker_snapshot_fd);
  if (file) return std::move(*file);
  log.warning("{}: a worker after this one will start afresh", file.error().message);
  return std::nullopt;
}

}  // namespace runtime
