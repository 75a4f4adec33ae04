#include "vrrp/authentication_header.hpp"

#include <algorithm>

#include "net/bytes.hpp"
#include "net/digest.hpp"

namespace vrrp {

namespace {

constexpr std::uint8_t vrrp_protocol = 112;
constexpr std::uint8_t length_field = 4;  // in words, less two
constexpr std::size_t fixed_part = 12;    // what stands before the digest
constexpr std::size_t digest_size = 12;   // 96 bits of the MD5
constexpr std::size_t most_ipv4_header = 60;
constexpr std::size_t source_offset = 12, destination_offset = 16;

// Fields that routers may change on the way count as zero. The TTL of a multicast advert counts: it never leaves the link.
std::array<std::uint8_t, digest_size> digest(const AhKey& key, std::span<const std::uint8_t> ipv4_header,
                                             std::span<const std::uint8_t> fixed,
                                             std::span<const std::uint8_t> message) {
  constexpr std::size_t tos = 1, fragment = 6, ttl = 8, checksum = 10;
  std::array<std::uint8_t, most_ipv4_header> copy{};
  const std::size_t size = std::min(ipv4_header.size(), copy.size());
  std::copy_n(ipv4_header.begin(), size, copy.begin());
  const bool multicast = (copy[destination_offset] & 0xf0) == 0xe0;
  for (const std::size_t at : {tos, fragment, fragment + 1, checksum, checksum + 1}) copy[at] = 0;
  if (!multicast) copy[ttl] = 0;
  constexpr std::array<std::uint8_t, digest_size> none{};
  const auto whole = net::hmac_md5(key, {net::Octets(copy).first(size), fixed, none, message});
  std::array<std::uint8_t, digest_size> out{};
  std::copy_n(whole.begin(), out.size(), out.begin());
  return out;
}

}  // namespace

std::array<std::uint8_t, authentication_header_size> make_authentication_header(
    const AhKey& key, std::span<const std::uint8_t> ipv4_header, std::uint32_t sequence,
    std::span<const std::uint8_t> message) {
  net::Writer writer(authentication_header_size);
  writer.u8(vrrp_protocol).u8(length_field).u16(0);
  writer.bytes(ipv4_header.subspan(source_offset, 4)).u32(sequence);
  const auto proof = digest(key, ipv4_header, writer.view(), message);
  writer.bytes(proof);
  std::array<std::uint8_t, authentication_header_size> header{};
  std::ranges::copy(writer.view(), header.begin());
  return header;
}

bool is_authentic(const AhKey& key, std::span<const std::uint8_t> ipv4_header,
                  std::span<const std::uint8_t> header, std::span<const std::uint8_t> message) {
  const bool ours = header[0] == vrrp_protocol && header[1] == length_field &&
                    std::ranges::equal(header.subspan(4, 4), ipv4_header.subspan(source_offset, 4));
  return ours && net::same_octets(header.subspan(fixed_part, digest_size),
                                  digest(key, ipv4_header, header.first(fixed_part), message));
}

std::uint32_t ah_sequence_of(std::span<const std::uint8_t> header) {
  return net::Reader(header.subspan(8, 4)).u32();
}

}  // namespace vrrp
