// Asks a running daemon through its control socket: one request, one reply, then closed. Blocking, with a limit; for commands.
#pragma once

#include <chrono>
#include <string>

#include "core/result.hpp"

namespace runtime {

struct ControlAnswer {
  unsigned status = 0;
  std::string body;
};

core::Result<ControlAnswer> ask_daemon(const std::string& socket, const std::string& method,
                                       const std::string& target,
                                       const std::string& accept = "application/json",
                                       std::chrono::milliseconds limit = std::chrono::seconds(15));

}  // namespace runtime
