// One check under way: its socket, its deadline, and the ways of waiting that all probes share. The deadline is a timer callback
// that cancels; a coroutine that was waiting finds it out and returns deadline_error(). Errors are values.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "check/config.hpp"
#include "check/probe_result.hpp"
#include "core/time.hpp"

namespace runtime {

using Failure = std::optional<check::ProbeError>;

class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(boost::asio::io_context& io, std::shared_ptr<const check::Config> config, std::uint32_t part);
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  const check::Config& config() const { return *config_; }
  std::uint32_t part() const { return part_; }
  int fd() { return descriptor_.native_handle(); }

  /// A socket with the target's options: mark, interface, local address.
  Failure open(int type, int protocol);
  /// The right answer to any errno of ours, at that stage.
  static check::ProbeError error_of(check::Stage stage, int code);

  /// Begins to connect; true: it is connected already. Waiting for it is connected()'s.
  std::expected<bool, check::ProbeError> start_connecting();
  /// What became of a connection once the socket is writable.
  Failure connected();

  enum class Wait : std::uint8_t { read, write };
  /// False: the deadline has come, or nobody wants the result any more.
  boost::asio::awaitable<bool> ready(Wait wait);
  /// From now on the whole check's deadline counts, and no longer that of the connection.
  void connection_made();
  bool over() const { return expired_ || cancelled_; }
  bool cancelled() const { return cancelled_; }
  /// `progress`: how far it came.
  check::ProbeError deadline_error(std::string_view progress) const;

  void cancel();
  /// No more waiting; the socket is closed.
  void finish();
  /// For those that wait without a socket.
  void arm(core::Duration limit);

 private:
  void expire();

  std::shared_ptr<const check::Config> config_;
  std::uint32_t part_;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point begun_;
  core::Duration limit_;
  bool armed_ = false;
  bool expired_ = false;
  bool cancelled_ = false;
};

/// Octets of the local and remote ends as the sockets API wants them.
struct SocketAddress {
  alignas(8) std::array<std::uint8_t, 32> storage{};
  std::uint32_t size = 0;
};
SocketAddress socket_address(const net::IpAddress& address, std::uint16_t port, const std::string& interface);

}  // namespace runtime
