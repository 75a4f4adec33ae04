// The kernel's IPVS over generic netlink (family "IPVS", version 1): bytes ↔ values. Requests are appended to one buffer, so that
// thousands leave in one system call; answers carry the sequence number of what they answer. Opens no socket.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <variant>

#include "net/ipvs.hpp"
#include "netlink/message.hpp"
#include "netlink/request.hpp"

namespace netlink::ipvs {

inline constexpr std::string_view family_name = "IPVS";

/// Asks generic netlink for the number of a family; the answer is FamilyFound, or Outcome ENOENT.
void append_get_family(Buffer& into, std::uint32_t sequence, std::string_view name);

/// `family` is the number the kernel gave to IPVS. Answered in any case by an Outcome if `acknowledge` says so.
void append(Buffer& into, std::uint32_t sequence, std::uint16_t family, const net::ipvs::Command& command,
            Acknowledge acknowledge);

void append_list_services(Buffer& into, std::uint32_t sequence, std::uint16_t family);
void append_list_destinations(Buffer& into, std::uint32_t sequence, std::uint16_t family,
                              const net::ipvs::ServiceKey& service);
void append_list_daemons(Buffer& into, std::uint32_t sequence, std::uint16_t family);
void append_get_timeouts(Buffer& into, std::uint32_t sequence, std::uint16_t family);
void append_get_info(Buffer& into, std::uint32_t sequence, std::uint16_t family);

struct FamilyFound {
  std::uint16_t id = 0;
  friend bool operator==(const FamilyFound&, const FamilyFound&) = default;
};
/// Without its destinations: they are listed for each service.
struct ServicePresent {
  net::ipvs::ListedService service;
  friend bool operator==(const ServicePresent&, const ServicePresent&) = default;
};
struct DestinationPresent {
  net::ipvs::ListedDestination destination;
  friend bool operator==(const DestinationPresent&, const DestinationPresent&) = default;
};
struct DaemonPresent {
  net::ipvs::Daemon daemon;
  friend bool operator==(const DaemonPresent&, const DaemonPresent&) = default;
};
struct TimeoutsPresent {
  net::ipvs::Timeouts timeouts;
  friend bool operator==(const TimeoutsPresent&, const TimeoutsPresent&) = default;
};
struct InfoPresent {
  std::uint32_t version = 0;  // 1.2.1 is 0x010201
  std::uint32_t connection_table_size = 0;
  friend bool operator==(const InfoPresent&, const InfoPresent&) = default;
};

struct Message {
  std::uint32_t sequence = 0;
  std::variant<Other, FamilyFound, ServicePresent, DestinationPresent, DaemonPresent, TimeoutsPresent,
               InfoPresent, Outcome, DumpDone, Overrun>
      content;
};

/// Walks the messages of one datagram; after an error it is at its end.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> datagram) : reader_(datagram) {}

  bool at_end() const { return reader_.at_end(); }
  std::expected<Message, Damage> next();

 private:
  EnvelopeReader reader_;
};

}  // namespace netlink::ipvs
