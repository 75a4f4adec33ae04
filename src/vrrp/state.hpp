// What a virtual router is and was: its state, why it is in it, what it has counted. Values for logs, scripts, the control API
// and for a worker that resumes where another ended. The files say master and backup; RFC 9568 says Active and Backup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "net/ip_address.hpp"
#include "vrrp/signature.hpp"

namespace vrrp {

/// The numbers are those that dumps, D-Bus and SNMP have always shown. FAULT is "initialize, for a reason that will pass".
enum class State : std::uint8_t { initialize = 0, backup = 1, master = 2, fault = 3 };

/// Why a transition happened.
enum class Reason : std::uint8_t {
  none,
  started,                // → backup
  started_as_owner,       // → master without listening: priority 255
  master_silent,          // the master-down timer ran out
  master_resigned,        // a priority-0 advert, then nobody else
  preempted,              // we are worth more than the master we heard (timer ran out despite its adverts)
  higher_priority_heard,  // → backup
  equal_priority_higher_address,
  owner_conflict,      // two routers with priority 255
  second_master_gone,  // stayed master; announced again
  fault,               // → fault; Snapshot::faults says which
  fault_cleared,       // fault → backup
  paused,              // we slept longer than the others wait: listen before sending
  resumed,             // a new worker goes on as the one before it
  stopped,
  removed,            // a reload took the instance away
  reconfigured,       // a reload changed what only a restart of the router can take
  group_member_left,  // another member of the sync group is no longer master
};

/// What keeps a router in FAULT. Several may hold at once.
enum class FaultKind : std::uint8_t {
  interface_missing,
  interface_down,
  no_source_address,
  source_address_missing,  // a configured one, with track_src_ip
  no_unicast_peer,
  address_not_installed,  // the kernel refused one of the virtual addresses
  static_entry_missing,   // a static address, route or rule of a track_group the router is in
  cannot_listen,          // no socket to hear the others by
  tracker,                // what is tracked says so; `object` is the sentence
  group_member,           // another member of the sync group has a fault of its own
};

struct Fault {
  FaultKind kind = FaultKind::tracker;
  std::string object;  // interface, address or tracker it is about

  friend auto operator<=>(const Fault&, const Fault&) = default;
};

/// Every way in which a packet can be wrong, and what was right (A.4 of the compatibility notes has the order of checks).
struct Counters {
  std::uint64_t adverts_received = 0;
  std::uint64_t adverts_sent = 0;
  std::uint64_t became_master = 0;
  std::uint64_t released_master = 0;
  std::uint64_t packet_length_errors = 0;
  std::uint64_t version_errors = 0;
  std::uint64_t ttl_errors = 0;
  std::uint64_t checksum_errors = 0;
  std::uint64_t invalid_type_received = 0;
  std::uint64_t advert_interval_errors = 0;
  std::uint64_t address_list_errors = 0;
  std::uint64_t invalid_auth_type = 0;
  std::uint64_t auth_type_mismatch = 0;
  std::uint64_t auth_failures = 0;
  std::uint64_t signature_missing = 0;  // of auth_hmac, as are the next five
  std::uint64_t signature_malformed = 0;
  std::uint64_t signature_stale = 0;
  std::uint64_t signature_unknown_key = 0;
  std::uint64_t signature_wrong = 0;
  std::uint64_t signature_replayed = 0;
  std::uint64_t unexpected_source = 0;  // unicast from who is no peer, or multicast where unicast is agreed
  std::uint64_t own_packets = 0;        // our own advert came back: a loop or a duplicated address
  std::uint64_t priority_zero_received = 0;
  std::uint64_t priority_zero_sent = 0;
  std::uint64_t lower_priority_received = 0;
  std::uint64_t second_masters_seen = 0;    // episodes, not packets
  std::uint64_t discarded_not_running = 0;  // arrived in initialize or FAULT, or during the startup delay
  std::uint64_t send_errors = 0;
  std::uint64_t addresses_restored = 0;  // removed by somebody else, put back

  friend bool operator==(const Counters&, const Counters&) = default;
};

/// One summand of the effective priority: "100 base", "−50 chk_haproxy (exit 1, 3 of 3)".
struct PriorityPart {
  std::int32_t points = 0;
  std::string what;

  friend bool operator==(const PriorityPart&, const PriorityPart&) = default;
};

struct Transition {
  State from = State::initialize;
  State to = State::initialize;
  Reason reason = Reason::none;
  core::Time when{};
  std::uint8_t priority = 0;           // effective, ours
  std::optional<net::IpAddress> peer;  // whose advert (or silence) caused it
  std::uint8_t peer_priority = 0;
  std::string detail;  // faults named, lateness in words

  friend bool operator==(const Transition&, const Transition&) = default;
};

struct Snapshot {
  std::string name;
  std::string twin_of;  // the half of that one vrrp_instance that has its addresses of the other family
  std::string interface;
  net::Family family = net::Family::v4;
  std::uint8_t vrid = 0;
  std::uint8_t version = 2;
  State state = State::initialize;
  State wanted = State::initialize;
  Transition last;
  std::uint8_t base_priority = 0;
  std::uint8_t effective_priority = 0;
  std::vector<PriorityPart> priority_parts;
  std::vector<Fault> faults;
  std::optional<net::IpAddress> source;
  std::optional<net::IpAddress> master;  // who we follow; empty when master ourselves or nobody was heard yet
  std::uint8_t master_priority = 0;
  core::Duration master_interval{};  // what the current master advertises (version 3 learns it)
  core::Duration advert_interval{};
  core::Duration master_down{};                   // how long silence may last
  std::optional<core::Time> deadline;             // next advert as master, takeover as backup
  std::optional<core::Time> second_master_until;  // a second master was heard; forgotten at this time
  bool addresses_installed = false;
  bool old_unicast_checksum = false;  // learnt from a peer
  std::uint32_t ah_sequence = 0;      // with AH: the highest number sent or accepted
  SignatureMemory signatures;         // with auth_hmac
  Counters counters;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

/// "MASTER", "BACKUP", "FAULT", "INIT": the words of scripts, dumps and exporters.
std::string_view state_word(State state);
/// A short sentence for people: "the master fell silent".
std::string_view reason_text(Reason reason);
/// A stable identifier for programs: "master_silent".
std::string_view reason_id(Reason reason);
std::string fault_text(const Fault& fault);

}  // namespace vrrp
