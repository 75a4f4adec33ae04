// The schema of route lines: static_routes and virtual_routes, with their next hops and encapsulations.
#include <algorithm>
#include <fmt/format.h>

#include "config/name_tables.hpp"
#include "config/schema_areas.hpp"
#include "config/schema_shared.hpp"
#include "config/value.hpp"

namespace config {

namespace {

using R = RouteDraft;
using N = net::NextHop;
using E = net::Encapsulation;
using M = net::RouteMetrics;

// Numbers of RTAX_*, as bits of RouteMetrics::locked.
enum class Metric : std::uint8_t {
  none = 0,
  mtu = 2,
  rtt = 4,
  rttvar = 5,
  ssthresh = 6,
  cwnd = 7,
  advmss = 8,
  reordering = 9,
  rto_min = 13,
  congctl = 16,
};

void read_lock(M& metrics, Words& words, Metric metric) {
  if (metric != Metric::none && words.take_if("lock")) metrics.locked |= 1U << static_cast<unsigned>(metric);
}

template <class Field>
auto metric_number(std::optional<Field> M::* field, std::int64_t most, Metric metric = Metric::none) {
  return reads([=](R& line, Words& words) {
    read_lock(line.route.metrics, words, metric);
    if (const auto value = number(0, most).read(words))
      line.route.metrics.*field = static_cast<Field>(*value);
  });
}

auto metric_switch(std::optional<bool> M::* field) {
  return reads([=](R& line, Words& words) {
    if (const auto value = number(0, 1).read(words)) line.route.metrics.*field = *value == 1;
  });
}

// A time with a suffix, or a bare number in the kernel's unit.
auto metric_time(std::optional<core::Duration> M::* field, core::Duration raw_unit, Metric metric) {
  return reads([=](R& line, Words& words) {
    using std::chrono_literals::operator""ms;
    using std::chrono_literals::operator""s;
    read_lock(line.route.metrics, words, metric);
    const Word* word = words.need("a time such as 300ms");
    if (word == nullptr) return;
    const std::size_t letters = std::min(word->text.find_first_not_of("0123456789."), word->text.size());
    const std::string_view suffix = word->text.substr(letters);
    const auto value = parse_decimal(word->text.substr(0, letters));
    core::Duration unit = raw_unit;
    if (suffix == "s" || suffix == "sec" || suffix == "secs") unit = 1s;
    if (suffix == "ms" || suffix == "msec" || suffix == "msecs") unit = 1ms;
    if (!value || (!suffix.empty() && unit == raw_unit && unit != 1ms)) {
      words.refuse(*word, "bad-number", fmt::format("'{}' is not a time", word->text),
                   "write for example 300ms or 1.5s");
      return;
    }
    const core::Duration time{static_cast<std::int64_t>(static_cast<double>(value->billionths) / 1e9 *
                                                        static_cast<double>(unit.count()))};
    const core::Duration held = std::clamp<core::Duration>(time, 200ms, 120s);
    if (held != time) {
      words.warn(*word, "out-of-range",
                 fmt::format("'{}' is outside 0.2 s..120 s; {} ms is used", word->text, held / 1ms));
    }
    line.route.metrics.*field = held;
  });
}

template <class Field>
auto plain_number(std::optional<Field> net::Route::* field, std::int64_t most) {
  return reads([=](R& line, Words& words) {
    if (const auto value = number(0, most).read(words)) line.route.*field = static_cast<Field>(*value);
  });
}

void read_destination(R& line, const Word& word, Words& words) {
  if (line.destination_given) {
    words.refuse(word, "unknown-option", fmt::format("unknown route keyword '{}'", word.text));
    return;
  }
  line.destination_given = true;
  line.word = word;
  if (word.text == "default6") {
    words.note(word, "deprecated", "'default6' is the old form", "write: inet6 default");
    set_family(line.family, net::Family::v6, words, word);
    line.route.destination.length = 0;
    return;
  }
  if (word.text == "default" || word.text == "any" || word.text == "all") return;
  const auto prefix = net::Prefix::parse(word.text);
  if (!prefix) {
    words.refuse(word, "bad-address",
                 fmt::format("'{}' is neither a destination nor a route keyword", word.text),
                 "write for example 192.0.2.0/24 or default");
    return;
  }
  set_family(line.family, prefix->address.family, words, word);
  line.route.destination = *prefix;
}

constexpr std::pair<const char*, net::RouteType> route_types[] = {
    {"unicast", net::RouteType::unicast},     {"local", net::RouteType::local},
    {"broadcast", net::RouteType::broadcast}, {"brd", net::RouteType::broadcast},
    {"anycast", net::RouteType::anycast},     {"multicast", net::RouteType::multicast},
    {"prohibit", net::RouteType::prohibit},   {"unreachable", net::RouteType::unreachable},
    {"blackhole", net::RouteType::blackhole}, {"xresolve", net::RouteType::xresolve},
    {"throw", net::RouteType::throw_},        {"nat", net::RouteType::nat},
};

void read_other_word(R& line, Words& words) {
  const Word& word = words.take();
  const auto type = parse_unsigned(word.text);
  if (type && *type <= 255 && !line.destination_given && !words.empty()) {
    line.route.type = static_cast<net::RouteType>(*type);
    return;
  }
  read_destination(line, word, words);
}

std::optional<net::IpAddress> read_gateway(std::optional<net::Family>& family, Words& words) {
  if (words.take_if("inet")) {
    set_family(family, net::Family::v4, words, words.last());
  } else if (words.take_if("inet6")) {
    set_family(family, net::Family::v6, words, words.last());
  }
  const auto gateway = address().read(words);
  if (!gateway) return std::nullopt;
  if (family && *family != gateway->family) {
    words.refuse(words.last(), "wrong-family",
                 fmt::format("'{}' is of another family than the route", words.last().text));
    return std::nullopt;
  }
  family = gateway->family;
  return gateway;
}

void read_source(R& line, Words& words) {
  const auto source = address().read(words);
  if (!source) return;
  set_family(line.family, source->family, words, words.last());
  line.route.preferred_source = source;
}

void read_source_prefix(R& line, Words& words) {
  const Word* word = words.need("an IPv6 prefix");
  if (word == nullptr) return;
  const auto prefix = net::Prefix::parse(word->text);
  if (!prefix || prefix->address.is_v4()) {
    words.refuse(*word, "bad-address", fmt::format("'{}' is not an IPv6 prefix", word->text));
    return;
  }
  set_family(line.family, net::Family::v6, words, *word);
  line.route.source_prefix = prefix;
}

void read_preference(R& line, Words& words) {
  Choice names = choice<int>({{"low", 3}, {"medium", 0}, {"high", 1}});
  if (!words.empty() && parse_unsigned(words.peek()->text)) {
    if (const auto value = number(0, 255).read(words))
      line.route.preference = static_cast<std::uint8_t>(*value);
  } else if (const auto value = names.read(words)) {
    line.route.preference = static_cast<std::uint8_t>(*value);
  }
}

void refuse_rewrite(Words& words) {
  words.refuse(words.keyword(), "not-supported", "the kernel no longer rewrites addresses in routes ('as')",
               "leave it out");
  words.drop_rest();
}

void read_labels(E& encapsulation, Words& words) {
  encapsulation.kind = E::Kind::mpls;
  const Word* word = words.need("one or more labels");
  if (word == nullptr) return;
  for (std::string_view rest = word->text; !rest.empty();) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const auto label = parse_unsigned(rest.substr(0, slash), true);
    if (!label || *label > 1048575) {
      words.refuse(*word, "bad-value", fmt::format("'{}' is no MPLS label", rest.substr(0, slash)),
                   "write numbers from 0 to 1048575 separated by /");
      return;
    }
    encapsulation.labels.push_back(static_cast<std::uint32_t>(*label));
    rest.remove_prefix(std::min(rest.size(), slash + 1));
  }
}

void read_locator(E& encapsulation, Words& words) {
  encapsulation.kind = E::Kind::ila;
  const Word* word = words.need("a locator of four hexadecimal groups");
  if (word == nullptr) return;
  const auto address = net::IpAddress::parse(fmt::format("{}::", word->text));
  if (!address || std::ranges::count(word->text, ':') != 3) {
    words.refuse(*word, "bad-value", fmt::format("'{}' is no ILA locator", word->text),
                 "write for example 2001:db8:0:1");
    return;
  }
  for (std::size_t i = 0; i < 8; ++i) encapsulation.locator = encapsulation.locator << 8 | address->octets[i];
}

// The options of the kinds share names with those of routes; they end at the first word the kind does not know.
std::optional<E> read_encapsulation(Words& words) {
  const Block& options = schema().at("static_routes/encap");
  const Word* word = words.need("ip, ip6, mpls or ila");
  if (word == nullptr) return std::nullopt;
  const std::string kind(word->text);
  E encapsulation;
  if (kind == "mpls" || kind == "ila") {
    options.find(kind)->apply(words, &encapsulation);
    return words.failed() ? std::nullopt : std::optional(encapsulation);
  }
  if (kind != "ip" && kind != "ip6") {
    words.refuse(*word, "bad-value", fmt::format("there is no encapsulation '{}'", kind),
                 "write ip, ip6, mpls or ila");
    return std::nullopt;
  }
  encapsulation.kind = kind == "ip" ? E::Kind::ip : E::Kind::ip6;
  while (!words.empty() && !words.failed()) {
    const Keyword* option = options.find(fmt::format("{} {}", kind, words.peek()->text));
    if (option == nullptr) break;
    words.take();
    option->apply(words, &encapsulation);
  }
  if (!words.failed() && !encapsulation.id && !encapsulation.destination) {
    words.refuse(*word, "missing-argument", fmt::format("encap {} needs an id or a dst", kind));
  }
  return words.failed() ? std::nullopt : std::optional(encapsulation);
}

std::optional<net::Realms> read_realms(Words& words) {
  const Word* word = words.need("a realm");
  if (word == nullptr) return std::nullopt;
  net::Realms realms;
  const std::size_t slash = word->text.find('/');
  if (slash != word->text.npos) {
    const auto from =
        named_number(NameTable::realms, words, {word->text.substr(0, slash), word->place}, 0, 255);
    if (!from) return std::nullopt;
    realms.from = *from;
  }
  const auto to = named_number(
      NameTable::realms, words,
      {slash == word->text.npos ? word->text : word->text.substr(slash + 1), word->place}, 0, 255);
  if (!to) return std::nullopt;
  realms.to = *to;
  return realms;
}

void read_next_hop(R& line, Words& words) {
  const Block& options = schema().at("static_routes/nexthop");
  NextHopDraft leg;
  leg.family = line.family;
  const Word& keyword = words.keyword();
  while (!words.empty() && !words.failed() && words.peek()->text != "nexthop") {
    const Keyword* option = options.find(words.peek()->text);
    if (option == nullptr) {
      words.refuse(*words.peek(), "unknown-option",
                   fmt::format("unknown word '{}' in a nexthop", words.peek()->text),
                   "a nexthop ends the line: what concerns the whole route stands before it");
      return;
    }
    words.set_keyword(words.take());
    option->apply(words, &leg);
  }
  words.set_keyword(keyword);
  if (words.failed()) return;
  line.family = leg.family;
  line.route.next_hops.push_back(leg.hop);
}

void read_tos(std::uint8_t& tos, Words& words) {
  if (const auto value = named_number(NameTable::tos, words, 0, 255)) tos = static_cast<std::uint8_t>(*value);
}

void read_route_tos(R& line, Words& words) { read_tos(line.route.tos, words); }

template <class Field>
auto option_number(std::optional<Field> E::* field, std::int64_t most) {
  return reads([=](E& encapsulation, Words& words) {
    if (const auto value = number(0, most).in_c_notation().read(words))
      encapsulation.*field = static_cast<Field>(*value);
  });
}

auto option_address(std::optional<net::IpAddress> E::* field, Address::Want want) {
  return reads([=](E& encapsulation, Words& words) {
    if (const auto value = address(want).read(words)) encapsulation.*field = value;
  });
}

void read_class(E& encapsulation, Words& words) {
  if (const auto value = named_number(NameTable::tos, words, 0, 255)) {
    encapsulation.traffic_class = static_cast<std::uint8_t>(*value);
  }
}

auto insertion(net::RouteInsertion how) {
  return reads([how](R& line, Words&) { line.route.insertion = how; });
}

// clang-format off: one entry reads as one row of a table
Rows<R> target_entries() {
  return {
      {"<DEST>", reads(read_other_word),
       "Destination.",
       {syntax("[to] [<TYPE>] <IPADDR>[/<LEN>]|default|any|all|default6"), by_default("none, mandatory"),
        same_as("to <DEST>")}},
      {"<TYPE>", explained,
       "Route type, before the destination.",
       {syntax("unicast|local|broadcast|brd|anycast|multicast|prohibit|unreachable|blackhole|xresolve|"
               "throw|nat|<N>"), range("number 0..255"), by_default("unicast")}},
      {"inet", reads([](R& line, Words& words) { set_family(line.family, net::Family::v4, words, words.keyword()); }),
       "Force IPv4.", {by_default("from addresses, else IPv4")}},
      {"inet6", reads([](R& line, Words& words) { set_family(line.family, net::Family::v6, words, words.keyword()); }),
       "Force IPv6.", {by_default("from addresses, else IPv4")}},
      {"src", reads(read_source), "Preferred source address.", {syntax("<IPADDR>"), by_default("none")}},
      {"via", reads([](R& line, Words& words) { line.route.via = read_gateway(line.family, words); }),
       "Next hop.",
       {syntax("[inet|inet6] <IPADDR>"), by_default("none"), same_as("gw (deprecated)")}},
      {"gw", reads([](R& line, Words& words) { line.route.via = read_gateway(line.family, words); }),
       "Next hop, old word.", {syntax("[inet|inet6] <IPADDR>"), by_default("none"), old_name_of("via")}},
      {"or", reads([](R& line, Words& words) { line.second_gateway = read_gateway(line.family, words); }),
       "Second gateway, old multipath form.",
       {syntax("<IPADDR>"), by_default("none"), old_name_of("nexthop")}},
      {"from", reads(read_source_prefix),
       "Source prefix of a source-specific route.", {syntax("<IPv6>[/<LEN>]"), by_default("none")}},
      {"tos", reads(read_route_tos),
       "TOS to match.",
       {syntax("<NAME>|<N>"), range("0..255 or rt_dsfield name"), by_default("none"), same_as("dsfield")}},
      {"dsfield", reads(read_route_tos),
       "TOS to match.",
       {syntax("<NAME>|<N>"), range("0..255 or rt_dsfield name"), by_default("none"), same_as("tos")}},
      {"table", reads([](R& line, Words& words) { line.route.table = named_number(NameTable::tables, words, 0, most_u32).value_or(net::route_table_main); }),
       "Routing table.",
       {syntax("<NAME>|<N>"), range("rt_tables name or 0..4294967295"), by_default("main")}},
      {"protocol", reads([](R& line, Words& words) { line.route.protocol = static_cast<std::uint8_t>(named_number(NameTable::protocols, words, 0, 255).value_or(net::route_protocol_keepalived)); }),
       "Route origin.",
       {syntax("<NAME>|<N>"), range("rt_protos name or 0..255"), by_default("keepalived (18)")}},
      {"scope", reads([](R& line, Words& words) {
         if (const auto scope = named_number(NameTable::scopes, words, 0, 255)) line.route.scope = static_cast<std::uint8_t>(*scope);
       }),
       "Route scope.", {syntax("<NAME>|<N>"), range("rt_scopes name or 0..255"), by_default("global")}},
      {"metric", plain_number(&net::Route::metric, most_u32),
       "Route metric.", {range("0..4294967295"), by_default("kernel"), same_as("priority, preference")}},
      {"priority", plain_number(&net::Route::metric, most_u32),
       "Route metric.", {range("0..4294967295"), by_default("kernel"), same_as("metric, preference")}},
      {"preference", plain_number(&net::Route::metric, most_u32),
       "Route metric.", {range("0..4294967295"), by_default("kernel"), same_as("metric, priority")}},
      {"dev", interface_name(), in(&R::route, &net::Route::interface),
       "Output interface.", {by_default("none"), same_as("oif")}},
      {"oif", interface_name(), in(&R::route, &net::Route::interface),
       "Output interface.", {by_default("none"), same_as("dev")}},
      {"onlink", reads([](R& line, Words&) { line.route.on_link = true; }),
       "Treat gateway as directly reachable.", {by_default("off")}},
      {"encap", reads([](R& line, Words& words) { line.route.encapsulation = read_encapsulation(words); }),
       "Lightweight tunnel.",
       {syntax("ip|ip6|mpls|ila <OPTIONS>"), range("see encap rows"), by_default("none")}},
      {"expires", plain_number(&net::Route::expires, most_u32),
       "Route lifetime.", {unit("seconds"), range("0..4294967295"), by_default("never")}},
      {"realms", reads([](R& line, Words& words) { line.route.realms = read_realms(words); }),
       "Route realms.", {syntax("[<FROM>/]<TO>"), range("rt_realms name or 0..255"), by_default("none")}},
      {"pref", reads(read_preference),
       "Router preference.", {syntax("low|medium|high|<N>"), range("0..255"), by_default("medium")}},
      {"ttl-propagate", choice<bool>({{"enabled", true}, {"disabled", false}}), in(&R::route, &net::Route::ttl_propagate),
       "TTL propagation through tunnels.", {by_default("kernel")}},
      {"add", insertion(net::RouteInsertion::add), "Add only if nothing matches.", {by_default("prepend")}},
      {"prepend", insertion(net::RouteInsertion::prepend),
       "Put before matching routes.", {by_default("prepend")}},
      {"append", insertion(net::RouteInsertion::append),
       "Put after matching routes.", {by_default("prepend")}},
      {"as", reads([](R&, Words& words) { refuse_rewrite(words); }),
       "MPLS destination rewrite.", {syntax("[to] <IPADDR>")}},
      {"nexthop", reads(read_next_hop),
       "One leg of a multipath route.",
       {syntax("[via [inet|inet6] <IPADDR>] [dev <IFNAME>] [weight <N>] [onlink] [encap ...] [realms ...]"),
        range("weight 1..256"), by_default("none"), adds}},
      {"no_track", reads([](R& line, Words&) { line.route.track = false; }),
       "Losing the route causes no fault and no re-adding.", {by_default("off")}},
      {"vrf", interface_name(), in(&R::route, &net::Route::vrf),
       "Use the table of this VRF.", {by_default("none")}},
  };
}

Rows<R> metric_entries() {
  using std::chrono_literals::operator""us;
  using std::chrono_literals::operator""ms;
  return {
      {"mtu", metric_number(&M::mtu, most_u32, Metric::mtu),
       "Path MTU.", {unit("bytes"), range("0..4294967295"), by_default("kernel"), syntax("[lock] <N>")}},
      {"hoplimit", metric_number(&M::hop_limit, 255),
       "Hop limit.", {range("0..255"), by_default("kernel"), syntax("<N>")}},
      {"advmss", metric_number(&M::advertised_mss, most_u32, Metric::advmss),
       "Advertised MSS.",
       {unit("bytes"), range("0..4294967295"), by_default("kernel"), syntax("[lock] <N>")}},
      {"rtt", metric_time(&M::round_trip_time, 125us, Metric::rtt),
       "Initial round trip time.",
       {unit("1/8 ms raw, or suffix ms / s"), range("0.2 s..120 s, clamped"), by_default("kernel"),
        syntax("[lock] <TIME>")}},
      {"rttvar", metric_time(&M::round_trip_variance, 250us, Metric::rttvar),
       "Initial RTT variance.",
       {unit("1/4 ms raw, or suffix ms / s"), range("0.2 s..120 s, clamped"), by_default("kernel"),
        syntax("[lock] <TIME>")}},
      {"rto_min", metric_time(&M::least_retransmit_timeout, 1ms, Metric::rto_min),
       "Smallest retransmit timeout.",
       {unit("ms raw, or suffix ms / s"), range("0.2 s..120 s, clamped"), by_default("kernel"),
        syntax("[lock] <TIME>")}},
      {"reordering", metric_number(&M::reordering, most_u32, Metric::reordering),
       "Reordering metric.",
       {unit("packets"), range("0..4294967295"), by_default("kernel"), syntax("[lock] <N>")}},
      {"window", metric_number(&M::window, most_u32),
       "Maximum window.", {unit("bytes"), range("0..4294967295"), by_default("kernel"), syntax("<N>")}},
      {"cwnd", metric_number(&M::congestion_window, most_u32, Metric::cwnd),
       "Congestion window clamp.",
       {unit("packets"), range("0..4294967295"), by_default("kernel"), syntax("[lock] <N>")}},
      {"ssthresh", metric_number(&M::slow_start_threshold, most_u32, Metric::ssthresh),
       "Slow start threshold.",
       {unit("packets"), range("0..4294967295"), by_default("kernel"), syntax("[lock] <N>")}},
      {"initcwnd", metric_number(&M::initial_congestion_window, most_u32),
       "Initial congestion window.",
       {unit("packets"), range("0..4294967295"), by_default("kernel"), syntax("<N>")}},
      {"initrwnd", metric_number(&M::initial_receive_window, most_u32),
       "Initial receive window.",
       {unit("packets"), range("0..4294967295"), by_default("kernel"), syntax("<N>")}},
      {"features", choice<int>({{"ecn", 1}}), [](R& line, std::int64_t) { line.route.metrics.ecn = true; },
       "Enable route features.", {by_default("none")}},
      {"quickack", metric_switch(&M::quick_ack),
       "Quick acknowledgements.", {range("0..1"), by_default("kernel"), syntax("0|1")}},
      {"congctl", reads([](R& line, Words& words) {
         read_lock(line.route.metrics, words, Metric::congctl);
         if (const auto name = text("a congestion control algorithm").read(words)) line.route.metrics.congestion_control = *name;
       }),
       "Congestion control algorithm.", {by_default("kernel"), syntax("[lock] <NAME>")}},
      {"fastopen_no_cookie", metric_switch(&M::fast_open_no_cookie),
       "TCP Fast Open without cookie.", {range("0..1"), by_default("kernel"), syntax("0|1")}},
  };
}

Block route_block(LastingText path, LastingText help) {
  Block block = make_block<R>(path, help, target_entries());
  block.keywords.front().kind = Keyword::Kind::other_word;
  append(block, metric_entries());
  if (path.view() == "static_routes") {
    Rows<R> more = {
        {"track_group", text("the name of a track_group"), [](R& line, std::string name, Words& words) {
           line.route.track_group = std::move(name);
           line.track_group_word = words.last();
         },
         "Track group whose instances follow it.", {syntax("<NAME>"), by_default("none")}},
    };
    append(block, more);
  }
  block.add_alias("to", [](Words& words, void* line) {
    if (const Word* word = words.need("a destination")) read_destination(*static_cast<R*>(line), *word, words);
  });
  for (const auto& [name, kind] : route_types) {
    block.add_alias(name, [type = kind](Words&, void* line) { static_cast<R*>(line)->route.type = type; });
  }
  return block;
}

Block next_hop_block(LastingText path) {
  using D = NextHopDraft;
  return make_block<D>(path, "One leg of a route with several gateways.", {
      {"via", reads([](D& leg, Words& words) { leg.hop.via = read_gateway(leg.family, words); }),
       "Gateway of this leg.", {syntax("[inet|inet6] <IPADDR>"), by_default("none")}},
      {"dev", interface_name(), in(&D::hop, &N::interface), "Interface of this leg.", {by_default("none")}},
      {"weight", number(1, 256), in(&D::hop, &N::weight), "Share of traffic.", {by_default("1")}},
      {"onlink", reads([](D& leg, Words&) { leg.hop.on_link = true; }),
       "Treat gateway as directly reachable.", {by_default("off")}},
      {"encap", reads([](D& leg, Words& words) { leg.hop.encapsulation = read_encapsulation(words); }),
       "Tunnel for this leg.", {syntax("ip|ip6|mpls|ila <OPTIONS>"), by_default("none")}},
      {"realms", reads([](D& leg, Words& words) { leg.hop.realms = read_realms(words); }),
       "Realms of this leg.", {syntax("[<FROM>/]<TO>"), by_default("none")}},
      {"as", reads([](D&, Words& words) { refuse_rewrite(words); }),
       "NAT rewrite.", {syntax("[to] <IPADDR>")}},
  });
}

Block encapsulation_block(LastingText path) {
  using enum Address::Want;
  return make_block<E>(path, "Lightweight tunnels: what follows encap.", {
      {"ip id", reads([](E& encapsulation, Words& words) { encapsulation.id = big_number().read(words); }),
       "Tunnel id.", {syntax("<N>"), range("0..18446744073709551615"), by_default("none")}},
      {"ip dst", option_address(&E::destination, v4),
       "Outer destination.", {by_default("none"), syntax("<IPv4>")}},
      {"ip src", option_address(&E::source, v4), "Outer source.", {by_default("none"), syntax("<IPv4>")}},
      {"ip tos", reads(read_class),
       "Outer TOS.", {syntax("<NAME>|<N>"), range("0..255"), by_default("none")}},
      {"ip ttl", option_number(&E::hop_limit, 255),
       "Outer TTL.", {range("0..255"), by_default("none"), syntax("<N>")}},
      {"ip flags", option_number(&E::flags, 65535),
       "Tunnel flags.", {range("0..65535"), by_default("none"), syntax("<N>")}},
      {"ip6 id", reads([](E& encapsulation, Words& words) { encapsulation.id = big_number().read(words); }),
       "Tunnel id.", {syntax("<N>"), range("0..18446744073709551615"), by_default("none")}},
      {"ip6 dst", option_address(&E::destination, v6),
       "Outer destination.", {by_default("none"), syntax("<IPv6>")}},
      {"ip6 src", option_address(&E::source, v6), "Outer source.", {by_default("none"), syntax("<IPv6>")}},
      {"ip6 tc", reads(read_class),
       "Outer traffic class.", {syntax("<NAME>|<N>"), range("0..255"), by_default("none")}},
      {"ip6 hoplimit", option_number(&E::hop_limit, 255),
       "Outer hop limit.", {range("0..255"), by_default("none"), syntax("<N>")}},
      {"ip6 flags", option_number(&E::flags, 65535),
       "Tunnel flags.", {range("0..65535"), by_default("none"), syntax("<N>")}},
      {"mpls", reads(read_labels),
       "Label stack.", {syntax("<LABEL>[/<LABEL>]..."), range("0..1048575 each"), by_default("none")}},
      {"ila", reads(read_locator),
       "ILA locator.", {syntax("<H>:<H>:<H>:<H>"), range("four hex groups"), by_default("none")}},
  });
}
// clang-format on

}  // namespace

void set_family(std::optional<net::Family>& family, net::Family wanted, Words& words, const Word& word) {
  if (family && *family != wanted) {
    words.refuse(word, "wrong-family", "IPv4 and IPv6 are mixed in this line");
    return;
  }
  family = wanted;
}

std::optional<net::Route> finish_route(RouteDraft&& draft, Words& words) {
  net::Route& route = draft.route;
  route.family = draft.family.value_or(net::Family::v4);
  if (!draft.destination_given) {
    words.refuse(words.keyword(), "missing-argument", "this route has no destination",
                 "write a prefix, or default");
    return std::nullopt;
  }
  if (route.destination.length == 0) route.destination = {net::IpAddress::any(route.family), 0};
  if (route.track && route.protocol != net::route_protocol_keepalived) {
    words.warn(draft.word, "bad-value",
               fmt::format("a tracked route has protocol {}; {} is ignored", net::route_protocol_keepalived,
                           route.protocol),
               "write no_track to keep another protocol");
    route.protocol = net::route_protocol_keepalived;
  }
  if (draft.second_gateway && !route.next_hops.empty()) {
    words.refuse(draft.word, "bad-value", "'or' and 'nexthop' exclude each other",
                 "write nexthop for each leg");
    return std::nullopt;
  }
  if (draft.second_gateway) {
    for (const auto& gateway : {route.via, draft.second_gateway}) {
      net::NextHop leg;
      leg.via = gateway;
      leg.interface = route.interface;
      route.next_hops.push_back(leg);
    }
    route.via.reset();
  }
  return std::move(route);
}

std::vector<Block> route_blocks() {
  std::vector<Block> blocks;
  blocks.push_back(route_block("static_routes", "Routes that are there whatever the routers' states."));
  blocks.push_back(
      route_block("vrrp_instance/virtual_routes", "Routes that are there while the router is master."));
  for (const char* owner : {"static_routes", "vrrp_instance/virtual_routes"}) {
    blocks.push_back(next_hop_block(keep(fmt::format("{}/nexthop", owner))));
    blocks.push_back(encapsulation_block(keep(fmt::format("{}/encap", owner))));
  }
  return blocks;
}

}  // namespace config
