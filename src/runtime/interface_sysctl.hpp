// Settings of interfaces under /proc/sys/net/ipv4/conf: remembers what was there and puts it back.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "engine/failover.hpp"

namespace runtime {

class InterfaceSysctls {
 public:
  /// `root` stands for /proc/sys in tests.
  explicit InterfaceSysctls(std::string root = "/proc/sys") : root_(std::move(root)) {}

  /// Without an interface: of IPv4 as a whole.
  core::Result<> set(const std::string& interface, const std::string& key, const std::string& value);
  /// Of an interface that we made: nothing is put back, the settings go with it.
  core::Result<> set_new(net::Family family, const std::string& interface, const std::string& key,
                         const std::string& value);
  /// conf.all.rp_filter holds for every interface: its value goes to each that has less, and `all` becomes 0.
  core::Result<> relax_reverse_path();
  /// What restore() would put back, for the next worker; and what the one before us left to be put back.
  std::vector<engine::ChangedSetting> changes() const;
  void adopt(const std::vector<engine::ChangedSetting>& changes);
  /// Only what is still as we set it; an interface that is gone took its settings along. Says what could not be put back.
  std::vector<core::Error> restore();

 private:
  struct Change {
    std::string before;
    std::string ours;
  };
  std::string path(const std::string& interface, const std::string& key) const;

  std::string root_;
  std::map<std::pair<std::string, std::string>, Change> changes_;  // by interface and key
};

}  // namespace runtime
