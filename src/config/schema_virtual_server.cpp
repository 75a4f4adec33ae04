// The schema of virtual_server, virtual_server_group, real_server and SSL.
#include <fmt/format.h>

#include "config/schema_areas.hpp"
#include "config/schema_builder.hpp"
#include "config/schema_lvs.hpp"
#include "config/value.hpp"

namespace config {

namespace {

using V = ServiceDraft;
using R = ServerDraft;
using F = lvs::Forwarding;
using std::chrono_literals::operator""us;

template <class Member>
auto service(Member member) {
  return in(&VirtualServer::config, member);
}

template <class Member>
auto server(Member member) {
  return in(&RealServer::config, member);
}

const auto& schedulers() {
  static const Choice names = choice<int>({{"rr", 0},
                                           {"wrr", 1},
                                           {"lc", 2},
                                           {"wlc", 3},
                                           {"lblc", 4},
                                           {"sh", 5},
                                           {"mh", 6},
                                           {"dh", 7},
                                           {"fo", 8},
                                           {"ovf", 9},
                                           {"lblcr", 10},
                                           {"sed", 11},
                                           {"nq", 12},
                                           {"twos", 13}});
  return names;
}

void read_scheduler(V& draft, Words& words) {
  if (const auto which = schedulers().read(words)) {
    draft.config.scheduler = schedulers().options[static_cast<std::size_t>(*which)].name;
    draft.scheduler_written = true;
  }
}

// NAT, DR or TUN with its options. What is wrong leaves `forwarding` as it was.
bool read_method(lvs::Forwarding& forwarding, Words& words) {
  const Choice methods = choice<lvs::Method>(
      {{"NAT", lvs::Method::nat}, {"DR", lvs::Method::direct}, {"TUN", lvs::Method::tunnel}});
  const auto method = methods.read(words);
  if (!method) return false;
  lvs::Forwarding read = forwarding;
  read.method = static_cast<lvs::Method>(*method);
  const Word word = words.last();
  while (!words.empty() && !words.failed()) {
    const Keyword* option =
        schema().at("virtual_server/lvs_method").find(fmt::format("TUN {}", words.peek()->text));
    if (option == nullptr) break;
    words.take();
    option->apply(words, &read);
  }
  if (words.failed()) return false;
  const bool gue = read.tunnel == lvs::TunnelType::gue;
  if (read.method == lvs::Method::tunnel && gue != (read.tunnel_port != 0)) {
    words.refuse(word, "bad-value", gue ? "a GUE tunnel needs a port" : "only a GUE tunnel has a port");
    return false;
  }
  const bool checksum_fits =
      read.checksum == lvs::TunnelChecksum::none || gue ||
      (read.tunnel == lvs::TunnelType::gre && read.checksum == lvs::TunnelChecksum::full);
  if (!checksum_fits) {
    words.refuse(word, "bad-value", "this tunnel knows no such checksum mode");
    return false;
  }
  forwarding = read;
  return true;
}

void read_service_method(V& draft, Words& words) {
  if (read_method(draft.config.forwarding, words)) draft.method_written = true;
}

void read_sorry_server(V& draft, Words& words) {
  const auto where = read_endpoint(words);
  if (!where) return;
  const bool inhibit = draft.config.sorry && draft.config.sorry->inhibit;
  const auto forwarding = draft.config.sorry ? draft.config.sorry->forwarding : std::nullopt;
  draft.config.sorry = lvs::SorryServer{*where, forwarding, inhibit};
  draft.sorry_written = true;
}

// The sorry server's settings may stand before it.
lvs::SorryServer& sorry(V& draft) {
  if (!draft.config.sorry) draft.config.sorry.emplace();
  return *draft.config.sorry;
}

void read_sorry_method(V& draft, Words& words) {
  lvs::Forwarding forwarding;
  if (read_method(forwarding, words)) sorry(draft).forwarding = forwarding;
}

void read_granularity(V& draft, Words& words) {
  const Word* word = words.need("a netmask or a prefix length");
  if (word == nullptr) return;
  std::optional<net::Prefix> granularity;
  if (const auto mask = net::IpAddress::parse(word->text); mask && mask->is_v4()) {
    unsigned length = 0;
    while (length < 32 && (mask->octets[length / 8] & (0x80U >> (length % 8))) != 0) ++length;
    granularity = net::Prefix{*mask, static_cast<std::uint8_t>(length)};
  } else if (const auto length = parse_unsigned(word->text); length && *length >= 1 && *length <= 128) {
    granularity = net::Prefix{net::IpAddress::any(net::Family::v6), static_cast<std::uint8_t>(*length)};
  }
  if (!granularity) {
    words.refuse(*word, "bad-value", fmt::format("'{}' is neither a netmask nor a prefix length", word->text),
                 "write for example 255.255.255.0, or 64 for IPv6");
    return;
  }
  draft.config.persistence_granularity = granularity;
  if (draft.config.persistence_seconds == 0) draft.config.persistence_seconds = 360;
}

void read_persistence(V& draft, Words& words) {
  if (!words.empty() && words.peek()->text == "0") {
    words.note(words.take(), "zero-is-default",
               "'persistence_timeout 0' is the same as leaving it out: the service is not persistent");
    draft.config.persistence_seconds = 0;
    return;
  }
  if (const auto time = number(1, 2678400).or_bare(360).read(words)) {
    draft.config.persistence_seconds = static_cast<std::uint32_t>(*time);
  }
}

auto protocols() {
  Choice names = choice<lvs::Protocol>(
      {{"TCP", lvs::Protocol::tcp}, {"UDP", lvs::Protocol::udp}, {"SCTP", lvs::Protocol::sctp}});
  names.any_case = true;
  return names;
}

void read_protocol(V& draft, Words& words) {
  if (const auto protocol = protocols().read(words)) {
    draft.config.protocol = static_cast<lvs::Protocol>(*protocol);
    draft.protocol_written = true;
  }
}

auto hash_flag(bool lvs::ServiceConfig::* field, std::optional<Word> ServiceDraft::* where) {
  return reads([=](V& draft, Words& words) {
    const Word keyword = words.keyword();
    const auto on = flag().read(words);
    if (!on) return;
    draft.config.*field = *on;
    draft.*where = keyword;
  });
}

check::Probe over_tls() {
  check::Http http;
  http.tls = true;
  return http;
}

R* start_server(V& draft, Words& words) {
  const Word keyword = words.keyword();
  const auto where = read_endpoint(words);
  if (!where) return nullptr;
  R& server_draft = draft.server_drafts.emplace_back();
  server_draft.word = keyword;
  server_draft.config.endpoint = *where;
  return &server_draft;
}

template <class T, class Timing>
Rows<T> timing_entries(Timing timing) {
  constexpr Period timer = seconds(core::Duration{}, std::chrono::seconds(most_u32), 6);
  const auto field = [timing](auto member) {
    return [timing, member](T& draft) -> auto& { return timing(draft).*member; };
  };
  // clang-format off
  return {
      {"retry", number(1, most_u32), field(&TimingDraft::retry),
       "Extra attempts before down.", {by_default("checker specific"), inherits("virtual_server")}},
      {"delay_before_retry", timer, field(&TimingDraft::delay_before_retry),
       "Wait between attempts.",
       {unit("seconds, 6 decimals"), by_default("checker specific"), inherits("virtual_server")}},
      {"warmup", timer, field(&TimingDraft::warmup),
       "Upper bound of random wait before the first check.",
       {unit("seconds, 6 decimals"), by_default("delay_loop"), inherits("virtual_server")}},
      {"connect_timeout", seconds(1us, most_timer, 6), field(&TimingDraft::connect_timeout),
       "Connection time limit of checks.", {by_default("5"), inherits("virtual_server")}},
      {"delay_loop", seconds(1us, std::chrono::seconds(most_u32), 6), field(&TimingDraft::delay_loop),
       "Time between checks.", {by_default("60"), inherits("virtual_server")}},
      {"check_timeout", seconds(1us, most_timer, 6), field(&TimingDraft::check_timeout),
       "Time limit of a whole check.", {by_default("connect_timeout"), inherits("virtual_server")}},
      {"delay_unconfirmed", seconds(1us, most_timer, 6), field(&TimingDraft::delay_unconfirmed),
       "Time between checks while the last result contradicts what the server counts as.",
       {by_default("delay_before_retry, on the way up delay_loop"), inherits("virtual_server")}},
      {"rise", number(1, 1000), field(&TimingDraft::rise),
       "Successful checks in a row that bring a server back.", {by_default("1"), inherits("virtual_server")}},
  };
  // clang-format on
}

}  // namespace

std::optional<lvs::Endpoint> read_endpoint(Words& words) {
  const auto where = address().read(words);
  if (!where) return std::nullopt;
  lvs::Endpoint endpoint{*where, 0};
  if (!words.empty()) {
    const auto number = port_or_none().read(words);
    if (!number) return std::nullopt;
    endpoint.port = *number;
  }
  return endpoint;
}

// clang-format off: one entry reads as one row of a table
namespace {

Rows<V> service_entries() {
  return {
      {"ip_family", choice<net::Family>({{"inet", net::Family::v4}, {"inet6", net::Family::v6}}), service(&lvs::ServiceConfig::family),
       "Family of a fwmark service.", {by_default("from servers, else inet")}},
      {"inhibit_on_failure", flag(), &V::inhibit,
       "Set weight 0 rather than remove a failed server.", {by_default("off")}},
      {"lb_algo", reads(read_scheduler),
       "IPVS scheduler.",
       {syntax("rr|wrr|lc|wlc|lblc|sh|mh|dh|fo|ovf|lblcr|sed|nq|twos"), by_default("wlc"),
        same_as("lvs_sched")}},
      {"lvs_sched", reads(read_scheduler),
       "IPVS scheduler.",
       {syntax("rr|wrr|lc|wlc|lblc|sh|mh|dh|fo|ovf|lblcr|sed|nq|twos"), by_default("wlc"),
        same_as("lb_algo")}},
      {"hashed", flag(), [](V&, bool) {}, "Leftover, does nothing."},
      {"ops", flag(), service(&lvs::ServiceConfig::one_packet),
       "One-packet scheduling.", {by_default("off")}},
      {"flag-1", flag(), service(&lvs::ServiceConfig::flag_1), "Scheduler flag 1.", {by_default("off")}},
      {"flag-2", flag(), service(&lvs::ServiceConfig::flag_2), "Scheduler flag 2.", {by_default("off")}},
      {"flag-3", flag(), service(&lvs::ServiceConfig::flag_3), "Scheduler flag 3.", {by_default("off")}},
      {"sh-port", hash_flag(&lvs::ServiceConfig::flag_2, &V::sh_flag),
       "sh scheduler also hashes the port.", {by_default("off")}},
      {"sh-fallback", hash_flag(&lvs::ServiceConfig::flag_1, &V::sh_flag),
       "sh scheduler tries another server when one is unavailable.", {by_default("off")}},
      {"mh-port", hash_flag(&lvs::ServiceConfig::flag_2, &V::mh_flag),
       "mh scheduler also hashes the port.", {by_default("off")}},
      {"mh-fallback", hash_flag(&lvs::ServiceConfig::flag_1, &V::mh_flag),
       "mh scheduler tries another server when one is unavailable.", {by_default("off")}},
      {"lb_kind", reads(read_service_method),
       "Forwarding method.",
       {syntax("NAT|DR|TUN [<TUN-OPTIONS>]"), by_default("NAT"), same_as("lvs_method")}},
      {"lvs_method", reads(read_service_method),
       "Forwarding method.", {syntax("NAT|DR|TUN [<TUN-OPTIONS>]"), by_default("NAT"), same_as("lb_kind")}},
      {"persistence_engine", text("the name of a persistence engine").up_to(16).cut(), service(&lvs::ServiceConfig::persistence_engine),
       "IPVS persistence engine, e.g. sip.", {syntax("<NAME>"), by_default("none")}},
      {"persistence_timeout", reads(read_persistence),
       "Client stickiness time.",
       {syntax("[<SECS>]"), unit("seconds"), range("1..2678400"), by_default("off; bare = 360")}},
      {"persistence_granularity", reads(read_granularity),
       "Client grouping for persistence.",
       {syntax("<NETMASK> | <PREFIXLEN>"), range("IPv4 dotted mask; IPv6 1..128"),
        by_default("single host")}},
      {"protocol", reads(read_protocol), "Layer 4 protocol.", {syntax("TCP|UDP|SCTP"), by_default("UDP")}},
      {"ha_suspend", flag(), service(&lvs::ServiceConfig::suspend_without_address),
       "Pause checks while the service address is absent.", {by_default("off")}},
      {"smtp_alert", flag(), &V::smtp_alert,
       "Mail on quorum change.",
       {syntax("[on|off]"), by_default("off"), inherits("smtp_alert_checker <- smtp_alert (global)")}},
      {"virtualhost", text("a host name"), service(&lvs::ServiceConfig::virtual_host),
       "Default Host header for HTTP checks.", {syntax("<STRING>"), by_default("none"), replaces}},
      {"snmp_name", text("a name"), service(&lvs::ServiceConfig::snmp_name),
       "Label shown in SNMP.", {syntax("<STRING>"), by_default("none")}},
      {"alpha", flag(), service(&lvs::ServiceConfig::alpha),
       "Treat servers as down until checked.", {by_default("off")}},
      {"omega", flag(), service(&lvs::ServiceConfig::omega),
       "Run down notifiers on shutdown.", {by_default("off")}},
      {"quorum_up", command(), &V::quorum_up,
       "Command run when quorum is reached.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"quorum_down", command(), &V::quorum_down,
       "Command run when quorum is lost.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"quorum", number(1, most_u32).else_assume(1), service(&lvs::ServiceConfig::quorum),
       "Live weight needed for the service to be up.", {unit("weight units"), by_default("1")}},
      {"hysteresis", number(0, most_u32), service(&lvs::ServiceConfig::hysteresis),
       "Dead band round quorum.", {unit("weight units"), by_default("0")}},
      {"weight", number(1, most_i32), &V::default_weight,
       "Default weight of the real servers.", {by_default("1")}},
      {"drain_timeout", seconds(0us, most_timer, 6), &V::drain_timeout,
       "How long a server that is removed, or whose weight becomes 0, keeps the connections it has. keepalived has no such thing.",
       {by_default("0 (not at all)")}},
      {"sorry_server", reads(read_sorry_server),
       "Stand-in server while quorum is lost.",
       {syntax("<IPADDR> [<PORT>]"), range("port 1..65535, 0 = none"), by_default("none")}},
      {"sorry_server_inhibit", flag(), [](V& draft, bool on) { sorry(draft).inhibit = on; },
       "inhibit_on_failure for the sorry server.", {by_default("off")}},
      {"sorry_server_lvs_method", reads(read_sorry_method),
       "Forwarding method of the sorry server.",
       {syntax("NAT|DR|TUN [<TUN-OPTIONS>]"), by_default("lvs_method when sorry_server is read"),
        inherits("virtual_server")}},
      {"real_server", opens<R>("virtual_server/real_server", start_server),
       "One back-end server.",
       {range("port 1..65535, 0 = none"), by_default("port of the virtual server"), adds,
        syntax("<IPADDR> [<PORT>] { ... }")}},
  };
}

Rows<R> server_entries() {
  return {
      {"weight", number(0, most_i32), &R::weight,
       "IPVS weight.", {by_default("1"), inherits("virtual_server weight")}},
      {"lvs_method", reads([](R& draft, Words& words) {
         lvs::Forwarding forwarding;
         if (read_method(forwarding, words)) draft.forwarding = forwarding;
       }),
       "Forwarding method.",
       {syntax("NAT|DR|TUN [<TUN-OPTIONS>]"), by_default("lvs_method"), inherits("virtual_server")}},
      {"uthreshold", number(0, most_u32), server(&lvs::ServerConfig::upper_threshold),
       "Stop sending above this many connections.", {unit("connections"), by_default("0 (none)")}},
      {"lthreshold", number(0, most_u32), server(&lvs::ServerConfig::lower_threshold),
       "Resume sending below this many connections.", {unit("connections"), by_default("0 (none)")}},
      {"inhibit_on_failure", flag(), &R::inhibit,
       "Set weight 0 rather than remove on failure.",
       {syntax("[on|off]"), by_default("off"), inherits("virtual_server")}},
      {"drain_timeout", seconds(0us, most_timer, 6), &R::drain_timeout,
       "How long it keeps the connections it has when it is removed or its weight becomes 0. keepalived has no such thing.",
       {by_default("0 (not at all)"), inherits("virtual_server")}},
      {"notify_up", command(), &R::notify_up,
       "Command run when the server comes up.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"notify_down", command(), &R::notify_down,
       "Command run when the server goes down.",
       {by_default("none"), inherits("user from script_user"), first_wins}},
      {"alpha", flag(), &R::alpha,
       "Treat server as down until checked.",
       {syntax("[on|off]"), by_default("off"), inherits("virtual_server")}},
      {"smtp_alert", flag(), &R::smtp_alert,
       "Mail on server state change.",
       {syntax("[on|off]"), by_default("on"), inherits("smtp_alert_checker <- smtp_alert (global)")}},
      {"virtualhost", text("a host name"), &R::virtual_host,
       "Default Host header for HTTP checks.",
       {syntax("<STRING>"), by_default("none"), inherits("virtual_server"), replaces}},
      {"snmp_name", text("a name"), &R::snmp_name,
       "Label shown in SNMP.", {syntax("<STRING>"), by_default("none")}},
      {"MISC_CHECK", opens_checker("MISC_CHECK", new_probe<check::Misc>),
       "Check by running a command.", {syntax("{ ... }"), adds}},
      {"SMTP_CHECK", opens_checker("SMTP_CHECK", new_probe<check::Smtp>),
       "Check an SMTP dialogue.", {syntax("{ ... }"), adds}},
      {"TCP_CHECK", opens_checker("TCP_CHECK", new_probe<check::Tcp>),
       "Check that a TCP connection opens.", {syntax("{ ... }"), adds}},
      {"PING_CHECK", opens_checker("PING_CHECK", new_probe<check::Ping>),
       "Check by ICMP echo.", {syntax("{ ... }"), adds}},
      {"UDP_CHECK", opens_checker("UDP_CHECK", new_probe<check::Udp>),
       "Check by UDP probe and ICMP errors.", {syntax("{ ... }"), adds}},
      {"HTTP_GET", opens_checker("HTTP_GET", new_probe<check::Http>),
       "Check pages over HTTP.", {syntax("{ ... }"), adds}},
      {"SSL_GET", opens_checker("SSL_GET", over_tls),
       "Check pages over HTTPS.", {syntax("{ ... }"), inherits("SSL block"), adds}},
      {"DNS_CHECK", opens_checker("DNS_CHECK", new_probe<check::Dns>),
       "Check by a DNS query over UDP.", {syntax("{ ... }"), adds}},
      {"FILE_CHECK", opens_checker("FILE_CHECK", new_probe<check::File>),
       "Weight from a watched file.", {syntax("{ ... }"), inherits("track_file"), adds}},
      {"BFD_CHECK", opens_checker("BFD_CHECK", new_probe<check::Bfd>),
       "Follow a BFD session.", {syntax("{ ... }"), inherits("bfd_instance"), adds}},
      {"REDIS_CHECK", opens_checker("REDIS_CHECK", new_probe<check::Redis>),
       "Check a Redis server and its role.", {syntax("{ ... }"), adds}},
  };
}

Block method_block(LastingText path) {
  Block block = make_block<F>(path, "Words after TUN.", {
      {"TUN type", choice<lvs::TunnelType>({{"ipip", lvs::TunnelType::ipip}, {"gue", lvs::TunnelType::gue}, {"gre", lvs::TunnelType::gre}}), &F::tunnel,
       "Tunnel flavour.", {by_default("ipip"), inherits("virtual_server")}},
      {"TUN port", number(1, 65535), &F::tunnel_port,
       "Port of a GUE tunnel.", {by_default("none"), inherits("virtual_server")}},
      {"TUN nocsum", reads([](F& forwarding, Words&) { forwarding.checksum = lvs::TunnelChecksum::none; }),
       "Tunnel checksum mode.",
       {syntax("nocsum|csum|remcsum"), by_default("nocsum"), inherits("virtual_server"),
        same_as("csum, remcsum")}},
  });
  block.add_alias("TUN csum", [](Words&, void* forwarding) { static_cast<F*>(forwarding)->checksum = lvs::TunnelChecksum::full; });
  block.add_alias("TUN remcsum", [](Words&, void* forwarding) { static_cast<F*>(forwarding)->checksum = lvs::TunnelChecksum::remote; });
  return block;
}

}  // namespace

std::vector<Block> virtual_server_blocks() {
  std::vector<Block> blocks;
  Block service_block = make_block<V>("virtual_server", "A virtual service in the kernel's IPVS and the servers behind it.", service_entries());
  append(service_block, timing_entries<V>([](V& draft) -> auto& { return draft.timing; }));
  blocks.push_back(std::move(service_block));
  Block server_block = make_block<R>("virtual_server/real_server", "A server that does the work.", server_entries());
  append(server_block, timing_entries<R>([](R& draft) -> auto& { return draft.timing; }));
  blocks.push_back(std::move(server_block));
  for (const char* path : {"virtual_server/lvs_method", "virtual_server/lb_kind", "virtual_server/sorry_server_lvs_method",
                           "virtual_server/real_server/lvs_method"}) {
    blocks.push_back(method_block(path));
  }
  using G = lvs::Group;
  blocks.push_back(make_block<G>("virtual_server_group", "Addresses, ranges and marks that one virtual_server serves.", {
      {"<IPADDR>", reads(read_group_member),
       "Single address.",
       {syntax("<IPADDR> [<PORT>]"), range("port 1..65535, 0 = none"), by_default("no port")}},
      {"<IPADDR>-<LAST>", explained,
       "Range over the last octet or hex group.",
       {syntax("a.b.c.d-<N> [<PORT>] | x::y-<HEX> [<PORT>]"),
        range("IPv4 last octet 0..255; IPv6 last group 0..ffff")}},
      {"<IPADDR>-<IPADDR>", explained,
       "Range given by both ends.", {syntax("a.b.c.d-e.f.g.h [<PORT>] (IPv6 likewise)")}},
      {"<IPADDR>/<LEN>", explained,
       "All addresses of a prefix.", {syntax("<IPADDR>/<LEN> [<PORT>]"), range("1..32 / 1..128")}},
      {"fwmark", reads(read_group_mark),
       "Firewall mark.",
       {syntax("<N> [inet|inet6]"), range("0..4294967295, decimal"), by_default("family from servers")}},
  }));
  blocks.back().keywords.front().kind = Keyword::Kind::other_word;
  blocks.push_back(explained_block("virtual_server (header)", "What a virtual_server serves.", {
      {"<IPADDR>", explained,
       "Address based service.",
       {syntax("<IPADDR> [<PORT>]"), range("port 1..65535, 0 = none"), by_default("no port = persistent")}},
      {"fwmark", explained, "Mark based service.", {syntax("fwmark <N>"), range("0..4294967295, decimal")}},
      {"group", explained, "Service over a virtual_server_group.", {syntax("group <NAME>")}},
  }));
  using T = check::TlsConfig;
  blocks.push_back(make_block<T>("SSL", "What SSL_GET shows to servers.", {
      {"password", text("a passphrase"), &T::password,
       "Passphrase of the private key.", {syntax("<STRING>"), by_default("none"), replaces}},
      {"ca", text("a path"), &T::ca_file,
       "CA certificates file.", {syntax("<PATH>"), by_default("none"), replaces}},
      {"certificate", text("a path"), &T::certificate_file,
       "Client certificate chain file.", {syntax("<PATH>"), by_default("none"), replaces}},
      {"key", text("a path"), &T::key_file,
       "Private key file, PEM.", {syntax("<PATH>"), by_default("none"), replaces}},
  }));
  return blocks;
}
// clang-format on

}  // namespace config
