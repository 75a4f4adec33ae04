// Settings of interfaces under /proc/sys/net/ipv4/conf: remembers what was there and puts it back.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace runtime {

class InterfaceSysctls {
 public:
  /// `root` stands for /proc/sys in tests.
  explicit InterfaceSysctls(std::string root = "/proc/sys") : root_(std::move(root)) {}

  core::Result<> set(const std::string& interface, const std::string& key, const std::string& value);
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
