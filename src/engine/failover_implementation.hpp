// The inside of the failover engine: the routers, the indices that find the one an event concerns without looking at the
// others, and what each action of a router means here. Not for anybody outside of this folder. The code is in ten files:
// failover.cpp (doors, packets, timeouts), failover_kernel.cpp (interfaces and addresses), failover_routes.cpp (routes, rules, all
// that is static), failover_links.cpp (virtual MAC addresses), failover_firewall.cpp (addresses that accept nothing), failover_perform.cpp (actions), failover_tell.cpp (who listens
// beside scripts), failover_reload.cpp (configuration), failover_trackers.cpp (what is tracked) and failover_groups.cpp (sync
// groups).
#pragma once

#include <bitset>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/sparse.hpp"
#include "engine/advert_packets.hpp"
#include "engine/announcer.hpp"
#include "engine/bfd_sessions.hpp"
#include "engine/deadlines.hpp"
#include "engine/failover.hpp"
#include "engine/firewall.hpp"
#include "engine/held_addresses.hpp"
#include "engine/held_routes.hpp"
#include "engine/interface_table.hpp"
#include "engine/link_states.hpp"
#include "engine/static_addresses.hpp"
#include "engine/trackers.hpp"
#include "engine/virtual_links.hpp"
#include "vrrp/instance.hpp"
#include "vrrp/sync_group.hpp"

namespace engine {

class Failover::Implementation {
 public:
  Implementation(FailoverConfig config, std::uint64_t seed);
  Implementation(FailoverConfig config, std::uint64_t seed, FailoverSnapshot previous, core::Time last_alive);

  Actions handle(core::Time now, const Event& event);
  Actions handle_timeout(core::Time now);
  std::optional<core::Time> next_timeout() const;
  FailoverSnapshot snapshot(core::Time now) const;

 private:
  using Number = std::uint32_t;  // of a router, in routers_; used again after a reload took one away
  static constexpr Number static_owner = std::numeric_limits<Number>::max();  // of routes that no router has

  struct Router {
    explicit Router(const InstanceConfig& config)
        : instance(config.vrrp),
          hooks(config.hooks),
          trackers(config.trackers),
          told_priority(config.vrrp.priority),
          twin_of(config.twin_of),
          transmit_link(config.transmit_link),
          links(config.links) {
      addresses.assign(config.vrrp);
    }

    vrrp::Instance instance;
    core::Sparse<notify::Hooks> hooks;
    std::vector<TrackerUse> trackers;
    std::optional<std::size_t> group;  // in groups_
    bool has_own_fault = false;        // one that is not a sibling's
    bool held_back = false;            // has not begun: a tracker has no result yet
    std::uint8_t told_priority;        // to FIFOs
    std::string twin_of;               // not empty: nobody is told of it by itself
    HeldAddresses addresses;
    std::string transmit_link;  // adverts leave from there; empty = from the interface
    bool waiting = false;       // for its links, before it starts
    std::vector<net::VirtualLink> links;
    net::IpAddress wire_source;  // who was heard last on the interface itself, and not on a link
    core::Time wire_heard{};
    std::vector<std::string>
        route_interfaces;  // without which its tracked routes and rules are worth nothing
    AdvertPackets packets;
    net::InterfaceIndex interface;              // 0: missing, or the router has none
    std::vector<vrrp::Fault> install_faults;    // addresses the kernel refused
    std::optional<core::Time> install_retry;    // when they are forgotten
    core::Duration install_patience{};          // grows with every refusal
    std::optional<core::Time> restore_noticed;  // when it was last said that somebody removes our addresses
  };

  struct Group {
    vrrp::SyncGroup machine;
    notify::Hooks hooks;
    bool silent = false;
    std::vector<Number> members;
  };

  /// Which router a packet is for. Of a unicast router the destination is its own source address.
  struct PacketKey {
    net::InterfaceIndex interface;
    std::uint8_t vrid = 0;
    net::IpAddress destination;  // unspecified in by_vrid_

    friend bool operator==(const PacketKey&, const PacketKey&) = default;
  };
  struct PacketKeyHash {
    std::size_t operator()(const PacketKey& key) const noexcept {
      const std::size_t place = static_cast<std::size_t>(key.interface.value) << 8 | key.vrid;
      return std::hash<net::IpAddress>{}(key.destination) ^ (place * 0x9E3779B97F4A7C15ULL);
    }
  };
  struct HolderRef {
    Number router = 0;
    std::uint32_t position = 0;  // in its HeldAddresses

    friend bool operator==(const HolderRef&, const HolderRef&) = default;
  };

  /// A router that a reload changes and does not restart.
  struct Changed {
    Number number = 0;
    const vrrp::Config* config = nullptr;
    bool addresses_added = false;
  };

  // failover.cpp
  void on(core::Time now, const event::PacketReceived& received, Actions& out);
  void on(core::Time now, const event::SendFailed& failed, Actions& out);
  void on(core::Time now, const event::StopRequested& requested, Actions& out);
  void on(core::Time now, const event::CountersCleared& cleared, Actions& out);
  void on(core::Time now, const event::BfdPacketReceived& received, Actions& out);
  void on(core::Time now, const event::BfdSendFailed& failed, Actions& out);
  void on(core::Time now, const event::WallClockSet& set, Actions& out);
  core::WallTime wall_at(core::Time now) const;
  void tell_trackers(core::Time now, Actions& out);
  void serve(core::Time now, Number number, Actions& out);
  bool is_awake_master(core::Time now, Number number, Actions& out);
  void settle(Number number);
  Router* addressee(const event::PacketReceived& received, std::uint8_t vrid, Number& number);
  void unknown_vrid(const event::PacketReceived& received, std::uint8_t vrid, Actions& out);
  void remark_packet(Router& router, const event::PacketReceived& received,
                     const vrrp::ReceiveContext& context, Actions& out);

  // failover_kernel.cpp
  void on(core::Time now, const event::KernelListed& listed, Actions& out);
  void on(core::Time now, const event::InterfaceChanged& changed, Actions& out);
  void on(core::Time now, const event::InterfaceRemoved& removed, Actions& out);
  void on(core::Time now, const event::AddressAdded& added, Actions& out);
  void on(core::Time now, const event::AddressRemoved& removed, Actions& out);
  void on(core::Time now, const event::InstallFailed& failed, Actions& out);
  void on(core::Time now, const event::ListeningFailed& failed, Actions& out);
  void start_all(core::Time now, Actions& out);
  void start(core::Time now, Number number, Actions& out);
  void catch_up(core::Time now, Number number, Actions& out);
  void interface_touched(core::Time now, const std::string& name, Actions& out);
  void sources_touched(core::Time now, net::InterfaceIndex interface, const net::IpAddress& address,
                       const Sources& before, Actions& out);
  void evaluate(core::Time now, Number number, Actions& out);
  void tell_faults(core::Time now, Number number, std::vector<vrrp::Fault> faults, Actions& out);
  std::vector<vrrp::Fault> faults_of(const Router& router) const;
  std::optional<net::IpAddress> source_of(const Router& router) const;
  bool source_is_here(const Router& router) const;
  void somebody_removed(core::Time now, Number number, const AddressKey& key, Actions& out);
  void restore(core::Time now, Number number, Actions& out);
  void install_refused(core::Time now, Number number, const HeldAddresses::Held& held,
                       const core::Error& error, Actions& out);

  // failover_routes.cpp
  void on(core::Time now, const event::RouteAdded& added, Actions& out);
  void on(core::Time now, const event::RouteRemoved& removed, Actions& out);
  void on(core::Time now, const event::RuleAdded& added, Actions& out);
  void on(core::Time now, const event::RuleRemoved& removed, Actions& out);
  void on(core::Time now, const event::RouteRefused& refused, Actions& out);
  void on(core::Time now, const event::RuleRefused& refused, Actions& out);
  void install_routes(core::Time now, Number owner, Actions& out);
  void withdraw_routes(core::Time now, Number owner, Actions& out);
  void assign_routes(core::Time now, Number owner, const std::vector<net::Route>& routes,
                     const std::vector<net::Rule>& rules, Actions& out);
  void adopt_statics(core::Time now, const StaticEntries& statics, Actions& out);
  void install_statics(core::Time now, Actions& out);
  void withdraw_statics(core::Time now, Actions& out);
  void routes_listed(core::Time now, const event::KernelListed& listed, Actions& out);
  void remove_left_over_routes(core::Time now, Actions& out);
  void restore_routes(core::Time now, Actions& out);
  std::optional<core::Time> next_route_restoration() const;
  void routes_of_interface_touched(core::Time now, const std::string& name, Actions& out);
  void evaluate_followers(core::Time now, const std::string& group, Actions& out);
  void followers_of_seen(core::Time now, Actions& out);
  void static_faults(const std::string& router, std::vector<vrrp::Fault>& faults) const;
  std::string name_of_owner(Number owner) const;
  template <class Held>
  void say_removed(core::Time now, const Held& held, std::string_view kind, Actions& out);
  template <class Held>
  void say_refused(core::Time now, const Held& held, std::string_view kind, Actions& out);
  void static_address_seen(core::Time now, const AddressKey& key, Actions& out);
  void static_address_gone(core::Time now, const AddressKey& key, Actions& out);
  void static_address_refused(core::Time now, const AddressKey& key, const core::Error& error, Actions& out);

  // failover_links.cpp
  void on(core::Time now, const event::LinkRefused& refused, Actions& out);
  void reconcile_links(core::Time now, Actions& out);
  void guard_parent(const std::string& parent, Actions& out);
  void links_touched(core::Time now, const std::string& name, Actions& out);
  bool must_wait(Number number);
  net::InterfaceIndex hearing_link(const Router& router) const;
  net::InterfaceIndex wire_of(net::InterfaceIndex interface) const;
  static bool is_copy(core::Time now, Router& router, const event::PacketReceived& heard,
                      net::InterfaceIndex wire);
  void start_waiting(core::Time now, Actions& out);

  // failover_perform.cpp
  void perform(core::Time now, Number number, const vrrp::Actions& actions, Actions& out);
  void send_advert(core::Time now, Router& router, const vrrp::action::SendAdvert& send, Actions& out);
  void withdraw(core::Time now, Number number, Actions& out);
  void remove_unless_held(std::vector<net::InterfaceAddress> addresses, Actions& out);
  void announce(core::Time now, Number number, vrrp::AnnouncementPlan::Rounds rounds, Actions& out);
  void announce_source(core::Time now, Number number, Actions& out);
  void report(Router& router, const vrrp::Transition& transition, Actions& out);
  static void report_priority(const Router& router, const vrrp::action::ReportPriority& changed,
                              Actions& out);
  static void run_hooks(const Router& router, std::vector<notify::Command> commands, Actions& out);
  void listen_if_changed(Actions& out);

  // failover_trackers.cpp
  void on(core::Time now, const event::ScriptFinished& finished, Actions& out);
  void on(core::Time now, const event::TrackedFileChanged& read, Actions& out);
  void on(core::Time now, const event::ProcessesCounted& counted, Actions& out);
  void on(core::Time now, const event::LinkPolled& polled, Actions& out);
  void on(core::Time now, const event::BfdStateChanged& changed, Actions& out);
  void on(core::Time now, const event::WatcherStarted& started, Actions& out);
  /// Of a session of this engine's own or of another process, whichever runs it.
  void bfd_state_changed(core::Time now, const std::string& session, bool up, Actions& out);
  void serve_trackers(core::Time now, Actions& out);
  void pass_on_trackers(core::Time now, Actions& out);
  void link_touched(core::Time now, const std::string& name, Actions& out);
  bool held_back(const Router& router) const;
  bool joins_master(const Router& router) const;
  Trackers::Standing standing_of(const TrackerUse& use) const;
  std::string words_for(const TrackerUse& use) const;
  void add_tracker_faults(const Router& router, std::vector<vrrp::Fault>& faults) const;
  std::vector<vrrp::PriorityPart> parts_of(const Router& router) const;
  void index_trackers(Number number);
  void unindex_trackers(Number number);

  // failover_groups.cpp
  void adopt_groups(const std::vector<GroupConfig>& groups);
  void resume_groups(const std::vector<vrrp::GroupSnapshot>& previous);
  void settle_groups(core::Time now, Actions& out);
  void settle_group(core::Time now, Group& group, Actions& out);
  void add_group_faults(Number number, std::vector<vrrp::Fault>& faults) const;
  void tell_siblings(core::Time now, Number number, Actions& out);
  void lower_priority_in_group(core::Time now, Number number, Actions& out);
  void stop_groups(core::Time now, Actions& out);
  void report(const Group& group, const vrrp::Transition& transition, Actions& out);

  // failover_tell.cpp
  void on(core::Time now, const event::StatesWanted& wanted, Actions& out);
  /// Numbers the event if it is a change of state, and tells it to every listener.
  void tell(notify::Event event, Actions& out);
  static notify::Event event_of(notify::Subject subject, const notify::Hooks& hooks,
                                const vrrp::Transition& transition, notify::HookState state);
  void tell_transition(const Router& router, const vrrp::Transition& transition, Actions& out);
  void tell_transition(const Group& group, const vrrp::Transition& transition, Actions& out);
  void tell_priority(core::Time now, Router& router, Actions& out);
  void tell_lower_priority(core::Time now, const Router& router, Actions& out);

  // failover_firewall.cpp
  void on(core::Time now, const event::FirewallTouched& touched, Actions& out);
  void on(core::Time now, const event::FirewallRefused& refused, Actions& out);
  void filter(Number number, Actions& out);
  void configure_firewall(core::Time now, const FailoverConfig& config, Actions& out);

  // failover_reload.cpp
  void on(core::Time now, const event::Reconfigured& reconfigured, Actions& out);
  void adopt(core::Time now, const FailoverConfig& config, Actions& out);
  bool change_addresses(core::Time now, Number number, const vrrp::Config& config,
                        std::vector<net::InterfaceAddress>& unwanted);
  void change_routes(core::Time now, Number number, const InstanceConfig& instance, Actions& out);
  void change(core::Time now, const Changed& changed, Actions& out);
  Number add(const InstanceConfig& config);
  void retire(core::Time now, Number number, vrrp::Reason reason, Actions& out);
  void resolve(Number number);
  net::InterfaceIndex index_of(const std::string& name) const;  // 0 if there is none of that name
  void find_interfaces(Router& router, const vrrp::Config& config);
  void index(Number number, const vrrp::Config& config);
  void unindex(Number number);
  void index_packets(Number number);
  void unindex_packets(Number number);
  void request_sysctls(const Router& router, Actions& out);

  bool is_virtual(const AddressKey& key) const { return holders_.contains(key); }
  static void notice(action::Notice::Level level, const std::string& instance, std::string_view id,
                     std::string text, Actions& out);

  FailoverConfig settings_;  // without its instances: the routers have them
  std::vector<std::unique_ptr<Router>> routers_;
  std::vector<Number> unused_;
  std::vector<Number> order_;  // as configured
  Deadlines deadlines_;
  Announcer announcer_;
  InterfaceTable interfaces_;
  BfdSessions bfd_;
  LinkStates links_;
  Trackers trackers_;
  std::vector<Group> groups_;
  std::set<std::size_t> groups_touched_;

  std::unordered_map<std::string, Number> by_name_;
  std::unordered_map<std::string, std::set<Number>>
      by_interface_;  // the router's own, and those its addresses name
  std::unordered_multimap<PacketKey, Number, PacketKeyHash> by_packet_;
  std::unordered_map<PacketKey, std::set<Number>, PacketKeyHash> by_vrid_;  // whatever the destination
  std::unordered_map<net::IpAddress, std::set<Number>> by_tracked_source_;
  std::map<TrackerKey, std::set<Number>> by_tracker_;
  std::unordered_map<AddressKey, std::vector<HolderRef>> holders_;

  Firewall firewall_;
  VirtualLinks virtual_links_;
  std::set<Number> waiting_;           // for their links
  std::set<std::string> known_links_;  // were there once
  std::set<std::string> links_noticed_;
  std::set<std::string> guarded_parents_;
  bool reverse_path_relaxed_ = false;
  HeldRoutes routes_;
  HeldRules rules_;
  StaticAddresses static_addresses_;
  std::unordered_multimap<std::string, std::string>
      static_interfaces_;  // → track_group whose entries need it
  std::unordered_map<Number, std::optional<core::Time>> route_noticed_;  // when a removal was last said
  std::set<std::string> refusals_said_;

  bool listed_ = false;  // the first listing of the kernel is in
  bool stopped_ = false;
  core::Time hold_until_{};
  core::Duration wall_at_boot_{};  // Unix time when the clock of our Time was zero
  std::optional<FailoverSnapshot> previous_;
  std::unordered_map<std::string, std::size_t> previous_instances_;  // by name, in previous_
  core::Time last_alive_{};
  std::uint64_t sequence_ = 0;
  std::uint64_t last_event_ = 0;  // number of the last change of state told
  std::uint64_t unknown_vrid_packets_ = 0;
  std::uint64_t malformed_packets_ = 0;
  std::bitset<256> unknown_vrids_noticed_;
  bool listen_may_have_changed_ = false;
  std::optional<std::vector<action::Listen::Where>> listening_;
  std::vector<event::ListeningFailed::Place> deaf_;
  std::set<std::string> sysctls_set_;  // interfaces whose promote_secondaries we asked for
};

}  // namespace engine
