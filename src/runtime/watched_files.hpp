// Tracked files: inotify on their directories says when one was written, replaced or removed, and then its number is read
// (track/file_value.hpp), at most 127 octets of it. A directory that is missing is looked for every second. A file that
// changes all the time is told at most every few milliseconds, its last value always.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/messages.hpp"

namespace runtime {

class WatchedFiles {
 public:
  using Say = std::function<void(FromWatcher&&)>;
  WatchedFiles(boost::asio::io_context& io, Say say);
  ~WatchedFiles();

  void watch(const std::vector<track::FileConfig>& files);

 private:
  struct File {
    std::string path, directory, leaf;
    std::optional<engine::event::TrackedFileChanged> told;
    bool due = false;
    core::Time quiet_until{};
  };

  void open();
  void await_news();
  void hear();
  void mark(int directory, std::string_view leaf);
  void mark_all(const std::string& directory);
  void add_directories();
  void look_later();
  void tell_due();
  void tell(const std::string& name, File& file);
  static engine::event::TrackedFileChanged read(const std::string& name, const std::string& path);

  boost::asio::io_context& io_;
  Say say_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer retry_, quiet_;
  std::map<std::string, File> files_;
  std::map<std::string, int> directories_;  // → inotify's watch
  std::map<int, std::string> watches_;
};

}  // namespace runtime
