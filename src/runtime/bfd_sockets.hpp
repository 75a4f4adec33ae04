// The UDP sockets that BFD travels through (RFC 5881, section 4; RFC 5883): for each family and kind of session one that receives
// on port 3784 or 4784, and for each session one that sends, from a port of its own out of 49152–65535. Moves datagrams and
// knows nothing of what is in them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"
#include "engine/bfd_events.hpp"
#include "runtime/epoll_set.hpp"
#include "runtime/fd.hpp"

namespace runtime {

class BfdSockets {
 public:
  /// `seed` chooses the ports we send from.
  static core::Result<BfdSockets> open(std::uint64_t seed);
  ~BfdSockets();
  BfdSockets(BfdSockets&&) noexcept;
  BfdSockets& operator=(BfdSockets&&) noexcept;

  using Endpoint = engine::action::OpenBfdSessions::Endpoint;
  /// The complete list; what stays as it is is not touched. Returns what could not be opened.
  std::vector<core::Error> set(const std::vector<Endpoint>& sessions);
  /// Tries again what failed.
  std::vector<core::Error> retry();
  bool incomplete() const { return incomplete_; }

  /// Readable when a packet waits.
  int fd() const { return ready_.fd(); }

  using Sink = std::function<void(const engine::event::BfdPacketReceived&)>;
  struct Received {
    std::size_t count = 0;
    bool last = true;  // nothing more waited
  };
  /// At most `batch_limit` packets of each socket. The sink must not call set().
  Received receive_batch(const Sink& sink);
  static constexpr std::size_t batch_limit = 64;

  core::Result<> send(const engine::action::SendBfdPacket& packet);

 private:
  struct Batch;
  struct Receiver {
    net::Family family = net::Family::v4;
    bool multihop = false;
    bool wanted = false;
    Fd fd;
  };
  struct Sender {
    Endpoint endpoint;
    Fd fd;
    sockaddr_in6 to{};  // or a sockaddr_in
    socklen_t to_size = 0;
  };

  BfdSockets(EpollSet ready, std::uint64_t seed);
  core::Result<> open_receiver(Receiver& receiver);
  core::Result<> open_sender(Sender& sender);
  std::size_t deliver(const Receiver& receiver, std::size_t count, const Sink& sink);

  EpollSet ready_;
  core::Random random_;
  std::array<Receiver, 4> receivers_;
  std::vector<std::optional<Sender>> senders_;  // by session
  std::unique_ptr<Batch> batch_;
  bool incomplete_ = false;
};

}  // namespace runtime
