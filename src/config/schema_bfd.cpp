// The schema of bfd_instance.
#include "config/drafts.hpp"
#include "config/schema_areas.hpp"
#include "config/schema_builder.hpp"

namespace config {

// clang-format off: one entry reads as one row of a table
std::vector<Block> bfd_blocks() {
  using B = BfdDraft;
  using std::chrono_literals::operator""ms;
  constexpr core::Duration most = std::chrono::milliseconds(4294967);
  std::vector<Block> blocks;
  blocks.push_back(make_block<B>("bfd_instance", "A session of Bidirectional Forwarding Detection with a neighbour (RFC 5880).", {
      {"neighbor_ip", address(), &B::neighbour_written,
       "Peer address.", {by_default("none, mandatory"), same_as("neighbour_ip")}},
      {"neighbour_ip", address(), &B::neighbour_written,
       "Peer address, British spelling.", {by_default("none, mandatory"), same_as("neighbor_ip")}},
      {"source_ip", address(), &B::source, "Local address.", {by_default("chosen by kernel")}},
      {"min_rx", milliseconds(1ms, most, 3), &B::min_rx,
       "Smallest receive interval we accept.", {by_default("10")}},
      {"min_tx", milliseconds(1ms, most, 3), &B::min_tx, "Wanted transmit interval.", {by_default("10")}},
      {"idle_tx", milliseconds(1000ms, most, 3), &B::idle_tx,
       "Transmit interval while not up.", {by_default("1000")}},
      {"multiplier", number(1, 255), &B::multiplier,
       "Missed packets before the session is down.", {unit("packets"), by_default("5")}},
      {"passive", flag(), &B::passive, "Wait for the peer to start.", {by_default("off (active)")}},
      {"ttl", number(1, 255), &B::hop_limit,
       "TTL of packets sent.", {unit("hops"), by_default("255 IPv4, 64 IPv6"), same_as("hoplimit")}},
      {"hoplimit", number(1, 255), &B::hop_limit,
       "Hop limit of packets sent.", {unit("hops"), by_default("255 IPv4, 64 IPv6"), same_as("ttl")}},
      {"max_hops", number(-1, 255), &B::max_hops,
       "Hops a received packet may have used.", {unit("hops"), by_default("0")}},
      {"multihop", flag(), &B::multihop,
       "Use UDP port 4784 instead of 3784.", {syntax("[on|off]"), by_default("off")}},
      {"weight", weight(253), [](B& session, track::Weight value) {
         session.weight = value.points;
         session.weight_reverse = value.reverse;
       },
       "Default priority change for VRRP trackers.", {by_default("0")}},
      {"vrrp", flag(), &B::only_vrrp, "Send events to the VRRP process.", {by_default("both processes")}},
      {"checker", flag(), &B::only_checkers,
       "Send events to the checker process.", {by_default("both processes")}},
  }));
  return blocks;
}
// clang-format on

}  // namespace config
