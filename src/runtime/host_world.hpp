// config::World on the real machine. Reads whatever is asked, changes nothing.
#pragma once

#include "config/world.hpp"

namespace runtime {

class HostWorld final : public config::World {
 public:
  HostWorld();

  core::Result<std::string> read_file(const std::string& path) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  std::optional<config::FileStatus> status(const std::string& path, bool follow) const override;
  std::optional<std::string> real_path(const std::string& path) const override;
  std::string working_directory() const override;
  std::optional<std::string> environment(const std::string& name) const override;
  std::string host_name() const override;
  std::optional<config::UserEntry> user(const std::string& name) const override;
  std::optional<std::uint32_t> group(const std::string& name) const override;
  /// "loopback", else what the kernel calls it ("bridge", "vlan" …), "physical" where it has no word.
  std::optional<std::string> interface_kind(const std::string& name) const override;
  std::optional<std::string> find_executable(const std::string& name) const override;
  std::uint64_t random_seed() const override { return seed_; }

 private:
  std::uint64_t seed_;
};

}  // namespace runtime
