// What the configuration says of one virtual router (RFC 3768 for version 2, RFC 9568 for version 3), as plain values with
// their defaults. Nothing here decides anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "net/interface.hpp"
#include "net/ip_address.hpp"

namespace vrrp {

using std::chrono_literals::operator""s;

enum class Version : std::uint8_t { v2 = 2, v3 = 3 };

/// Numbers of the authentication type field of VRRP version 2 (RFC 2338, section 5.3.6).
enum class AuthType : std::uint8_t { none = 0, pass = 1, ah = 2 };

/// How the checksum of an IPv4 version 3 advert is summed. RFC 5798 is read by most routers as "with pseudo-header";
/// RFC 9568 says without. `multicast_pseudo_header` is what old keepalived did for unicast peers.
enum class ChecksumStyle : std::uint8_t { pseudo_header, no_pseudo_header, multicast_pseudo_header };

/// One address line. `interface` is a name: it may not exist yet.
struct VirtualAddress {
  net::InterfaceAddress address;  // address.interface is filled in by who knows the index
  std::string interface;          // `dev`; empty = the instance's
  bool track = true;              // false with `no_track`: nobody cares if it goes away
  bool use_vmac = false;

  friend bool operator==(const VirtualAddress&, const VirtualAddress&) = default;
};

struct UnicastPeer {
  net::IpAddress address;
  std::uint8_t min_ttl = 0;  // accepted TTL or hop limit on receipt, both ends included
  std::uint8_t max_ttl = 255;

  friend bool operator==(const UnicastPeer&, const UnicastPeer&) = default;
};

/// The plan of gratuitous ARP and unsolicited neighbour advertisements (behaviour of `garp_*`).
struct AnnouncementConfig {
  core::Duration master_delay = 5s;         // until the second burst; 0 = none
  std::uint32_t master_repeat = 5;          // rounds in each burst after becoming master
  core::Duration master_refresh{};          // 0 = off
  std::uint32_t master_refresh_repeat = 1;  // rounds a refresh
  core::Duration lower_prio_delay = 5s;
  std::uint32_t lower_prio_repeat = 5;      // 0 = none
  core::Duration extra_interfaces_every{};  // `garp_extra_if`; 0 = off
  bool extra_interfaces_all = false;        // with `all`: not only our own VMACs

  friend bool operator==(const AnnouncementConfig&, const AnnouncementConfig&) = default;
};

/// One key of `auth_hmac`. All that are listed are believed, one signs.
struct SigningKey {
  std::uint8_t id = 0;  // 1..255
  std::string secret;   // 32..64 octets

  friend bool operator==(const SigningKey&, const SigningKey&) = default;
};

/// What becomes of adverts without a signature, and whether ours have one. A wrong signature is never accepted.
enum class SignatureMode : std::uint8_t { enforce, permissive, receive_only };

/// `auth_hmac`.
struct SignatureConfig {
  std::vector<SigningKey> keys;
  std::uint8_t active_key = 0;
  std::uint32_t window_seconds = 5;
  bool monotonic = false;  // anti_replay monotonic rather than time: clocks need not agree
  SignatureMode mode = SignatureMode::enforce;

  bool signs() const { return mode != SignatureMode::receive_only; }
  friend bool operator==(const SignatureConfig&, const SignatureConfig&) = default;
};

struct Config {
  std::string name;
  std::string interface;  // empty: unicast without an interface
  std::string vrf;
  net::Family family = net::Family::v4;
  std::uint8_t vrid = 0;  // 1..255
  Version version = Version::v2;
  std::uint8_t priority = 100;        // 1..255; 255 owns the addresses
  bool start_as_master = false;       // `state MASTER`: only an owner really starts so
  bool state_backup_written = false;  // `state BACKUP`: an owner waits like anybody else
  core::Duration advert_interval = 1s;
  std::uint32_t down_timer_adverts = 3;  // adverts missed before the master counts as down
  bool preempt = true;
  core::Duration preempt_delay{};
  bool strict = false;
  bool accept = true;  // false: a firewall keeps packets from the addresses (RFC 9568 Accept_Mode)

  // Where adverts go and what they look like.
  std::optional<net::IpAddress> source;  // `mcast_src_ip`, `unicast_src_ip`; else the interface's own
  bool track_source = false;             // FAULT while a configured source is missing
  net::IpAddress multicast_group;        // destination unless unicast
  bool unicast = false;                  // unicast was asked for, perhaps without a peer
  bool unicast_fault_no_peer = false;
  std::vector<UnicastPeer> peers;
  std::optional<std::uint8_t> unicast_ttl;  // default 255 for IPv4, the kernel's 64 for IPv6
  bool check_unicast_source = false;        // drop adverts from who is no peer
  ChecksumStyle checksum = ChecksumStyle::pseudo_header;
  bool detect_old_unicast_checksum = true;  // switch to the old style when a peer uses it
  AuthType auth_type = AuthType::none;
  std::string auth_pass;  // at most 8 octets count
  std::optional<SignatureConfig> signature;

  // Received adverts.
  bool skip_check_advert_addresses = false;  // not when the sender is the current master
  bool lower_prio_no_advert = false;
  bool higher_prio_send_advert = false;
  bool owner_ignore_adverts = false;
  bool reannounce_after_second_master = true;  // contract S2; strict mode turns it off
  std::optional<std::uint8_t> timer_expired_backup;
  std::uint32_t receive_buffer = 0;  // octets; 0 = the system's default

  std::vector<VirtualAddress> addresses;           // advertised, in this order
  std::vector<VirtualAddress> excluded_addresses;  // owned, never advertised, of any family
  AnnouncementConfig announcements;

  bool in_sync_group = false;  // the group decides when it may become master
  bool track_primary = true;   // the instance's own interface going down is a fault
  bool promote_secondaries = false;

  bool owner() const { return priority == 255; }
  bool multicast() const { return !unicast || (peers.empty() && !unicast_fault_no_peer); }

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace vrrp
