// The packets of one advert, one a destination, kept from one sending to the next: an advert is the same as the one before but
// for the identification of its IPv4 header and the checksum over that. With AH or auth_hmac nothing is kept: each packet is signed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/failover.hpp"
#include "net/interface.hpp"
#include "net/ip_address.hpp"
#include "vrrp/advert.hpp"
#include "vrrp/config.hpp"

namespace engine {

class AdvertPackets {
 public:
  struct Origin {
    net::InterfaceIndex interface;
    net::IpAddress source;
    std::uint8_t priority = 0;
    bool old_unicast_checksum = false;           // learnt from a peer
    core::Duration interval{};                   // 0 = the configured one
    std::uint32_t ah_sequence = 0;               // with AH; 0 = without
    vrrp::SignatureNumber signature_number = 0;  // with auth_hmac; 0 = without

    friend bool operator==(const Origin&, const Origin&) = default;
  };

  /// One advert to everybody it concerns.
  void send(const vrrp::Config& config, const Origin& origin, Actions& out);
  /// The configuration changed.
  void forget() { prepared_.clear(); }

 private:
  struct Prepared {
    net::IpAddress destination;
    std::uint8_t hop_limit = 255;
    std::vector<std::uint8_t> packet;  // IPv4: with identification 0
  };

  void prepare(const vrrp::Config& config, const Origin& origin);

  std::vector<Prepared> prepared_;
  Origin origin_;
  std::uint16_t last_id_ = 0;  // all peers of an advert share one
};

}  // namespace engine
