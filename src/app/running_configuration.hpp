// The configuration in force as the supervisor keeps it: what it looks at all the time as values, the whole packed as soon as
// its workers have it. A model of thousands of virtual routers takes several times the memory of its octets, and is wanted
// only for a status, a dump or a worker that is started again.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "core/archive.hpp"

namespace app {

class RunningConfiguration {
 public:
  explicit RunningConfiguration(config::Loaded&& loaded);

  const config::Globals& globals() const { return globals_; }
  const std::vector<std::string>& files() const { return files_; }
  /// There is work for the failover worker.
  bool wants_failover() const { return routers_ != 0 || bfd_sessions_ != 0; }
  /// And for the balancer worker.
  bool wants_balancer() const { return services_ != 0; }
  /// And for who runs scripts and reads files for it.
  bool wants_check_watcher() const { return watched_checks_; }
  /// "1 virtual router", "7 virtual routers, 2 BFD sessions, 3 virtual servers"
  std::string counted() const;
  /// Unpacked if need be: a millisecond for 2,000 routers.
  std::shared_ptr<const config::Model> model() const;
  /// Nobody needs the model right away any more.
  void pack();

 private:
  config::Globals globals_;
  std::vector<std::string> files_;
  std::size_t routers_ = 0;
  std::size_t bfd_sessions_ = 0;
  std::size_t services_ = 0;
  bool watched_checks_ = false;
  std::shared_ptr<const config::Model> model_;  // until it is packed
  core::Bytes packed_;
};

}  // namespace app
