// Any octets at all to the advert decoder, under configurations that the first octets choose. What it accepts must mean the
// same after being sent again, and may say nothing that the packet does not.
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/check.hpp"
#include "net/bytes.hpp"
#include "net/checksum.hpp"
#include "vrrp/advert.hpp"

namespace {

using net::IpAddress;

// Addresses at the end of the documentation ranges, so that a seed reads like a capture.
const IpAddress v4_source = IpAddress::v4(192, 0, 2, 1);
const IpAddress v4_own = IpAddress::v4(192, 0, 2, 2);
const IpAddress v4_group = IpAddress::v4(224, 0, 0, 18);
const IpAddress v6_source{net::Family::v6, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
const IpAddress v6_own{net::Family::v6, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
const IpAddress v6_group{net::Family::v6, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12}};

vrrp::Config configuration(std::uint8_t choice, std::uint8_t more) {
  vrrp::Config config;
  config.vrid = 51;
  config.family = (choice & 1) != 0 ? net::Family::v6 : net::Family::v4;
  config.version = (choice & 2) != 0 ? vrrp::Version::v3 : vrrp::Version::v2;
  config.multicast_group = config.family == net::Family::v4 ? v4_group : v6_group;
  config.unicast = (choice & 4) != 0;
  if (config.unicast && (choice & 8) != 0) {
    config.peers = {{config.family == net::Family::v4 ? v4_source : v6_source,
                     static_cast<std::uint8_t>(more & 0x7f), 255}};
  }
  config.unicast_fault_no_peer = true;
  config.check_unicast_source = (choice & 16) != 0;
  config.auth_type = static_cast<vrrp::AuthType>((choice >> 5) % 3);
  config.auth_pass = "s3cret";
  config.checksum = static_cast<vrrp::ChecksumStyle>(more % 3);
  config.detect_old_unicast_checksum = (more & 128) != 0;
  if ((more & 3) == 3) {
    config.signature.emplace().keys = {{1, "a key of thirty-two octets, or so"}};
    config.signature->active_key = 1;
    config.signature->monotonic = true;  // no clock here
    config.signature->mode = static_cast<vrrp::SignatureMode>((more >> 2) % 3);
  }
  return config;
}

// A router that would have sent this advert.
vrrp::Config sender_of(const vrrp::Advert& advert, vrrp::Config config) {
  config.vrid = advert.vrid;
  config.advert_interval = advert.interval;
  config.addresses.clear();
  for (const IpAddress& address : advert.addresses) {
    config.addresses.emplace_back().address.address = {address, static_cast<std::uint8_t>(address.bits())};
  }
  return config;
}

// Half of the inputs get a right checksum, else nothing beyond that check would be reached by chance.
std::vector<std::uint8_t> with_right_checksum(const vrrp::ReceivedPacket& packet) {
  std::vector<std::uint8_t> message(packet.payload.begin(), packet.payload.end());
  if (message.size() < 8) return message;
  message[6] = message[7] = 0;
  net::Checksum sum;
  sum.add(message);
  if (packet.source.is_v6()) {
    sum.add_pseudo_header(packet.source, packet.destination, 112, static_cast<std::uint32_t>(message.size()));
  }
  const std::uint16_t value = sum.value();
  message[6] = static_cast<std::uint8_t>(value >> 8);
  message[7] = static_cast<std::uint8_t>(value);
  return message;
}

void check_accepted(const vrrp::Config& config, const vrrp::ReceivedPacket& packet,
                    const vrrp::Advert& advert, const vrrp::ReceiveContext& context) {
  SF_CHECK(vrrp::vrid_of(packet) == advert.vrid);
  SF_CHECK(advert.version == config.version);
  SF_CHECK(advert.interval > core::Duration::zero() && advert.interval <= std::chrono::seconds(255));
  SF_CHECK(packet.hop_limit == 255 || !config.multicast());
  SF_CHECK(packet.destination.is_multicast() == config.multicast());
  const std::size_t address_size = config.family == net::Family::v4 ? 4 : 16;
  SF_CHECK(packet.payload.size() >= 8 + advert.addresses.size() * address_size);

  const auto style = context.old_unicast_checksum ? vrrp::ChecksumStyle::multicast_pseudo_header
                                                  : vrrp::ChecksumStyle::pseudo_header;
  const vrrp::Config sender = sender_of(advert, config);
  const auto again = vrrp::encode(sender, {packet.source, packet.destination, advert.priority, 1, style});
  const std::span<const std::uint8_t> octets(again);
  const std::size_t header = config.family == net::Family::v4 ? 20 : 0;
  vrrp::ReceivedPacket sent = packet;
  sent.ipv4_header = octets.first(header);
  sent.payload = octets.subspan(header);
  vrrp::ReceiveContext second_context{.old_unicast_checksum = context.old_unicast_checksum};
  auto second = vrrp::receive(sender, sent, second_context);
  SF_CHECK(second.has_value());
  SF_CHECK(!second_context.address_list_differs && !second_context.interval_differs);
  // Octets that authenticate nothing are ignored on receipt and zero when sent.
  vrrp::Advert expected = advert;
  if (expected.auth_type == vrrp::AuthType::none) expected.auth_data = {};
  SF_CHECK(*second == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  net::Reader reader({data, size});
  const std::uint8_t choice = reader.u8();
  const vrrp::Config config = configuration(choice, reader.u8());
  const std::uint8_t hop_limit = reader.u8();
  const std::uint8_t kind = reader.u8();
  const auto rest = reader.bytes(reader.remaining());
  if (!reader.ok()) return 0;

  const bool v4 = (config.family == net::Family::v4) != ((kind & 4) != 0);
  const bool to_group = (kind & 1) != 0;
  const std::size_t header = std::min<std::size_t>(rest.size(), v4 ? 20 : 0);
  vrrp::ReceivedPacket packet;
  packet.source = v4 ? v4_source : v6_source;
  packet.destination = v4 ? (to_group ? v4_group : v4_own) : (to_group ? v6_group : v6_own);
  packet.hop_limit = hop_limit;
  packet.protocol = (kind & 2) != 0 ? 51 : 112;
  packet.ipv4_header = rest.first(header);
  packet.payload = rest.subspan(header);
  std::vector<std::uint8_t> repaired;
  if ((kind & 8) != 0) packet.payload = repaired = with_right_checksum(packet);

  vrrp::ReceiveContext context{.own_source = v4_own};
  const auto advert = vrrp::receive(config, packet, context);
  if (advert) {
    check_accepted(config, packet, *advert, context);
  } else {
    vrrp::Counters counters;
    ++vrrp::rx_counter(counters, advert.error());
    SF_CHECK(counters != vrrp::Counters{});
    SF_CHECK(!context.old_unicast_checksum);
  }
  return 0;
}
