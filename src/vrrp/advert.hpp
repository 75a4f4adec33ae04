// The VRRP advertisement as bytes: version 2 (RFC 3768, with the authentication of RFC 2338: PASS and AH) and
// version 3 (RFC 5798, RFC 9568), IPv4 and IPv6, with or without a signature behind it (signature.hpp). Decides whether a received packet may be obeyed at all, never
// what follows from it.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "net/ip_address.hpp"
#include "vrrp/config.hpp"
#include "vrrp/state.hpp"

namespace vrrp {

struct Advert {
  Version version = Version::v2;
  std::uint8_t vrid = 0;
  std::uint8_t priority = 0;  // 0: the sender resigns
  core::Duration interval{};  // never zero
  AuthType auth_type = AuthType::none;
  std::array<std::uint8_t, 8> auth_data{};  // version 2 over IPv4 only
  std::vector<net::IpAddress> addresses;    // in the sender's order

  friend bool operator==(const Advert&, const Advert&) = default;
};

/// What came in: an IP packet taken apart by who received it. The views live as long as the call that carries
/// them.
struct ReceivedPacket {
  net::IpAddress source;
  net::IpAddress destination;
  std::uint8_t hop_limit = 0;                 // TTL or hop limit
  std::uint8_t protocol = 112;                // 112 VRRP, 51 AH
  std::span<const std::uint8_t> ipv4_header;  // with options; empty for IPv6
  std::span<const std::uint8_t> payload;      // what follows the IP header
};

/// Why a packet is not obeyed. The checks are made in this order and the first failure is the one reported,
/// except that length also covers the length field of the IPv4 header, which is looked at after the type.
enum class ReceiveError : std::uint8_t {
  ip_header,      // the IPv4 header is not one
  unexpected_ah,  // AH where we expect none
  ah_missing,     // none where we expect it
  packet_length,
  ttl,  // not 255 by multicast, or outside the peer's window
  version,
  signature_missing,  // auth_hmac: these six
  signature_malformed,
  signature_stale,
  signature_unknown_key,
  signature_wrong,
  signature_replayed,
  auth_type_unknown,
  auth_type_mismatch,
  auth_failure,     // the password differs, or the digest made with it
  auth_replay,      // AH: the sequence number is not a new one
  advert_interval,  // version 2: not ours; version 3: zero
  type,             // not an advertisement
  checksum,
  unexpected_destination,  // multicast where unicast is agreed or the other way round, or another group
  unknown_peer,            // unicast from who is no peer, with check_unicast_src
};

/// What the checks need beyond the configuration, and what they find out.
struct ReceiveContext {
  std::optional<net::IpAddress> own_source{};  // where our own adverts come from
  std::optional<net::IpAddress> master{};      // who we follow: skip_check_adv_addr spares its address list
  /// In: the old unicast checksum has been learnt from a peer. Out: true from the first packet on that needs
  /// it; the instance then sends with ChecksumStyle::multicast_pseudo_header.
  bool old_unicast_checksum = false;
  /// With AH. In: the highest sequence number sent or accepted so far. Out, if the packet is obeyed: its own.
  std::uint32_t ah_sequence = 0;
  /// With auth_hmac: whose numbers were accepted so far, and the time on the wall.
  const SignatureMemory* signatures = nullptr;
  core::WallTime wall{};
  std::optional<SignatureNumber> signature_number{};  // out, if the packet is obeyed and has one

  // Remarks on an advert that is obeyed all the same; each call sets them anew.
  bool address_list_differs = false;
  bool interval_differs = false;  // version 3
  bool clocks_differ = false;     // its signature's time is half a window from ours
  bool from_own_address = false;  // our own packet came back, or somebody has our address
};

/// Whose advert it is; empty if the packet is too short to say.
std::optional<std::uint8_t> vrid_of(const ReceivedPacket& packet);

/// Everything that can be said about one packet without knowing the state of the router. The VRID is taken to
/// be ours.
std::expected<Advert, ReceiveError> receive(const Config& config, const ReceivedPacket& packet,
                                            ReceiveContext& context);

/// The counter that goes up by one.
std::uint64_t& rx_counter(Counters& counters, ReceiveError error);
/// A stable identifier for programs, "checksum", and a short sentence for people.
std::string_view receive_error_id(ReceiveError error);
std::string_view receive_error_text(ReceiveError error);

struct Outgoing {
  net::IpAddress source;
  net::IpAddress destination;
  std::uint8_t priority = 100;
  std::uint16_t ip_id = 1;  // IPv4 identification; the sender counts from 1 and leaves out 0
  ChecksumStyle checksum_style =
      ChecksumStyle::pseudo_header;      // of version 3 over IPv4; no other has a choice
  core::Duration interval{};             // of version 3; 0 = the configured one
  std::uint32_t ah_sequence = 1;         // with AH: above all that were sent or heard
  SignatureNumber signature_number = 1;  // with auth_hmac
};

/// IPv4: the whole IP packet. IPv6: what follows the IP header, which is for the sender to write.
std::vector<std::uint8_t> encode(const Config& config, const Outgoing& outgoing);

/// Adverts carry an IP authentication header, and so does what they are sent as: IPv4 protocol 51.
bool uses_authentication_header(const Config& config);

/// TTL or hop limit of an advert to `destination`, as encode() writes it and as the sender must write it for
/// IPv6.
std::uint8_t hop_limit_to(const Config& config, const net::IpAddress& destination);

/// The interval as a receiver reads it: whole seconds in version 2, hundredths in version 3.
core::Duration interval_on_wire(Version version, core::Duration interval);

}  // namespace vrrp
