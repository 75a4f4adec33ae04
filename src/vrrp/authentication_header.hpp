// The IP authentication header between IP header and advert, as VRRP version 2 over IPv4 once had it: RFC 2338, section 5.3.6,
// with HMAC-MD5-96 (RFC 2402, RFC 2403). It proves that the sender knows the password and, by a sequence number, that the advert
// is not an old one. What is a new number is for the caller to say.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace vrrp {

inline constexpr std::size_t authentication_header_size = 24;
using AhKey = std::array<std::uint8_t, 8>;  // the password with zeros behind it

/// `ipv4_header` is complete but for its checksum: its protocol is 51, its length counts this header.
std::array<std::uint8_t, authentication_header_size> make_authentication_header(
    const AhKey& key, std::span<const std::uint8_t> ipv4_header, std::uint32_t sequence,
    std::span<const std::uint8_t> message);

/// Whether the header is one of ours and its digest fits. `header` has authentication_header_size octets.
bool is_authentic(const AhKey& key, std::span<const std::uint8_t> ipv4_header,
                  std::span<const std::uint8_t> header, std::span<const std::uint8_t> message);
std::uint32_t ah_sequence_of(std::span<const std::uint8_t> header);

}  // namespace vrrp
