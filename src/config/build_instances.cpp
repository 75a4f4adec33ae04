// vrrp_instance: from what is written to a router that can run. Families and versions are inferred, defaults are inherited from
// global_defs wherever that stands, and what contradicts itself is said.
#include <algorithm>
#include <fmt/format.h>
#include <unordered_set>

#include "config/build.hpp"
#include "config/schema_notify.hpp"

namespace config {

namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

class InstanceBuilder {
 public:
  InstanceBuilder(Build& build, const Statement& statement, const Word& name)
      : build_(build), in_(build.interpreter) {
    draft_.name = name;
    inherit();
    draft_.given = in_.read_block(schema().at("vrrp_instance"), statement.children(), &draft_);
    config::finish_owner(in_, draft_.hooks, draft_.given);
  }

  /// The same block as a second router for the addresses of the other family, one state with the first: before finish().
  std::optional<InstanceBuilder> twin() const {
    if (!lists_both_families()) return std::nullopt;
    InstanceBuilder other = *this;
    other.is_twin_ = true;
    return other;
  }

  /// False: without these nothing can be said of the router.
  bool finish() {
    const bool identified = check_identity();
    infer_family();
    if (!has_peers_of_its_family()) return false;
    infer_version();
    infer_priority();
    finish_interval();
    finish_source_and_peers();
    finish_authentication();
    finish_hmac();
    finish_addresses();
    finish_preemption();
    finish_owner();
    finish_virtual_interface();
    apply_strict_mode(build_, draft_);
    router().accept = draft_.accept_written.value_or(true);
    router().reannounce_after_second_master = !router().strict;
    draft_.trackers = resolve_trackers(build_, draft_.tracker_lines, router().interface);
    if (is_twin_) leave_to_the_first();
    return identified;
  }

  InstanceDraft& draft() { return draft_; }

 private:
  vrrp::Config& router() { return draft_.vrrp; }
  const Word* where(std::string_view keyword) const { return draft_.given.find(keyword); }
  bool wrote(std::string_view keyword) const { return draft_.given.has(keyword); }
  /// Where a keyword stands, or the name of the instance.
  const Word& at(std::string_view keyword) const {
    const Word* word = where(keyword);
    return word != nullptr ? *word : draft_.name;
  }
  void warn(std::string_view keyword, std::string_view id, std::string message, std::string hint = {}) {
    in_.report(Severity::warning, id, at(keyword), std::move(message), std::move(hint));
  }

  void inherit() {
    const Globals& globals = in_.globals();
    vrrp::Config& r = router();
    r.name = draft_.name.text;
    r.strict = globals.vrrp.strict;
    r.announcements = globals.vrrp.announcements;
    r.down_timer_adverts = globals.vrrp.down_timer_adverts;
    r.skip_check_advert_addresses = globals.vrrp.skip_check_advert_addresses;
    r.lower_prio_no_advert = globals.vrrp.lower_prio_no_advert;
    r.higher_prio_send_advert = globals.vrrp.higher_prio_send_advert;
    r.check_unicast_source = globals.vrrp.check_unicast_source;
    r.receive_buffer = globals.vrrp.receive_buffer;
    if (globals.vrrp.v3_checksum_as_v2) r.checksum = vrrp::ChecksumStyle::no_pseudo_header;
    draft_.hooks.smtp_alert = globals.mail.alert_vrrp ? globals.mail.alert_vrrp : globals.mail.alert;
    draft_.poll_link = globals.poll_every_link;
  }

  bool check_identity() {
    bool complete = true;
    const auto need = [&](std::string_view keyword, std::string_view example) {
      complete = false;
      if (wrote(keyword)) return;  // its value was refused where it stands
      in_.report(Severity::error, "missing-keyword", draft_.name,
                 fmt::format("vrrp_instance {} has no '{}'", draft_.name.text, keyword),
                 fmt::format("write for example: {}", example));
    };
    if (router().vrid == 0) need("virtual_router_id", "virtual_router_id 51");
    const bool unicast_alone = wrote("unicast_peer") && wrote("unicast_src_ip");
    if (router().interface.empty() && !unicast_alone) need("interface", "interface eth0");
    if (router().interface == "lo") {
      in_.report(Severity::error, "bad-interface", at("interface"),
                 "VRRP cannot run on the loopback interface");
    }
    return complete;
  }

  // The first word that has a family decides; excluded addresses have no say.
  void infer_family() {
    std::vector<std::pair<Place, net::Family>> hints;
    const auto suggest = [&](const Word* word, const PerFamily& written) {
      if (word == nullptr || written.v4.has_value() == written.v6.has_value()) return;
      hints.emplace_back(word->place, written.v4 ? net::Family::v4 : net::Family::v6);
    };
    for (const AddressDraft& line : draft_.addresses) {
      hints.emplace_back(line.word.place, line.address.address.address.address.family);
    }
    for (const PeerDraft& line : draft_.peer_lines)
      hints.emplace_back(line.word.place, line.peer.address.family);
    const Word* source = where("mcast_src_ip") != nullptr ? where("mcast_src_ip") : where("unicast_src_ip");
    suggest(source, draft_.source);
    suggest(where("mcast_dst_ip"), draft_.multicast_destination);
    if (draft_.native_ipv6) hints.emplace_back(at("native_ipv6").place, net::Family::v6);
    if (hints.empty() && !draft_.excluded.empty()) {
      hints.emplace_back(draft_.name.place, draft_.excluded.front().address.address.address.address.family);
    }
    const auto first = std::ranges::min_element(
        hints, {}, [](const auto& hint) { return std::pair(hint.first.chunk, hint.first.offset); });
    if (first != hints.end()) router().family = first->second;
    if (is_twin_) router().family = other_than(router().family);
    if (lists_both_families()) {
      keep_own_family();
    } else {
      drop_other_family();
    }
    router().source = draft_.source.of(router().family);
  }

  bool lists_both_families() const {
    const auto is_v6 = [](const AddressDraft& line) { return line.address.address.address.address.is_v6(); };
    return std::ranges::any_of(draft_.addresses, is_v6) && !std::ranges::all_of(draft_.addresses, is_v6);
  }

  static net::Family other_than(net::Family family) {
    return family == net::Family::v4 ? net::Family::v6 : net::Family::v4;
  }

  // Of two routers made of one block each takes what is of its family.
  void keep_own_family() {
    both_families_ = true;
    const net::Family other = other_than(router().family);
    const auto foreign = [other](const AddressDraft& line) {
      return line.address.address.address.address.family == other;
    };
    std::erase_if(draft_.addresses, foreign);
    std::erase_if(draft_.excluded, foreign);
    std::erase_if(draft_.peer_lines,
                  [other](const PeerDraft& line) { return line.peer.address.family == other; });
  }

  bool has_peers_of_its_family() {
    const bool unicast = wrote("unicast_peer") || wrote("unicast_src_ip");
    if (!both_families_ || !unicast || !draft_.peer_lines.empty()) return true;
    const std::string_view is = router().family == net::Family::v4 ? "IPv4" : "IPv6";
    in_.refuse(
        "no-peer", at(wrote("unicast_peer") ? "unicast_peer" : "unicast_src_ip"),
        fmt::format("there are {0} addresses and no {0} unicast peer to tell of them", is),
        fmt::format("add the {0} addresses of the other nodes to unicast_peer, or move the {0} addresses to "
                    "virtual_ipaddress_excluded",
                    is),
        "they are ignored");
    return false;
  }

  // Hooks run once, and what moves along moves once.
  void leave_to_the_first() {
    draft_.twin_of = router().name;
    router().name += router().family == net::Family::v4 ? "/IPv4" : "/IPv6";
    draft_.hooks = {};
    draft_.hooks.smtp_alert = false;
    draft_.routes.clear();
    draft_.rules.clear();
    draft_.virtual_interface.name.clear();
    draft_.lvs_sync_interface.clear();
  }

  void drop_other_family() {
    const net::Family family = router().family;
    const std::string_view is = family == net::Family::v4 ? "IPv4" : "IPv6";
    const auto refuse = [&](const Word& word, std::string hint) {
      in_.refuse("wrong-family", word, fmt::format("this router is {}: '{}' does not fit", is, word.text),
                 std::move(hint), "it is ignored");
    };
    std::erase_if(draft_.addresses, [&](const AddressDraft& line) {
      if (line.address.address.address.address.family == family) return false;
      refuse(line.word, "move it to virtual_ipaddress_excluded, or to a vrrp_instance of its own");
      return true;
    });
    std::erase_if(draft_.peer_lines, [&](const PeerDraft& line) {
      if (line.peer.address.family == family) return false;
      refuse(line.word, {});
      return true;
    });
    const net::Family other = other_than(family);
    if (draft_.source.of(other)) refuse(at(wrote("mcast_src_ip") ? "mcast_src_ip" : "unicast_src_ip"), {});
    if (draft_.multicast_destination.of(other)) refuse(at("mcast_dst_ip"), {});
  }

  void infer_version() {
    const bool v6 = router().family == net::Family::v6;
    router().version = draft_.version.value_or(v6 ? vrrp::Version::v3 : in_.globals().vrrp.version);
    if (v6 && both_families_ && router().version == vrrp::Version::v2) {
      // RFC 3768 is of IPv4 alone, and who lists both families wants what every router understands.
      in_.report(
          Severity::note, "both-families", at("version"),
          "version 2 carries no IPv6: the IPv4 addresses are advertised by version 2, the IPv6 addresses by "
          "version 3",
          "write version 3 for both");
      router().version = vrrp::Version::v3;
      return;
    }
    if (v6 && router().strict && router().version == vrrp::Version::v2) {
      in_.refuse("strict-mode", at("version"), "strict mode: version 2 carries no IPv6", "write version 3",
                 "version 3 is assumed");
      router().version = vrrp::Version::v3;
    } else if (v6 && draft_.version == vrrp::Version::v2) {
      warn("version", "unusual-version",
           "version 2 over IPv6 is understood by keepalived and standfast only");
    }
  }

  void infer_priority() {
    const bool master = draft_.state_master.value_or(false);
    router().priority = draft_.priority.value_or(master ? 255 : 100);
    router().start_as_master = draft_.state_master.value_or(router().priority == 255);
    router().state_backup_written = draft_.state_master == false;
    if (master && !draft_.priority) {
      in_.report(Severity::note, "implied-priority", at("state"),
                 "state MASTER without a priority means priority 255: the owner of the addresses",
                 "write the priority");
    }
  }

  void finish_interval() {
    core::Duration& interval = router().advert_interval;
    const bool v2 = router().version == vrrp::Version::v2;
    const core::Duration step = v2 ? core::Duration(1s) : core::Duration(10ms);
    const core::Duration most = v2 ? core::Duration(255s) : core::Duration(40950ms);
    const core::Duration rounded = std::clamp((interval + step / 2) / step * step, step, most);
    if (rounded == interval) return;
    warn("advert_int", "out-of-range",
         v2 ? fmt::format("version 2 counts whole seconds; {} s is used", rounded / 1s)
            : fmt::format("version 3 counts hundredths of a second up to 40.95 s; {} ms is used",
                          rounded / 1ms),
         v2 && interval < 1s ? "write version 3 for less than a second" : "");
    interval = rounded;
  }

  void finish_source_and_peers() {
    vrrp::Config& r = router();
    const VrrpDefaults& defaults = in_.globals().vrrp;
    r.multicast_group =
        r.family == net::Family::v4 ? defaults.multicast_group_v4 : defaults.multicast_group_v6;
    r.unicast = wrote("unicast_peer") || wrote("unicast_src_ip");
    keep_peers();
    if (const auto destination = draft_.multicast_destination.of(r.family)) {
      if (r.multicast()) {
        r.multicast_group = *destination;
      } else {
        warn("mcast_dst_ip", "no-effect", "'mcast_dst_ip' means nothing with unicast peers; it is ignored");
      }
    }
    if (r.unicast && r.peers.empty() && !r.unicast_fault_no_peer) {
      warn(wrote("unicast_peer") ? "unicast_peer" : "unicast_src_ip", "no-peer",
           "there is no unicast peer: adverts go by multicast", "name the other nodes in unicast_peer");
    }
    if (r.unicast_ttl && r.peers.empty()) {
      warn("unicast_ttl", "no-effect", "'unicast_ttl' means nothing without unicast peers; it is ignored");
      r.unicast_ttl.reset();
    }
    if (wrote("check_unicast_src") && r.peers.empty()) {
      warn("check_unicast_src", "no-effect", "'check_unicast_src' means nothing without unicast peers");
    }
    if (r.track_source && !r.source) {
      in_.report(Severity::note, "no-effect", at("track_src_ip"),
                 "'track_src_ip' means nothing without mcast_src_ip or unicast_src_ip");
    }
    if (!r.vrf.empty() && (!r.interface.empty() || !r.unicast)) {
      warn("vrf", "no-effect", "'vrf' is for unicast without an interface; it is ignored");
      r.vrf.clear();
    }
  }

  void keep_peers() {
    std::unordered_set<net::IpAddress> seen;
    for (const PeerDraft& line : draft_.peer_lines) {
      if (line.peer.address == router().source) {
        in_.report(Severity::warning, "own-peer", line.word,
                   fmt::format("'{}' is this node's own address; it is left out", line.word.text));
      } else if (line.peer.min_ttl > line.peer.max_ttl) {
        in_.refuse("out-of-range", line.word,
                   "min_ttl is above max_ttl: no advert of this peer could be accepted", {},
                   "everything from it is dropped");
      } else if (!seen.insert(line.peer.address).second) {
        in_.refuse("repeated-value", line.word, fmt::format("peer '{}' is there already", line.word.text), {},
                   "it is ignored");
      } else {
        router().peers.push_back(line.peer);
        if (line.ttl_given) router().check_unicast_source = true;
      }
    }
  }

  void finish_authentication() {
    if (!draft_.authentication) return;
    const AuthenticationDraft& written = *draft_.authentication;
    const auto dropped = [&](std::string message, std::string hint) {
      warn("authentication", "authentication-dropped", std::move(message), std::move(hint));
    };
    if (router().version == vrrp::Version::v3) {
      dropped("version 3 has no authentication: adverts carry none", "leave the block out");
    } else if (router().strict) {
      dropped("strict mode: adverts carry no authentication",
              "leave the block out, or switch vrrp_strict off if the other nodes use it");
    } else if (!written.type || written.password.empty()) {
      const std::string_view lacking = written.type ? "auth_pass" : "auth_type";
      if (written.given.has(lacking)) return;  // it was refused where it stands
      in_.refuse("missing-keyword", at("authentication"),
                 fmt::format("this authentication has no {}", lacking), {},
                 "adverts carry no authentication");
    } else if (router().family == net::Family::v6) {
      dropped("IPv6 adverts have no room for authentication: they carry none", "leave the block out");
    } else {
      router().auth_type = *written.type;
      router().auth_pass = written.password;
    }
  }

  void finish_hmac() {
    if (!draft_.hmac_draft) return;
    vrrp::SignatureConfig hmac = draft_.hmac_draft->config;
    if (std::ranges::find(hmac.keys, hmac.active_key, &vrrp::SigningKey::id) == hmac.keys.end()) {
      in_.refuse("missing-keyword", at("auth_hmac"),
                 hmac.active_key == 0 ? "this auth_hmac has no active_key"
                                      : "there is no key of the number active_key names",
                 {}, "adverts are not signed");
      return;
    }
    if (wrote("authentication")) {
      in_.refuse("bad-value", at("auth_hmac"), "authentication and auth_hmac exclude each other", {},
                 "authentication is left out");
      router().auth_type = vrrp::AuthType::none;
    }
    const auto usual = std::clamp<std::int64_t>(3 * (router().advert_interval / 1s), 5, 300);
    hmac.window_seconds = draft_.hmac_draft->window.value_or(static_cast<std::uint32_t>(usual));
    router().signature = std::move(hmac);
  }

  void finish_addresses() {
    std::unordered_set<std::string> seen;
    const auto keep = [&](const std::vector<AddressDraft>& lines, std::vector<vrrp::VirtualAddress>& into) {
      for (const AddressDraft& line : lines) {
        const std::string key =
            fmt::format("{} {}", line.address.address.address.address.to_string(), line.address.interface);
        if (lines.size() + seen.size() > 1 && !seen.insert(key).second) {
          in_.refuse("repeated-value", line.word,
                     fmt::format("address '{}' is there already", line.word.text), {}, "it is ignored");
          continue;
        }
        into.push_back(finish_address(line));
      }
    };
    vrrp::Config& r = router();
    keep(draft_.addresses, r.addresses);
    keep(draft_.excluded, r.excluded_addresses);
    constexpr std::size_t most = 255;  // the count is an octet
    if (r.addresses.size() > most) {
      in_.report(Severity::warning, "too-many-addresses", draft_.addresses[most].word,
                 fmt::format("an advert names {} addresses at most; the other {} are not advertised", most,
                             r.addresses.size() - most),
                 "move them to virtual_ipaddress_excluded, or to a vrrp_instance of their own");
      const auto surplus = r.addresses.begin() + most;
      r.excluded_addresses.insert(r.excluded_addresses.begin(), surplus, r.addresses.end());
      r.addresses.erase(surplus, r.addresses.end());
    }
    if (r.addresses.empty()) complain_of_no_address();
  }

  void complain_of_no_address() {
    if (wrote("virtual_ipaddress") && !draft_.addresses.empty()) return;
    const std::string message = fmt::format("vrrp_instance {} advertises no address", draft_.name.text);
    if (router().strict || (router().version == vrrp::Version::v3 && !draft_.no_virtual_addresses)) {
      in_.report(Severity::error, "missing-keyword", draft_.name, message, "write a virtual_ipaddress block");
    } else if (!draft_.no_virtual_addresses) {
      in_.report(Severity::warning, "missing-keyword", draft_.name, message,
                 "write a virtual_ipaddress block, or no_virtual_ipaddress if that is meant");
    }
  }

  void finish_preemption() {
    vrrp::Config& r = router();
    const bool owner_or_master = draft_.state_master.value_or(false) || r.owner();
    if (!r.preempt && owner_or_master) {
      warn("nopreempt", "no-effect",
           fmt::format("'nopreempt' means nothing with {}; the node preempts",
                       r.owner() ? "priority 255" : "state MASTER"),
           "write state BACKUP on every node");
      r.preempt = true;
    }
    if (r.preempt_delay > core::Duration{} && (owner_or_master || r.strict || !r.preempt)) {
      warn("preempt_delay", r.strict ? "strict-mode" : "no-effect",
           r.strict ? "strict mode: 'preempt_delay' is ignored"
                    : fmt::format("'preempt_delay' means nothing with {}; it is ignored",
                                  !r.preempt  ? "nopreempt"
                                  : r.owner() ? "priority 255"
                                              : "state MASTER"));
      r.preempt_delay = {};
    }
    if (r.timer_expired_backup && r.preempt) {
      warn(wrote("timer_expired_backup") ? "timer_expired_backup" : "thread_timer_expired", "no-effect",
           "'timer_expired_backup' means nothing without nopreempt; it is ignored");
      r.timer_expired_backup.reset();
    }
  }

  void finish_owner() {
    vrrp::Config& r = router();
    r.owner_ignore_adverts =
        r.owner() && draft_.owner_ignore_written.value_or(in_.globals().vrrp.owner_ignore_adverts);
    if (draft_.owner_ignore_written == true && !r.owner()) {
      warn("owner_ignore_adverts", "no-effect", "'owner_ignore_adverts' is for priority 255; it is ignored");
    }
  }

  void finish_virtual_interface() {
    VirtualInterface& link = draft_.virtual_interface;
    if (link.mac_lacks_vrid && link.mac) link.mac->octets[5] = router().vrid;
    if (wrote("use_vmac") && wrote("use_ipvlan")) {
      in_.refuse("bad-value", at("use_ipvlan"), "use_vmac and use_ipvlan exclude each other", {},
                 "the last one counts");
    }
    const bool own = link.kind != VirtualLink::none;
    if (link.transmit_on_base && !own) {
      warn("vmac_xmit_base", "no-effect", "'vmac_xmit_base' means nothing without use_vmac; it is ignored");
      link.transmit_on_base = false;
    }
    if (own && !router().peers.empty()) link.transmit_on_base = true;
    if (own && router().promote_secondaries) {
      warn("promote_secondaries", "no-effect",
           "an interface of the router's own has promote_secondaries set already");
      router().promote_secondaries = false;
    }
    if (link.kind == VirtualLink::ipvlan && link.address && !router().source)
      router().source = link.address->address;
  }

  Build& build_;
  Interpreter& in_;
  InstanceDraft draft_;
  bool is_twin_ = false;
  bool both_families_ = false;
};

// What tells two routers on one link apart.
std::string wire_identity(const vrrp::Config& router) {
  return fmt::format("{} {} {} {}", router.interface.empty() ? router.vrf : router.interface,
                     static_cast<int>(router.family), router.vrid,
                     router.multicast()
                         ? router.multicast_group.to_string()
                         : fmt::format("unicast {}", router.source ? router.source->to_string() : ""));
}

bool alone_on_the_wire(Interpreter& in, std::unordered_map<std::string, Word>& on_wire,
                       const InstanceDraft& draft, const Word& name) {
  const auto [other, fresh] = on_wire.emplace(wire_identity(draft.vrrp), name);
  if (fresh) return true;
  const Word* vrid = draft.given.find("virtual_router_id");
  const Word& where = vrid != nullptr ? *vrid : name;
  in.report(Finding{Severity::error, "repeated-vrid", where.place, where.text.size(),
                    fmt::format("virtual_router_id {} is used twice on {} for {}", draft.vrrp.vrid,
                                draft.vrrp.interface.empty() ? "this host" : draft.vrrp.interface,
                                draft.vrrp.family == net::Family::v4 ? "IPv4" : "IPv6"),
                    "give each router on a link a number of its own",
                    Finding::Related{other->second.place, other->second.text.size(), "the other router"}});
  return false;
}

}  // namespace

vrrp::VirtualAddress finish_address(const AddressDraft& line) {
  vrrp::VirtualAddress result = line.address;
  net::InterfaceAddress& address = result.address;
  // A host address that is not deprecated would be chosen as source for traffic of the node's own.
  if (address.address.address.is_v6() && address.address.length == 128 && !line.lifetime_given)
    address.preferred_lifetime = 0;
  return result;
}

void read_instances(Build& build) {
  Interpreter& in = build.interpreter;
  std::unordered_map<std::string, Word> on_wire;
  build.model.instances.reserve(build.root.instances.size());
  for (const Statement* statement : build.root.instances) {
    const auto name = block_name(in, *statement);
    if (!statement->has_block()) {  // its lines stand somewhere else: nothing more can be said of it
      if (name) build.instances.add(in, *name, "vrrp_instance");
      continue;
    }
    InstanceBuilder builder(build, *statement, name.value_or(statement->keyword));
    auto twin = builder.twin();
    const bool usable = builder.finish();
    const bool twin_usable = twin && twin->finish();
    if (!name || !build.instances.add(in, *name, "vrrp_instance")) continue;
    if (usable && alone_on_the_wire(in, on_wire, builder.draft(), *name))
      build.model.instances.push_back(std::move(static_cast<Instance&>(builder.draft())));
    if (twin_usable && alone_on_the_wire(in, on_wire, twin->draft(), *name))
      build.model.instances.push_back(std::move(static_cast<Instance&>(twin->draft())));
  }
}

}  // namespace config
