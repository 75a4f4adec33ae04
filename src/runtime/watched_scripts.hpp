// The tracked scripts as processes. At most one run of each at a time; how it ended is told once it has. Signals come from
// outside (track/script.hpp decides when), but for scripts that a new configuration does not have: those get SIGTERM, a second
// later SIGKILL, and nobody is told.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/trackers_config.hpp"
#include "runtime/messages.hpp"

namespace runtime {

class WatchedScripts {
 public:
  using Say = std::function<void(FromWatcher&&)>;
  WatchedScripts(boost::asio::io_context& io, Say say);
  ~WatchedScripts();

  void watch(const std::vector<engine::TrackedScript>& scripts);
  void run(const std::string& name);
  void end(const std::string& name, bool kill);
  /// SIGKILL to all of them.
  void kill_all();

 private:
  struct Running;
  void ended(Running& running);
  void dismiss(std::unique_ptr<Running> running);

  boost::asio::io_context& io_;
  Say say_;
  std::map<std::string, notify::Command, std::less<>> commands_;
  std::map<std::string, std::unique_ptr<Running>, std::less<>> running_;
  std::list<std::unique_ptr<Running>> dismissed_;
};

}  // namespace runtime
