#include "runtime/nft_plane.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <nftables/libnftables.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sys/socket.h>

#include "core/overload.hpp"
#include "lvs/nft_rules.hpp"
#include "runtime/conntrack.hpp"
#include "runtime/fd.hpp"
#include "runtime/library.hpp"

namespace runtime {

using net::ipvs::Command;
using net::ipvs::Listing;
using net::ipvs::ServiceKey;
namespace command = net::ipvs::command;

namespace {

// The functions of libnftables, by the names they have there.
struct Nftables {
  decltype(&nft_ctx_new) context_new = nullptr;
  decltype(&nft_ctx_free) context_free = nullptr;
  decltype(&nft_ctx_buffer_output) buffer_output = nullptr;
  decltype(&nft_ctx_buffer_error) buffer_error = nullptr;
  decltype(&nft_ctx_get_output_buffer) output = nullptr;
  decltype(&nft_ctx_get_error_buffer) error = nullptr;
  decltype(&nft_ctx_output_set_flags) set_flags = nullptr;
  decltype(&nft_run_cmd_from_buffer) run = nullptr;
};

std::optional<Nftables> nftables;  // once it is loaded

core::Result<> load_nftables() {
  if (nftables) return {};
  auto library = Library::load("libnftables.so.1");
  if (!library) return std::unexpected(library.error());
  Nftables functions;
  library->find("nft_ctx_new", functions.context_new)
      .find("nft_ctx_free", functions.context_free)
      .find("nft_ctx_buffer_output", functions.buffer_output)
      .find("nft_ctx_buffer_error", functions.buffer_error)
      .find("nft_ctx_get_output_buffer", functions.output)
      .find("nft_ctx_get_error_buffer", functions.error)
      .find("nft_ctx_output_set_flags", functions.set_flags)
      .find("nft_run_cmd_from_buffer", functions.run);
  if (auto complete = library->complete(); !complete) return complete;
  nftables = functions;
  return {};
}

constexpr std::uint32_t unknown_weight = 0xffffffff;  // of a server that a predecessor left
constexpr const char* families[] = {"inet", "netdev"};

const ServiceKey* key_of(const Command& which) {
  return std::visit(core::Overload{
                        [](const command::AddService& c) { return &c.key; },
                        [](const command::EditService& c) { return &c.key; },
                        [](const command::RemoveService& c) { return &c.key; },
                        [](const command::AddDestination& c) { return &c.service; },
                        [](const command::EditDestination& c) { return &c.service; },
                        [](const command::RemoveDestination& c) { return &c.service; },
                        [](const auto&) -> const ServiceKey* { return nullptr; },
                    },
                    which);
}

// The check of a configuration says the same, but a table has to hold against whoever did not ask it.
std::string impossible(const Command& which) {
  const auto service = [](const net::ipvs::ServiceSettings& settings) -> std::string {
    if (!lvs::nft_replacement(settings.scheduler))
      return fmt::format("nftables has no scheduler {}", settings.scheduler);
    return settings.persistent ? "nftables knows no persistence" : "";
  };
  const auto server = [](const net::ipvs::Destination& destination) -> std::string {
    return destination.forwarding.method == net::ipvs::Method::tunnel ? "nftables does not tunnel" : "";
  };
  return std::visit(
      core::Overload{
          [&](const command::AddService& c) { return service(*c.settings); },
          [&](const command::EditService& c) { return service(*c.settings); },
          [&](const command::AddDestination& c) { return server(c.destination); },
          [&](const command::EditDestination& c) { return server(c.destination); },
          [](const command::StartDaemon&) {
            return std::string("connections of nftables are not synchronised by lvs_sync_daemon");
          },
          [](const command::SetTimeouts&) {
            return std::string(
                "its timeouts are those of nf_conntrack (net.netfilter.nf_conntrack_*_timeout_*)");
          },
          [](const auto&) { return std::string(); },
      },
      which);
}

// As a data plane promises: what is there is made as wanted, what is gone is gone.
void put(lvs::Table& table, const Command& which) {
  if (lvs::apply(table, which)) return;
  if (const auto* c = std::get_if<command::AddService>(&which))
    lvs::apply(table, command::EditService{c->key, c->settings});
  if (const auto* c = std::get_if<command::EditService>(&which))
    lvs::apply(table, command::AddService{c->key, c->settings});
  if (const auto* c = std::get_if<command::AddDestination>(&which))
    lvs::apply(table, command::EditDestination{c->service, c->destination});
  if (const auto* c = std::get_if<command::EditDestination>(&which))
    lvs::apply(table, command::AddDestination{c->service, c->destination});
}

net::IpAddress address_of(const sockaddr* from) {
  if (from->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(from);  // NOLINT: the sockets API
    return net::IpAddress::v4(
        std::span<const std::uint8_t, 4>(reinterpret_cast<const std::uint8_t*>(&v4->sin_addr), 4));
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(from);  // NOLINT: the sockets API
  return net::IpAddress::v6(
      std::span<const std::uint8_t, 16>(reinterpret_cast<const std::uint8_t*>(&v6->sin6_addr), 16));
}

struct Interfaces {
  std::map<net::IpAddress, std::string> by_address;
  std::vector<std::string> names;  // those that packets come in through

  static Interfaces now() {
    Interfaces result;
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return result;
    std::set<std::string> names;
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
      if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_UP) == 0) continue;
      if (one->ifa_addr->sa_family != AF_INET && one->ifa_addr->sa_family != AF_INET6) continue;
      result.by_address[address_of(one->ifa_addr)] = one->ifa_name;
      if ((one->ifa_flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) == 0) names.insert(one->ifa_name);
    }
    ::freeifaddrs(all);
    result.names.assign(names.begin(), names.end());
    return result;
  }
};

// Through which interface the kernel would send to it: asked by connecting a UDP socket, which sends nothing.
std::optional<net::IpAddress> source_towards(const net::IpAddress& to) {
  const Fd fd{::socket(to.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_storage where{};
  socklen_t size = sizeof(sockaddr_in6);
  constexpr std::uint16_t discard = 9;
  if (to.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&where);  // NOLINT: the sockets API
    v4->sin_family = AF_INET;
    v4->sin_port = htons(discard);
    std::copy_n(to.octets.begin(), 4, reinterpret_cast<std::uint8_t*>(&v4->sin_addr));
    size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&where);  // NOLINT: the sockets API
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(discard);
    std::copy_n(to.octets.begin(), 16, reinterpret_cast<std::uint8_t*>(&v6->sin6_addr));
  }
  auto* general = reinterpret_cast<sockaddr*>(&where);  // NOLINT: the sockets API
  if (::connect(fd.get(), general, size) != 0 || ::getsockname(fd.get(), general, &size) != 0)
    return std::nullopt;
  return address_of(general);
}

bool is_direct(const net::ipvs::Destination& destination) {
  return destination.forwarding.method == net::ipvs::Method::direct;
}

std::map<net::IpAddress, std::string> devices_of(const lvs::Entry& entry, const Interfaces& interfaces) {
  std::map<net::IpAddress, std::string> devices;
  for (const auto& server : entry.destinations) {
    if (!is_direct(server)) continue;
    const auto source = source_towards(server.endpoint.address);
    const auto found = source ? interfaces.by_address.find(*source) : interfaces.by_address.end();
    if (found != interfaces.by_address.end()) devices[server.endpoint.address] = found->second;
  }
  return devices;
}

// Servers of these services that had new connections and have none any more. With direct routing there are no entries to forget.
std::vector<net::ipvs::Endpoint> deserted(const lvs::Table& before, const lvs::Table& next,
                                          const std::map<ServiceKey, std::vector<std::size_t>>& keys) {
  std::vector<net::ipvs::Endpoint> gone;
  for (const auto& [key, commands] : keys) {
    const auto old = before.find(key);
    if (old == before.end()) continue;
    const auto now = next.find(key);
    for (const auto& server : old->second.destinations) {
      if (server.weight == 0 || is_direct(server)) continue;
      const bool serves =
          now != next.end() && std::ranges::any_of(now->second.destinations, [&](const auto& one) {
            return one.endpoint == server.endpoint && one.weight > 0;
          });
      if (!serves) gone.push_back(server.endpoint);
    }
  }
  return gone;
}

}  // namespace

void NftPlane::Close::operator()(nft_ctx* context) const { nftables->context_free(context); }

core::Result<NftPlane> NftPlane::open() {
  if (auto loaded = load_nftables(); !loaded) return std::unexpected(loaded.error());
  nft_ctx* const context = nftables->context_new(NFT_CTX_DEFAULT);
  if (context == nullptr) return std::unexpected(core::Error{ENOMEM, "nftables: out of memory"});
  nftables->buffer_output(context);
  nftables->buffer_error(context);
  NftPlane plane{context};
  if (auto listed = plane.run_listing("list tables", 0); !listed)
    return std::unexpected(core::Error{
        ENOTSUP, "the kernel has no nf_tables, or CAP_NET_ADMIN is missing: " + listed.error().message});
  plane.read_table();
  return plane;
}

core::Result<std::string> NftPlane::run(const std::string& text) {
  const int code = nftables->run(context_.get(), text.c_str());
  const char* said = nftables->error(context_.get());
  const char* out = nftables->output(context_.get());
  if (code == 0) return std::string(out != nullptr ? out : "");
  std::string why = said != nullptr ? said : "";
  why = why.substr(0, why.find('\n'));  // the rest shows our own text
  return std::unexpected(core::Error{EINVAL, "nftables refuses: " + why});
}

core::Result<std::string> NftPlane::run_listing(const std::string& text, unsigned flags) {
  nftables->set_flags(context_.get(), flags);
  auto result = run(text);
  nftables->set_flags(context_.get(), 0);
  return result;
}

// Everything but what packets change.
std::string NftPlane::fingerprint() {
  constexpr unsigned flags = NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_TERSE;
  std::string result;
  for (const char* family : families) {
    const auto table = run_listing(fmt::format("list table {} standfast", family), flags);
    if (!table) continue;
    result += *table;
    for (const char* map : {"services4", "services6"}) {
      const auto elements =
          run_listing(fmt::format("list map {} standfast {}", family, map), NFT_CTX_OUTPUT_STATELESS);
      if (elements) result += *elements;
    }
  }
  return result;
}

// Chains are named after services and servers; what weights led to them is not known, and set anew.
void NftPlane::read_table() {
  table_.clear();
  for (const char* family : families) {
    const auto said = run_listing(fmt::format("list chains {}", family), NFT_CTX_OUTPUT_JSON);
    if (!said) continue;
    const auto json = nlohmann::json::parse(*said, nullptr, false);
    if (json.is_discarded() || !json.contains("nftables")) continue;
    for (const auto& each : json["nftables"]) {
      if (!each.contains("chain") || each["chain"].value("table", "") != "standfast") continue;
      const auto named = lvs::nft_named(each["chain"].value("name", ""));
      if (!named) continue;
      lvs::Entry& entry = table_[named->service];
      if (!named->server) continue;
      net::ipvs::Destination server;
      server.endpoint = *named->server;
      server.weight = unknown_weight;
      if (family == families[1]) server.forwarding.method = net::ipvs::Method::direct;
      entry.destinations.push_back(server);
    }
  }
  fingerprint_ = fingerprint();
}

core::Result<Listing> NftPlane::list() {
  if (fingerprint() != fingerprint_) read_table();
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> counters;
  if (const auto said = run_listing("list counters", NFT_CTX_OUTPUT_JSON)) {
    const auto json = nlohmann::json::parse(*said, nullptr, false);
    if (!json.is_discarded() && json.contains("nftables")) {
      for (const auto& each : json["nftables"]) {
        if (!each.contains("counter") || each["counter"].value("table", "") != "standfast") continue;
        const auto& counter = each["counter"];
        counters[counter.value("name", "")] = {counter.value("packets", std::uint64_t{0}),
                                               counter.value("bytes", std::uint64_t{0})};
      }
    }
  }
  Listing listing;
  for (const auto& [key, entry] : table_) {
    net::ipvs::ListedService service;
    service.key = key;
    service.settings = entry.settings;
    for (const auto& server : entry.destinations) {
      net::ipvs::ListedDestination listed;
      listed.destination = server;
      const auto [packets, octets] = counters[lvs::nft_name(key, server.endpoint)];
      // Of NAT only the first packet of a connection comes by.
      if (is_direct(server)) {
        listed.statistics.packets_in = packets;
        listed.statistics.octets_in = octets;
      } else {
        listed.statistics.connections = packets;
      }
      service.statistics.connections += listed.statistics.connections;
      service.statistics.packets_in += listed.statistics.packets_in;
      service.statistics.octets_in += listed.statistics.octets_in;
      service.destinations.push_back(listed);
    }
    listing.push_back(std::move(service));
  }
  return listing;
}

core::Result<Listing> NftPlane::list(std::span<const ServiceKey> /*services*/) { return Listing{}; }

std::string NftPlane::base(const lvs::Table& next) {
  const bool direct = std::ranges::any_of(
      next, [](const auto& one) { return std::ranges::any_of(one.second.destinations, is_direct); });
  return lvs::nft_base(direct ? Interfaces::now().names : std::vector<std::string>{});
}

std::string NftPlane::text_for(const Keys& keys, const lvs::Table& next, const lvs::Table& before) {
  const Interfaces interfaces = Interfaces::now();
  std::string text;
  for (const auto& [key, commands] : keys) {
    const auto old = before.find(key);
    const auto wanted = next.find(key);
    if (wanted != next.end()) {
      text += lvs::nft_put(key, wanted->second, old == before.end() ? nullptr : &old->second,
                           devices_of(wanted->second, interfaces));
    } else if (old != before.end()) {
      text += lvs::nft_remove(key, old->second);
    }
  }
  return text;
}

core::Result<std::vector<DataPlane::Refusal>> NftPlane::apply(std::span<const Command> commands) {
  std::vector<Refusal> refusals;
  lvs::Table next = table_;
  Keys keys;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (const std::string why = impossible(commands[i]); !why.empty()) {
      refusals.push_back(
          {i, {ENOTSUP, fmt::format("cannot {}: {}", net::ipvs::to_string(commands[i]), why)}});
      continue;
    }
    if (std::holds_alternative<command::Flush>(commands[i])) {
      for (const auto& [key, entry] : next) keys[key].push_back(i);
    }
    put(next, commands[i]);
    if (const ServiceKey* key = key_of(commands[i])) keys[*key].push_back(i);
  }
  if (keys.empty()) return refusals;

  const std::string prologue = base(next);
  if (next.empty()) {
    if (const auto done = run(lvs::nft_remove_all()); !done) return std::unexpected(done.error());
    table_ = std::move(next);
  } else if (const auto done = run(prologue + text_for(keys, next, table_))) {
    const auto gone = deserted(table_, next, keys);
    table_ = std::move(next);
    // Where this kernel cannot, their clients wait for the next port they take.
    if (!gone.empty()) [[maybe_unused]]
      const auto forgotten = forget_unanswered(gone);
  } else if (keys.size() == 1) {
    for (const std::size_t index : keys.begin()->second)
      refusals.push_back({index,
                          {EINVAL, fmt::format("cannot {}: {}", net::ipvs::to_string(commands[index]),
                                               done.error().message)}});
  } else {
    // One of them spoils the transaction: each on its own, so that the others are done and the one is named.
    for (const auto& [key, indices] : keys) {
      std::vector<Command> few;
      std::vector<std::size_t> which;
      for (const std::size_t index : indices) {
        if (key_of(commands[index]) == nullptr) continue;
        few.push_back(commands[index]);
        which.push_back(index);
      }
      auto some = apply(few);
      if (!some) return some;
      for (Refusal& refusal : *some) refusals.push_back({which.at(refusal.index), std::move(refusal.error)});
    }
    return refusals;
  }
  fingerprint_ = fingerprint();
  return refusals;
}

}  // namespace runtime
