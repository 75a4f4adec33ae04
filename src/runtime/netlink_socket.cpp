#include "runtime/netlink_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "runtime/system_error.hpp"

namespace runtime {

core::Result<Fd> open_netlink_socket(int protocol, std::uint32_t groups, BufferSize size,
                                     std::uint32_t fallback) {
  Fd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)};
  if (!fd) return std::unexpected(last_error("cannot open a netlink socket"));
  const std::uint32_t octets = size.octets != 0 ? size.octets : fallback;
  if (octets != 0) {
    const int value = static_cast<int>(std::min<std::uint32_t>(octets, INT32_MAX / 2));
    const bool force = size.force || size.octets == 0;
    if (!force || ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &value, sizeof value) != 0) {
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &value, sizeof value);
    }
  }
  // Kernels before 4.12 know neither; all that is missing then is the explanation in words.
  const int on = 1;
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  local.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) {  // NOLINT: the sockets API
    return std::unexpected(last_error("cannot bind a netlink socket"));
  }
  return fd;
}

NetlinkDatagram receive_datagram(int fd, std::vector<std::uint8_t>& buffer) {
  for (;;) {
    sockaddr_nl from{};
    iovec part{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t size = ::recvmsg(fd, &header, MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return {{}, errno};
    if (from.nl_pid != 0) continue;
    // A datagram that did not fit is one that was lost.
    if ((header.msg_flags & MSG_TRUNC) != 0) return {{}, ENOBUFS};
    return {{buffer.data(), static_cast<std::size_t>(size)}, 0};
  }
}

bool nothing_waits(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

core::Result<> send_netlink(int fd, std::span<const std::uint8_t> bytes) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  for (;;) {
    const ssize_t sent = ::sendto(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&kernel),
                                  sizeof kernel);  // NOLINT: the sockets API
    if (sent >= 0) return {};
    if (errno != EINTR) return std::unexpected(last_error("cannot ask the kernel over netlink"));
  }
}

}  // namespace runtime
