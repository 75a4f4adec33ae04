// A whole configuration as typed values: what every word meant, defaults applied, inheritance resolved. It does not know where
// anything was written; that ends with the diagnostics. Features that nothing acts on yet have their values here all the same.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bfd/config.hpp"
#include "check/config.hpp"
#include "config/process_settings.hpp"
#include "core/rare.hpp"
#include "core/shared.hpp"
#include "core/time.hpp"
#include "lvs/config.hpp"
#include "net/interface.hpp"
#include "net/route.hpp"
#include "notify/config.hpp"
#include "notify/mail_config.hpp"
#include "track/config.hpp"
#include "vrrp/config.hpp"

namespace config {

using std::chrono_literals::operator""s;

/// An account scripts run as. `name` is empty for the daemon's own.
struct Account {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> supplementary_groups;

  friend bool operator==(const Account&, const Account&) = default;
};

/// Where the daemon lives and leaves its files.
struct DaemonSettings {
  std::string instance;                           // `instance NAME`: several daemons on one host
  std::string net_namespace;                      // empty = ours
  std::optional<std::string> net_namespace_ipvs;  // written and empty = the default namespace
  bool namespace_with_ipsets = false;
  bool use_pid_directory = false;               // forced on by `instance` and `net_namespace`
  core::Duration child_wait_time = 5s;          // at shutdown, before SIGKILL
  std::optional<std::uint32_t> file_mode_mask;  // umask
  std::optional<notify::Command> startup_script, shutdown_script;
  core::Duration startup_script_timeout = 10s;
  core::Duration shutdown_script_timeout = 10s;
  bool data_use_instance = false;
  std::uint32_t json_version = 1;
  std::string state_dump_file, stats_dump_file, json_dump_file;  // empty = below TMPDIR or /tmp
  std::string save_directory;                                    // config_save_dir
  std::optional<std::uint32_t> random_seed;

  friend bool operator==(const DaemonSettings&, const DaemonSettings&) = default;
};

struct ReloadSettings {
  bool check_first = false;  // reload_check_config
  std::string check_log;     // empty = nowhere
  std::string time_file;     // reload_time_file
  bool repeat = false;
  bool mark_file = false;      // reload_file
  std::string mark_file_path;  // empty = keepalived.reload in the pid directory

  friend bool operator==(const ReloadSettings&, const ReloadSettings&) = default;
};

struct NetlinkBuffers {
  std::uint32_t command = 0;  // octets; 0 = the kernel's default
  bool command_force = false;
  std::uint32_t monitor = 0;
  bool monitor_force = false;

  friend bool operator==(const NetlinkBuffers&, const NetlinkBuffers&) = default;
};

enum class ReceiveBufferPolicy : std::uint8_t { unset, mtu, advert };

struct FirewallSettings {
  bool iptables_written = false;          // `vrrp_iptables`, with or without chains
  std::string input_chain, output_chain;  // both empty although written: no drop rules
  std::vector<std::string> ipset_names;
  bool no_ipsets = false;
  std::optional<std::string> nftables_table, nftables_ipvs_table;
  std::int32_t nftables_priority = -1;
  std::int32_t nftables_ipvs_priority = -1;
  std::uint32_t nftables_ipvs_start_mark = 1000;
  bool nftables_by_index = false;
  bool nftables_counters = false;

  friend bool operator==(const FirewallSettings&, const FirewallSettings&) = default;
};

struct SnmpSettings {
  std::string socket;
  bool traps = false, vrrp = false, rfc_v2 = false, rfc_v3 = false, checker = false;
  core::Duration virtual_server_interval = 5s;
  core::Duration real_server_interval = 5s;

  friend bool operator==(const SnmpSettings&, const SnmpSettings&) = default;
};

struct DbusSettings {
  bool enabled = false;
  std::string service_name = "org.keepalived.Vrrp1";
  std::string no_interface_name = "none";

  friend bool operator==(const DbusSettings&, const DbusSettings&) = default;
};

/// A named pipe and the program that reads it, which is told the pipe's path as its last argument.
struct FifoSettings {
  std::optional<notify::Fifo> fifo;
  std::optional<notify::Command> script;

  friend bool operator==(const FifoSettings&, const FifoSettings&) = default;
};

/// What instances take where they say nothing themselves.
struct VrrpDefaults {
  vrrp::Version version = vrrp::Version::v2;
  bool strict = false;
  net::IpAddress multicast_group_v4 = net::IpAddress::v4(224, 0, 0, 18);
  net::IpAddress multicast_group_v6 = {net::Family::v6,
                                       {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12}};
  vrrp::AnnouncementConfig announcements;
  core::Duration garp_interval{};
  core::Duration gna_interval{};
  bool min_garp = false;  // vrrp_min_garp: one announcement, no second burst, where nothing else is written
  std::uint32_t down_timer_adverts = 3;
  bool skip_check_advert_addresses = false;
  bool lower_prio_no_advert = false;
  bool higher_prio_send_advert = false;
  bool owner_ignore_adverts = false;
  bool v3_checksum_as_v2 = false;
  bool check_unicast_source = false;
  bool notify_priority_changes = false;
  std::string vmac_prefix = "vrrp";
  std::string vmac_address_prefix;  // empty = vmac_prefix
  ReceiveBufferPolicy receive_buffer_policy = ReceiveBufferPolicy::unset;
  std::uint32_t receive_buffer = 0;  // octets, beats a policy
  std::uint32_t receive_buffer_multiplier = 3;

  friend bool operator==(const VrrpDefaults&, const VrrpDefaults&) = default;
};

struct Globals {
  std::string router_id;  // empty = the host name
  DaemonSettings daemon;
  ReloadSettings reload;
  ProcessSettings supervisor, vrrp_process, checker_process, bfd_process;
  NetlinkBuffers vrrp_netlink, checker_netlink;
  std::uint32_t process_monitor_buffer = 0;  // octets
  bool process_monitor_buffer_force = false;
  std::int32_t max_auto_priority = 0;  // -1 and 0 = off
  core::Duration min_auto_priority_delay = 1s;

  Account script_user;
  bool script_security = false;
  bool use_symlink_paths = false;
  bool set_supplementary_groups = false;

  VrrpDefaults vrrp;
  core::Duration startup_delay{};
  core::Duration
      delay_after_boot{};  // since boot: the daemon, who knows the uptime, makes a startup delay of it
  bool log_unknown_vrids = false;
  bool dynamic_interfaces = false;
  bool dynamic_interfaces_may_change = false;
  std::string default_interface = "eth0";
  bool disable_local_igmp = false;
  bool poll_every_link = false;  // linkbeat_use_polling

  notify::MailConfig mail;
  FifoSettings fifo, vrrp_fifo, lvs_fifo;
  bool fifo_states_on_reload = false;
  std::vector<notify::WebhookConfig> webhooks;
  core::Duration notify_script_timeout = 120s;  // 0 = none
  bool checker_log_all_failures = false;
  bool real_server_initial_notifies = false;  // rs_init_notifies

  lvs::DataPlaneChoice data_plane = lvs::DataPlaneChoice::automatic;
  lvs::Timeouts lvs_timeouts;
  bool lvs_flush = false;
  lvs::FlushOnStop lvs_flush_on_stop = lvs::FlushOnStop::no;
  std::optional<lvs::SyncDaemon> lvs_sync_daemon;

  FirewallSettings firewall;
  SnmpSettings snmp;
  DbusSettings dbus;

  std::string tmp_config_directory;
  std::string iproute_usr_directory = "/usr/share/iproute2";
  std::string iproute_etc_directory = "/etc/iproute2";

  friend bool operator==(const Globals&, const Globals&) = default;
};

enum class VirtualLink : std::uint8_t { none, vmac, ipvlan };
enum class IpvlanMode : std::uint8_t { bridge, private_, vepa };

/// `use_vmac`, `use_ipvlan`: the router runs on an interface of its own.
struct VirtualInterface {
  VirtualLink kind = VirtualLink::none;
  std::string name;                    // empty = generated
  std::optional<net::MacAddress> mac;  // empty = the RFC's
  bool mac_lacks_vrid = false;         // five octets were written: the sixth is the VRID
  bool netlink_notify = false;
  std::optional<std::uint32_t> link_group;
  std::optional<net::Prefix> address;  // ipvlan
  IpvlanMode mode = IpvlanMode::bridge;
  bool for_addresses = false;  // use_vmac_addr
  bool transmit_on_base = false;

  friend bool operator==(const VirtualInterface&, const VirtualInterface&) = default;
};

struct Instance {
  vrrp::Config vrrp;
  std::string
      twin_of;  // lists the addresses of the other family of that vrrp_instance: one state, its hooks; empty = no twin
  notify::Hooks hooks;
  std::vector<track::Reference> trackers;
  std::vector<net::Route> routes;
  std::vector<net::Rule> rules;
  VirtualInterface virtual_interface;
  std::string lvs_sync_interface;  // deprecated lvs_sync_daemon_interface
  bool poll_link = false;
  std::uint32_t debug = 0;

  friend bool operator==(const Instance&, const Instance&) = default;
};

struct SyncGroup {
  std::string name;
  std::vector<std::string> members;
  std::vector<track::Reference> trackers;
  notify::Hooks hooks;
  bool tracking_weight = false;

  friend bool operator==(const SyncGroup&, const SyncGroup&) = default;
};

/// Pace of announcements on chosen interfaces.
struct GarpGroup {
  std::optional<core::Duration> garp_interval, gna_interval;
  std::vector<std::string> interfaces;

  friend bool operator==(const GarpGroup&, const GarpGroup&) = default;
};

struct TrackGroup {
  std::string name;
  std::vector<std::string> members;

  friend bool operator==(const TrackGroup&, const TrackGroup&) = default;
};

struct Script {
  track::ScriptConfig config;
  notify::Command command;

  friend bool operator==(const Script&, const Script&) = default;
};

struct StaticAddress {
  vrrp::VirtualAddress address;
  std::string track_group;

  friend bool operator==(const StaticAddress&, const StaticAddress&) = default;
};

struct Checker {
  core::Shared<check::Config> config;
  check::Target target;
  core::Rare<notify::Command> command;  // MISC_CHECK

  friend bool operator==(const Checker&, const Checker&) = default;
};

struct RealServer {
  lvs::ServerConfig config;
  std::vector<Checker> checkers;
  core::Rare<notify::Command> notify_up, notify_down;
  core::Rare<std::string> snmp_name;

  friend bool operator==(const RealServer&, const RealServer&) = default;
};

struct VirtualServer {
  lvs::ServiceConfig config;
  std::vector<RealServer> servers;
  core::Rare<notify::Command> quorum_up, quorum_down;

  friend bool operator==(const VirtualServer&, const VirtualServer&) = default;
};

struct Model {
  Globals globals;
  std::vector<Instance> instances;
  std::vector<SyncGroup> sync_groups;
  std::vector<GarpGroup> garp_groups;
  std::vector<TrackGroup> track_groups;
  std::vector<Script> scripts;
  std::vector<track::FileConfig> track_files;
  std::vector<track::ProcessConfig> track_processes;
  std::vector<track::InterfaceDelay> interface_delays;
  std::vector<track::PolledInterface> polled_interfaces;
  std::vector<bfd::Config> bfd_sessions;
  std::vector<StaticAddress> static_addresses;
  std::vector<net::Route> static_routes;
  std::vector<net::Rule> static_rules;
  check::TlsConfig tls;
  std::vector<lvs::Group> virtual_server_groups;
  std::vector<VirtualServer> virtual_servers;

  friend bool operator==(const Model&, const Model&) = default;
};

}  // namespace config
