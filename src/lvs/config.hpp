// The virtual services an operator wants in the kernel's IPVS, as plain values: services, their groups of addresses, and the
// servers behind them. How servers are checked stands in check/config.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "net/ip_address.hpp"

namespace lvs {

enum class Protocol : std::uint8_t { none = 0, tcp = 6, udp = 17, sctp = 132 };
enum class Method : std::uint8_t { nat, direct, tunnel };
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
  net::IpAddress address;
  std::uint16_t port = 0;  // 0 = any

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

struct FirewallMark {
  std::uint32_t mark = 0;
  std::optional<net::Family> family;

  friend bool operator==(const FirewallMark&, const FirewallMark&) = default;
};

/// Addresses `first` to `last`, both included, on one port.
struct AddressRange {
  net::IpAddress first, last;
  std::uint16_t port = 0;

  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

struct Group {
  std::string name;
  std::vector<AddressRange> ranges;
  std::vector<FirewallMark> marks;

  friend bool operator==(const Group&, const Group&) = default;
};

struct GroupName {
  std::string name;

  friend bool operator==(const GroupName&, const GroupName&) = default;
};

using ServiceKey = std::variant<Endpoint, FirewallMark, GroupName>;

struct SorryServer {
  Endpoint endpoint;
  std::optional<Forwarding> forwarding;  // empty: the service's
  bool inhibit = false;

  friend bool operator==(const SorryServer&, const SorryServer&) = default;
};

struct ServerConfig {
  Endpoint endpoint;
  std::uint32_t weight = 1;
  Forwarding forwarding;
  std::uint32_t upper_threshold = 0;  // connections; 0 = none
  std::uint32_t lower_threshold = 0;
  bool inhibit_on_failure = false;
  bool alpha = false;
  bool smtp_alert = true;
  std::string virtual_host;
  std::string snmp_name;

  friend bool operator==(const ServerConfig&, const ServerConfig&) = default;
};

struct ServiceConfig {
  ServiceKey key;
  std::optional<net::Family> family;
  Protocol protocol = Protocol::udp;
  std::string scheduler = "wlc";
  bool one_packet = false;
  bool flag_1 = false;  // sh-fallback, mh-fallback
  bool flag_2 = false;  // sh-port, mh-port
  bool flag_3 = false;
  Forwarding forwarding;
  std::string persistence_engine;
  std::uint32_t persistence_seconds = 0;               // 0 = not persistent
  std::optional<net::Prefix> persistence_granularity;  // only its length counts; empty = single hosts
  bool suspend_without_address = false;                // ha_suspend
  bool alpha = false;
  bool omega = false;
  bool smtp_alert = false;
  std::uint32_t quorum = 1;      // weight units
  std::uint32_t hysteresis = 0;  // weight units, below quorum
  std::optional<SorryServer> sorry;
  std::string virtual_host;
  std::string snmp_name;

  friend bool operator==(const ServiceConfig&, const ServiceConfig&) = default;
};

/// `lvs_timeouts`, seconds; 0 = leave the kernel's value.
struct Timeouts {
  std::uint32_t tcp = 0;
  std::uint32_t tcp_fin = 0;
  std::uint32_t udp = 0;

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

/// `lvs_sync_daemon`.
struct SyncDaemon {
  std::string interface;
  std::string instance;  // whose state decides between master and backup daemon; empty: both run
  std::optional<std::uint8_t> id;
  std::optional<std::uint16_t> max_length, port;
  std::optional<std::uint8_t> ttl;
  std::optional<net::IpAddress> group;

  friend bool operator==(const SyncDaemon&, const SyncDaemon&) = default;
};

enum class FlushOnStop : std::uint8_t { no, everything, own_services };

}  // namespace lvs
