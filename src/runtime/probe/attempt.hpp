// One check under way: its socket, its deadline, and the ways of waiting that all probes share. A coroutine that was waiting when
// the deadline came finds it out and returns why_over(). Errors are values.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "check/config.hpp"
#include "check/probe_result.hpp"
#include "core/time.hpp"
#include "runtime/fd.hpp"
#include "runtime/probe/loop.hpp"

namespace runtime {

using Failure = std::optional<check::ProbeError>;

class Attempt final : public std::enable_shared_from_this<Attempt>, private ProbeWaiter {
 public:
  Attempt(std::shared_ptr<ProbeLoop> loop, std::shared_ptr<const check::Config> config, check::Target target,
          std::uint32_t part);
  ~Attempt() override;
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  const check::Config& config() const { return *config_; }
  const check::Target& target() const { return target_; }
  std::uint32_t part() const { return part_; }
  int fd() const { return fd_.get(); }

  /// A socket with the target's options: mark, interface, local address.
  Failure open(int type, int protocol);
  /// The right answer to any errno of ours, at that stage.
  static check::ProbeError error_of(check::Stage stage, int code);

  /// Begins to connect; true: it is connected already. Waiting for it is connected()'s.
  std::expected<bool, check::ProbeError> start_connecting();
  /// What became of a connection once the socket is writable.
  Failure connected();

  using Wait = ProbeLoop::Interest;
  /// False: the deadline has come, nobody wants the result any more, or the socket cannot be watched.
  boost::asio::awaitable<bool> ready(Wait wait);
  /// From now on the whole check's deadline counts, and no longer that of the connection.
  void connection_made();
  /// Why ready() was false; `progress`: how far it came.
  check::ProbeError why_over(std::string_view progress) const;

  void cancel();
  /// No more waiting; the socket is closed.
  void finish();

 private:
  Failure bind_to(const check::LocalEnd& end, int type);
  void socket_ready() override { go_on(); }
  void deadline_came() override;
  bool over() const { return expired_ || cancelled_ || unwatched_; }
  bool watch(Wait wait);
  void go_on();

  std::shared_ptr<ProbeLoop> loop_;
  std::shared_ptr<const check::Config> config_;
  check::Target target_;
  std::uint32_t part_;
  Fd fd_;
  ProbeLoop::Place place_;
  bool seated_ = true;                       // in place_
  std::optional<Wait> watched_;              // what the loop looks for
  std::optional<core::Error> unwatched_;     // why the loop cannot
  std::move_only_function<void()> waiting_;  // the coroutine
  core::Time begun_;
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
