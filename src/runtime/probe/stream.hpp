// Moving octets over the connection of an attempt, plain or by TLS, for the probes that hold a dialogue. Reading takes what is
// there into one buffer that all probes share: look at it before the next co_await.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/probe/attempt.hpp"
#include "runtime/probe/tls.hpp"

namespace runtime {

/// A TCP connection to the target, or why there is none.
boost::asio::awaitable<Failure> connect(std::shared_ptr<Attempt> attempt);

class ProbeStream {
 public:
  explicit ProbeStream(std::shared_ptr<Attempt> attempt) : attempt_(std::move(attempt)) {}

  void use(std::unique_ptr<TlsConnection> tls) { tls_ = std::move(tls); }
  TlsConnection* tls() { return tls_.get(); }

  boost::asio::awaitable<Failure> send(std::string text);
  /// Empty: the server closed the connection. The deadline is an error without a text: only the caller knows the progress.
  boost::asio::awaitable<std::expected<std::string_view, check::ProbeError>> receive();

 private:
  TlsConnection::Moved read_some(std::span<char> into);
  TlsConnection::Moved write_some(std::string_view text);
  check::ProbeError broken(check::Stage stage) const;

  std::shared_ptr<Attempt> attempt_;
  std::unique_ptr<TlsConnection> tls_;
  int error_ = 0;
  unsigned reads_ = 0;  // since it waited last
};

}  // namespace runtime
