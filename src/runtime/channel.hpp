// Messages between two of our processes over a SOCK_STREAM socketpair: a length, then the archive of one
// value (core/archive.hpp). Never blocks: what the socket does not take waits in a queue with a bound. A
// length beyond the bound, or an archive that does not read back, ends the channel with an error: the two
// ends would not agree on anything that follows. One thread, one io_context. Handlers may destroy the channel
// they are called from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "core/archive.hpp"
#include "core/result.hpp"

namespace boost::asio {
class io_context;
}

namespace runtime {

/// The configuration of 65,024 routers is about 40 MiB.
inline constexpr std::size_t channel_message_limit = 256u << 20;

/// The framing alone: octet strings in, octet strings out.
class FrameChannel {
 public:
  struct Handlers {
    std::function<void(std::span<const std::uint8_t>)> frame;  // the octets live as long as the call
    /// Once, and nothing after it. Without an error: the other end closed (or died).
    std::function<void(std::optional<core::Error>)> closed;
  };

  /// Owns `fd`. Handlers run from the io_context, never from inside a call of ours.
  FrameChannel(boost::asio::io_context& io, int fd, Handlers handlers,
               std::size_t queue_limit = channel_message_limit);
  ~FrameChannel();
  FrameChannel(FrameChannel&&) noexcept;
  FrameChannel& operator=(FrameChannel&&) noexcept;

  /// False when the channel is closed or its queue is full (the message is then dropped whole, the channel
  /// goes on).
  bool send(std::span<const std::uint8_t> frame);
  /// Octets that the socket has not taken yet.
  std::size_t queued() const;
  bool open() const;
  /// Closes; no handler is called any more.
  void close();

 private:
  struct Connection;
  std::shared_ptr<Connection> connection_;
};

template <class Incoming, class Outgoing>
class Channel {
 public:
  using OnMessage = std::function<void(Incoming)>;
  using OnClosed = std::function<void(std::optional<core::Error>)>;

  /// Owns `fd`.
  Channel(boost::asio::io_context& io, int fd, OnMessage on_message, OnClosed on_closed,
          std::size_t queue_limit = channel_message_limit)
      : on_closed_(std::make_shared<OnClosed>(std::move(on_closed))),
        frames_(
            io, fd,
            {receiver(std::move(on_message)), [end = on_closed_](auto error) { (*end)(std::move(error)); }},
            queue_limit) {}

  bool send(const Outgoing& message) { return frames_.send(core::to_bytes(message)); }
  std::size_t queued() const { return frames_.queued(); }
  bool open() const { return frames_.open(); }
  void close() { frames_.close(); }

 private:
  std::function<void(std::span<const std::uint8_t>)> receiver(OnMessage on_message) {
    return [this_frames = &frames_, end = on_closed_,
            deliver = std::move(on_message)](std::span<const std::uint8_t> frame) {
      auto message = core::from_bytes<Incoming>(frame);
      if (message) {
        deliver(std::move(*message));
      } else {
        this_frames->close();
        (*end)(message.error());
      }
    };
  }

  std::shared_ptr<OnClosed> on_closed_;
  FrameChannel frames_;

 public:
  // The receiver points at frames_: a channel stays where it was made. Keep it in an optional or a
  // unique_ptr.
  Channel(Channel&&) = delete;
};

}  // namespace runtime
