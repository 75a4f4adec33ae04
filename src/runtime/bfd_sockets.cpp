#include "runtime/bfd_sockets.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/pkt_sched.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <utility>

#include "runtime/system_error.hpp"

namespace runtime {

namespace {

constexpr int traffic_class = 0xc0;                                           // "internetwork control"
constexpr std::uint16_t least_source_port = 49152, most_source_port = 65535;  // RFC 5881, section 4
constexpr int ports_tried = 64;
constexpr int receive_octets = 4 << 20;  // what 500 neighbours at 50 ms send in half a second
constexpr std::size_t packet_room = 128;
constexpr std::size_t control_room = 128;

int family_number(net::Family family) { return family == net::Family::v4 ? AF_INET : AF_INET6; }

template <class Value>
bool set_option(int fd, int level, int option, const Value& value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

socklen_t put_address(sockaddr_in6& into, const net::IpAddress& address, std::uint16_t port) {
  into = {};
  if (address.is_v6()) {
    into.sin6_family = AF_INET6;
    into.sin6_port = htons(port);
    std::memcpy(&into.sin6_addr, address.octets.data(), address.size());
    return sizeof into;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  std::memcpy(&v4.sin_addr, address.octets.data(), address.size());
  std::memcpy(&into, &v4, sizeof v4);
  return sizeof v4;
}

const sockaddr* generic(const sockaddr_in6& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // NOLINT: the sockets API
}

net::IpAddress address_of(const sockaddr_in6& name) {
  if (name.sin6_family == AF_INET6)
    return net::IpAddress::v6(std::span<const std::uint8_t, 16>{name.sin6_addr.s6_addr, 16});
  sockaddr_in v4{};
  std::memcpy(&v4, &name, sizeof v4);
  std::array<std::uint8_t, 4> octets{};
  std::memcpy(octets.data(), &v4.sin_addr, octets.size());
  return net::IpAddress::v4(octets);
}

}  // namespace

struct BfdSockets::Batch {
  std::vector<std::uint8_t> packets = std::vector<std::uint8_t>(batch_limit * packet_room);
  std::vector<std::uint8_t> controls = std::vector<std::uint8_t>(batch_limit * control_room);
  std::array<mmsghdr, batch_limit> headers{};
  std::array<iovec, batch_limit> parts{};
  std::array<sockaddr_in6, batch_limit> names{};

  Batch() {
    for (std::size_t i = 0; i < batch_limit; ++i) {
      parts[i] = {packets.data() + i * packet_room, packet_room};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_name = &names[i];
      headers[i].msg_hdr.msg_control = controls.data() + i * control_room;
    }
  }
  /// The kernel overwrites the lengths with what it filled in.
  void prepare() {
    for (mmsghdr& header : headers) {
      header.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
      header.msg_hdr.msg_controllen = control_room;
    }
  }
};

BfdSockets::BfdSockets(EpollSet ready, std::uint64_t seed)
    : ready_(std::move(ready)), random_(seed), batch_(std::make_unique<Batch>()) {
  std::size_t place = 0;
  for (const auto family : {net::Family::v4, net::Family::v6}) {
    for (const bool multihop : {false, true}) {
      receivers_[place].family = family;
      receivers_[place++].multihop = multihop;
    }
  }
}
BfdSockets::~BfdSockets() = default;
BfdSockets::BfdSockets(BfdSockets&&) noexcept = default;
BfdSockets& BfdSockets::operator=(BfdSockets&&) noexcept = default;

core::Result<BfdSockets> BfdSockets::open(std::uint64_t seed) {
  auto ready = EpollSet::open();
  if (!ready) return std::unexpected(ready.error());
  return BfdSockets{std::move(*ready), seed};
}

std::vector<core::Error> BfdSockets::set(const std::vector<Endpoint>& sessions) {
  std::vector<std::optional<Sender>> before = std::exchange(senders_, {});
  for (Receiver& receiver : receivers_) receiver.wanted = false;
  for (const Endpoint& endpoint : sessions) {
    if (senders_.size() <= endpoint.session) senders_.resize(endpoint.session + std::size_t{1});
    auto& sender = senders_[endpoint.session];
    auto* const old = endpoint.session < before.size() ? &before[endpoint.session] : nullptr;
    if (old != nullptr && *old && (*old)->endpoint == endpoint) {
      sender = std::move(*old);
    } else {
      sender.emplace().endpoint = endpoint;
    }
    for (Receiver& receiver : receivers_) {
      if (receiver.family == endpoint.neighbour.family && receiver.multihop == endpoint.multihop)
        receiver.wanted = true;
    }
  }
  for (Receiver& receiver : receivers_) {
    if (receiver.wanted || !receiver.fd) continue;
    ready_.remove(receiver.fd.get());
    receiver.fd.reset();
  }
  return retry();
}

std::vector<core::Error> BfdSockets::retry() {
  std::vector<core::Error> problems;
  const auto note = [&](const core::Result<>& done) {
    if (!done) problems.push_back(done.error());
  };
  for (Receiver& receiver : receivers_) {
    if (receiver.wanted && !receiver.fd) note(open_receiver(receiver));
  }
  for (auto& sender : senders_) {
    if (sender && !sender->fd) note(open_sender(*sender));
  }
  incomplete_ = !problems.empty();
  return problems;
}

core::Result<> BfdSockets::open_receiver(Receiver& receiver) {
  const std::uint16_t port = receiver.multihop ? bfd::multihop_port : bfd::single_hop_port;
  Fd fd{::socket(family_number(receiver.family), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) return std::unexpected(last_error("cannot open a UDP socket for BFD"));
  const int on = 1;
  if (receiver.family == net::Family::v4) {
    set_option(fd.get(), IPPROTO_IP, IP_PKTINFO, on);
    set_option(fd.get(), IPPROTO_IP, IP_RECVTTL, on);
  } else {
    set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, on);
    set_option(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, on);
    set_option(fd.get(), IPPROTO_IPV6, IPV6_RECVHOPLIMIT, on);
  }
  if (!set_option(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, receive_octets))
    set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, receive_octets);
  sockaddr_in6 address{};
  const socklen_t size = put_address(address, net::IpAddress::any(receiver.family), port);
  if (::bind(fd.get(), generic(address), size) != 0) {
    const int code = errno;
    return std::unexpected(system_error(
        code,
        fmt::format("cannot receive BFD on UDP port {} (IPv{}){}", port, static_cast<int>(receiver.family),
                    code == EADDRINUSE ? ", does another BFD daemon run here?" : "")));
  }
  if (auto watched = ready_.add(fd.get(), port); !watched) return watched;
  receiver.fd = std::move(fd);
  return {};
}

core::Result<> BfdSockets::open_sender(Sender& sender) {
  const Endpoint& endpoint = sender.endpoint;
  const net::Family family = endpoint.neighbour.family;
  Fd fd{::socket(family_number(family), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) return std::unexpected(last_error("cannot open a UDP socket for a BFD session"));
  const int on = 1, hop_limit = endpoint.hop_limit, priority = TC_PRIO_CONTROL, least_buffer = 0;
  bool hops_set = false;
  if (family == net::Family::v4) {
    hops_set = set_option(fd.get(), IPPROTO_IP, IP_TTL, hop_limit);
    set_option(fd.get(), IPPROTO_IP, IP_TOS, traffic_class);
    // The address may come later; until then sending fails.
    set_option(fd.get(), IPPROTO_IP, IP_FREEBIND, on);
  } else {
    hops_set = set_option(fd.get(), IPPROTO_IPV6, IPV6_UNICAST_HOPS, hop_limit);
    set_option(fd.get(), IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
    set_option(fd.get(), IPPROTO_IPV6, IPV6_FREEBIND, on);
  }
  if (!hops_set) return std::unexpected(last_error("cannot set the TTL of a BFD session"));
  set_option(fd.get(), SOL_SOCKET, SO_PRIORITY, priority);
  set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, least_buffer);  // nobody has anything to say to this port

  const net::IpAddress source = endpoint.source.value_or(net::IpAddress::any(family));
  bool bound = false;
  for (int attempt = 0; attempt < ports_tried && !bound; ++attempt) {
    sockaddr_in6 address{};
    const auto port = static_cast<std::uint16_t>(random_.between(least_source_port, most_source_port));
    const socklen_t size = put_address(address, source, port);
    bound = ::bind(fd.get(), generic(address), size) == 0;
    if (!bound && errno != EADDRINUSE) break;
  }
  if (!bound)
    return std::unexpected(last_error(
        fmt::format("cannot send BFD to {} from {}", endpoint.neighbour.to_string(), source.to_string())));
  sender.to_size = put_address(sender.to, endpoint.neighbour,
                               endpoint.multihop ? bfd::multihop_port : bfd::single_hop_port);
  sender.fd = std::move(fd);
  return {};
}

BfdSockets::Received BfdSockets::receive_batch(const Sink& sink) {
  Received received;
  for (const Receiver& receiver : receivers_) {
    if (!receiver.fd) continue;
    batch_->prepare();
    const int count =
        ::recvmmsg(receiver.fd.get(), batch_->headers.data(), batch_limit, MSG_DONTWAIT, nullptr);
    if (count <= 0) continue;
    received.count += deliver(receiver, static_cast<std::size_t>(count), sink);
    if (static_cast<std::size_t>(count) == batch_limit) received.last = false;
  }
  return received;
}

std::size_t BfdSockets::deliver(const Receiver& receiver, std::size_t count, const Sink& sink) {
  for (std::size_t i = 0; i < count; ++i) {
    mmsghdr& message = batch_->headers[i];
    engine::event::BfdPacketReceived packet;
    packet.multihop = receiver.multihop;
    packet.source = address_of(batch_->names[i]);
    packet.destination = net::IpAddress::any(receiver.family);
    packet.payload = {batch_->packets.data() + i * packet_room, message.msg_len};
    for (cmsghdr* control = CMSG_FIRSTHDR(&message.msg_hdr); control != nullptr;
         control = CMSG_NXTHDR(&message.msg_hdr, control)) {
      const auto is = [&](int level, int type) {
        return control->cmsg_level == level && control->cmsg_type == type;
      };
      if (is(IPPROTO_IP, IP_TTL) || is(IPPROTO_IPV6, IPV6_HOPLIMIT)) {
        int limit = 0;
        std::memcpy(&limit, CMSG_DATA(control), sizeof limit);
        packet.hop_limit = static_cast<std::uint8_t>(limit);
      } else if (is(IPPROTO_IP, IP_PKTINFO)) {
        in_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(control), sizeof info);
        std::memcpy(packet.destination.octets.data(), &info.ipi_addr, sizeof info.ipi_addr);
      } else if (is(IPPROTO_IPV6, IPV6_PKTINFO)) {
        in6_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(control), sizeof info);
        std::memcpy(packet.destination.octets.data(), &info.ipi6_addr, sizeof info.ipi6_addr);
      }
    }
    sink(packet);
  }
  return count;
}

core::Result<> BfdSockets::send(const engine::action::SendBfdPacket& packet) {
  if (packet.session >= senders_.size() || !senders_[packet.session] || !senders_[packet.session]->fd)
    return {};  // said when it could not be opened
  const Sender& sender = *senders_[packet.session];
  for (;;) {
    if (::sendto(sender.fd.get(), packet.packet.data(), packet.packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 generic(sender.to), sender.to_size) >= 0)
      return {};
    if (errno == EINTR) continue;
    return std::unexpected(
        last_error(fmt::format("nothing can be sent to {}", sender.endpoint.neighbour.to_string())));
  }
}

}  // namespace runtime
