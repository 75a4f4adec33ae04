#include "engine/advert_packets.hpp"

#include <utility>

namespace engine {

namespace {

constexpr std::size_t ipv4_id_offset = 4;
constexpr std::size_t ipv4_checksum_offset = 10;

void put_u16(std::vector<std::uint8_t>& bytes, std::size_t offset, std::uint16_t value) {
  bytes[offset] = static_cast<std::uint8_t>(value >> 8);
  bytes[offset + 1] = static_cast<std::uint8_t>(value);
}

// RFC 1624 for a field that was zero.
void identify(std::vector<std::uint8_t>& packet, std::uint16_t id) {
  const unsigned before =
      static_cast<unsigned>(packet[ipv4_checksum_offset]) << 8 | packet[ipv4_checksum_offset + 1];
  unsigned sum = (~before & 0xffffU) + id;
  sum = (sum & 0xffffU) + (sum >> 16);
  put_u16(packet, ipv4_id_offset, id);
  put_u16(packet, ipv4_checksum_offset, static_cast<std::uint16_t>(~sum));
}

}  // namespace

void AdvertPackets::send(const vrrp::Config& config, const Origin& origin, Actions& out) {
  if (++last_id_ == 0) last_id_ = 1;
  if (prepared_.empty() || origin != origin_) prepare(config, origin);
  const bool has_header = origin.ah_sequence != 0;
  for (const Prepared& prepared : prepared_) {
    auto& send = std::get<action::SendPacket>(out.emplace_back(std::in_place_type<action::SendPacket>));
    send.instance = config.name;
    send.interface = origin.interface;
    send.source = origin.source;
    send.destination = prepared.destination;
    send.hop_limit = prepared.hop_limit;
    if (has_header) send.protocol = 51;
    send.packet = prepared.packet;
    if (config.family == net::Family::v4 && !has_header) identify(send.packet, last_id_);
  }
}

void AdvertPackets::prepare(const vrrp::Config& config, const Origin& origin) {
  prepared_.clear();
  origin_ = origin;
  const auto add = [&](const net::IpAddress& destination) {
    vrrp::Outgoing outgoing;
    outgoing.source = origin.source;
    outgoing.destination = destination;
    outgoing.priority = origin.priority;
    // The signature covers the identification.
    outgoing.ip_id = origin.ah_sequence == 0 ? std::uint16_t{0} : last_id_;
    outgoing.ah_sequence = origin.ah_sequence;
    outgoing.signature_number = origin.signature_number;
    outgoing.interval = origin.interval;
    outgoing.checksum_style =
        origin.old_unicast_checksum ? vrrp::ChecksumStyle::multicast_pseudo_header : config.checksum;
    prepared_.push_back(
        {destination, vrrp::hop_limit_to(config, destination), vrrp::encode(config, outgoing)});
  };
  if (config.multicast()) {
    add(config.multicast_group);
    return;
  }
  for (const vrrp::UnicastPeer& peer : config.peers) add(peer.address);
}

}  // namespace engine
