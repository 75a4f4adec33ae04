#include "lvs/nft_rules.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <utility>

#include "lvs/service_id.hpp"

namespace lvs {

using net::ipvs::Method;
using net::ipvs::Protocol;
using net::ipvs::ServiceKey;

namespace {

constexpr std::string_view nat_table = "inet standfast";
constexpr std::string_view direct_table = "netdev standfast";
constexpr int most_flows = 262144;  // of one service
constexpr int flow_seconds = 900;   // as long as IPVS remembers a TCP connection that says nothing
constexpr std::uint32_t hash_slots =
    1021;  // a prime far above the number of servers, so that shares are even

// Letters, digits and dots stay; what an address has beside them does not fit a name.
std::string name_of(const net::IpAddress& address) {
  std::string text = address.to_string();
  std::ranges::replace(text, ':', '-');
  return text;
}

template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<Protocol> protocol_named(std::string_view text) {
  for (const Protocol protocol : {Protocol::tcp, Protocol::udp, Protocol::sctp}) {
    if (net::ipvs::to_string(protocol) == text) return protocol;
  }
  return std::nullopt;
}

// "10.0.0.1_80", "2001-db8--1_80"
std::optional<Endpoint> endpoint_named(std::string_view text) {
  const std::size_t bar = text.rfind('_');
  if (bar == text.npos) return std::nullopt;
  std::string address(text.substr(0, bar));
  std::ranges::replace(address, '-', ':');
  const auto ip = net::IpAddress::parse(address);
  const auto port = read_number<std::uint16_t>(text.substr(bar + 1));
  if (!ip || !port) return std::nullopt;
  return Endpoint{*ip, *port};
}

// 64-bit FNV-1a: the same in every process, on every machine.
class Hash {
 public:
  Hash& add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i, value >>= 8) mix(static_cast<std::uint8_t>(value));
    return *this;
  }
  Hash& add(const net::IpAddress& address) {
    for (const std::uint8_t octet : address.bytes()) mix(octet);
    return *this;
  }
  // FNV alone leaves the high bits of similar input alike.
  std::uint64_t value() const {
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

 private:
  void mix(std::uint8_t octet) { state_ = (state_ ^ octet) * 0x100000001b3ULL; }
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

bool is_direct(const Destination& destination) { return destination.forwarding.method == Method::direct; }
bool is_direct(const Entry& entry) {
  return std::ranges::any_of(entry.destinations, [](const Destination& d) { return is_direct(d); });
}

NftDraw by_weight(const std::vector<Destination>& destinations) {
  NftDraw draw;
  std::uint32_t divisor = 0;
  for (const Destination& destination : destinations) divisor = std::gcd(divisor, destination.weight);
  for (std::size_t i = 0; i < destinations.size(); ++i) {
    if (destinations[i].weight == 0) continue;
    const std::uint32_t share = destinations[i].weight / divisor;
    draw.slots.push_back({draw.modulus, draw.modulus + share - 1, i});
    draw.modulus += share;
  }
  return draw;
}

NftDraw heaviest(const std::vector<Destination>& destinations) {
  const auto first = std::ranges::max_element(destinations, {}, &Destination::weight);
  if (first == destinations.end() || first->weight == 0) return {};
  return {1, {{0, 0, static_cast<std::size_t>(first - destinations.begin())}}};
}

// Weighted rendezvous: every slot goes to the server that bids most for it, so a slot moves only when its server leaves, or when
// somebody else bids more.
NftDraw by_hash(const std::vector<Destination>& destinations) {
  NftDraw draw;
  if (std::ranges::none_of(destinations, [](const Destination& d) { return d.weight > 0; })) return draw;
  draw.modulus = hash_slots;
  for (std::uint32_t slot = 0; slot < hash_slots; ++slot) {
    std::size_t best = 0;
    double most = -1;
    for (std::size_t i = 0; i < destinations.size(); ++i) {
      if (destinations[i].weight == 0) continue;
      const Endpoint& endpoint = destinations[i].endpoint;
      const std::uint64_t hash = Hash().add(slot).add(endpoint.address).add(endpoint.port).value();
      const double uniform = (static_cast<double>(hash >> 11) + 1) * 0x1.0p-53;
      const double bid =
          uniform >= 1 ? 1e300 : -static_cast<double>(destinations[i].weight) / std::log(uniform);
      if (bid > most) {
        most = bid;
        best = i;
      }
    }
    if (!draw.slots.empty() && draw.slots.back().index == best) {
      draw.slots.back().high = slot;
    } else {
      draw.slots.push_back({slot, slot, best});
    }
  }
  return draw;
}

// ---- text

std::string_view ip_word(net::Family family) { return family == net::Family::v4 ? "ip" : "ip6"; }
int digit(net::Family family) { return family == net::Family::v4 ? 4 : 6; }

// The element of the map that leads packets to the service's chain.
std::string map_of(const ServiceKey& key) {
  return key.mark != 0 ? fmt::format("marks{}", digit(key.family))
                       : fmt::format("services{}", digit(key.family));
}
std::string element_of(const ServiceKey& key) {
  if (key.mark != 0) return fmt::format("{}", key.mark);
  return fmt::format("{} . {} . {}", key.endpoint.address.to_string(), net::ipvs::to_string(key.protocol),
                     key.endpoint.port);
}

std::string draw_of(const ServiceKey& key, const Entry& entry, NftSchedule schedule, std::uint32_t modulus) {
  if (schedule == NftSchedule::weights) return fmt::format("numgen inc mod {}", modulus);
  const bool source = schedule == NftSchedule::source_hash;
  std::string what = fmt::format("{} {}", ip_word(key.family), source ? "saddr" : "daddr");
  if (source && entry.settings.flag_2) what += " . th sport";
  return fmt::format("jhash {} mod {} seed 0x5f", what, modulus);
}

void choose(std::string& out, std::string_view table, const ServiceKey& key, const Entry& entry) {
  const auto replacement = nft_replacement(entry.settings.scheduler);
  const NftSchedule schedule = replacement ? replacement->schedule : NftSchedule::weights;
  std::vector<Destination> servers = entry.destinations;
  if (entry.settings.scheduler == "rr") {
    for (Destination& server : servers) server.weight = std::min<std::uint32_t>(server.weight, 1);
  }
  const NftDraw draw = nft_draw(servers, schedule);
  const std::string chain = nft_name(key);
  if (draw.modulus == 0) return;  // nobody: the packet goes on to this machine itself
  const auto to = [&](const NftSlots& slots) {
    return nft_name(key, entry.destinations[slots.index].endpoint);
  };
  if (draw.slots.size() == 1) {
    out += fmt::format("add rule {} {} goto {}\n", table, chain, to(draw.slots.front()));
    return;
  }
  out += fmt::format("add rule {} {} {} vmap {{ ", table, chain, draw_of(key, entry, schedule, draw.modulus));
  for (const NftSlots& slots : draw.slots) {
    out += slots.low == slots.high ? fmt::format("{} : goto {}, ", slots.low, to(slots))
                                   : fmt::format("{}-{} : goto {}, ", slots.low, slots.high, to(slots));
  }
  out.resize(out.size() - 2);
  out += " }\n";
}

std::string target_of(const Destination& destination) {
  const Endpoint& to = destination.endpoint;
  const std::string address = to.address.to_string();
  if (to.port == 0) return address;
  return to.address.is_v4() ? fmt::format("{}:{}", address, to.port)
                            : fmt::format("[{}]:{}", address, to.port);
}

// A server's chain: counted, then sent on its way. Flushed and filled again it is the same.
void put_nat_server(std::string& out, const ServiceKey& key, const Destination& server) {
  const std::string name = nft_name(key, server.endpoint);
  out += fmt::format("add counter {0} {1}\nadd chain {0} {1}\nflush chain {0} {1}\n", nat_table, name);
  const bool by_port = key.mark == 0 || server.endpoint.port != 0;
  const std::string protocol = key.mark == 0
                                   ? fmt::format("meta l4proto {} ", net::ipvs::to_string(key.protocol))
                                   : std::string(by_port ? "meta l4proto { tcp, udp, sctp } " : "");
  out += fmt::format("add rule {} {} {}counter name \"{}\" dnat {} to {}\n", nat_table, name, protocol, name,
                     ip_word(key.family), target_of(server));
}

// A flow is known by a hash of its source: two that share one go to the same server, and no harm is done. A map of the addresses
// themselves would be exact, but libnftables 1.0.6 cannot write one for IPv6 from a rule.
std::string set_mark_to_flow(const ServiceKey& key) {
  return fmt::format("meta mark set jhash {} saddr . th sport mod 4294967295 seed 0x1f0",
                     ip_word(key.family));
}
std::string flows_of(const ServiceKey& key) { return nft_name(key) + "/flows"; }
std::string servers_of(const ServiceKey& key) { return nft_name(key) + "/servers"; }

void put_direct_server(std::string& out, const ServiceKey& key, const Destination& server,
                       const std::map<net::IpAddress, std::string>& device_of) {
  const std::string name = nft_name(key, server.endpoint);
  out += fmt::format("add counter {0} {1}\nadd chain {0} {1}\nflush chain {0} {1}\n", direct_table, name);
  const auto device = device_of.find(server.endpoint.address);
  if (device == device_of.end()) return;  // unreachable: whoever puts it says so
  const std::uint32_t mark = nft_mark(key, server.endpoint);
  out += fmt::format("add rule {} {} {}\n", direct_table, name, set_mark_to_flow(key));
  out += fmt::format("add rule {} {} update @{} {{ meta mark : {} }}\n", direct_table, name, flows_of(key),
                     mark);
  out += fmt::format("add rule {} {} counter name \"{}\" fwd {} to {} device \"{}\"\n", direct_table, name,
                     name, ip_word(key.family), server.endpoint.address.to_string(), device->second);
  out += fmt::format("add element {} {} {{ {} : goto {} }}\n", direct_table, servers_of(key), mark, name);
}

// What comes before the draw: where the packets of this flow went until now, if that server is still there.
void follow_flow(std::string& out, const ServiceKey& key) {
  const std::string chain = nft_name(key);
  out += fmt::format("add rule {} {} {}\n", direct_table, chain, set_mark_to_flow(key));
  out += fmt::format("add rule {} {} meta mark set meta mark map @{} meta mark vmap @{}\n", direct_table,
                     chain, flows_of(key), servers_of(key));
  out += fmt::format("add rule {} {} meta mark set 0\n", direct_table, chain);
}

void remove_server(std::string& out, const ServiceKey& key, const Destination& server) {
  const std::string name = nft_name(key, server.endpoint);
  const std::string_view table = is_direct(server) ? direct_table : nat_table;
  out += fmt::format("flush chain {0} {1}\ndelete chain {0} {1}\ndelete counter {0} {1}\n", table, name);
}

}  // namespace

std::optional<NftReplacement> nft_replacement(std::string_view scheduler) {
  if (scheduler == "rr" || scheduler == "wrr") return NftReplacement{NftSchedule::weights, {}};
  if (scheduler == "fo") return NftReplacement{NftSchedule::first_weight, {}};
  if (scheduler == "sh" || scheduler == "mh")
    return NftReplacement{NftSchedule::source_hash, "a consistent hash of the source"};
  if (scheduler == "dh")
    return NftReplacement{NftSchedule::destination_hash, "a consistent hash of the destination"};
  return std::nullopt;
}

std::vector<std::string> nft_refusals(const ServicePlan& plan) {
  std::vector<std::string> refusals;
  const ServiceConfig& service = plan.service;
  if (!nft_replacement(service.scheduler))
    refusals.push_back(
        fmt::format("nftables does not know how many connections a server has, so there is no scheduler {}: "
                    "write rr, wrr, fo, sh, mh or dh",
                    service.scheduler));
  if (service.persistence_seconds > 0)
    refusals.push_back("there is no persistence with nftables: lb_algo sh keeps a client at its server");
  if (!service.persistence_engine.empty()) refusals.push_back("there is no persistence engine with nftables");
  if (service.one_packet) refusals.push_back("there is no one-packet scheduling with nftables");
  bool direct = false;
  bool nat = false;
  const auto look = [&](const Forwarding& forwarding, const Endpoint& server) {
    if (forwarding.method == Method::tunnel)
      refusals.push_back(
          fmt::format("nftables does not tunnel; {} needs lvs_method NAT or DR", to_string(server)));
    direct = direct || forwarding.method == Method::direct;
    nat = nat || forwarding.method == Method::nat;
  };
  for (const ServerConfig& server : plan.servers) {
    look(server.forwarding, server.endpoint);
    if (server.upper_threshold != 0 || server.lower_threshold != 0)
      refusals.push_back(
          fmt::format("nftables does not count the connections of {}: no uthreshold or lthreshold",
                      to_string(server.endpoint)));
  }
  if (service.sorry) look(service.sorry->forwarding.value_or(service.forwarding), service.sorry->endpoint);
  if (direct && nat) refusals.push_back("with nftables all servers of a service are NAT, or all are DR");
  const auto without_port = [](const ServiceKey& key) { return key.mark == 0 && key.endpoint.port == 0; };
  const auto keys = expand(plan);
  if (std::ranges::any_of(keys, without_port)) refusals.push_back("a service for nftables needs a port");
  if (direct && std::ranges::any_of(keys, [](const ServiceKey& key) { return key.mark != 0; }))
    refusals.push_back(
        "firewall marks are set after nftables has forwarded what is routed directly: use NAT, or addresses");
  return refusals;
}

NftDraw nft_draw(const std::vector<Destination>& destinations, NftSchedule schedule) {
  switch (schedule) {
    case NftSchedule::weights:
      return by_weight(destinations);
    case NftSchedule::first_weight:
      return heaviest(destinations);
    case NftSchedule::source_hash:
    case NftSchedule::destination_hash:
      return by_hash(destinations);
  }
  return {};
}

std::string nft_name(const ServiceKey& service) {
  if (service.mark != 0) return fmt::format("mark{}_{}", digit(service.family), service.mark);
  return fmt::format("{}_{}_{}", net::ipvs::to_string(service.protocol), name_of(service.endpoint.address),
                     service.endpoint.port);
}

std::string nft_name(const ServiceKey& service, const Endpoint& server) {
  return fmt::format("{}/{}_{}", nft_name(service), name_of(server.address), server.port);
}

std::optional<NftNamed> nft_named(std::string_view name) {
  const std::size_t slash = name.find('/');
  const std::string_view service = name.substr(0, slash);
  NftNamed named;
  if (service.starts_with("mark4_") || service.starts_with("mark6_")) {
    const auto mark = read_number<std::uint32_t>(service.substr(6));
    if (!mark) return std::nullopt;
    named.service = ServiceKey::of_mark(*mark, service[4] == '4' ? net::Family::v4 : net::Family::v6);
  } else {
    const std::size_t bar = service.find('_');
    const auto protocol = protocol_named(service.substr(0, bar));
    const auto endpoint = bar == service.npos ? std::nullopt : endpoint_named(service.substr(bar + 1));
    if (!protocol || !endpoint) return std::nullopt;
    named.service = ServiceKey::of(*protocol, *endpoint);
  }
  if (slash == name.npos) return named;
  named.server = endpoint_named(name.substr(slash + 1));
  return named.server ? std::optional(named) : std::nullopt;
}

std::uint32_t nft_mark(const ServiceKey& service, const Endpoint& server) {
  const std::uint64_t hash = Hash()
                                 .add(service.mark)
                                 .add(static_cast<std::uint64_t>(service.protocol))
                                 .add(service.endpoint.address)
                                 .add(service.endpoint.port)
                                 .add(server.address)
                                 .add(server.port)
                                 .value();
  return static_cast<std::uint32_t>(hash >> 33) + 1;  // never 0, the mark of what has none
}

std::string nft_base(const std::vector<std::string>& devices) {
  std::string out = fmt::format("add table {}\n", nat_table);
  const auto services = [&](std::string_view table) {
    for (const auto& [number, type] : {std::pair{4, "ipv4_addr"}, std::pair{6, "ipv6_addr"}}) {
      out += fmt::format("add map {} services{} {{ type {} . inet_proto . inet_service : verdict ; }}\n",
                         table, number, type);
    }
  };
  services(nat_table);
  for (const int number : {4, 6})
    out += fmt::format("add map {} marks{} {{ type mark : verdict ; }}\n", nat_table, number);
  // Before others' destination NAT: what is balanced here is nobody else's.
  for (const auto& [hook, priority] : {std::pair{"prerouting", -105}, std::pair{"output", -105}}) {
    out += fmt::format(
        "add chain {0} {1} {{ type nat hook {1} priority {2} ; policy accept ; }}\nflush chain {0} {1}\n",
        nat_table, hook, priority);
    out +=
        fmt::format("add rule {} {} ip daddr . meta l4proto . th dport vmap @services4\n", nat_table, hook);
    out +=
        fmt::format("add rule {} {} ip6 daddr . meta l4proto . th dport vmap @services6\n", nat_table, hook);
    out += fmt::format("add rule {} {} meta nfproto ipv4 meta mark vmap @marks4\n", nat_table, hook);
    out += fmt::format("add rule {} {} meta nfproto ipv6 meta mark vmap @marks6\n", nat_table, hook);
  }
  if (devices.empty()) return out;

  out += fmt::format("add table {}\n", direct_table);
  services(direct_table);
  std::string list;
  for (const std::string& device : devices) list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", device);
  // The chain is made anew: its devices cannot be changed.
  out += fmt::format(
      "add chain {0} ingress {{ type filter hook ingress devices = {{ {1} }} priority -500 ; policy accept ; "
      "}}\ndelete chain {0} ingress\nadd chain {0} ingress {{ type filter hook ingress devices = {{ {1} }} "
      "priority -500 ; policy accept ; }}\n",
      direct_table, list);
  out +=
      fmt::format("add rule {} ingress ip daddr . meta l4proto . th dport vmap @services4\n", direct_table);
  out +=
      fmt::format("add rule {} ingress ip6 daddr . meta l4proto . th dport vmap @services6\n", direct_table);
  return out;
}

std::string nft_remove_all() {
  // "add" first: a table that is not there cannot be deleted.
  return fmt::format("add table {0}\ndelete table {0}\nadd table {1}\ndelete table {1}\n", nat_table,
                     direct_table);
}

std::string nft_put(const ServiceKey& key, const Entry& wanted, const Entry* before,
                    const std::map<net::IpAddress, std::string>& device_of) {
  std::string out;
  const bool direct = is_direct(wanted);
  if (before != nullptr && is_direct(*before) != direct && !before->destinations.empty()) {
    out += nft_remove(key, *before);
    before = nullptr;
  }
  const std::string_view table = direct ? direct_table : nat_table;
  const std::string chain = nft_name(key);
  out += fmt::format("add chain {0} {1}\nflush chain {0} {1}\n", table, chain);
  if (direct) {
    out += fmt::format(
        "add map {} {} {{ type mark : mark ; flags dynamic,timeout ; size {} ; timeout {}s ; }}\n", table,
        flows_of(key), most_flows, flow_seconds);
    out += fmt::format("add map {0} {1} {{ type mark : verdict ; }}\nflush map {0} {1}\n", table,
                       servers_of(key));
    follow_flow(out, key);
  }
  for (const Destination& server : wanted.destinations) {
    if (direct) {
      put_direct_server(out, key, server, device_of);
    } else {
      put_nat_server(out, key, server);
    }
  }
  choose(out, table, key, wanted);
  out += fmt::format("add element {} {} {{ {} : goto {} }}\n", table, map_of(key), element_of(key), chain);
  if (before == nullptr) return out;
  for (const Destination& server : before->destinations) {
    const auto kept = std::ranges::find(wanted.destinations, server.endpoint, &Destination::endpoint);
    if (kept == wanted.destinations.end()) remove_server(out, key, server);
  }
  return out;
}

std::string nft_remove(const ServiceKey& key, const Entry& before) {
  const std::string_view table = is_direct(before) ? direct_table : nat_table;
  const std::string chain = nft_name(key);
  std::string out = fmt::format("delete element {} {} {{ {} }}\nflush chain {} {}\n", table, map_of(key),
                                element_of(key), table, chain);
  if (is_direct(before)) out += fmt::format("flush map {} {}\n", table, servers_of(key));
  for (const Destination& server : before.destinations) remove_server(out, key, server);
  if (is_direct(before))
    out += fmt::format("delete map {0} {1}\ndelete map {0} {2}\n", table, servers_of(key), flows_of(key));
  out += fmt::format("delete chain {} {}\n", table, chain);
  return out;
}

}  // namespace lvs
