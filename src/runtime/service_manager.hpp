// What systemd is told over NOTIFY_SOCKET, without its library: readiness, reloads, the end, a status line and the watchdog's
// heartbeat. Datagrams that are never waited for. Connected at construction: an abstract socket belongs to the network
// namespace, which we may leave later.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "core/time.hpp"
#include "runtime/fd.hpp"

namespace runtime {

class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them from the environment: children are not to speak.
  static ServiceManager from_environment();
  /// Nobody listens: every call does nothing.
  ServiceManager() = default;
  explicit ServiceManager(const std::string& socket);

  bool present() const { return static_cast<bool>(socket_); }
  void ready(pid_t main_pid);
  /// `now`: CLOCK_MONOTONIC, which `Type=notify-reload` asks for.
  void reloading(core::Duration now);
  void stopping();
  void status(std::string_view text);
  void failed(int code);
  void alive();
  /// How often alive() must be called: half of what the manager waits.
  std::optional<core::Duration> watchdog_interval() const { return watchdog_; }

 private:
  void send(const std::string& message);

  Fd socket_;
  std::optional<core::Duration> watchdog_;
};

}  // namespace runtime
