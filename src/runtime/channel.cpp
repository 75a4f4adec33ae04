#include "runtime/channel.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

namespace runtime {
namespace {

namespace asio = boost::asio;

constexpr std::size_t header_size = 4;
constexpr std::size_t read_size = 64u << 10;
constexpr int reads_a_turn = 16;  // then other work of the loop gets its turn

core::Error system_error(const char* what, int code) {
  return {code, fmt::format("{} on the channel between our processes: {}", what, std::strerror(code))};
}

}  // namespace

// Shared with the handlers that Asio holds, so a channel can be destroyed from inside one of its own callbacks.
struct FrameChannel::Connection : std::enable_shared_from_this<Connection> {
  Connection(asio::io_context& io, int fd, Handlers handlers_given, std::size_t limit)
      : context(io), descriptor(io), handlers(std::move(handlers_given)), queue_limit(limit) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    descriptor.assign(fd);
  }

  void await_readable() {
    descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (!error && self->alive) self->receive();
                          });
  }

  void receive() {
    std::array<std::uint8_t, read_size> buffer;  // NOLINT: filled by recv
    for (int turn = 0; turn < reads_a_turn; ++turn) {
      const ssize_t got = ::recv(descriptor.native_handle(), buffer.data(), buffer.size(), 0);
      if (got == 0) return end(std::nullopt);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      // A peer that died in the middle of a message, or with ours unread, is the end like any other.
      if (got < 0 && errno == ECONNRESET) return end(std::nullopt);
      if (got < 0) return end(system_error("reading", errno));
      incoming.insert(incoming.end(), buffer.data(), buffer.data() + got);
      if (!deliver()) return;
    }
    await_readable();
  }

  // False when a handler closed us or the framing is damaged.
  bool deliver() {
    std::size_t at = 0;
    while (incoming.size() - at >= header_size) {
      std::uint32_t length = 0;
      std::memcpy(&length, incoming.data() + at, header_size);
      if (length > channel_message_limit) {
        end(core::Error{EBADMSG,
                        fmt::format("a message of {} octets between our processes is too long", length)});
        return false;
      }
      if (incoming.size() - at - header_size < length) break;
      handlers.frame({incoming.data() + at + header_size, length});
      if (!alive) return false;
      at += header_size + length;
    }
    incoming.erase(incoming.begin(), incoming.begin() + static_cast<std::ptrdiff_t>(at));
    if (incoming.empty() && incoming.capacity() > (4u << 20)) incoming = {};
    return true;
  }

  bool send(std::span<const std::uint8_t> frame) {
    if (!alive || frame.size() > channel_message_limit || waiting + frame.size() > queue_limit) return false;
    core::Bytes message(header_size + frame.size());
    const auto length = static_cast<std::uint32_t>(frame.size());
    std::memcpy(message.data(), &length, header_size);
    if (!frame.empty()) std::memcpy(message.data() + header_size, frame.data(), frame.size());
    waiting += message.size();
    outgoing.push_back(std::move(message));
    if (!writing) flush();
    return true;
  }

  void flush() {
    writing = false;
    while (!outgoing.empty()) {
      const auto& front = outgoing.front();
      const ssize_t sent = ::send(descriptor.native_handle(), front.data() + sent_of_front,
                                  front.size() - sent_of_front, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return await_writable();
      if (sent < 0) {
        // The reading side learns of a closed peer in its own time, after what the peer still said; other errors end us.
        outgoing.clear();
        waiting = 0;
        if (errno == EPIPE || errno == ECONNRESET) return;
        const int code = errno;
        asio::post(context, [self = shared_from_this(), code] { self->end(system_error("writing", code)); });
        return;
      }
      sent_of_front += static_cast<std::size_t>(sent);
      waiting -= static_cast<std::size_t>(sent);
      if (sent_of_front == front.size()) {
        outgoing.pop_front();
        sent_of_front = 0;
      }
    }
  }

  void await_writable() {
    writing = true;
    descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (!error && self->alive) self->flush();
                          });
  }

  void close() {
    if (!alive) return;
    alive = false;
    outgoing.clear();
    waiting = 0;
    boost::system::error_code ignored;
    descriptor.close(ignored);
  }

  void end(std::optional<core::Error> error) {
    if (!alive) return;
    close();
    const auto closed = handlers.closed;  // a copy: the handler may destroy what owns us
    if (closed) closed(std::move(error));
  }

  asio::io_context& context;
  asio::posix::stream_descriptor descriptor;
  Handlers handlers;
  std::size_t queue_limit;
  core::Bytes incoming;
  std::deque<core::Bytes> outgoing;
  std::size_t sent_of_front = 0;
  std::size_t waiting = 0;
  bool writing = false;
  bool alive = true;
};

FrameChannel::FrameChannel(asio::io_context& io, int fd, Handlers handlers, std::size_t queue_limit)
    : connection_(std::make_shared<Connection>(io, fd, std::move(handlers), queue_limit)) {
  connection_->await_readable();
}

FrameChannel::~FrameChannel() { close(); }
FrameChannel::FrameChannel(FrameChannel&&) noexcept = default;
FrameChannel& FrameChannel::operator=(FrameChannel&& other) noexcept {
  if (this != &other) {
    close();
    connection_ = std::move(other.connection_);
  }
  return *this;
}

bool FrameChannel::send(std::span<const std::uint8_t> frame) {
  return connection_ && connection_->send(frame);
}
std::size_t FrameChannel::queued() const { return connection_ ? connection_->waiting : 0; }
bool FrameChannel::open() const { return connection_ && connection_->alive; }
void FrameChannel::close() {
  if (connection_) connection_->close();
}

}  // namespace runtime
