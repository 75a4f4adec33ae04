// Everything a configuration may depend on outside its own text. config/ reads files, names and the environment only through
// this seam: runtime/ answers from the real machine, tests and the fuzzer from memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace config {

struct FileStatus {
  enum class Kind : std::uint8_t { regular, directory, symlink, other };
  Kind kind = Kind::regular;
  std::uint32_t mode = 0;  // permission bits, 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

struct UserEntry {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary
};

class World {
 public:
  virtual ~World() = default;

  virtual core::Result<std::string> read_file(const std::string& path) const = 0;
  /// Paths that match, in glob order, braces expanded (GLOB_BRACE); empty when none does.
  virtual std::vector<std::string> glob(const std::string& pattern) const = 0;
  /// lstat when `follow` is false.
  virtual std::optional<FileStatus> status(const std::string& path, bool follow) const = 0;
  /// The path with every symbolic link resolved.
  virtual std::optional<std::string> real_path(const std::string& path) const = 0;
  virtual std::string working_directory() const = 0;
  virtual std::optional<std::string> environment(const std::string& name) const = 0;
  virtual std::string host_name() const = 0;  // as uname -n says
  virtual std::optional<UserEntry> user(const std::string& name) const = 0;
  virtual std::optional<std::uint32_t> group(const std::string& name) const = 0;
  virtual std::optional<std::string> interface_kind(
      const std::string& name) const = 0;  // empty optional: no such interface
  /// PATH look-up of a bare command name.
  virtual std::optional<std::string> find_executable(const std::string& name) const = 0;
  /// Seed for ${_RANDOM}; one value for the whole run, so every reading of the file sees the same numbers.
  virtual std::uint64_t random_seed() const = 0;
};

}  // namespace config
