// What the failover engine hears and wants of BFD (RFC 5880), as values. Part of failover.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bfd/packet.hpp"
#include "bfd/session.hpp"
#include "core/result.hpp"
#include "net/interface.hpp"
#include "net/ip_address.hpp"

namespace engine {

namespace event {

/// A UDP datagram for port 3784, or 4784 (`multihop`). The view lives as long as the call.
struct BfdPacketReceived {
  net::IpAddress source;
  net::IpAddress destination;
  std::uint8_t hop_limit = 0;
  bool multihop = false;
  std::span<const std::uint8_t> payload;
};
/// The packet of a SendBfdPacket action could not be sent, or the socket of a session not be opened.
struct BfdSendFailed {
  std::uint32_t session = 0;
  core::Error error;
};

}  // namespace event

namespace action {

/// The BFD sessions there are from now on, complete each time the list changes. Each sends from one UDP port of its own.
struct OpenBfdSessions {
  struct Endpoint {
    std::uint32_t session = 0;
    std::optional<net::IpAddress> source;  // empty: the routing table chooses
    net::IpAddress neighbour;
    std::uint8_t hop_limit = 255;
    bool multihop = false;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
  };
  std::vector<Endpoint> sessions;
};
struct SendBfdPacket {
  std::uint32_t session = 0;
  std::array<std::uint8_t, bfd::packet_size> packet{};
};
/// A BFD session changed its state, or is called unreachable although it did not.
struct ReportBfdChange {
  std::string session;
  bfd::Change change;
};

}  // namespace action

}  // namespace engine
