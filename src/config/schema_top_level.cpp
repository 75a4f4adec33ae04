// The schema's top level: daemon-wide words and the blocks that hold everything else.
#include "config/drafts.hpp"
#include "config/schema_areas.hpp"
#include "config/schema_builder.hpp"

namespace config {

namespace {

using G = Globals;
using R = RootDraft;

// A field of the daemon's settings, from the root's draft.
template <class Member>
auto daemon(Member member) {
  return [member](R& root) -> auto& { return root.globals->daemon.*member; };
}

}  // namespace

std::vector<Block> top_level_blocks() {
  std::vector<Block> blocks;
  // clang-format off: one entry reads as one row of a table
  blocks.push_back(make_block<R>("/", "What may stand outside of every block.", {
      {"linkbeat_use_polling", flag(), [](R& root, bool on) { root.globals->poll_every_link = on; },
       "Poll link state of every VRRP interface instead of trusting netlink.", {by_default("off")}},
      {"net_namespace", text("the name of a network namespace"), daemon(&DaemonSettings::net_namespace),
       "Run whole daemon inside the named network namespace.",
       {syntax("<NAME>"), by_default("none"), inherits("-s/--namespace option wins"), first_wins,
        reload_no}},
      {"net_namespace_ipvs", text("the name of a network namespace").or_nothing(), daemon(&DaemonSettings::net_namespace_ipvs),
       "Namespace that receives the IPVS tables.",
       {syntax("[<NAME>]"), by_default("same namespace as daemon"), reload_no, first_wins}},
      {"namespace_with_ipsets", flag(), daemon(&DaemonSettings::namespace_with_ipsets),
       "Permit ipsets inside a namespace on kernels before 3.13.", {by_default("off")}},
      {"use_pid_dir", flag(), daemon(&DaemonSettings::use_pid_directory),
       "Keep pid files in /run/keepalived/ rather than /run/.",
       {by_default("off"), inherits("forced on by net_namespace and instance"), reload_no}},
      {"instance", text("a name"), daemon(&DaemonSettings::instance),
       "Name this daemon so several can share a host.", {syntax("<NAME>"), by_default("none"), reload_no}},
      {"child_wait_time", seconds(core::Duration{}, std::chrono::seconds(most_u32), 0), daemon(&DaemonSettings::child_wait_time),
       "How long shutdown waits for children before SIGKILL.", {by_default("5")}},
      {"global_defs", later_block("global_defs", &R::global_defs),
       "Holds daemon-wide settings and defaults.", {syntax("{ ... }"), reload_partly, adds}},
      {"track_group", later_block("track_group", &R::track_groups),
       "Names instances that follow static addresses, routes and rules.",
       {syntax("<NAME> { group { ... } }"), adds}},
      {"static_ipaddress", later_lines("static_ipaddress", &R::static_addresses),
       "Addresses configured permanently, whatever the VRRP state.", {syntax("{ <ADDR-LINE>... }"), adds}},
      {"static_routes", later_lines("static_routes", &R::static_routes),
       "Routes configured permanently, whatever the VRRP state.", {syntax("{ <ROUTE-LINE>... }"), adds}},
      {"static_rules", later_lines("static_rules", &R::static_rules),
       "Policy-routing rules configured permanently.", {syntax("{ <RULE-LINE>... }"), adds}},
      {"vrrp_sync_group", later_block("vrrp_sync_group", &R::sync_groups),
       "Ties VRRP instances together so they change state as one.", {syntax("<NAME> { ... }"), adds}},
      {"garp_group", later_block("garp_group", &R::garp_groups),
       "Pacing of gratuitous ARP/NA on chosen interfaces.", {syntax("{ ... }"), adds}},
      {"linkbeat_interfaces", later_lines("linkbeat_interfaces", &R::linkbeat),
       "Interfaces whose link state is polled.", {syntax("{ <IF-LINE>... }"), adds}},
      {"vrrp_instance", later_block("vrrp_instance", &R::instances),
       "One virtual router.",
       {syntax("<NAME> { ... }"), adds,
        example("vrrp_instance VI_1 { interface eth0 virtual_router_id 51 ... }")}},
      {"vrrp_script", later_block("vrrp_script", &R::scripts),
       "Periodic command whose exit code drives priority or fault.", {syntax("<NAME> { ... }"), adds}},
      {"vrrp_track_process", later_block("vrrp_track_process", &R::processes),
       "Watches that a number of matching processes run.", {syntax("<NAME> { ... }"), adds}},
      {"interface_up_down_delays", later_lines("interface_up_down_delays", &R::interface_delays),
       "Debounce of interface up/down changes.", {syntax("{ <IF-LINE>... }"), adds}},
      {"SSL", later_block("SSL", &R::tls),
       "Client key, certificate and CA for SSL_GET.",
       {syntax("{ ... }"), by_default("none: context built automatically"), replaces}},
      {"virtual_server_group", later_lines("virtual_server_group", &R::service_groups),
       "Reusable list of addresses, ranges and fwmarks.", {syntax("<NAME> { <MEMBER-LINE>... }"), adds}},
      {"virtual_server", later_block("virtual_server", &R::services),
       "One IPVS service and its real servers.",
       {syntax("<IPADDR> [<PORT>] { ... } | fwmark <N> { ... } | group <NAME> { ... }"),
        range("port 1..65535; fwmark 0..4294967295"), adds}},
      {"bfd_instance", later_block("bfd_instance", &R::bfd),
       "One BFD session to a neighbour.",
       {syntax("<NAME> { ... }"), range("name up to 31 characters"), adds}},
      {"track_file", later_block("track_file", &R::files),
       "File whose number feeds priority, fault state or server weight.",
       {syntax("<NAME> { ... }"), same_as("vrrp_track_file (deprecated)"), adds}},
      {"vrrp_track_file", later_block("vrrp_track_file", &R::files),
       "Old spelling of track_file.", {syntax("<NAME> { ... }"), old_name_of("track_file"), adds}},
  }));
  // clang-format on
  return blocks;
}

}  // namespace config
