#include "vrrp/advert.hpp"

#include <algorithm>
#include <utility>

#include "net/bytes.hpp"
#include "net/checksum.hpp"
#include "net/digest.hpp"
#include "vrrp/authentication_header.hpp"
#include "vrrp/signature.hpp"

namespace vrrp {

namespace {

using std::chrono_literals::operator""ms;

constexpr std::uint8_t vrrp_protocol = 112;
constexpr std::uint8_t ah_protocol = 51;
constexpr std::uint8_t advertisement_type = 1;
constexpr std::size_t header_size = 8;
constexpr std::size_t auth_size = 8;
constexpr std::size_t ipv4_header_size = 20;
constexpr std::uint8_t internetwork_control = 0xc0;  // type of service
constexpr std::uint8_t full_hop_limit = 255;
constexpr std::uint8_t default_unicast_hop_limit_v6 = 64;  // the kernel's, which the other end expects
constexpr auto centisecond = 10ms;

// What the old unicast checksum has in its pseudo-header, whoever the peer.
constexpr net::IpAddress old_style_destination = net::IpAddress::v4(224, 0, 0, 18);

std::size_t address_size(net::Family family) { return family == net::Family::v4 ? 4 : 16; }

bool has_auth_block(unsigned version, net::Family family) {
  return version == 2 && family == net::Family::v4;
}

// Authentication exists in version 2 over IPv4 only.
AuthType auth_in_use(const Config& config) {
  const bool possible = has_auth_block(static_cast<unsigned>(config.version), config.family);
  return possible ? config.auth_type : AuthType::none;
}

std::array<std::uint8_t, auth_size> password(const Config& config) {
  std::array<std::uint8_t, auth_size> octets{};
  const std::size_t size = std::min(config.auth_pass.size(), auth_size);
  std::transform(config.auth_pass.begin(), config.auth_pass.begin() + static_cast<std::ptrdiff_t>(size),
                 octets.begin(), [](char character) { return static_cast<std::uint8_t>(character); });
  return octets;
}

// The address list of our own adverts. The count has one octet, and the message one family.
std::vector<net::IpAddress> advertised(const Config& config) {
  constexpr std::size_t most = 255;
  std::vector<net::IpAddress> addresses;
  addresses.reserve(std::min(config.addresses.size(), most));
  for (const VirtualAddress& address : config.addresses) {
    const net::IpAddress& ip = address.address.address.address;
    if (ip.family == config.family && addresses.size() < most) addresses.push_back(ip);
  }
  return addresses;
}

// The packet as the checks see it: fields by offset, nothing believed yet.
class Inspection {
 public:
  Inspection(const Config& config, const ReceivedPacket& packet, ReceiveContext& context)
      : config_(config), packet_(packet), context_(context) {
    const bool has_header =
        packet_.protocol == ah_protocol && packet_.payload.size() >= authentication_header_size;
    if (!uses_authentication_header(config_) || !has_header) return;
    ah_ = packet_.payload.first(authentication_header_size);
    packet_.payload = packet_.payload.subspan(authentication_header_size);
  }

  std::expected<Advert, ReceiveError> run() {
    using Check = std::optional<ReceiveError> (Inspection::*)();
    static constexpr Check checks[] = {
        &Inspection::ip_header,    &Inspection::length,      &Inspection::ttl,      &Inspection::version,
        &Inspection::signature,    &Inspection::auth,        &Inspection::interval, &Inspection::type,
        &Inspection::ip_length,    &Inspection::v3_interval, &Inspection::checksum, &Inspection::destination,
        &Inspection::address_list, &Inspection::source};
    context_.address_list_differs = context_.interval_differs = context_.clocks_differ = false;
    context_.signature_number.reset();
    context_.from_own_address = context_.own_source == packet_.source;
    for (const Check check : checks) {
      if (const auto error = (this->*check)()) return std::unexpected(*error);
    }
    if (!ah_.empty()) context_.ah_sequence = ah_sequence_of(ah_);
    if (!trailer_.empty()) context_.signature_number = Signature(trailer_).number();
    context_.old_unicast_checksum |= old_style_seen_;  // only a packet that is right in every way teaches
    return advert();
  }

 private:
  std::span<const std::uint8_t> payload() const { return packet_.payload; }
  bool v4() const { return config_.family == net::Family::v4; }
  unsigned packet_version() const { return payload()[0] >> 4; }
  std::size_t count() const { return payload()[3]; }
  std::span<const std::uint8_t> message() const { return payload().first(wanted_); }
  core::Duration packet_interval() const {
    if (config_.version == Version::v2) return std::chrono::seconds(payload()[5]);
    return (static_cast<unsigned>(payload()[4] & 0x0f) << 8 | payload()[5]) *
           centisecond;  // reserved bits: ignored
  }

  std::optional<ReceiveError> ip_header() {
    if (v4()) {
      const auto header = packet_.ipv4_header;
      if (header.size() < ipv4_header_size || header[0] >> 4 != 4 ||
          (header[0] & 0x0f) * 4U != header.size()) {
        return ReceiveError::ip_header;
      }
    }
    if (packet_.source.family != config_.family || packet_.destination.family != config_.family) {
      return ReceiveError::ip_header;
    }
    if (!ah_.empty()) return std::nullopt;
    if (packet_.protocol == ah_protocol)
      return uses_authentication_header(config_) ? ReceiveError::packet_length : ReceiveError::unexpected_ah;
    if (uses_authentication_header(config_)) return ReceiveError::ah_missing;
    return packet_.protocol == vrrp_protocol ? std::nullopt : std::optional(ReceiveError::ip_header);
  }

  // Measured by the version that the packet claims, so that a neighbour with the other version is told apart
  // from damage.
  std::optional<ReceiveError> length() {
    if (payload().size() < header_size) return ReceiveError::packet_length;
    wanted_ = header_size + count() * address_size(config_.family) +
              (has_auth_block(packet_version(), config_.family) ? auth_size : 0);
    if (payload().size() < wanted_) return ReceiveError::packet_length;
    const std::size_t excess = payload().size() - wanted_;
    if (config_.signature && excess == signature_size) {
      trailer_ = payload().subspan(wanted_);
      return std::nullopt;
    }
    return excess == 0 || is_padding(excess) ? std::nullopt : std::optional(ReceiveError::packet_length);
  }

  // Some drivers hand up the padding of a frame that Ethernet would find too short: 46 octets of payload. All
  // our sizes are multiples of four, 46 is not.
  bool is_padding(std::size_t excess) const {
    constexpr std::size_t least_ethernet_payload = 46;
    return v4() && packet_.ipv4_header.size() + ah_.size() + wanted_ < least_ethernet_payload &&
           excess % 4 == 2;
  }

  std::optional<ReceiveError> ttl() {
    const bool wrong = config_.multicast() && packet_.hop_limit != full_hop_limit;
    return wrong ? std::optional(ReceiveError::ttl) : std::nullopt;
  }

  std::optional<ReceiveError> version() {
    const bool ours = packet_version() == static_cast<unsigned>(config_.version);
    return ours ? std::nullopt : std::optional(ReceiveError::version);
  }

  // No bit of the advert announces a signature: its length does.
  std::optional<ReceiveError> signature() {
    if (!config_.signature) return std::nullopt;
    const SignatureConfig& config = *config_.signature;
    if (trailer_.empty()) {
      return config.mode == SignatureMode::enforce ? std::optional(ReceiveError::signature_missing)
                                                   : std::nullopt;
    }
    const Signature signature(trailer_);
    if (!signature.well_formed()) return ReceiveError::signature_malformed;
    const core::Duration distance = std::chrono::abs(context_.wall - signature.when());
    const core::Duration window = std::chrono::seconds(config.window_seconds);
    // The seconds of the number are whole ones: it may look up to a second older than it is.
    if (!config.monotonic && distance >= window + std::chrono::seconds(1))
      return ReceiveError::signature_stale;
    const SigningKey* key = signature.key_in(config);
    if (key == nullptr) return ReceiveError::signature_unknown_key;
    if (!signature.fits(*key, config_, packet_.source, message())) return ReceiveError::signature_wrong;
    if (context_.signatures != nullptr &&
        !is_new_signature(*context_.signatures, config, packet_.source, signature.number(), context_.wall)) {
      return ReceiveError::signature_replayed;
    }
    context_.clocks_differ = !config.monotonic && distance > window / 2 + std::chrono::seconds(1);
    return std::nullopt;
  }

  std::optional<ReceiveError> auth() {
    if (config_.version != Version::v2) return std::nullopt;
    const std::uint8_t type = payload()[4];
    if (type > static_cast<std::uint8_t>(AuthType::ah)) return ReceiveError::auth_type_unknown;
    if (type != static_cast<std::uint8_t>(auth_in_use(config_))) return ReceiveError::auth_type_mismatch;
    if (auth_in_use(config_) == AuthType::none) return std::nullopt;  // RFC 3768: the octets are ignored
    if (auth_in_use(config_) == AuthType::ah) {
      if (!is_authentic(password(config_), packet_.ipv4_header, ah_, message()))
        return ReceiveError::auth_failure;
      const bool newer = ah_sequence_of(ah_) > context_.ah_sequence;
      return newer ? std::nullopt : std::optional(ReceiveError::auth_replay);
    }
    const bool same = net::same_octets(message().last<auth_size>(), password(config_));
    return same ? std::nullopt : std::optional(ReceiveError::auth_failure);
  }

  std::optional<ReceiveError> interval() {
    if (config_.version != Version::v2) return std::nullopt;
    const bool ours = packet_interval() == interval_on_wire(config_.version, config_.advert_interval);
    return ours ? std::nullopt : std::optional(ReceiveError::advert_interval);
  }

  std::optional<ReceiveError> type() {
    const bool ours = (payload()[0] & 0x0f) == advertisement_type;
    return ours ? std::nullopt : std::optional(ReceiveError::type);
  }

  std::optional<ReceiveError> ip_length() {
    if (!v4()) return std::nullopt;
    const auto header = packet_.ipv4_header;
    const std::size_t total = static_cast<std::size_t>(header[2]) << 8 | header[3];
    const std::size_t before = header.size() + ah_.size();
    const bool fits = total == before + wanted_ || total == before + payload().size();
    return fits ? std::nullopt : std::optional(ReceiveError::packet_length);
  }

  // Version 3 learns the master's interval, so it may differ; zero would mean a master that is down all the
  // time.
  std::optional<ReceiveError> v3_interval() {
    if (config_.version == Version::v2) return std::nullopt;
    context_.interval_differs =
        packet_interval() != interval_on_wire(config_.version, config_.advert_interval);
    return packet_interval().count() == 0 ? std::optional(ReceiveError::advert_interval) : std::nullopt;
  }

  std::optional<ReceiveError> checksum() {
    // The kernel sums up all that follows an IPv6 header, the signature too.
    const auto summed = v4() ? message() : payload().first(wanted_ + trailer_.size());
    const net::Checksum plain = net::Checksum{}.add(summed);
    const auto right_with = [&](const net::IpAddress& destination) {
      const auto length = static_cast<std::uint32_t>(summed.size());
      return net::Checksum{plain}
                 .add_pseudo_header(packet_.source, destination, vrrp_protocol, length)
                 .value() == 0;
    };
    if (!v4()) return right_with(packet_.destination) ? std::nullopt : std::optional(ReceiveError::checksum);
    if (plain.value() == 0) return std::nullopt;  // version 2, or version 3 as RFC 9568 has it
    if (config_.version == Version::v2) return ReceiveError::checksum;
    if (right_with(packet_.destination)) return std::nullopt;
    if (!config_.multicast() && may_be_old_style() && right_with(old_style_destination)) {
      old_style_seen_ = true;
      return std::nullopt;
    }
    return ReceiveError::checksum;
  }

  bool may_be_old_style() const {
    return config_.detect_old_unicast_checksum || context_.old_unicast_checksum ||
           config_.checksum == ChecksumStyle::multicast_pseudo_header;
  }

  std::optional<ReceiveError> destination() {
    const bool expected = config_.multicast() ? packet_.destination == config_.multicast_group
                                              : !packet_.destination.is_multicast();
    return expected ? std::nullopt : std::optional(ReceiveError::unexpected_destination);
  }

  // A difference is worth a remark, not an outage: the advert is obeyed.
  std::optional<ReceiveError> address_list() {
    if (config_.skip_check_advert_addresses && context_.master == packet_.source) return std::nullopt;
    context_.address_list_differs = !same_addresses_in_order() && !same_addresses();
    return std::nullopt;
  }

  // The ordinary case, which 250 addresses should not make dear.
  bool same_addresses_in_order() const {
    auto heard = payload().subspan(header_size, count() * address_size(config_.family));
    for (const VirtualAddress& address : config_.addresses) {
      const auto ours = address.address.address.address.bytes();
      if (ours.size() > heard.size() || !std::ranges::equal(ours, heard.first(ours.size()))) return false;
      heard = heard.subspan(ours.size());
    }
    return heard.empty();
  }

  // The same set in another order is the same list: an operator sorts one file and not the other.
  bool same_addresses() const {
    std::vector<net::IpAddress> heard = read_addresses();
    std::vector<net::IpAddress> ours = advertised(config_);
    if (heard.size() != ours.size()) return false;
    std::ranges::sort(heard);
    std::ranges::sort(ours);
    return heard == ours;
  }

  std::optional<ReceiveError> source() {
    if (config_.multicast()) return std::nullopt;
    const auto peer = std::ranges::find(config_.peers, packet_.source, &UnicastPeer::address);
    if (peer == config_.peers.end()) {
      return config_.check_unicast_source ? std::optional(ReceiveError::unknown_peer) : std::nullopt;
    }
    const bool near = packet_.hop_limit >= peer->min_ttl && packet_.hop_limit <= peer->max_ttl;
    return near ? std::nullopt : std::optional(ReceiveError::ttl);
  }

  std::vector<net::IpAddress> read_addresses() const {
    std::vector<net::IpAddress> addresses;
    addresses.reserve(count());
    const std::size_t size = address_size(config_.family);
    for (std::size_t i = 0; i < count(); ++i) {
      net::IpAddress& address = addresses.emplace_back(net::IpAddress::any(config_.family));
      std::ranges::copy(payload().subspan(header_size + i * size, size), address.octets.begin());
    }
    return addresses;
  }

  Advert advert() const {
    Advert advert{config_.version, payload()[1], payload()[2],    packet_interval(),
                  AuthType::none,  {},           read_addresses()};
    if (config_.version == Version::v2) advert.auth_type = auth_in_use(config_);
    if (has_auth_block(packet_version(), config_.family)) {
      std::ranges::copy(message().last<auth_size>(), advert.auth_data.begin());
    }
    return advert;
  }

  const Config& config_;
  ReceivedPacket packet_;                  // without the authentication header
  std::span<const std::uint8_t> ah_;       // with AH in use
  std::span<const std::uint8_t> trailer_;  // the signature, known after length()
  ReceiveContext& context_;
  std::size_t wanted_ = 0;  // octets of the message, known after length()
  bool old_style_seen_ = false;
};

std::vector<std::uint8_t> encode_message(const Config& config, const Outgoing& outgoing) {
  const std::vector<net::IpAddress> addresses = advertised(config);
  const bool auth_block = has_auth_block(static_cast<unsigned>(config.version), config.family);
  const AuthType auth = auth_in_use(config);
  const bool other = config.version == Version::v3 && outgoing.interval > core::Duration::zero();
  const auto interval = interval_on_wire(config.version, other ? outgoing.interval : config.advert_interval);

  net::Writer message(header_size + addresses.size() * address_size(config.family) + auth_size);
  message.u8(static_cast<std::uint8_t>(static_cast<unsigned>(config.version) << 4 | advertisement_type));
  message.u8(config.vrid).u8(outgoing.priority).u8(static_cast<std::uint8_t>(addresses.size()));
  if (config.version == Version::v2) {
    message.u8(static_cast<std::uint8_t>(auth))
        .u8(static_cast<std::uint8_t>(interval / std::chrono::seconds(1)));
  } else {
    message.u16(static_cast<std::uint16_t>(interval / centisecond));  // reserved nibble zero: at most 4095
  }
  message.u16(0);  // the checksum, below
  for (const net::IpAddress& address : addresses) message.bytes(address.bytes());
  if (auth_block && auth == AuthType::pass) message.bytes(password(config));
  if (auth_block && auth != AuthType::pass) message.zeros(auth_size);
  return message.take();
}

std::uint16_t message_checksum(const Config& config, const Outgoing& outgoing,
                               std::span<const std::uint8_t> message) {
  net::Checksum sum;
  sum.add(message);
  const bool v4 = config.family == net::Family::v4;
  const bool plain =
      v4 && (config.version == Version::v2 || outgoing.checksum_style == ChecksumStyle::no_pseudo_header);
  if (!plain) {
    const bool old_style = v4 && outgoing.checksum_style == ChecksumStyle::multicast_pseudo_header &&
                           !outgoing.destination.is_multicast();
    sum.add_pseudo_header(outgoing.source, old_style ? old_style_destination : outgoing.destination,
                          vrrp_protocol, static_cast<std::uint32_t>(message.size()));
  }
  return sum.value();
}

// Over the message without its checksum, so before that is known.
std::vector<std::uint8_t> signature_of(const Config& config, const Outgoing& outgoing,
                                       std::span<const std::uint8_t> message) {
  if (!config.signature || !config.signature->signs()) return {};
  const auto& keys = config.signature->keys;
  const auto key = std::ranges::find(keys, config.signature->active_key, &SigningKey::id);
  if (key == keys.end()) return {};
  const auto trailer = make_signature(*key, config, outgoing.source, message, outgoing.signature_number);
  return {trailer.begin(), trailer.end()};
}

}  // namespace

std::optional<std::uint8_t> vrid_of(const ReceivedPacket& packet) {
  std::size_t offset = 0;
  if (packet.protocol == ah_protocol) {
    if (packet.payload.size() < 2) return std::nullopt;
    offset = (packet.payload[1] + 2U) * 4U;  // RFC 4302, section 2.2: in words, less two
  }
  if (packet.payload.size() < offset + 2) return std::nullopt;
  return packet.payload[offset + 1];
}

std::expected<Advert, ReceiveError> receive(const Config& config, const ReceivedPacket& packet,
                                            ReceiveContext& context) {
  return Inspection(config, packet, context).run();
}

std::vector<std::uint8_t> encode(const Config& config, const Outgoing& outgoing) {
  std::vector<std::uint8_t> message = encode_message(config, outgoing);
  std::vector<std::uint8_t> trailer = signature_of(config, outgoing, message);
  const bool v6 = config.family == net::Family::v6;
  if (v6) message.insert(message.end(), trailer.begin(), trailer.end());
  const std::uint16_t sum = message_checksum(config, outgoing, message);
  message[6] = static_cast<std::uint8_t>(sum >> 8);
  message[7] = static_cast<std::uint8_t>(sum);
  if (v6) return message;

  const bool signs = uses_authentication_header(config);
  const std::size_t size =
      ipv4_header_size + (signs ? authentication_header_size : 0) + message.size() + trailer.size();
  net::Writer packet(size);
  packet.u8(0x45).u8(internetwork_control).u16(static_cast<std::uint16_t>(size));
  packet.u16(outgoing.ip_id).u16(0);  // may be fragmented: DF stays off
  packet.u8(hop_limit_to(config, outgoing.destination)).u8(signs ? ah_protocol : vrrp_protocol).u16(0);
  packet.bytes(outgoing.source.bytes()).bytes(outgoing.destination.bytes());
  packet.patch_u16(10, net::Checksum{}.add(packet.view()).value());
  if (signs)
    packet.bytes(make_authentication_header(password(config), packet.view(), outgoing.ah_sequence, message));
  return packet.bytes(message).bytes(trailer).take();
}

bool uses_authentication_header(const Config& config) { return auth_in_use(config) == AuthType::ah; }

std::uint8_t hop_limit_to(const Config& config, const net::IpAddress& destination) {
  if (destination.is_multicast()) return full_hop_limit;
  return config.unicast_ttl.value_or(destination.is_v4() ? full_hop_limit : default_unicast_hop_limit_v6);
}

core::Duration interval_on_wire(Version version, core::Duration interval) {
  if (version == Version::v2) {
    return std::clamp(std::chrono::round<std::chrono::seconds>(interval), std::chrono::seconds(1),
                      std::chrono::seconds(255));
  }
  constexpr std::int64_t most = 0x0fff;
  return std::clamp<std::int64_t>((interval + centisecond / 2) / centisecond, 1, most) * centisecond;
}

std::uint64_t& rx_counter(Counters& counters, ReceiveError error) {
  switch (error) {
    case ReceiveError::ip_header:
    case ReceiveError::packet_length:
      return counters.packet_length_errors;
    case ReceiveError::ttl:
      return counters.ttl_errors;
    case ReceiveError::version:
      return counters.version_errors;
    case ReceiveError::signature_missing:
      return counters.signature_missing;
    case ReceiveError::signature_malformed:
      return counters.signature_malformed;
    case ReceiveError::signature_stale:
      return counters.signature_stale;
    case ReceiveError::signature_unknown_key:
      return counters.signature_unknown_key;
    case ReceiveError::signature_wrong:
      return counters.signature_wrong;
    case ReceiveError::signature_replayed:
      return counters.signature_replayed;
    case ReceiveError::auth_type_unknown:
      return counters.invalid_auth_type;
    case ReceiveError::unexpected_ah:
    case ReceiveError::ah_missing:
    case ReceiveError::auth_type_mismatch:
      return counters.auth_type_mismatch;
    case ReceiveError::auth_failure:
    case ReceiveError::auth_replay:
      return counters.auth_failures;
    case ReceiveError::advert_interval:
      return counters.advert_interval_errors;
    case ReceiveError::type:
      return counters.invalid_type_received;
    case ReceiveError::checksum:
      return counters.checksum_errors;
    case ReceiveError::unexpected_destination:
    case ReceiveError::unknown_peer:
      return counters.unexpected_source;
  }
  std::unreachable();
}

std::string_view receive_error_id(ReceiveError error) {
  switch (error) {
    case ReceiveError::ip_header:
      return "ip_header";
    case ReceiveError::unexpected_ah:
      return "unexpected_ah";
    case ReceiveError::ah_missing:
      return "ah_missing";
    case ReceiveError::packet_length:
      return "packet_length";
    case ReceiveError::ttl:
      return "ttl";
    case ReceiveError::version:
      return "version";
    case ReceiveError::signature_missing:
      return "signature_missing";
    case ReceiveError::signature_malformed:
      return "signature_malformed";
    case ReceiveError::signature_stale:
      return "signature_stale";
    case ReceiveError::signature_unknown_key:
      return "signature_unknown_key";
    case ReceiveError::signature_wrong:
      return "signature_wrong";
    case ReceiveError::signature_replayed:
      return "signature_replayed";
    case ReceiveError::auth_type_unknown:
      return "auth_type_unknown";
    case ReceiveError::auth_type_mismatch:
      return "auth_type_mismatch";
    case ReceiveError::auth_failure:
      return "auth_failure";
    case ReceiveError::auth_replay:
      return "auth_replay";
    case ReceiveError::advert_interval:
      return "advert_interval";
    case ReceiveError::type:
      return "type";
    case ReceiveError::checksum:
      return "checksum";
    case ReceiveError::unexpected_destination:
      return "unexpected_destination";
    case ReceiveError::unknown_peer:
      return "unknown_peer";
  }
  std::unreachable();
}

std::string_view receive_error_text(ReceiveError error) {
  switch (error) {
    case ReceiveError::ip_header:
      return "its IP header is not a sound one";
    case ReceiveError::unexpected_ah:
      return "it carries an authentication header (AH) and we expect none";
    case ReceiveError::ah_missing:
      return "it carries no authentication header (AH) and we expect one";
    case ReceiveError::packet_length:
      return "its length does not fit its number of addresses";
    case ReceiveError::ttl:
      return "its TTL or hop limit is wrong: it has been forwarded, or comes from farther than allowed";
    case ReceiveError::version:
      return "it is of another VRRP version than ours";
    case ReceiveError::signature_missing:
      return "it carries no signature (auth_hmac) and we accept no advert without";
    case ReceiveError::signature_malformed:
      return "its signature (auth_hmac) is of a kind we do not know";
    case ReceiveError::signature_stale:
      return "its signature (auth_hmac) is too old or from the future: it was recorded and sent again, or "
             "the clocks "
             "differ by more than time_window";
    case ReceiveError::signature_unknown_key:
      return "its signature (auth_hmac) was made with a key that we do not have";
    case ReceiveError::signature_wrong:
      return "its signature (auth_hmac) is wrong: its key of that number is not ours, or it was changed on "
             "the way";
    case ReceiveError::signature_replayed:
      return "its signature (auth_hmac) is no newer than one we have seen: it was recorded and sent again, "
             "or came twice";
    case ReceiveError::auth_type_unknown:
      return "its authentication type is unknown";
    case ReceiveError::auth_type_mismatch:
      return "its authentication type is not ours";
    case ReceiveError::auth_failure:
      return "its password is not ours";
    case ReceiveError::auth_replay:
      return "its authentication header (AH) is an old one: it was recorded and sent again, or came late";
    case ReceiveError::advert_interval:
      return "its advertisement interval is not ours, which version 2 demands, or is zero";
    case ReceiveError::type:
      return "it is not an advertisement";
    case ReceiveError::checksum:
      return "its checksum is wrong";
    case ReceiveError::unexpected_destination:
      return "it was sent to a multicast group or by unicast where we expect the other, or to another group";
    case ReceiveError::unknown_peer:
      return "its sender is not one of the unicast peers";
  }
  std::unreachable();
}

}  // namespace vrrp
