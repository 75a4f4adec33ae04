#include "runtime/vrrp_sockets.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/pkt_sched.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <sys/socket.h>

#include "runtime/system_error.hpp"

namespace runtime {

namespace {

constexpr std::uint8_t protocol_vrrp = 112;
constexpr std::uint8_t protocol_authentication_header = 51;
constexpr std::uint8_t traffic_class = 0xc0;  // "internetwork control"

// 255 IPv6 addresses and a header fit. What is longer arrives cut and is counted as a wrong length.
constexpr std::size_t packet_room = 4608;
constexpr std::size_t control_room = 128;

// Some thousand adverts: those of all routers of a neighbour at once, or what a flood brings in while a slice of other work
// takes its 10 ms.
constexpr int default_receive_octets = 4 << 20;

int family_number(net::Family family) { return family == net::Family::v4 ? AF_INET : AF_INET6; }

template <class Value>
bool set(int fd, int level, int option, const Value& value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// Kernels since 5.1; by number, because the name may have gone to another interface meanwhile.
#ifndef SO_BINDTOIFINDEX
constexpr int SO_BINDTOIFINDEX = 62;
#endif

core::Result<> bind_to_interface(int fd, net::InterfaceIndex interface) {
  if (interface.value == 0) return {};
  if (set(fd, SOL_SOCKET, SO_BINDTOIFINDEX, static_cast<int>(interface.value))) return {};
  return std::unexpected(last_error("cannot bind a VRRP socket to its interface"));
}

void set_receive_buffer(int fd, std::uint32_t octets) {
  const int value =
      octets != 0 ? static_cast<int>(std::min<std::uint32_t>(octets, INT32_MAX / 2)) : default_receive_octets;
  if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, value)) set(fd, SOL_SOCKET, SO_RCVBUF, value);
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }  // NOLINT: the sockets API
};

SocketAddress socket_address(const net::IpAddress& address, net::InterfaceIndex interface) {
  SocketAddress result;
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.octets.data(), address.size());
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address.octets.data(), address.size());
    if (address.is_link_local() || address.is_multicast()) v6.sin6_scope_id = interface.value;
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.size = sizeof v6;
  }
  return result;
}

net::IpAddress ip_v4(const std::uint8_t* octets) {
  return net::IpAddress::v4(std::span<const std::uint8_t, 4>{octets, 4});
}
net::IpAddress ip_v6(const std::uint8_t* octets) {
  return net::IpAddress::v6(std::span<const std::uint8_t, 16>{octets, 16});
}

int change_membership(int fd, int option, net::InterfaceIndex interface, const net::IpAddress& group) {
  if (group.is_v4()) {
    ip_mreqn request{};
    std::memcpy(&request.imr_multiaddr, group.octets.data(), group.size());
    request.imr_ifindex = static_cast<int>(interface.value);
    return set(fd, IPPROTO_IP, option, request) ? 0 : errno;
  }
  ipv6_mreq request{};
  std::memcpy(&request.ipv6mr_multiaddr, group.octets.data(), group.size());
  request.ipv6mr_interface = interface.value;
  return set(fd, IPPROTO_IPV6, option, request) ? 0 : errno;
}

int join_option(net::Family family) {
  return family == net::Family::v4 ? IP_ADD_MEMBERSHIP : IPV6_JOIN_GROUP;
}

// Packets for a group are delivered to a socket that did not join it, if anybody of this machine did, as long as this is on.
void accept_any_group(int fd, net::Family family, bool on) {
  const int value = on ? 1 : 0;
  if (family == net::Family::v4) {
    set(fd, IPPROTO_IP, IP_MULTICAST_ALL, value);
  } else {
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, value);
  }
}

}  // namespace

struct VrrpSockets::Socket {
  Where where;
  std::uint8_t protocol = protocol_vrrp;
  Fd fd;
  std::vector<Fd>
      membership_only;  // an interface may have more groups than one socket may join (igmp_max_memberships)
  std::vector<net::IpAddress> joined;
  bool failed = false;  // retry() has work here
};

struct VrrpSockets::Batch {
  std::vector<std::uint8_t> packets = std::vector<std::uint8_t>(batch_limit * packet_room);
  std::array<mmsghdr, batch_limit> headers{};
  std::array<iovec, batch_limit> parts{};
  std::array<sockaddr_in6, batch_limit> names{};
  std::vector<std::uint8_t> controls = std::vector<std::uint8_t>(batch_limit * control_room);

  Batch() {
    for (std::size_t i = 0; i < batch_limit; ++i) {
      parts[i] = {packets.data() + i * packet_room, packet_room};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
  /// The kernel overwrites the lengths with what it filled in.
  void prepare(bool with_name, bool with_control) {
    for (std::size_t i = 0; i < batch_limit; ++i) {
      msghdr& header = headers[i].msg_hdr;
      header.msg_name = with_name ? &names[i] : nullptr;
      header.msg_namelen = with_name ? sizeof names[i] : 0;
      header.msg_control = with_control ? controls.data() + i * control_room : nullptr;
      header.msg_controllen = with_control ? control_room : 0;
    }
  }
};

VrrpSockets::VrrpSockets(EpollSet ready) : ready_(std::move(ready)), batch_(std::make_unique<Batch>()) {}
VrrpSockets::~VrrpSockets() = default;
VrrpSockets::VrrpSockets(VrrpSockets&&) noexcept = default;
VrrpSockets& VrrpSockets::operator=(VrrpSockets&&) noexcept = default;

core::Result<VrrpSockets> VrrpSockets::open() {
  auto ready = EpollSet::open();
  if (!ready) return std::unexpected(ready.error());
  // Asked once at start, so that a missing capability is an answer now and not a riddle later.
  const Fd probe{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)};
  if (!probe) return std::unexpected(last_error("cannot open a raw socket for VRRP", "CAP_NET_RAW"));
  return VrrpSockets{std::move(*ready)};
}

VrrpSockets::Key VrrpSockets::key(net::InterfaceIndex interface, net::Family family, std::uint8_t protocol) {
  return Key{interface.value} << 16 | Key{static_cast<std::uint8_t>(family)} << 8 | protocol;
}

core::Result<> VrrpSockets::open_receiver(Socket& socket) {
  const net::Family family = socket.where.family;
  Fd fd{::socket(family_number(family), SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, socket.protocol)};
  if (!fd) return std::unexpected(last_error("cannot open a raw socket for VRRP", "CAP_NET_RAW"));
  set_receive_buffer(fd.get(), socket.where.receive_buffer);
  const int on = 1;
  if (family == net::Family::v6) {
    set(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, on);
    set(fd.get(), IPPROTO_IPV6, IPV6_RECVHOPLIMIT, on);
  } else if (socket.where.interface.value == 0) {
    set(fd.get(), IPPROTO_IP, IP_PKTINFO, on);
  }
  accept_any_group(fd.get(), family, false);
  if (auto bound = bind_to_interface(fd.get(), socket.where.interface); !bound) return bound;
  if (auto watched = ready_.add(fd.get(), key(socket.where.interface, family, socket.protocol)); !watched)
    return watched;
  socket.fd = std::move(fd);
  return {};
}

core::Result<> VrrpSockets::join(Socket& socket, const net::IpAddress& group) {
  const net::Family family = socket.where.family;
  const auto full = [](int error) { return error == ENOBUFS || error == ENOMEM; };
  const int last = socket.membership_only.empty() ? socket.fd.get() : socket.membership_only.back().get();
  int error = change_membership(last, join_option(family), socket.where.interface, group);
  if (full(error)) {
    Fd more{::socket(family_number(family), SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!more) return std::unexpected(last_error("cannot open one more socket for multicast groups"));
    error = change_membership(more.get(), join_option(family), socket.where.interface, group);
    if (error == 0) {
      socket.membership_only.push_back(std::move(more));
      accept_any_group(socket.fd.get(), family, true);
    }
  }
  if (error != 0 && error != EADDRINUSE) {
    return std::unexpected(
        system_error(error, fmt::format("cannot join multicast group {}", group.to_string())));
  }
  socket.joined.push_back(group);
  return {};
}

void VrrpSockets::leave_all(Socket& socket) {
  const int option = socket.where.family == net::Family::v4 ? IP_DROP_MEMBERSHIP : IPV6_LEAVE_GROUP;
  for (const auto& group : socket.joined)
    change_membership(socket.fd.get(), option, socket.where.interface, group);
  socket.joined.clear();
  socket.membership_only.clear();
  accept_any_group(socket.fd.get(), socket.where.family, false);
}

void VrrpSockets::close_receiver(Socket& socket) {
  if (socket.fd) ready_.remove(socket.fd.get());
  socket.joined.clear();
  socket.membership_only.clear();
  socket.fd.reset();
}

std::vector<VrrpSockets::Problem> VrrpSockets::listen(const std::vector<Where>& wanted,
                                                      bool authentication_header) {
  std::unordered_map<Key, Socket> before = std::exchange(sockets_, {});
  for (const Where& where : wanted) {
    for (const std::uint8_t protocol : {protocol_vrrp, protocol_authentication_header}) {
      if (protocol == protocol_authentication_header &&
          (!authentication_header || where.family == net::Family::v6))
        continue;
      Socket socket;
      socket.where = where;
      socket.protocol = protocol;
      socket.failed = true;  // until retry(), below, has opened it
      const Key id = key(where.interface, where.family, protocol);
      if (auto old = before.find(id); old != before.end()) {
        Where changed = std::exchange(old->second.where, where);
        socket = std::move(old->second);
        before.erase(old);
        if (changed.receive_buffer != where.receive_buffer && socket.fd) {
          set_receive_buffer(socket.fd.get(), where.receive_buffer);
        }
        if (changed.groups != where.groups) {
          if (socket.fd) leave_all(socket);
          socket.failed = true;
        }
      }
      sockets_.insert_or_assign(id, std::move(socket));
    }
  }
  for (auto& [id, socket] : before) {
    close_receiver(socket);
    const Key sender = key(socket.where.interface, socket.where.family, 0);
    if (!sockets_.contains(key(socket.where.interface, socket.where.family, protocol_vrrp)))
      senders_.erase(sender);
  }
  return retry();
}

std::vector<VrrpSockets::Problem> VrrpSockets::retry() {
  std::vector<Problem> problems;
  for (auto& [id, socket] : sockets_) {
    if (!socket.failed) continue;
    socket.failed = false;
    const auto note = [&, &failing = socket](core::Result<> result,
                                             std::optional<net::IpAddress> group = {}) {
      if (result) return true;
      failing.failed = true;
      problems.push_back({failing.where.interface, failing.where.family, group, result.error()});
      return false;
    };
    if (!socket.fd && !note(open_receiver(socket))) continue;
    for (const auto& group : socket.where.groups) {
      if (std::ranges::find(socket.joined, group) == socket.joined.end()) note(join(socket, group), group);
    }
  }
  return problems;
}

bool VrrpSockets::has_own_socket(net::InterfaceIndex interface, net::Family family,
                                 std::uint8_t protocol) const {
  return sockets_.contains(key(interface, family, protocol));
}

VrrpSockets::Received VrrpSockets::receive_batch(const Sink& sink) {
  if (waiting_.empty()) {
    const auto readable = ready_.ready();
    if (readable.empty()) return {};
    waiting_.assign(readable.rbegin(), readable.rend());
    another_round_ = false;
  }
  const Key id = waiting_.back();
  waiting_.pop_back();
  std::size_t count = 0;
  const auto found = sockets_.find(id);  // it may have been closed since it was found readable
  if (found != sockets_.end() && found->second.fd) {
    const Socket& socket = found->second;
    const bool v6 = socket.where.family == net::Family::v6;
    batch_->prepare(v6, v6 || socket.where.interface.value == 0);
    const int received =
        ::recvmmsg(socket.fd.get(), batch_->headers.data(), batch_limit, MSG_DONTWAIT, nullptr);
    // An error is one the socket had to tell (ENETDOWN); netlink tells it better.
    if (received > 0) count = deliver(socket, static_cast<std::size_t>(received), sink);
    another_round_ = another_round_ || count == batch_limit;
  }
  return {count, waiting_.empty() && !another_round_};
}

std::size_t VrrpSockets::deliver(const Socket& socket, std::size_t count, const Sink& sink) {
  const bool v6 = socket.where.family == net::Family::v6;
  for (std::size_t i = 0; i < count; ++i) {
    mmsghdr& message = batch_->headers[i];
    const std::uint8_t* data = batch_->packets.data() + i * packet_room;
    const std::span<const std::uint8_t> bytes{data, message.msg_len};
    engine::event::PacketReceived packet;
    packet.interface = socket.where.interface;
    packet.protocol = socket.protocol;
    packet.source = packet.destination = net::IpAddress::any(socket.where.family);
    for (cmsghdr* control = CMSG_FIRSTHDR(&message.msg_hdr); control != nullptr;
         control = CMSG_NXTHDR(&message.msg_hdr, control)) {
      if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
        in6_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(control), sizeof info);
        packet.destination = ip_v6(info.ipi6_addr.s6_addr);
        // A socket of a VRF hears what came in by any of its interfaces.
        if (socket.where.interface.value == 0) packet.interface.value = info.ipi6_ifindex;
      } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_HOPLIMIT) {
        int limit = 0;
        std::memcpy(&limit, CMSG_DATA(control), sizeof limit);
        packet.hop_limit = static_cast<std::uint8_t>(limit);
      } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        in_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(control), sizeof info);
        packet.interface.value = static_cast<std::uint32_t>(info.ipi_ifindex);
      }
    }
    if (v6) {
      packet.source = ip_v6(batch_->names[i].sin6_addr.s6_addr);
      packet.payload = bytes;
    } else {
      if (bytes.size() < sizeof(iphdr)) continue;  // the kernel delivers none
      const std::size_t header = std::min<std::size_t>((data[0] & 0x0fU) * 4U, bytes.size());
      packet.hop_limit = data[8];
      packet.source = ip_v4(data + 12);
      packet.destination = ip_v4(data + 16);
      packet.ipv4_header = bytes.first(header);
      packet.payload = bytes.subspan(header);
    }
    // The socket of all interfaces hears what the others hear too.
    if (socket.where.interface.value == 0 &&
        has_own_socket(packet.interface, socket.where.family, socket.protocol))
      continue;
    sink(packet);
  }
  return count;
}

core::Result<int> VrrpSockets::sender(net::InterfaceIndex interface, net::Family family) {
  const Key id = key(interface, family, 0);
  if (const auto found = senders_.find(id); found != senders_.end()) return found->second.get();
  // Protocol "raw" receives nothing, and both families then take the IP header from us.
  Fd fd{::socket(family_number(family), SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW)};
  if (!fd) return std::unexpected(last_error("cannot open a raw socket for VRRP", "CAP_NET_RAW"));
  if (auto bound = bind_to_interface(fd.get(), interface); !bound) return std::unexpected(bound.error());
  const int off = 0;
  const int index = static_cast<int>(interface.value);
  if (family == net::Family::v4) {
    set(fd.get(), IPPROTO_IP, IP_MULTICAST_LOOP, off);
    ip_mreqn request{};
    request.imr_ifindex = index;
    if (interface.value != 0) set(fd.get(), IPPROTO_IP, IP_MULTICAST_IF, request);
  } else {
    set(fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_LOOP, off);
    if (interface.value != 0) set(fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
  }
  const int priority = TC_PRIO_CONTROL;
  set(fd.get(), SOL_SOCKET, SO_PRIORITY, priority);
  return senders_.emplace(id, std::move(fd)).first->second.get();
}

core::Result<> VrrpSockets::send(const engine::action::SendPacket& packet) {
  const auto fd = sender(packet.interface, packet.destination.family);
  if (!fd) return std::unexpected(fd.error());
  const SocketAddress to = socket_address(packet.destination, packet.interface);

  std::array<std::uint8_t, sizeof(ip6_hdr)> v6_header{};
  std::array<iovec, 2> parts{};
  std::size_t count = 0;
  if (packet.destination.is_v6()) {
    v6_header[0] = 0x60 | traffic_class >> 4;
    v6_header[1] = (traffic_class & 0x0f) << 4;
    v6_header[4] = static_cast<std::uint8_t>(packet.packet.size() >> 8);
    v6_header[5] = static_cast<std::uint8_t>(packet.packet.size());
    v6_header[6] = packet.protocol;
    v6_header[7] = packet.hop_limit;
    std::ranges::copy(packet.source.octets, v6_header.begin() + 8);
    std::ranges::copy(packet.destination.octets, v6_header.begin() + 24);
    parts[count++] = {v6_header.data(), v6_header.size()};
  }
  parts[count++] = {const_cast<std::uint8_t*>(packet.packet.data()),
                    packet.packet.size()};  // NOLINT: only read
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.get());  // NOLINT: only read
  message.msg_namelen = to.size;
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (packet.destination.is_multicast() ? MSG_DONTROUTE : 0);
  for (;;) {
    if (::sendmsg(*fd, &message, flags) >= 0) return {};
    if (errno == EINTR) continue;
    const int code = errno;
    if (code == ENODEV || code == ENXIO) senders_.erase(key(packet.interface, packet.destination.family, 0));
    return std::unexpected(
        system_error(code, fmt::format("cannot send an advert from {} to {}", packet.source.to_string(),
                                       packet.destination.to_string())));
  }
}

}  // namespace runtime
