// The failover engine: every virtual router and BFD session of this machine, what they know of interfaces and addresses, and what must be done
// about it. Pure: events come in with the time, actions go out as values, in the order in which they must happen.
// It sends nothing, installs nothing, logs nothing; runtime/ does that for real, sim/ on a virtual clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "engine/bfd_events.hpp"
#include "engine/config.hpp"
#include "net/firewall.hpp"
#include "net/interface.hpp"
#include "net/route.hpp"
#include "net/virtual_link.hpp"
#include "notify/event.hpp"
#include "track/script.hpp"
#include "vrrp/state.hpp"
#include "vrrp/sync_group.hpp"

namespace engine {

namespace event {

/// Everything the kernel has, after start and after a netlink overrun: what is not in it is gone. The first one starts the engine.
struct KernelListed {
  std::vector<net::Interface> interfaces;
  std::vector<net::InterfaceAddress> addresses;
  std::vector<net::KernelRoute> routes = {};  // those of our protocol
  std::vector<net::Rule> rules = {};
};
struct InterfaceChanged {
  net::Interface interface;  // new, or changed in any way
};
struct InterfaceRemoved {
  net::InterfaceIndex interface;
};
struct AddressAdded {
  net::InterfaceAddress address;
};
struct AddressRemoved {
  net::InterfaceAddress address;
};
/// Routes of our protocol, and whatever took the place of another route.
struct RouteAdded {
  net::KernelRoute route;
  bool replaced = false;  // another one is gone by it
};
struct RouteRemoved {
  net::KernelRoute route;
};
struct RuleAdded {
  net::Rule rule;
};
struct RuleRemoved {
  net::Rule rule;
};
/// An IP packet of protocol 112 (VRRP) or 51 (AH). The views live as long as the call.
struct PacketReceived {
  net::InterfaceIndex interface;
  net::IpAddress source;
  net::IpAddress destination;
  std::uint8_t hop_limit = 0;  // TTL or hop limit
  std::uint8_t protocol = 112;
  std::span<const std::uint8_t> ipv4_header;  // empty for IPv6
  std::span<const std::uint8_t> payload;  // what follows the IP header (for IPv6: the extension headers too)
};
/// The kernel refused an address of an AddAddresses action.
struct InstallFailed {
  net::InterfaceAddress address;
  core::Error error;
};
/// What of the last Listen action does not work at the moment, complete each time it changes: who cannot hear must not speak.
struct ListeningFailed {
  struct Place {
    net::InterfaceIndex interface;
    net::Family family = net::Family::v4;
    std::optional<net::IpAddress> group;  // that could not be joined; empty: there is no socket at all
    core::Error error;
  };
  std::vector<Place> places;
};
struct RouteRefused {
  net::KernelRoute route;
  core::Error error;
};
struct RuleRefused {
  net::Rule rule;
  core::Error error;
};
/// A link could not be made or raised.
struct LinkRefused {
  std::string name;
  core::Error error;
};
/// A packet of a SendPacket action could not be sent.
struct SendFailed {
  std::string instance;
  core::Error error;
};
/// A run that RunScript asked for has ended, or could not begin.
struct ScriptFinished {
  std::string script;
  track::ScriptEnd end;
};
/// The number in a tracked file, as it is now; with a `problem` it is what the file counts as meanwhile.
struct TrackedFileChanged {
  std::string file;
  std::int64_t value = 0;
  std::string problem;
};
/// How many processes there are now of those a tracker counts.
struct ProcessesCounted {
  std::string tracker;
  std::uint32_t count = 0;
};
/// What asking the driver says of a link (`linkbeat_interfaces`).
struct LinkPolled {
  std::string interface;
  bool up = false;
};
/// A BFD session that trackers may name.
struct BfdStateChanged {
  std::string session;
  bool up = false;
};
/// Whoever runs scripts and watches files is new: what the one before it ran is lost, and it knows nothing yet.
struct WatcherStarted {};
/// A new configuration. What did not change feels nothing.
struct Reconfigured {
  FailoverConfig config;
};
/// SIGTERM: resign, clean up, and say Stopped.
struct StopRequested {};
struct CountersCleared {};
/// Somebody else changed the table that BuildFirewall made.
struct FirewallTouched {};
/// The kernel does not make it.
struct FirewallRefused {
  core::Error error;
};
/// What the wall clock said when the clock of `now` was zero, as of now: at start, and whenever it was set. For signatures alone.
struct WallClockSet {
  core::Duration at_boot{};  // since 1970
};
/// Some listeners may have missed what was told: say every state again, to them only.
struct StatesWanted {
  std::uint8_t listeners = 0xff;
};

}  // namespace event

using Event =
    std::variant<event::KernelListed, event::InterfaceChanged, event::InterfaceRemoved, event::AddressAdded,
                 event::AddressRemoved, event::RouteAdded, event::RouteRemoved, event::RuleAdded,
                 event::RuleRemoved, event::PacketReceived, event::InstallFailed, event::RouteRefused,
                 event::RuleRefused, event::LinkRefused, event::ListeningFailed, event::SendFailed,
                 event::ScriptFinished, event::TrackedFileChanged, event::ProcessesCounted, event::LinkPolled,
                 event::BfdStateChanged, event::WatcherStarted, event::Reconfigured, event::StopRequested,
                 event::CountersCleared, event::BfdPacketReceived, event::BfdSendFailed, event::StatesWanted,
                 event::WallClockSet, event::FirewallTouched, event::FirewallRefused>;

namespace action {

/// A VRRP packet. IPv4 carries its own IP header (sent with IP_HDRINCL, so what the wire shows is decided here);
/// for IPv6 the performer writes the header from source, destination and hop limit, traffic class 0xc0.
struct SendPacket {
  std::string instance;
  net::InterfaceIndex interface;  // 0: the routing table decides (unicast without interface)
  net::IpAddress source;
  net::IpAddress destination;
  std::uint8_t hop_limit = 255;
  std::uint8_t protocol = 112;
  std::vector<std::uint8_t> packet;
  std::optional<net::MacAddress> link_source;  // multicast: as a frame from this MAC address
};
/// An Ethernet frame, complete from the destination MAC on: gratuitous ARP or unsolicited neighbour advertisement.
struct SendFrame {
  net::InterfaceIndex interface;
  std::vector<std::uint8_t> frame;
};
/// In this order, batched with others of the same turn. Each that the kernel refuses comes back as InstallFailed;
/// "exists already" is no failure.
struct AddAddresses {
  std::vector<net::InterfaceAddress> addresses;
};
/// "Is not there" is no failure.
struct RemoveAddresses {
  std::vector<net::InterfaceAddress> addresses;
};
/// As with addresses: in this order, in the same batch; "exists already" and "is not there" are no failures. What the kernel
/// refuses comes back as RouteRefused and RuleRefused.
struct AddRoutes {
  std::vector<net::KernelRoute> routes;
};
struct RemoveRoutes {
  std::vector<net::KernelRoute> routes;
};
struct AddRules {
  std::vector<net::Rule> rules;
};
struct RemoveRules {
  std::vector<net::Rule> rules;
};
/// Made, given its settings, raised: then it is heard of as InterfaceChanged. LinkRefused if that fails.
struct CreateLink {
  net::VirtualLink link;
  net::InterfaceIndex parent;
  std::uint32_t group = 0;
  std::uint32_t parent_group = 0;
  net::InterfaceIndex vrf;  // it joins this VRF, as its parent did
};
struct RaiseLink {
  net::InterfaceIndex index;
  std::string name;
};
struct RemoveLink {
  net::InterfaceIndex index;
  std::string name;
};
/// conf.all.rp_filter would hold for our links too: its value goes to every interface, and `all` becomes 0. Put back at stop.
struct RelaxReversePath {};
/// A table of the packet filter with these addresses in it, in place of whatever there was of that name. FirewallRefused if that fails.
struct BuildFirewall {
  net::FirewallTable table;
  std::vector<net::BlockedAddress> blocked;
};
/// In order with the addresses that are added and removed. If that fails somebody has touched the table: FirewallTouched.
struct ChangeFirewall {
  std::string table;
  std::vector<net::BlockedAddress> added, removed;
};
struct RemoveFirewall {
  std::string table;
};
/// Which packets must reach us from now on, complete each time it changes.
struct Listen {
  struct Where {
    net::InterfaceIndex interface;  // 0: any interface (unicast without interface)
    net::Family family = net::Family::v4;
    std::vector<net::IpAddress> groups;  // multicast groups to join on the interface
    std::uint32_t receive_buffer = 0;    // octets, 0 = default
    friend bool operator==(const Where&, const Where&) = default;
  };
  std::vector<Where> sockets;
};
/// net.ipv4.conf.INTERFACE.KEY = value, put back at stop.
struct SetInterfaceSysctl {
  std::string interface;
  std::string key;
  std::string value;
};
/// A state change, or a master's second announcement (from == to == master). Sequence numbers have no gaps.
struct ReportTransition {
  std::uint64_t sequence = 0;
  std::string instance;
  vrrp::Transition transition;
};
/// Run these one after the other, after everything queued under the same key.
struct RunHooks {
  std::string queue;
  std::vector<notify::Command> commands;
};
/// A sync group's change of state, after those of its members. Counts in the same sequence.
struct ReportGroupTransition {
  std::uint64_t sequence = 0;
  std::string group;
  vrrp::Transition transition;
};
/// What must be watched and what the tracked scripts are, complete each time it changes. What is in it as before goes on as
/// before; a script that is gone, or has another command, is ended.
struct Watch {
  TrackersConfig trackers;
};
/// Comes back as ScriptFinished.
struct RunScript {
  std::string script;
};
/// SIGTERM or SIGKILL to all processes of the script's group, if it runs.
struct EndScript {
  std::string script;
  bool kill = false;
};
/// For everybody who listens beside the scripts: FIFOs, mail, webhooks, owner hooks. In order with the hooks.
struct Tell {
  notify::Event event;
  std::uint8_t listeners = 0xff;  // one bit each; which is whose does not concern the engine
};
/// Something an operator should read once: not a state change. Already rate limited.
struct Notice {
  enum class Level : std::uint8_t { info, warning, error };
  Level level = Level::info;
  std::string instance;  // empty: concerns the whole node
  std::string id;  // stable identifier: "address_removed", "second_master", "advert_interval_mismatch" …
  std::string text;
};
/// Answer to StopRequested: nothing more will come.
struct Stopped {};

}  // namespace action

using Action =
    std::variant<action::SendPacket, action::SendFrame, action::AddAddresses, action::RemoveAddresses,
                 action::AddRoutes, action::RemoveRoutes, action::AddRules, action::RemoveRules,
                 action::CreateLink, action::RaiseLink, action::RemoveLink, action::RelaxReversePath,
                 action::Listen, action::SetInterfaceSysctl, action::ReportTransition,
                 action::ReportGroupTransition, action::RunHooks, action::Watch, action::RunScript,
                 action::EndScript, action::Tell, action::Notice, action::Stopped, action::OpenBfdSessions,
                 action::SendBfdPacket, action::ReportBfdChange, action::BuildFirewall,
                 action::ChangeFirewall, action::RemoveFirewall>;
using Actions = std::vector<Action>;

/// A kernel setting that the worker changed: a new worker must know what to put back at the end.
struct ChangedSetting {
  std::string interface;
  std::string key;
  std::string before;
  std::string ours;

  friend bool operator==(const ChangedSetting&, const ChangedSetting&) = default;
};

struct FileSnapshot {
  std::string name;
  std::int64_t value = 0;
  std::string problem;
  bool known = false;

  friend bool operator==(const FileSnapshot&, const FileSnapshot&) = default;
};
struct ProcessSnapshot {
  std::string name;
  std::uint32_t count = 0;
  bool up = false;  // as believed
  bool known = false;
  bool changing = false;  // a delay runs
  bool quorum = false;    // as counted

  friend bool operator==(const ProcessSnapshot&, const ProcessSnapshot&) = default;
};
struct SessionSnapshot {
  std::string name;
  bool up = false;

  friend bool operator==(const SessionSnapshot&, const SessionSnapshot&) = default;
};
struct TrackersSnapshot {
  std::vector<track::ScriptSnapshot> scripts;
  std::vector<FileSnapshot> files;
  std::vector<ProcessSnapshot> processes;
  std::vector<SessionSnapshot> sessions;

  friend bool operator==(const TrackersSnapshot&, const TrackersSnapshot&) = default;
};

/// What an operator may see, and what a new worker resumes from.
struct FailoverSnapshot {
  core::Time taken{};
  std::uint64_t last_sequence = 0;
  std::uint64_t last_event = 0;           // the number of the last change of state that was told
  std::vector<vrrp::Snapshot> instances;  // in configuration order
  std::vector<vrrp::GroupSnapshot> groups;
  TrackersSnapshot trackers;
  std::uint64_t unknown_vrid_packets = 0;
  std::uint64_t malformed_packets = 0;           // too short to name a VRID
  std::vector<ChangedSetting> settings;          // the worker's to fill in
  std::string firewall;                          // the name of its table; empty = there is none
  std::vector<bfd::Snapshot> bfd_sessions;       // in configuration order
  bfd::ReceiveErrorCounts bfd_receive_errors{};  // packets for no session

  friend bool operator==(const FailoverSnapshot&, const FailoverSnapshot&) = default;
};

class Failover {
 public:
  /// `seed` feeds whatever randomness the machines need. Nothing happens before the first KernelListed.
  Failover(FailoverConfig config, std::uint64_t seed);
  /// Goes on where the worker that took `previous` ended. `last_alive` is when it was last known to run: an instance that was
  /// master stays it only if the others cannot have noticed a pause since then.
  Failover(FailoverConfig config, std::uint64_t seed, FailoverSnapshot previous, core::Time last_alive);
  ~Failover();
  Failover(Failover&&) noexcept;
  Failover& operator=(Failover&&) noexcept;

  Actions handle(core::Time now, const Event& event);
  Actions handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const;
  FailoverSnapshot snapshot(core::Time now) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace engine
