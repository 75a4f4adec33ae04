// `reload_time_file`: a file that somebody writes a time into, and at that time the configuration is read again. The file is looked at once a
// second, whether it is there or not; what it says is used up by the reload, unless `reload_repeat` makes it a time of every day.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/model.hpp"
#include "core/time.hpp"

namespace app {

struct ReloadTime {
  core::WallTime when{};
  bool has_date = false;

  friend bool operator==(const ReloadTime&, const ReloadTime&) = default;
};

/// "HH:MM:SS", "YY-MM-DD HH:MM:SS" or "YYYY-MM-DD HH:MM:SS", with a Z behind it in UTC, else local time. Without a date the next such time
/// after `now`. Empty if it is none of these.
std::optional<ReloadTime> parse_reload_time(std::string_view line, core::WallTime now);

class ReloadSchedule {
 public:
  struct Observer {
    std::function<void()> due;
    std::function<void(const std::string&)> information, problem;  // for the log
  };
  ReloadSchedule(boost::asio::io_context& io, Observer observer);

  /// Also after every reload.
  void configure(const config::ReloadSettings& settings);
  void stop() { timer_.cancel(); }

 private:
  void wait();
  void look();
  void read();
  void serve(core::WallTime now);

  boost::asio::steady_timer timer_;
  Observer observer_;
  std::string path_;
  bool repeat_ = false;
  std::string seen_;  // which file it was, and of when
  std::optional<ReloadTime> next_;
};

}  // namespace app
