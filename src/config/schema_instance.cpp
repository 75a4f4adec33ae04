// The schema of vrrp_instance: one virtual router, its authentication, its peers and the interface of its own it may run on.
#include <algorithm>
#include <fmt/format.h>

#include "config/drafts.hpp"
#include "config/name_tables.hpp"
#include "config/schema_areas.hpp"
#include "config/schema_builder.hpp"
#include "config/schema_notify.hpp"
#include "config/schema_shared.hpp"
#include "config/value.hpp"

namespace config {

namespace {

using I = InstanceDraft;
using Mode = vrrp::SignatureMode;
using A = vrrp::AnnouncementConfig;
using H = notify::Hooks;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

template <class Member>
auto router(Member member) {
  return in(&Instance::vrrp, member);
}

template <class Member>
auto hook(Member member) {
  return in(&Instance::hooks, member);
}

template <class Member>
auto announce(Member member) {
  return [member](I& instance) -> auto& { return instance.vrrp.announcements.*member; };
}

const auto set_source = [](I& instance, const net::IpAddress& address) { instance.source.set(address); };
const auto set_multicast_destination = [](I& instance, const net::IpAddress& address) {
  instance.multicast_destination.set(address);
};

const Number count = number(1, most_u32).zero_is(1);

auto state_word() {
  Choice value = choice<int>({{"MASTER", 1}, {"BACKUP", 0}});
  value.assumed = 0;
  value.assumed_text = "BACKUP";
  return value;
}

void read_extra_interfaces(I& instance, Words& words) {
  A& announcements = instance.vrrp.announcements;
  announcements.extra_interfaces_all = false;
  bool given = false;
  while (!words.empty()) {
    if (words.take_if("all")) {
      announcements.extra_interfaces_all = true;
    } else if (const auto every = seconds(0s, 86400s, 0).read(words)) {
      announcements.extra_interfaces_every = *every;
      given = true;
    } else {
      return;
    }
  }
  if (!given) words.need("a number of seconds");
}

void read_old_unicast_checksum(I& instance, Words& words) {
  if (words.take_if("never")) {
    instance.vrrp.detect_old_unicast_checksum = false;
  } else if (const auto on = flag().read(words); on && *on) {
    instance.vrrp.checksum = vrrp::ChecksumStyle::multicast_pseudo_header;
  }
}

void read_virtual_interface(I& instance, Words& words, VirtualLink kind, std::string_view path) {
  VirtualInterface read = instance.virtual_interface;
  read.kind = kind;
  if (words.remaining() == 1 && parse_bool(words.peek()->text)) {
    read.kind = *parse_bool(words.take().text) ? kind : VirtualLink::none;
  }
  words.interpreter().read_options(schema().at(path), words, &read);
  if (!words.failed()) instance.virtual_interface = read;
}

void read_link_group(VirtualInterface& link, Words& words) {
  link.link_group = named_number(NameTable::group, words, 0, most_i32);
}

// A word that is no option: a MAC address or the name of the interface.
void read_vmac_word(VirtualInterface& link, Words& words) {
  const Word& word = *words.peek();
  if (word.text.find(':') == std::string_view::npos) {
    if (const auto name = new_interface_name().read(words)) link.name = *name;
    return;
  }
  words.take();
  // Five octets stand for "the VRID is the last one", which is filled in when the VRID is known.
  const bool short_form = std::count(word.text.begin(), word.text.end(), ':') == 4;
  const auto mac =
      net::MacAddress::parse(short_form ? fmt::format("{}:00", word.text) : std::string(word.text));
  if (!mac) {
    words.refuse(word, "bad-address", fmt::format("'{}' is not a MAC address", word.text),
                 "write five or six hexadecimal octets separated by :");
    return;
  }
  if ((mac->octets[0] & 1) != 0) {
    words.refuse(word, "bad-address", fmt::format("'{}' is a multicast MAC address", word.text));
    return;
  }
  const bool standard = mac->octets[0] == 0 && mac->octets[1] == 0 && mac->octets[2] == 0x5e &&
                        mac->octets[3] == 0 && (mac->octets[4] == 1 || mac->octets[4] == 2);
  if (standard) {
    words.refuse(word, "bad-address", fmt::format("'{}' is a MAC address of VRRP itself", word.text),
                 "leave it out: the right one is the default");
    return;
  }
  link.mac = mac;
  link.mac_lacks_vrid = short_form;
}

void read_ipvlan_word(VirtualInterface& link, Words& words) {
  const Word& word = *words.peek();
  if (const auto prefix = net::Prefix::parse(word.text)) {
    words.take();
    if (link.address) {
      words.refuse(word, "repeated-keyword", "an ipvlan has one address", {}, "the first one counts");
      return;
    }
    link.address = prefix;
  } else if (const auto name = new_interface_name().read(words)) {
    link.name = *name;
  }
}

void read_peer_ttl(PeerDraft& peer, Words& words, std::uint8_t vrrp::UnicastPeer::* field) {
  if (const auto ttl = number(0, 255).read(words)) {
    peer.peer.*field = static_cast<std::uint8_t>(*ttl);
    peer.ttl_given = true;
  }
}

// What stands in the file of a key; nothing if that was refused.
std::optional<std::string> key_in_file(const Word& word, const std::string& path, Words& words) {
  const World& world = words.interpreter().world();
  const auto file = world.read_file(path);
  if (!file) {
    words.refuse(word, "key-file",
                 fmt::format("the key file {} cannot be read: {}", path, file.error().message));
    return std::nullopt;
  }
  const auto status = world.status(path, true);
  if (status && (status->mode & 0077U) != 0) {
    words.warn(word, "key-file",
               fmt::format("others may read or write the key file {} (mode {:04o})", path, status->mode),
               "chmod 600 it");
  }
  std::string text = *file;
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

// `credential:NAME`: what LoadCredential= of a systemd unit hands to the service.
std::optional<std::string> key_in_credential(const Word& word, const std::string& name, Words& words) {
  if (name.empty() || name.find('/') != std::string::npos) {
    words.refuse(word, "bad-value", "after credential: the name of a systemd credential must follow",
                 "in the unit: LoadCredential=NAME:PATH");
    return std::nullopt;
  }
  const auto directory = words.interpreter().world().environment("CREDENTIALS_DIRECTORY");
  if (!directory) {
    words.refuse(word, "key-file",
                 fmt::format("credential:{}: no service manager handed us credentials", name),
                 fmt::format("in the unit: LoadCredential={}:PATH", name));
    return std::nullopt;
  }
  return key_in_file(word, fmt::format("{}/{}", *directory, name), words);
}

std::optional<std::string> octets_of_key(const Word& word, std::string text, Words& words) {
  constexpr std::string_view hex = "hex:";
  if (text.starts_with(hex)) {
    std::string digits = text.substr(hex.size());
    std::erase(digits, ' ');
    const auto bytes = parse_hex(digits);
    if (!bytes) {
      words.refuse(word, "bad-value", "after hex: pairs of hexadecimal digits must follow");
      return std::nullopt;
    }
    text.assign(bytes->begin(), bytes->end());
  }
  if (text.size() >= 32 && text.size() <= 64) return text;
  words.refuse(word, "bad-value", fmt::format("this key has {} octets; 32 to 64 are needed", text.size()),
               "make one: openssl rand -hex 32, and write hex: before it");
  return std::nullopt;
}

// ID TEXT, ID hex:DIGITS, ID file:PATH or ID credential:NAME; a file holds a text or hex:DIGITS.
void read_key(HmacDraft& hmac, Words& words) {
  constexpr std::string_view file = "file:", credential = "credential:";
  const auto id = number(1, 255).read(words);
  if (!id) return;
  const Word* word = words.need("a key of 32 to 64 octets");
  if (word == nullptr) return;
  const auto number = static_cast<std::uint8_t>(*id);
  if (std::ranges::find(hmac.config.keys, number, &vrrp::SigningKey::id) != hmac.config.keys.end()) {
    words.refuse(*word, "repeated-keyword", fmt::format("there is a key {} already", *id));
    return;
  }
  std::optional<std::string> text(word->text);
  const bool elsewhere = text->starts_with(file) || text->starts_with(credential);
  if (elsewhere && !words.interpreter().check_host()) {
    hmac.config.keys.push_back({number, *text});  // another host's: nothing can be said of it here
    return;
  }
  if (text->starts_with(file)) {
    text = key_in_file(*word, text->substr(file.size()), words);
  } else if (text->starts_with(credential)) {
    text = key_in_credential(*word, text->substr(credential.size()), words);
  }
  if (text) text = octets_of_key(*word, std::move(*text), words);
  if (text) hmac.config.keys.push_back({number, std::move(*text)});
}

Rows<I> router_entries();
Rows<I> link_entries();
Rows<I> behaviour_entries();
Rows<I> announcement_entries();

}  // namespace

// clang-format off: one entry reads as one row of a table
namespace {

Rows<I> router_entries() {
  return {
      {"state", state_word(), &I::state_master,
       "State aimed at on start.", {by_default("MASTER if priority is 255 else BACKUP"), reload_partly}},
      {"interface", interface_name(), router(&vrrp::Config::interface),
       "Interface VRRP runs on.", {by_default("none"), example("interface eth0")}},
      {"vrf", new_interface_name(), router(&vrrp::Config::vrf),
       "VRF for unicast without an interface.", {syntax("<IFNAME>"), by_default("none")}},
      {"virtual_router_id", number(1, 255), router(&vrrp::Config::vrid),
       "VRID. The same on every node of a router; different from any other router on the link.",
       {by_default("none, mandatory"), example("virtual_router_id 51")}},
      {"version", number(2, 3), &I::version,
       "VRRP version.", {by_default("3 for IPv6 else vrrp_version"), inherits("vrrp_version (global)")}},
      {"priority", number(1, 255).else_assume(100), &I::priority,
       "Election priority, 255 = address owner. The highest of the living nodes becomes master.",
       {by_default("255 if state MASTER, else 100"), example("priority 150")}},
      {"advert_int", seconds(10ms, 255s, 6).clamped(), router(&vrrp::Config::advert_interval),
       "Advert period.", {by_default("1")}},
      {"virtual_ipaddress", lines_of<AddressDraft>("vrrp_instance/virtual_ipaddress", [](I& instance, AddressDraft&& line, const Statement&, Words&) { instance.addresses.push_back(std::move(line)); }),
       "Addresses owned by the master and advertised.",
       {range("as many as fit one packet, at most 255"), adds,
        example("virtual_ipaddress { 192.0.2.10/24 dev eth0 }")}},
      {"virtual_ipaddress_excluded", lines_of<AddressDraft>("vrrp_instance/virtual_ipaddress_excluded", [](I& instance, AddressDraft&& line, const Statement&, Words&) { instance.excluded.push_back(std::move(line)); }),
       "Addresses owned by the master but not advertised.", {adds}},
      {"no_virtual_ipaddress", flag(), &I::no_virtual_addresses,
       "Accept having no virtual_ipaddress.", {by_default("off")}},
      {"virtual_routes", lines_of<RouteDraft>("vrrp_instance/virtual_routes", [](I& instance, RouteDraft&& line, const Statement&, Words& words) {
         if (auto route = finish_route(std::move(line), words)) instance.routes.push_back(std::move(*route));
       }),
       "Routes present while master.", {adds}},
      {"virtual_rules", lines_of<RuleDraft>("vrrp_instance/virtual_rules", [](I& instance, RuleDraft&& line, const Statement&, Words& words) {
         if (auto rule = finish_rule(std::move(line), words)) instance.rules.push_back(std::move(*rule));
       }),
       "Policy rules present while master.", {adds}},
      {"native_ipv6", flag(), &I::native_ipv6, "Force the instance to IPv6.", {by_default("off")}},
      {"authentication", opens<AuthenticationDraft>("vrrp_instance/authentication", [](I& instance, Words&) { return &instance.authentication.emplace(); }),
       "RFC 2338 style authentication.", {syntax("{ auth_type ... auth_pass ... }"), by_default("none")}},
      {"auth_hmac", opens<HmacDraft>("vrrp_instance/auth_hmac", [](I& instance, Words&) { return instance.hmac_draft ? &*instance.hmac_draft : &instance.hmac_draft.emplace(); }),
       "Signed advert trailer, HMAC-SHA256.",
       {syntax("{ key ... active_key ... }"), by_default("none"), adds}},
      {"debug", number(0, 4), &I::debug, "Unused debug level.", {by_default("0")}},
  };
}

Rows<I> link_entries() {
  return {
      {"use_vmac", reads([](I& instance, Words& words) { read_virtual_interface(instance, words, VirtualLink::vmac, "vrrp_instance/use_vmac"); }),
       "Run on a private macvlan with the virtual MAC.",
       {syntax("[[name] <IFNAME>] [<MAC>] [netlink_notify_msg] [group <GROUP>]"),
        range("IFNAME up to 15 characters"),
        by_default("off; name <vmac_prefix>.<VRID>; MAC 00:00:5e:00:01|02:<VRID>"),
        inherits("vmac_prefix (global)")}},
      {"use_vmac_addr", flag(), in(&Instance::virtual_interface, &VirtualInterface::for_addresses),
       "Make VMACs for addresses on other interfaces or other family.", {by_default("off")}},
      {"vmac_xmit_base", flag(), in(&Instance::virtual_interface, &VirtualInterface::transmit_on_base),
       "Send and receive adverts on the parent of the VMAC.", {by_default("off")}},
      {"use_ipvlan", reads([](I& instance, Words& words) { read_virtual_interface(instance, words, VirtualLink::ipvlan, "vrrp_instance/use_ipvlan"); }),
       "Run on an L2 ipvlan interface.",
       {syntax("[[name] <IFNAME>] [<IPADDR>[/<LEN>]] [bridge|private|vepa] [group <GROUP>]"),
        range("IFNAME up to 15 characters"), by_default("off; bridge"), first_wins}},
      {"unicast_peer", lines_of<PeerDraft>("vrrp_instance/unicast_peer", [](I& instance, PeerDraft&& line, const Statement&, Words&) { instance.peer_lines.push_back(std::move(line)); }),
       "Peers that get adverts by unicast.",
       {by_default("none (multicast)"), adds, example("unicast_peer { 192.0.2.2 }")}},
      {"unicast_fault_no_peer", flag(), router(&vrrp::Config::unicast_fault_no_peer),
       "Stay in fault when unicast was asked but has no peers.",
       {by_default("off (fall back to multicast)")}},
      {"check_unicast_src", flag(), router(&vrrp::Config::check_unicast_source),
       "Drop adverts from addresses outside unicast_peer.",
       {by_default("off"), inherits("vrrp_check_unicast_src (global)")}},
      {"old_unicast_checksum", reads(read_old_unicast_checksum),
       "Use pre-1.3.7 unicast checksum.", {syntax("[never]"), by_default("auto detection")}},
      {"mcast_src_ip", address(), set_source,
       "Source address of adverts; one of each family with addresses of both.",
       {by_default("interface primary address"), same_as("unicast_src_ip"), adds}},
      {"unicast_src_ip", address(), set_source,
       "Source address of adverts, and a request for unicast; one of each family with addresses of both.",
       {by_default("interface primary address"), same_as("mcast_src_ip"), adds}},
      {"mcast_dst_ip", address(Address::Want::multicast), set_multicast_destination,
       "Multicast destination of adverts; one of each family with addresses of both.",
       {by_default("vrrp_mcast_group4/6"), inherits("vrrp_mcast_group4/6 (global)"), adds}},
      {"track_src_ip", flag(), router(&vrrp::Config::track_source),
       "Fault when the configured source address is missing.", {by_default("off")}},
      {"unicast_ttl", number(0, 255), router(&vrrp::Config::unicast_ttl),
       "TTL / hop limit of unicast adverts.", {by_default("255 (IPv6: kernel)")}},
      {"v3_checksum_as_v2", flag(), [](I& instance, bool on) { instance.vrrp.checksum = on ? vrrp::ChecksumStyle::no_pseudo_header : vrrp::ChecksumStyle::pseudo_header; },
       "VRRPv3/IPv4 checksum without pseudo-header.",
       {syntax("[on|off]"), by_default("off"), inherits("v3_checksum_as_v2 (global)")}},
      {"promote_secondaries", flag(), router(&vrrp::Config::promote_secondaries),
       "Set the promote_secondaries sysctl on the interface.", {by_default("off")}},
      {"linkbeat_use_polling", flag(), &I::poll_link,
       "Poll link state of this interface.",
       {by_default("off"), inherits("global linkbeat_use_polling"), old_name_of("linkbeat_interfaces")}},
      {"lvs_sync_daemon_interface", interface_name(), &I::lvs_sync_interface,
       "Run the IPVS sync daemon tied to this instance.",
       {by_default("none"), old_name_of("lvs_sync_daemon")}},
      {"kernel_rx_buf_size", number(0, most_u32), router(&vrrp::Config::receive_buffer),
       "Receive buffer of the VRRP socket.",
       {unit("bytes"), by_default("unset"), inherits("vrrp_rx_bufs_policy (global)")}},
      {"dont_track_primary", negated_flag(), router(&vrrp::Config::track_primary),
       "Ignore faults of the instance's own interface.", {by_default("off")}},
      {"track_interface", track_lines<I>("vrrp_instance/track_interface", track::Kind::interface),
       "Further interfaces to follow.", {adds}},
      {"track_script", track_lines<I>("vrrp_instance/track_script", track::Kind::script),
       "vrrp_scripts to follow.", {adds}},
      {"track_file", track_lines<I>("vrrp_instance/track_file", track::Kind::file),
       "track_files to follow.", {adds}},
      {"track_process", track_lines<I>("vrrp_instance/track_process", track::Kind::process),
       "vrrp_track_processes to follow.", {adds}},
      {"track_bfd", track_lines<I>("vrrp_instance/track_bfd", track::Kind::bfd),
       "bfd_instances to follow.", {adds}},
  };
}

Rows<I> behaviour_entries() {
  return {
      {"accept", flag(), &I::accept_written,
       "Let packets to the virtual addresses in.", {by_default("on; strict mode off unless priority 255")}},
      {"no_accept", negated_flag(), &I::accept_written,
       "Drop packets to the virtual addresses.", {by_default("see accept")}},
      {"skip_check_adv_addr", flag(), router(&vrrp::Config::skip_check_advert_addresses),
       "Skip address comparison for repeated master.",
       {syntax("[on|off]"), by_default("off"), inherits("vrrp_skip_check_adv_addr (global)")}},
      {"strict_mode", flag(), router(&vrrp::Config::strict),
       "Enforce RFC behaviour.", {syntax("[on|off]"), by_default("off"), inherits("vrrp_strict (global)")}},
      {"preempt", flag(), router(&vrrp::Config::preempt), "Cancel nopreempt.", {by_default("on")}},
      {"nopreempt", negated_flag(), router(&vrrp::Config::preempt),
       "Do not take over from a lower-priority master. Every node of the router should then start with "
       "state BACKUP.",
       {by_default("off")}},
      {"preempt_delay", seconds(0s, 1000s, 6), router(&vrrp::Config::preempt_delay),
       "Extra wait before preempting.", {by_default("0")}},
      {"down_timer_adverts", number(1, 100), router(&vrrp::Config::down_timer_adverts),
       "Adverts missed before master is declared down.",
       {unit("adverts"), by_default("3"), inherits("vrrp_down_timer_adverts (global)")}},
      {"timer_expired_backup", number(1, 254).or_bare(254), router(&vrrp::Config::timer_expired_backup),
       "Step down if delayed long enough for another master.",
       {by_default("off; bare = 254"), same_as("thread_timer_expired (deprecated)")}},
      {"thread_timer_expired", number(1, 254).or_bare(254), router(&vrrp::Config::timer_expired_backup),
       "Old spelling of timer_expired_backup.",
       {by_default("off; bare = 254"), old_name_of("timer_expired_backup")}},
      {"lower_prio_no_advert", flag(), router(&vrrp::Config::lower_prio_no_advert),
       "Stay silent when hearing a lower-priority advert.",
       {syntax("[on|off]"), by_default("off; strict mode on"),
        inherits("vrrp_lower_prio_no_advert (global)")}},
      {"higher_prio_send_advert", flag(), router(&vrrp::Config::higher_prio_send_advert),
       "One more advert before yielding to higher priority.",
       {syntax("[on|off]"), by_default("off"), inherits("vrrp_higher_prio_send_advert (global)")}},
      {"owner_ignore_adverts", flag(), &I::owner_ignore_written,
       "Priority 255 instance ignores received adverts.",
       {syntax("[on|off]"), by_default("off; strict mode on for priority 255"),
        inherits("vrrp_owner_ignore_adverts (global)")}},
      {"notify_backup", command(), hook(&H::backup),
       "Command run on becoming BACKUP.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify_master", command(), hook(&H::master),
       "Command run on becoming MASTER.",
       {by_default("none"), inherits("user from script_user"), first_wins,
        example("notify_master \"/usr/local/bin/on_change master\"")}},
      {"notify_fault", command(), hook(&H::fault),
       "Command run on entering FAULT.", {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify_stop", command(), hook(&H::stop),
       "Command run when VRRP shuts down.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify_deleted", reads([](I& instance, Words& words) {
         instance.hooks.notify_deleted = true;
         instance.hooks.deleted = CommandValue{true, true}.read(words);
       }),
       "Report DELETED when a reload removes the instance.",
       {syntax("[<CMD> [<USER> [[:]<GROUP>]]]"), by_default("off (FAULT is reported)"),
        inherits("user from script_user"), first_wins}},
      {"notify", command(), hook(&H::any),
       "Command run on any change, after the specific one.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify_master_rx_lower_pri", command(), hook(&H::master_rx_lower_priority),
       "Command run when master hears a lower priority.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"smtp_alert", flag(), hook(&H::smtp_alert),
       "Mail on state change.",
       {syntax("[on|off]"), by_default("off"), inherits("smtp_alert_vrrp <- smtp_alert (global)")}},
      {"notify_priority_changes", flag(), hook(&H::priority_changes),
       "Write priority changes to FIFOs.",
       {syntax("[on|off]"), by_default("off"),
        inherits("sync group <- vrrp_notify_priority_changes (global)")}},
  };
}

Rows<I> announcement_entries() {
  return {
      {"garp_master_delay", seconds(0s, 4294s, 0), announce(&A::master_delay),
       "Pause before second GARP/NA burst.", {by_default("5"), inherits("vrrp_garp_master_delay (global)")}},
      {"garp_master_refresh", seconds(0s, std::chrono::seconds(most_u32), 0), announce(&A::master_refresh),
       "Period of repeated GARP/NA while master.",
       {by_default("0 (off)"), inherits("vrrp_garp_master_refresh (global)")}},
      {"garp_master_repeat", count, announce(&A::master_repeat),
       "GARP/NA packets per burst.",
       {unit("packets"), by_default("5"), inherits("vrrp_garp_master_repeat (global)")}},
      {"garp_master_refresh_repeat", count, announce(&A::master_refresh_repeat),
       "GARP/NA packets per refresh.",
       {unit("packets"), by_default("1"), inherits("vrrp_garp_master_refresh_repeat (global)")}},
      {"garp_lower_prio_delay", seconds(0s, 4294s, 0), announce(&A::lower_prio_delay),
       "Pause before second burst after lower-priority advert.",
       {by_default("5; strict mode 0"),
        inherits("vrrp_garp_lower_prio_delay <- vrrp_garp_master_delay (global)")}},
      {"garp_lower_prio_repeat", number(0, most_i32), announce(&A::lower_prio_repeat),
       "GARP/NA packets after lower-priority advert.",
       {unit("packets"), by_default("5; strict mode 0"),
        inherits("vrrp_garp_lower_prio_repeat <- vrrp_garp_master_repeat (global)")}},
      {"garp_extra_if", reads(read_extra_interfaces),
       "Periodic GARP/NA on VIP interfaces other than its own.",
       {syntax("[all] <SECS>"), unit("seconds"), range("0..86400"), by_default("0 (off)"),
        inherits("vrrp_garp_extra_if (global)"), same_as("vmac_garp_intvl (deprecated)")}},
      {"vmac_garp_intvl", reads(read_extra_interfaces),
       "Old spelling of garp_extra_if.",
       {syntax("[all] <SECS>"), unit("seconds"), range("0..86400"), by_default("0 (off)"),
        inherits("vrrp_garp_extra_if (global)"), old_name_of("garp_extra_if")}},
  };
}

}  // namespace

std::vector<Block> instance_blocks() {
  std::vector<Block> blocks;
  Block instance = make_block<I>("vrrp_instance", "One virtual router: addresses that one of several nodes holds.", router_entries());
  for (auto* area : {link_entries, behaviour_entries, announcement_entries}) {
    append(instance, area());
  }
  append(instance, owner_entries<I>());
  blocks.push_back(std::move(instance));
  blocks.push_back(make_block<AuthenticationDraft>("vrrp_instance/authentication", "Authentication of version 2, as RFC 2338 had it. It keeps mistakes out, not attackers.", {
      {"auth_type", choice<vrrp::AuthType>({{"PASS", vrrp::AuthType::pass}, {"AH", vrrp::AuthType::ah}}), &AuthenticationDraft::type,
       "Authentication method.", {by_default("none")}},
      {"auth_pass", reads([](AuthenticationDraft& authentication, Words& words) {
         const auto password = text("a password").read(words);
         if (!password) return;
         if (password->size() > 8) {
           words.warn(words.last(), "password-cut", fmt::format("only the first 8 characters count: '{}'", password->substr(0, 8)),
                      "shorten it to what is used");
         }
         authentication.password = password->substr(0, 8);
       }),
       "Shared password.", {syntax("<STRING>"), unit("bytes"), range("1..8"), by_default("none")}},
  }));
  blocks.push_back(make_block<HmacDraft>("vrrp_instance/auth_hmac", "A signed trailer behind every advert, HMAC-SHA-256.", {
      {"key", reads(read_key),
       "One signing key.",
       {syntax("<ID> <STRING> | <ID> hex:<HEX> | <ID> file:<PATH> | <ID> credential:<NAME>"), unit("bytes"),
        range("ID 1..255; 32..64 bytes"), by_default("none, mandatory"), adds}},
      {"active_key", number(1, 255), in(&HmacDraft::config, &vrrp::SignatureConfig::active_key),
       "Key used to sign.", {by_default("none, mandatory")}},
      {"time_window", number(1, 300), &HmacDraft::window,
       "Freshness window in time mode.",
       {unit("seconds"), by_default("max(3 x advert_int, 5), at most 300"), inherits("advert_int")}},
      {"anti_replay", choice<bool>({{"time", false}, {"monotonic", true}}), in(&HmacDraft::config, &vrrp::SignatureConfig::monotonic),
       "Replay protection method.", {by_default("time")}},
      {"mode", choice<Mode>({{"enforce", Mode::enforce}, {"permissive", Mode::permissive}, {"receive-only", Mode::receive_only}}), in(&HmacDraft::config, &vrrp::SignatureConfig::mode),
       "How unsigned adverts are treated.", {by_default("enforce")}},
  }));
  blocks.push_back(make_block<PeerDraft>("vrrp_instance/unicast_peer", "The other nodes, for networks without multicast.", {
      {"<IPADDR>", address(), [](PeerDraft& peer, net::IpAddress address, Words& words) {
         peer.peer.address = address;
         peer.word = words.last();
       },
       "Peer address."},
      {"min_ttl", reads([](PeerDraft& peer, Words& words) { read_peer_ttl(peer, words, &vrrp::UnicastPeer::min_ttl); }),
       "Smallest TTL accepted from the peer.",
       {unit("hops"), range("0..255"), by_default("0"), syntax("<N>")}},
      {"max_ttl", reads([](PeerDraft& peer, Words& words) { read_peer_ttl(peer, words, &vrrp::UnicastPeer::max_ttl); }),
       "Largest TTL accepted from the peer.",
       {unit("hops"), range("0..255"), by_default("255"), syntax("<N>")}},
  }));
  blocks.push_back(make_block<VirtualInterface>("vrrp_instance/use_vmac", "Words of a use_vmac line.", {
      {"<IFNAME>", reads(read_vmac_word),
       "Name of the macvlan.",
       {syntax("word without ':'"), range("1..15 characters, no / : or space"),
        by_default("<vmac_prefix>.<VRID>"), inherits("vmac_prefix (global)"), same_as("name <IFNAME>")}},
      {"<MAC>", explained,
       "MAC address.",
       {syntax("word with ':'"), range("5 or 6 hex octets, unicast, not an RFC VRRP MAC"),
        by_default("00:00:5e:00:01:VRID (IPv4), 02 (IPv6)")}},
      {"netlink_notify_msg", reads([](VirtualInterface& link, Words&) { link.netlink_notify = true; }),
       "Provoke a netlink message for the parent after creation.", {by_default("off")}},
      {"group", reads(read_link_group),
       "Interface group.",
       {syntax("<NAME>|<N>"), range("interface group, 0..2147483647"), by_default("parent's group")}},
  }));
  blocks.push_back(make_block<VirtualInterface>("vrrp_instance/use_ipvlan", "Words of a use_ipvlan line.", {
      {"<IFNAME>", reads(read_ipvlan_word),
       "Name of the ipvlan.",
       {syntax("word"), range("1..15 characters"), by_default("<vmac_prefix>.<VRID>"),
        inherits("vmac_prefix (global)"), same_as("name <IFNAME>")}},
      {"<IPADDR>", explained,
       "Address of the ipvlan and of the adverts.",
       {syntax("<IPADDR>[/<LEN>]"), by_default("none; link-local for IPv6")}},
      {"bridge", reads([](VirtualInterface& link, Words&) { link.mode = IpvlanMode::bridge; }),
       "ipvlan isolation mode.",
       {syntax("bridge|private|vepa"), by_default("bridge"), same_as("private, vepa")}},
      {"group", reads(read_link_group),
       "Interface group.",
       {syntax("<NAME>|<N>"), range("interface group, 0..2147483647"), by_default("parent's group")}},
  }));
  // Words the two lines know besides: the name marked as one, and the other modes.
  for (Block* block : {&blocks[blocks.size() - 2], &blocks.back()}) {
    block->keywords.front().kind = Keyword::Kind::other_word;
    block->add_alias("name", [](Words& words, void* object) {
      if (const auto name = new_interface_name().read(words)) static_cast<VirtualInterface*>(object)->name = *name;
    });
  }
  blocks.back().add_alias("private", [](Words&, void* object) { static_cast<VirtualInterface*>(object)->mode = IpvlanMode::private_; });
  blocks.back().add_alias("vepa", [](Words&, void* object) { static_cast<VirtualInterface*>(object)->mode = IpvlanMode::vepa; });
  return blocks;
}
// clang-format on

}  // namespace config
