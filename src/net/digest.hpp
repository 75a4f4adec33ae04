// MD5 (RFC 1321), SHA-256 (FIPS 180-4) and HMAC (RFC 2104) of the few dozen octets of an advert. Here, and not from a library,
// because the code that checks adverts may link none. Keys are secrets: compare results with same_octets(). MD5 is as weak as
// everybody says; RFC 2338's authentication header knows nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>

namespace net {

using Octets = std::span<const std::uint8_t>;
using Md5Digest = std::array<std::uint8_t, 16>;
using Sha256Digest = std::array<std::uint8_t, 32>;

/// Of the parts one after the other.
Md5Digest md5(std::initializer_list<Octets> parts);
Sha256Digest sha256(std::initializer_list<Octets> parts);
Md5Digest hmac_md5(Octets key, std::initializer_list<Octets> parts);
Sha256Digest hmac_sha256(Octets key, std::initializer_list<Octets> parts);

/// MD5 of what comes piece by piece.
class Md5Sum {
 public:
  Md5Sum();
  ~Md5Sum();
  Md5Sum(Md5Sum&&) noexcept;
  Md5Sum& operator=(Md5Sum&&) noexcept;

  void add(Octets octets);
  Md5Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Takes as long wherever the difference is.
bool same_octets(Octets a, Octets b);

}  // namespace net
