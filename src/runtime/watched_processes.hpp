// Processes of this machine, counted for their trackers (track/process_table.hpp). The kernel's process connector tells of
// forks, programs started, names and ends; /proc is listed once at the beginning and after an overrun, in slices. Where the
// connector is closed to us (in a container or a network namespace other than the first) a listing every second finds new
// processes, and pidfds tell of ends at once.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <dirent.h>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "runtime/messages.hpp"
#include "track/process_table.hpp"

namespace runtime {

class WatchedProcesses {
 public:
  using Say = std::function<void(FromWatcher&&)>;
  WatchedProcesses(boost::asio::io_context& io, Say say);
  ~WatchedProcesses();

  void watch(const engine::TrackersConfig& trackers);

 private:
  using Pid = track::ProcessTable::Pid;
  struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };

  void connect(const engine::TrackersConfig& trackers);
  void disconnect();
  void await_events();
  void hear();
  /// One netlink message; false if the kernel does not let us listen.
  void take(const std::uint8_t* event, std::size_t size);
  void go_without(std::string_view why);

  void list();
  void list_slice();
  void list_later(core::Duration delay);
  void look_at(Pid pid);
  void follow();  // with pidfds, where there is no connector
  void report();
  void notice(bool warning, std::string text);

  boost::asio::io_context& io_;
  Say say_;
  track::ProcessTable table_;
  bool wanted_ = false;
  boost::asio::posix::stream_descriptor connector_;
  bool connected_ = false;  // the kernel has said yes
  std::string without_;     // why there is no connector, as was said
  boost::asio::steady_timer answer_, listing_later_, reporting_;
  std::unique_ptr<DIR, CloseDirectory> listing_;
  bool list_again_ = false;
  std::optional<core::Time> last_report_, last_overrun_notice_;
  bool report_waits_ = false;
  std::map<Pid, std::unique_ptr<boost::asio::posix::stream_descriptor>> followed_;
};

}  // namespace runtime
