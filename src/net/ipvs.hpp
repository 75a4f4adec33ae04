// Entries of the kernel's table of virtual services (IPVS) as plain values: what the configuration wants, what lvs/ decides
// and what netlink/ makes messages of. Numbers are those of the kernel's <linux/ip_vs.h>. Nothing here decides anything.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/boxed.hpp"
#include "net/ip_address.hpp"

namespace net::ipvs {

enum class Protocol : std::uint8_t { none = 0, tcp = 6, udp = 17, sctp = 132 };
enum class Method : std::uint8_t {
  nat = 0,
  local = 1,  // heard only: the server is this machine, whatever was asked for
  tunnel = 2,
  direct = 3,
};
enum class TunnelType : std::uint8_t { ipip = 0, gue = 1, gre = 2 };
enum class TunnelChecksum : std::uint8_t { none = 0, full = 1, remote = 2 };

/// How packets reach a server.
struct Forwarding {
  Method method = Method::nat;
  TunnelType tunnel = TunnelType::ipip;
  std::uint16_t tunnel_port = 0;  // GUE only
  TunnelChecksum checksum = TunnelChecksum::none;

  friend bool operator==(const Forwarding&, const Forwarding&) = default;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;  // 0 = any

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// Which packets a service is for: those to an address, or those with a firewall mark.
struct ServiceKey {
  Family family = Family::v4;
  std::uint32_t mark = 0;              // 0 = by address
  Protocol protocol = Protocol::none;  // none with a mark
  Endpoint endpoint;                   // not used with a mark

  static ServiceKey of(Protocol protocol, const Endpoint& endpoint) {
    return {endpoint.address.family, 0, protocol, endpoint};
  }
  static ServiceKey of_mark(std::uint32_t mark, Family family) {
    return {family, mark, Protocol::none, {IpAddress::any(family), 0}};
  }

  friend auto operator<=>(const ServiceKey&, const ServiceKey&) = default;
};

/// What a service has beside its key.
struct ServiceSettings {
  std::string scheduler = "wlc";
  bool persistent = false;
  bool one_packet = false;
  bool flag_1 = false;  // sh-fallback, mh-fallback
  bool flag_2 = false;  // sh-port, mh-port
  bool flag_3 = false;
  std::uint32_t timeout_seconds = 0;        // of persistence
  std::optional<std::uint8_t> mask_length;  // of persistence; empty = single hosts
  std::string persistence_engine;

  friend bool operator==(const ServiceSettings&, const ServiceSettings&) = default;
};

struct Destination {
  Endpoint endpoint;
  Forwarding forwarding;
  std::uint32_t weight = 1;
  std::uint32_t upper_threshold = 0;  // connections; 0 = none
  std::uint32_t lower_threshold = 0;

  friend bool operator==(const Destination&, const Destination&) = default;
};

struct Statistics {
  std::uint64_t connections = 0, packets_in = 0, packets_out = 0, octets_in = 0, octets_out = 0;
  std::uint64_t connections_per_second = 0, packets_in_per_second = 0, packets_out_per_second = 0;
  std::uint64_t octets_in_per_second = 0, octets_out_per_second = 0;

  friend bool operator==(const Statistics&, const Statistics&) = default;
};

struct ListedDestination {
  Destination destination;
  std::uint32_t active = 0;      // connections that carry data
  std::uint32_t inactive = 0;    // opening, closing, or of a protocol without connections
  std::uint32_t persistent = 0;  // clients remembered
  Statistics statistics;

  friend bool operator==(const ListedDestination&, const ListedDestination&) = default;
};

struct ListedService {
  ServiceKey key;
  ServiceSettings settings;
  Statistics statistics;
  std::vector<ListedDestination> destinations;

  friend bool operator==(const ListedService&, const ListedService&) = default;
};

/// Everything a data plane holds, in no particular order.
using Listing = std::vector<ListedService>;

/// `lvs_timeouts`, seconds; 0 = leave the kernel's value.
struct Timeouts {
  std::uint32_t tcp = 0;
  std::uint32_t tcp_fin = 0;
  std::uint32_t udp = 0;

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

/// The kernel's connection synchronisation: a master daemon tells, a backup daemon listens.
enum class DaemonRole : std::uint8_t { master = 1, backup = 2 };

struct Daemon {
  DaemonRole role = DaemonRole::backup;
  std::string interface;
  std::uint8_t id = 0;
  std::optional<std::uint16_t> max_length, port;
  std::optional<std::uint8_t> ttl;
  std::optional<IpAddress> group;

  friend bool operator==(const Daemon&, const Daemon&) = default;
};

/// One change of the table. They are made in the order they stand in.
namespace command {
struct AddService {
  ServiceKey key;
  core::Boxed<ServiceSettings> settings;  // of all commands few have any
  friend bool operator==(const AddService&, const AddService&) = default;
};
struct EditService {
  ServiceKey key;
  core::Boxed<ServiceSettings> settings;
  friend bool operator==(const EditService&, const EditService&) = default;
};
/// With everything behind it.
struct RemoveService {
  ServiceKey key;
  friend bool operator==(const RemoveService&, const RemoveService&) = default;
};
struct AddDestination {
  ServiceKey service;
  Destination destination;
  friend bool operator==(const AddDestination&, const AddDestination&) = default;
};
struct EditDestination {
  ServiceKey service;
  Destination destination;
  friend bool operator==(const EditDestination&, const EditDestination&) = default;
};
struct RemoveDestination {
  ServiceKey service;
  Endpoint endpoint;
  friend bool operator==(const RemoveDestination&, const RemoveDestination&) = default;
};
/// Of every service, whoever made it.
struct Flush {
  friend bool operator==(const Flush&, const Flush&) = default;
};
struct SetTimeouts {
  Timeouts timeouts;
  friend bool operator==(const SetTimeouts&, const SetTimeouts&) = default;
};
struct StartDaemon {
  Daemon daemon;
  friend bool operator==(const StartDaemon&, const StartDaemon&) = default;
};
struct StopDaemon {
  Daemon daemon;
  friend bool operator==(const StopDaemon&, const StopDaemon&) = default;
};
}  // namespace command

using Command = std::variant<command::AddService, command::EditService, command::RemoveService,
                             command::AddDestination, command::EditDestination, command::RemoveDestination,
                             command::Flush, command::SetTimeouts, command::StartDaemon, command::StopDaemon>;
using Commands = std::vector<Command>;

std::string_view to_string(Protocol protocol);    // "tcp", "none"
std::string_view to_string(Method method);        // "NAT", "DR", "TUN"
std::string to_string(const Endpoint& endpoint);  // 192.0.2.1:80, [2001:db8::1]:80
std::string to_string(const ServiceKey& key);     // tcp 192.0.2.1:80, fwmark 5, fwmark 5 inet6
std::string to_string(const Command& command);    // for logs: "add 10.0.0.1:80 to tcp 192.0.2.1:80"

}  // namespace net::ipvs
