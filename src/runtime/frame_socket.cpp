#include "runtime/frame_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include "runtime/system_error.hpp"

namespace runtime {

namespace {

constexpr std::size_t ether_type_offset = 12;

sockaddr_ll destination_of(const engine::action::SendFrame& frame) {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(frame.interface.value);
  to.sll_halen = ETHER_ADDR_LEN;
  if (frame.frame.size() >= ETHER_HDR_LEN) {
    std::memcpy(to.sll_addr, frame.frame.data(), ETHER_ADDR_LEN);
    std::memcpy(&to.sll_protocol, frame.frame.data() + ether_type_offset, sizeof to.sll_protocol);
  }
  return to;
}

}  // namespace

core::Result<FrameSocket> FrameSocket::open() {
  // Protocol 0: nothing that passes by is copied to us.
  Fd fd{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd)
    return std::unexpected(last_error("cannot open a packet socket for gratuitous ARP", "CAP_NET_RAW"));
  return FrameSocket{std::move(fd)};
}

FrameSocket::Sent FrameSocket::send(std::span<const engine::action::SendFrame* const> frames) {
  std::array<mmsghdr, batch_limit> headers{};
  std::array<iovec, batch_limit> parts{};
  std::array<sockaddr_ll, batch_limit> names{};
  const std::size_t count = std::min(frames.size(), batch_limit);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& frame = frames[i]->frame;
    parts[i] = {const_cast<std::uint8_t*>(frame.data()), frame.size()};  // NOLINT: only read
    names[i] = destination_of(*frames[i]);
    msghdr& header = headers[i].msg_hdr;
    header.msg_name = &names[i];
    header.msg_namelen = sizeof names[i];
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
  }
  const int sent = ::sendmmsg(fd_.get(), headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
  // An error of a later frame is told when it is the first of the next call.
  if (sent > 0) return {static_cast<std::size_t>(sent), false, std::nullopt};
  if (errno == ENOBUFS || errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOMEM)
    return {0, true, std::nullopt};
  if (errno == EINTR) return {0, false, std::nullopt};
  return {1, false,
          last_error(fmt::format("cannot send an announcement on interface {}", frames[0]->interface.value))};
}

}  // namespace runtime
