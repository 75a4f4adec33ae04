#include "vrrp/signature.hpp"

#include <algorithm>

#include "net/bytes.hpp"
#include "net/digest.hpp"

namespace vrrp {

namespace {

constexpr std::uint8_t sha256_type = 1;
constexpr std::size_t fixed_part = 12;  // what stands before the digest
constexpr std::size_t digest_size = 16;
constexpr std::size_t checksum_offset = 6;
constexpr std::int64_t microseconds_a_second = 1'000'000;

// The destination and the TTL are not in it: one signature serves every unicast peer.
std::array<std::uint8_t, digest_size> digest(const SigningKey& key, const Config& config,
                                             const net::IpAddress& source,
                                             std::span<const std::uint8_t> message,
                                             std::span<const std::uint8_t> fixed) {
  constexpr std::size_t room_for_address = 16;
  const bool v4 = source.family == net::Family::v4;
  net::Writer sender(4 + room_for_address);
  sender.u8(v4 ? 4 : 6).u8(static_cast<std::uint8_t>(config.version)).u8(config.vrid).u8(0);
  sender.bytes(source.bytes()).zeros(room_for_address - source.bytes().size());
  constexpr std::array<std::uint8_t, 2> no_checksum{};
  constexpr std::array<std::uint8_t, digest_size> no_digest{};
  const std::vector<std::uint8_t> secret(key.secret.begin(), key.secret.end());
  const auto whole =
      net::hmac_sha256(secret, {sender.view(), message.first(checksum_offset), no_checksum,
                                message.subspan(checksum_offset + no_checksum.size()), fixed, no_digest});
  std::array<std::uint8_t, digest_size> out{};
  std::copy_n(whole.begin(), out.size(), out.begin());
  return out;
}

SignatureNumber number_of(core::WallTime wall) {
  const std::int64_t microseconds = std::max<std::int64_t>(wall.time_since_epoch().count(), 0);
  const auto seconds = static_cast<SignatureNumber>(microseconds / microseconds_a_second);
  const auto rest = static_cast<SignatureNumber>(microseconds % microseconds_a_second);
  return seconds << 32 | (rest * 65536 / microseconds_a_second) << 16;
}

bool is_newer(SignatureNumber a, SignatureNumber b) { return static_cast<std::int64_t>(a - b) > 0; }

// A number this far ahead was made before the clock was set back: by a sender, or by us.
bool beyond_the_window(SignatureNumber number, const SignatureConfig& config, core::WallTime wall) {
  return is_newer(number, number_of(wall + std::chrono::seconds(config.window_seconds)));
}

const SignatureMark* mark_of(const SignatureMemory& memory, const net::IpAddress& sender) {
  const auto found = std::ranges::find(memory.marks, sender, &SignatureMark::sender);
  return found == memory.marks.end() ? nullptr : &*found;
}

}  // namespace

SignatureNumber next_signature_number(SignatureMemory& memory, const SignatureConfig& config,
                                      core::WallTime wall) {
  const SignatureNumber clock = number_of(wall);
  const bool clock_counts = memory.sent == 0 || is_newer(clock, memory.sent) ||
                            (!config.monotonic && beyond_the_window(memory.sent, config, wall));
  memory.sent = clock_counts ? clock : memory.sent + 1;
  return memory.sent;
}

bool is_new_signature(const SignatureMemory& memory, const SignatureConfig& config,
                      const net::IpAddress& sender, SignatureNumber number, core::WallTime wall) {
  const SignatureMark* mark = mark_of(memory, sender);
  if (mark == nullptr || is_newer(number, mark->number)) return true;
  return !config.monotonic && beyond_the_window(mark->number, config, wall);
}

void remember_signature(SignatureMemory& memory, const net::IpAddress& sender, SignatureNumber number,
                        std::size_t most) {
  std::erase_if(memory.marks, [&](const SignatureMark& mark) { return mark.sender == sender; });
  if (memory.marks.size() >= most && !memory.marks.empty()) memory.marks.erase(memory.marks.begin());
  memory.marks.push_back({sender, number});
}

SignatureTrailer make_signature(const SigningKey& key, const Config& config, const net::IpAddress& source,
                                std::span<const std::uint8_t> message, SignatureNumber number) {
  net::Writer writer(signature_size);
  writer.u8(sha256_type).u8(key.id).u16(0);
  writer.u32(static_cast<std::uint32_t>(number >> 32)).u32(static_cast<std::uint32_t>(number));
  const auto proof = digest(key, config, source, message, writer.view());
  writer.bytes(proof);
  SignatureTrailer trailer{};
  std::ranges::copy(writer.view(), trailer.begin());
  return trailer;
}

bool Signature::well_formed() const {
  return octets_[0] == sha256_type && octets_[2] == 0 && octets_[3] == 0;
}

SignatureNumber Signature::number() const {
  net::Reader reader(octets_.subspan(4, 8));
  const SignatureNumber seconds = reader.u32();
  return seconds << 32 | reader.u32();
}

core::WallTime Signature::when() const {
  return core::WallTime(std::chrono::seconds(net::Reader(octets_.subspan(4, 4)).u32()));
}

const SigningKey* Signature::key_in(const SignatureConfig& config) const {
  const auto found = std::ranges::find(config.keys, octets_[1], &SigningKey::id);
  return found == config.keys.end() ? nullptr : &*found;
}

bool Signature::fits(const SigningKey& key, const Config& config, const net::IpAddress& source,
                     std::span<const std::uint8_t> message) const {
  return net::same_octets(octets_.subspan(fixed_part, digest_size),
                          digest(key, config, source, message, octets_.first(fixed_part)));
}

}  // namespace vrrp
