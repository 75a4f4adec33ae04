// Virtual services as rules of nftables, for kernels without IPVS: NAT by connection tracking, direct routing by a map of flows.
// Text for libnftables, one transaction each time; runs nothing. What the rules cannot do is refused here, before it is tried.
//
//   table inet standfast     services ─(verdict map)→ one chain a service ─(weights)→ one chain a server: counter, dnat
//   table netdev standfast   the same, and each service asks first where its flow went before: one chain a server: counter, forward
//
// Connections outlive every change: of NAT because only their first packet sees these chains, of direct routing because their
// flow is remembered. No least-connection schedulers, no tunnels, no persistence.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lvs/config.hpp"
#include "lvs/table.hpp"

namespace lvs {

/// How a scheduler of IPVS is done here.
enum class NftSchedule : std::uint8_t { weights, first_weight, source_hash, destination_hash };

struct NftReplacement {
  NftSchedule schedule = NftSchedule::weights;
  std::string_view text;  // what takes its place, for people; empty: the same

  friend bool operator==(const NftReplacement&, const NftReplacement&) = default;
};
/// Empty: nothing here can take its place.
std::optional<NftReplacement> nft_replacement(std::string_view scheduler);

/// Why this service cannot be done by nftables; each a sentence that says what to do. Empty: it can.
std::vector<std::string> nft_refusals(const ServicePlan& plan);

/// Numbers `low` to `high` of all that are drawn lead to destination `index`.
struct NftSlots {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  std::size_t index = 0;

  friend bool operator==(const NftSlots&, const NftSlots&) = default;
};
struct NftDraw {
  std::uint32_t modulus = 0;  // 0: nobody can serve
  std::vector<NftSlots> slots;
};
/// A server that leaves a hash gives its share to the others, and nobody else's clients move.
NftDraw nft_draw(const std::vector<Destination>& destinations, NftSchedule schedule);

/// What the text refers to: names are made of these values, so a new process finds what an old one made.
std::string nft_name(const net::ipvs::ServiceKey& service);
std::string nft_name(const net::ipvs::ServiceKey& service, const Endpoint& server);
/// What a chain's name stands for: of a service or of a server; nothing if the name is none of ours.
struct NftNamed {
  net::ipvs::ServiceKey service;
  std::optional<Endpoint> server;

  friend bool operator==(const NftNamed&, const NftNamed&) = default;
};
std::optional<NftNamed> nft_named(std::string_view name);
std::uint32_t nft_mark(const net::ipvs::ServiceKey& service, const Endpoint& server);

/// Tables, maps and base chains, made if they are not there; `devices`: where packets for direct routing come in. None: no table
/// of it.
std::string nft_base(const std::vector<std::string>& devices);
std::string nft_remove_all();
/// The service as it shall be. `before`: as it was put last, if it was; `device_of`: through which interface a server is reached.
std::string nft_put(const net::ipvs::ServiceKey& key, const Entry& wanted, const Entry* before,
                    const std::map<net::IpAddress, std::string>& device_of);
std::string nft_remove(const net::ipvs::ServiceKey& key, const Entry& before);

}  // namespace lvs
