// HTTP/1.1 on a unix socket that only root may open. Carries requests to a handler and replies back; what they mean is decided
// elsewhere. Slow, silent or greedy clients cost a bounded number of connections for a bounded time and nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"

namespace boost::asio {
class io_context;
}

namespace runtime {

struct ControlRequest {
  std::string method;  // "GET", "POST"
  std::string path;    // "/v1/status"
  std::string query;   // after '?'
  std::string accept;  // the header's value
  std::string body;
};

struct ControlReply {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
};

struct ControlLimits {
  std::size_t connections = 32;
  std::size_t body = 64u << 10;              // octets of a request
  std::chrono::milliseconds idle{10'000};    // for a whole request to arrive, and for a reply to be taken
  std::chrono::milliseconds answer{10'000};  // for the handler
};

class ControlServer {
 public:
  using Respond =
      std::function<void(ControlReply)>;  // once; may be called later, and after the client has gone
  using Handler = std::function<void(ControlRequest, Respond)>;

  /// Creates the directory (0755) and the socket (0600). A stale socket is replaced, one that answers is an error.
  static core::Result<std::unique_ptr<ControlServer>> open(boost::asio::io_context& io,
                                                           const std::string& path, Handler handler,
                                                           const ControlLimits& limits = {});
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  struct State;
  explicit ControlServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace runtime
