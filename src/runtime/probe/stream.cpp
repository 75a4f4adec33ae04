#include "runtime/probe/stream.hpp"

#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>

namespace runtime {

namespace asio = boost::asio;
using check::ProbeError;
using check::Stage;
using Outcome = TlsConnection::Moved::Outcome;

namespace {

// A server that sends without end must not keep the loop from others, nor from its own deadline.
constexpr unsigned most_reads_at_once = 4;

// One is enough: probes run in one thread, and it is looked at before another one runs.
std::span<char> shared_buffer() {
  static std::array<char, 16 * 1024> buffer;
  return buffer;
}

}  // namespace

asio::awaitable<Failure> connect(std::shared_ptr<Attempt> attempt) {
  if (auto failure = attempt->open(SOCK_STREAM, IPPROTO_TCP)) co_return failure;
  const auto connected = attempt->start_connecting();
  if (!connected) co_return connected.error();
  if (!*connected) {
    const bool go_on = co_await attempt->ready(Attempt::Wait::write);
    if (!go_on) co_return attempt->why_over("no connection");
    if (auto failure = attempt->connected()) co_return failure;
  }
  attempt->connection_made();
  co_return std::nullopt;
}

TlsConnection::Moved ProbeStream::read_some(std::span<char> into) {
  if (tls_) return tls_->read(into);
  const ssize_t size = ::recv(attempt_->fd(), into.data(), into.size(), 0);
  if (size > 0) return {Outcome::moved, static_cast<std::size_t>(size)};
  if (size == 0) return {Outcome::closed, 0};
  error_ = errno;
  return {error_ == EAGAIN || error_ == EINTR ? Outcome::wait_read : Outcome::failed, 0};
}

TlsConnection::Moved ProbeStream::write_some(std::string_view text) {
  if (tls_) return tls_->write(text);
  const ssize_t size = ::send(attempt_->fd(), text.data(), text.size(), MSG_NOSIGNAL);
  if (size >= 0) return {Outcome::moved, static_cast<std::size_t>(size)};
  error_ = errno;
  return {error_ == EAGAIN || error_ == EINTR ? Outcome::wait_write : Outcome::failed, 0};
}

ProbeError ProbeStream::broken(Stage stage) const {
  if (!tls_) return Attempt::error_of(stage, error_);
  return {Stage::tls, TlsConnection::last_words()};
}

asio::awaitable<Failure> ProbeStream::send(std::string text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto moved = write_some(rest);
    rest.remove_prefix(moved.octets);
    if (moved.outcome == Outcome::moved) continue;
    if (moved.outcome == Outcome::failed || moved.outcome == Outcome::closed) co_return broken(Stage::send);
    const auto wait = moved.outcome == Outcome::wait_read ? Attempt::Wait::read : Attempt::Wait::write;
    const bool go_on = co_await attempt_->ready(wait);
    if (!go_on) co_return attempt_->why_over("it does not take the request");
  }
  co_return std::nullopt;
}

asio::awaitable<std::expected<std::string_view, ProbeError>> ProbeStream::receive() {
  const std::span<char> buffer = shared_buffer();
  while (true) {
    if (++reads_ <= most_reads_at_once) {
      const auto moved = read_some(buffer);
      if (moved.outcome == Outcome::moved) co_return std::string_view(buffer.data(), moved.octets);
      if (moved.outcome == Outcome::closed) co_return std::string_view();
      if (moved.outcome == Outcome::failed) co_return std::unexpected(broken(Stage::receive));
      if (moved.outcome == Outcome::wait_write) {
        const bool writable = co_await attempt_->ready(Attempt::Wait::write);
        if (!writable) co_return std::unexpected(ProbeError{Stage::deadline, {}});
        continue;
      }
    }
    // What TLS has decrypted already shows nowhere: then the turn is given away by waiting for a socket that can be written to.
    const bool pending = reads_ > most_reads_at_once && tls_ != nullptr;
    reads_ = 0;
    const bool go_on = co_await attempt_->ready(pending ? Attempt::Wait::write : Attempt::Wait::read);
    if (!go_on) co_return std::unexpected(ProbeError{Stage::deadline, {}});
  }
}

}  // namespace runtime
