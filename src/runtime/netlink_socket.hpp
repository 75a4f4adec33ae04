// A netlink socket of any protocol: opened, written to, read datagram by datagram. Who speaks over it: netlink_io.hpp (links,
// addresses, routes) and ipvs_plane.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "runtime/fd.hpp"

namespace runtime {

/// Size of a socket's receive buffer; 0 = `fallback` octets. Beyond the system's limit only if `force` and CAP_NET_ADMIN allow.
struct BufferSize {
  std::uint32_t octets = 0;
  bool force = false;
};

/// Non-blocking; `protocol` as NETLINK_ROUTE.
core::Result<Fd> open_netlink_socket(int protocol, std::uint32_t groups, BufferSize size,
                                     std::uint32_t fallback);

core::Result<> send_netlink(int fd, std::span<const std::uint8_t> bytes);

/// One datagram, or an errno. Only the kernel (port 0) is believed: any process may send to our port.
struct NetlinkDatagram {
  std::span<const std::uint8_t> bytes;
  int error = 0;
};
NetlinkDatagram receive_datagram(int fd, std::vector<std::uint8_t>& buffer);

bool nothing_waits(int error);

}  // namespace runtime
