// What is being built while a configuration is read: model structs with the few things beside them that only matter until
// everything is known (what was written out, where, what is still to be looked up).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/interpreter.hpp"
#include "config/model.hpp"
#include "config/tree.hpp"

namespace config {

/// Top-level blocks wait here until everything they may refer to has been read: order in the file does not matter.
struct RootDraft {
  Globals* globals = nullptr;
  std::vector<const Statement*> global_defs, track_groups, static_addresses, static_routes, static_rules,
      sync_groups, garp_groups, linkbeat, instances, scripts, processes, interface_delays, tls,
      service_groups, services, bfd, files;
};

/// A line of `track_*`.
struct ReferenceDraft {
  track::Reference reference;
  Word name;
};

struct PeerDraft {
  vrrp::UnicastPeer peer;
  bool ttl_given = false;
  Word word;
};

struct AddressDraft {
  vrrp::VirtualAddress address;
  std::string track_group;
  Word track_group_word;
  bool device_given = false;
  bool lifetime_given = false;
  Word word;  // the address
};

struct RouteDraft {
  net::Route route;
  bool destination_given = false;
  std::optional<net::Family> family;
  std::optional<net::IpAddress> second_gateway;  // `or`
  Word track_group_word;
  Word word;
};

struct NextHopDraft {
  net::NextHop hop;
  std::optional<net::Family> family;
};

struct RuleDraft {
  net::Rule rule;
  std::optional<net::Family> family;
  bool action_given = false;
  Word track_group_word;
  Word word;
};

struct AuthenticationDraft {
  std::optional<vrrp::AuthType> type;
  std::string password;
  Given given;
};

struct HmacDraft {
  vrrp::SignatureConfig config;
  std::optional<std::uint32_t> window;
};

/// An address that may be written once for IPv4 and once for IPv6.
struct PerFamily {
  std::optional<net::IpAddress> v4, v6;

  std::optional<net::IpAddress>& of(net::Family family) { return family == net::Family::v4 ? v4 : v6; }
  void set(const net::IpAddress& address) { of(address.family) = address; }
};

struct InstanceDraft : Instance {
  Word name;
  std::optional<bool> state_master;
  std::optional<std::uint8_t> priority;
  std::optional<vrrp::Version> version;
  std::optional<bool> accept_written;
  std::optional<bool> owner_ignore_written;
  PerFamily source, multicast_destination;  // the twin has its own
  bool native_ipv6 = false;
  bool no_virtual_addresses = false;
  std::vector<PeerDraft> peer_lines;
  std::vector<AddressDraft> addresses, excluded;
  std::vector<ReferenceDraft> tracker_lines;
  std::optional<AuthenticationDraft> authentication;
  std::optional<HmacDraft> hmac_draft;
  Given given;
};

struct SyncGroupDraft : SyncGroup {
  std::vector<std::pair<std::string, Word>> member_words;
  std::vector<ReferenceDraft> tracker_lines;
};

struct TrackGroupDraft : TrackGroup {
  std::vector<std::pair<std::string, Word>> member_words;
};

struct ScriptDraft : Script {
  std::optional<notify::Command> written;
  std::optional<core::Duration> timeout;
  std::optional<Account> account;
};

struct ProcessDraft : track::ProcessConfig {
  std::optional<track::ParameterMatch> match_word;
};

struct BfdDraft : bfd::Config {
  std::optional<net::IpAddress> neighbour_written;
  std::optional<bool> only_vrrp, only_checkers;
};

/// Timing as written at some level: service, server or checker.
struct TimingDraft {
  std::optional<core::Duration> delay_loop, delay_before_retry, warmup, connect_timeout;
  std::optional<core::Duration> check_timeout, delay_unconfirmed;
  std::optional<std::uint32_t> retry, rise;
};

/// Where a checker connects, as far as it was written.
struct TargetDraft {
  std::optional<net::IpAddress> address, bind_address;
  std::optional<std::uint16_t> port;
  std::uint16_t bind_port = 0;
  std::string bind_interface;
  std::uint32_t mark = 0;
};

/// A `host` block of SMTP_CHECK.
struct HostDraft {
  TargetDraft target;
  TimingDraft timing;
  std::optional<bool> alpha, log_all_failures;
};

struct CheckerDraft {
  check::Config config;
  Word word;
  TimingDraft timing;
  std::optional<bool> alpha, log_all_failures;
  TargetDraft target;
  std::optional<notify::Command> command;  // misc_path
  std::optional<Account> account;
  Word reference;  // of FILE_CHECK and BFD_CHECK: what they name
  check::Udp udp;
  check::Dns dns;
  bool dns_name_given = false;
  check::Misc misc;
  check::Smtp smtp;
  check::File file;
  check::Bfd session;
  check::Http http;
  check::Redis redis;
  std::vector<HostDraft> hosts;
  Given given;
};

struct ServerDraft : RealServer {
  Word word;
  TimingDraft timing;
  std::optional<std::uint32_t> weight;
  std::optional<bool> inhibit, alpha, smtp_alert;
  std::optional<core::Duration> drain_timeout;
  std::optional<lvs::Forwarding> forwarding;
  std::optional<std::string> virtual_host;
  std::vector<CheckerDraft> checker_drafts;
};

struct ServiceDraft : VirtualServer {
  Word word;
  TimingDraft timing;
  std::uint32_t default_weight = 1;
  bool inhibit = false;
  core::Duration drain_timeout{};
  std::optional<bool> smtp_alert;
  bool scheduler_written = false, method_written = false, protocol_written = false;
  bool sorry_written = false;
  std::optional<Word> sh_flag, mh_flag;  // where sh-… and mh-… stand
  std::vector<ServerDraft> server_drafts;
  Given given;
};

}  // namespace config
