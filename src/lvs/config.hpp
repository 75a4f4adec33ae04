// The virtual services an operator wants in the kernel's IPVS, as plain values: services, their groups of addresses, and the
// servers behind them. How servers are checked stands in check/config.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "net/ipvs.hpp"

namespace lvs {

using net::ipvs::Endpoint;
using net::ipvs::Forwarding;
using net::ipvs::Method;
using net::ipvs::Protocol;
using net::ipvs::Timeouts;
using net::ipvs::TunnelChecksum;
using net::ipvs::TunnelType;

struct FirewallMark {
  std::uint32_t mark = 0;
  std::optional<net::Family> family;

  friend auto operator<=>(const FirewallMark&, const FirewallMark&) = default;
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

  friend auto operator<=>(const GroupName&, const GroupName&) = default;
};

/// What the configuration calls a service; a group stands for many in the kernel.
using ServiceHeader = std::variant<Endpoint, FirewallMark, GroupName>;

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
  core::Duration drain_timeout{};  // weight 0 or removal leaves connections that long; 0 = not at all

  friend bool operator==(const ServerConfig&, const ServerConfig&) = default;
};

struct ServiceConfig {
  ServiceHeader key;
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

/// `lvs_data_plane`: what in the kernel carries connections to servers.
enum class DataPlaneChoice : std::uint8_t { automatic, ipvs, nftables };

/// One virtual_server with all that decides what the kernel is told.
struct ServicePlan {
  ServiceConfig service;
  std::vector<ServerConfig> servers;
  std::optional<Group> group;  // when service.key is its name

  friend bool operator==(const ServicePlan&, const ServicePlan&) = default;
};

struct DirectorConfig {
  std::vector<ServicePlan> services;
  Timeouts timeouts;
  std::optional<SyncDaemon> sync;
  std::optional<std::uint8_t> sync_id;  // the VRID of the instance sync daemons follow
  bool flush = false;
  FlushOnStop flush_on_stop = FlushOnStop::no;
  bool initial_server_states = false;  // `rs_init_notifies`: servers that start fit are reported, too

  friend bool operator==(const DirectorConfig&, const DirectorConfig&) = default;
};

}  // namespace lvs
