// Where our lines go: console (stderr), syslog or the journal, a file. A line never makes its writer wait:
// the syslog socket is written with MSG_DONTWAIT and the console only when it takes the line at once; what
// could not be written is counted and said as soon as there is room. Files may block on a disk, so only the
// supervisor opens one. A worker sends what happened (TransitionReported, Noticed) to the supervisor, which
// logs it under the worker's name; a worker's own Log is for what must be said without a supervisor. One
// structured record a transition: the classic line, then key=value pairs.
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <string_view>

#include "engine/failover.hpp"
#include "lvs/service.hpp"
#include "runtime/messages.hpp"

namespace runtime {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

class Log {
 public:
  /// `ident` is the syslog tag ("Standfast", "Keepalived_vrrp"); settings.suffix is appended to it.
  /// `with_file`: also open settings.file. `pid` stands in the line; 0 = ours.
  Log(const LogSettings& settings, std::string_view ident, bool with_file = false, std::int32_t pid = 0);
  ~Log();
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;

  void write(LogLevel level, std::string_view line);
  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::debug)) write(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    write(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    write(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    write(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
  }

  void transition(const engine::action::ReportTransition& report);
  void bfd(const engine::action::ReportBfdChange& report);
  void transition(const engine::action::ReportGroupTransition& report);
  void server(const lvs::ServerChange& change);
  void quorum(const lvs::QuorumChange& change);
  void notice(const engine::action::Notice& notice);

  /// debug lines are kept only with settings.detail
  bool enabled(LogLevel level) const;
  void set_pid(std::int32_t pid);
  void flush();
  /// Lines lost because a sink did not take them, since the start.
  std::uint64_t dropped() const;

 private:
  struct Sinks;
  std::unique_ptr<Sinks> sinks_;
};

}  // namespace runtime
