#include "net/digest.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace net {

namespace {

constexpr std::size_t block_size = 64;
using Block = std::array<std::uint8_t, block_size>;

// RFC 1321, section 3.4: 2^32 times the absolute sine of 1, 2, 3 …
constexpr std::array<std::uint32_t, 64> md5_table{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr std::array<std::array<int, 4>, 4> md5_turns{
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

// FIPS 180-4, section 4.2.2: the fractions of the cube roots of the first 64 primes.
constexpr std::array<std::uint32_t, 64> sha256_table{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct Md5 {
  static constexpr bool little_endian = true;
  using Digest = Md5Digest;
  std::array<std::uint32_t, 4> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

  void absorb(const Block& block) {
    std::array<std::uint32_t, 16> words{};
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (std::size_t octet = 0; octet < 4; ++octet)
        words[i] |= static_cast<std::uint32_t>(block[4 * i + octet]) << (8 * octet);
    }
    auto [a, b, c, d] = state;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::size_t round = i / 16;
      std::uint32_t mix = 0;
      std::size_t word = i;
      if (round == 0) mix = (b & c) | (~b & d);
      if (round == 1) mix = (d & b) | (~d & c), word = 5 * i + 1;
      if (round == 2) mix = b ^ c ^ d, word = 3 * i + 5;
      if (round == 3) mix = c ^ (b | ~d), word = 7 * i;
      const std::uint32_t sum = a + mix + md5_table[i] + words[word % 16];
      a = d;
      d = c;
      c = b;
      b += std::rotl(sum, md5_turns[round][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
  }
};

struct Sha256 {
  static constexpr bool little_endian = false;
  using Digest = Sha256Digest;
  std::array<std::uint32_t, 8> state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

  void absorb(const Block& block) {
    std::array<std::uint32_t, 64> words{};
    for (std::size_t i = 0; i < 16; ++i) {
      for (std::size_t octet = 0; octet < 4; ++octet) words[i] = words[i] << 8 | block[4 * i + octet];
    }
    for (std::size_t i = 16; i < words.size(); ++i) {
      const std::uint32_t early = words[i - 15], late = words[i - 2];
      words[i] = words[i - 16] + words[i - 7] + (std::rotr(early, 7) ^ std::rotr(early, 18) ^ early >> 3) +
                 (std::rotr(late, 17) ^ std::rotr(late, 19) ^ late >> 10);
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                                  ((e & f) ^ (~e & g)) + sha256_table[i] + words[i];
      const std::uint32_t second =
          (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + first;
      d = c;
      c = b;
      b = a;
      a = first + second;
    }
    const std::array<std::uint32_t, 8> more{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < state.size(); ++i) state[i] += more[i];
  }
};

// Cuts what comes into blocks and ends with the padding that both functions share.
template <class Function>
class Hash {
 public:
  void add(Octets octets) {
    length_ += octets.size();
    while (!octets.empty()) {
      const std::size_t taken = std::min(octets.size(), block_size - filled_);
      std::ranges::copy(octets.first(taken), block_.begin() + static_cast<std::ptrdiff_t>(filled_));
      octets = octets.subspan(taken);
      filled_ += taken;
      absorb_if_full();
    }
  }
  void add(std::initializer_list<Octets> parts) {
    for (const Octets part : parts) add(part);
  }

  typename Function::Digest finish() {
    const std::uint64_t bits = length_ * 8;
    put(0x80);
    while (filled_ != block_size - 8) put(0);
    for (int i = 0; i < 8; ++i)
      put(static_cast<std::uint8_t>(bits >> 8 * (Function::little_endian ? i : 7 - i)));
    typename Function::Digest digest{};
    for (std::size_t i = 0; i < digest.size(); ++i) {
      const std::size_t shift = 8 * (Function::little_endian ? i % 4 : 3 - i % 4);
      digest[i] = static_cast<std::uint8_t>(function_.state[i / 4] >> shift);
    }
    return digest;
  }

 private:
  void put(std::uint8_t octet) {
    block_[filled_++] = octet;
    absorb_if_full();
  }
  void absorb_if_full() {
    if (filled_ < block_size) return;
    function_.absorb(block_);
    filled_ = 0;
  }

  Function function_;
  Block block_{};
  std::size_t filled_ = 0;
  std::uint64_t length_ = 0;
};

template <class Function>
typename Function::Digest hash_of(std::initializer_list<Octets> parts) {
  Hash<Function> hash;
  hash.add(parts);
  return hash.finish();
}

template <class Function>
typename Function::Digest hmac(Octets key, std::initializer_list<Octets> parts) {
  constexpr std::uint8_t inner_pad = 0x36, outer_pad = 0x5c;
  typename Function::Digest shortened{};
  if (key.size() > block_size) {
    shortened = hash_of<Function>({key});
    key = shortened;
  }
  const auto padded = [&](std::uint8_t pad) {
    Block block{};
    std::ranges::copy(key, block.begin());
    for (std::uint8_t& octet : block) octet ^= pad;
    return block;
  };
  Hash<Function> inner;
  inner.add(padded(inner_pad));
  inner.add(parts);
  const auto digest = inner.finish();
  Hash<Function> outer;
  outer.add(padded(outer_pad));
  outer.add(digest);
  return outer.finish();
}

}  // namespace

Md5Digest md5(std::initializer_list<Octets> parts) { return hash_of<Md5>(parts); }
Sha256Digest sha256(std::initializer_list<Octets> parts) { return hash_of<Sha256>(parts); }
Md5Digest hmac_md5(Octets key, std::initializer_list<Octets> parts) { return hmac<Md5>(key, parts); }
Sha256Digest hmac_sha256(Octets key, std::initializer_list<Octets> parts) { return hmac<Sha256>(key, parts); }

struct Md5Sum::State : Hash<Md5> {};

Md5Sum::Md5Sum() : state_(std::make_unique<State>()) {}
Md5Sum::~Md5Sum() = default;
Md5Sum::Md5Sum(Md5Sum&&) noexcept = default;
Md5Sum& Md5Sum::operator=(Md5Sum&&) noexcept = default;
void Md5Sum::add(Octets octets) { state_->add(octets); }
Md5Digest Md5Sum::finish() { return state_->finish(); }

bool same_octets(Octets a, Octets b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace net
