// The raw sockets that VRRP travels through: per interface and family one that receives and one that sends, opened as the
// engine's Listen says. Moves packets and knows nothing of adverts: what is wrong with one is for the engine to count.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"
#include "engine/failover.hpp"
#include "runtime/epoll_set.hpp"
#include "runtime/fd.hpp"

namespace runtime {

class VrrpSockets {
 public:
  static core::Result<VrrpSockets> open();
  ~VrrpSockets();
  VrrpSockets(VrrpSockets&&) noexcept;
  VrrpSockets& operator=(VrrpSockets&&) noexcept;

  using Where = engine::action::Listen::Where;
  /// A socket that could not be opened, or a group that could not be joined.
  using Problem = engine::event::ListeningFailed::Place;
  /// The complete list; sockets that stay what they are keep what waits in them. With `authentication_header` IPv4 packets of
  /// protocol 51 (AH) are received too.
  std::vector<Problem> listen(const std::vector<Where>& sockets, bool authentication_header);
  /// Tries again what failed and returns what still does: an interface came up, got IPv6 or its first address.
  std::vector<Problem> retry();

  /// Readable when a packet waits.
  int fd() const { return ready_.fd(); }

  using Sink = std::function<void(const engine::event::PacketReceived&)>;
  struct Received {
    std::size_t count = 0;
    bool last = true;  // nothing more waited when the sockets were last looked at
  };
  /// Reads from one socket at most `batch_limit` packets. The sink must not call listen(); between batches it may be called.
  Received receive_batch(const Sink& sink);
  static constexpr std::size_t batch_limit = 64;

  core::Result<> send(const engine::action::SendPacket& packet);

 private:
  struct Socket;
  struct Batch;
  using Key = std::uint64_t;

  VrrpSockets(EpollSet ready);
  static Key key(net::InterfaceIndex interface, net::Family family, std::uint8_t protocol);
  core::Result<> open_receiver(Socket& socket);
  core::Result<> join(Socket& socket, const net::IpAddress& group);
  void leave_all(Socket& socket);
  void close_receiver(Socket& socket);
  core::Result<int> sender(net::InterfaceIndex interface, net::Family family);
  std::size_t deliver(const Socket& socket, std::size_t count, const Sink& sink);
  bool has_own_socket(net::InterfaceIndex interface, net::Family family, std::uint8_t protocol) const;

  EpollSet ready_;
  std::unordered_map<Key, Socket> sockets_;
  std::unordered_map<Key, Fd> senders_;  // protocol 0 in the key
  std::vector<Key> waiting_;             // keys of this round that were found readable
  bool another_round_ = false;           // one of them had more than a batch
  std::unique_ptr<Batch> batch_;
};

}  // namespace runtime
