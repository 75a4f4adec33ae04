// A pid file: number and newline, mode 0644, held with an open-file-description write lock. The lock, not the file, says that a
// daemon runs: a stale file is simply taken over. Symbolic links are refused.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

#include "core/result.hpp"
#include "runtime/fd.hpp"

namespace runtime {

class PidFile {
 public:
  /// Takes the lock, which passes to a fork. Error code EWOULDBLOCK: somebody else holds it, the message names who.
  static core::Result<PidFile> lock(const std::string& path);
  ~PidFile();
  PidFile(PidFile&&) noexcept = default;
  PidFile& operator=(PidFile&& other) noexcept;

  core::Result<> write(pid_t pid);
  const std::string& path() const { return path_; }
  /// Closes without removing the file: the side of a fork that goes.
  void abandon();

 private:
  PidFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}
  void remove();

  std::string path_;
  Fd file_;
};

/// The pid in a pid file that some process holds locked.
std::optional<pid_t> running_pid(const std::string& path);

}  // namespace runtime
