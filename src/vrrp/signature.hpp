// The signed trailer behind an advert (`auth_hmac`): HMAC-SHA-256 of the message and its sender, cut to 128 bits, with a number that
// only grows, so that a recorded advert is refused. The number is the sender's wall clock and a counter. Known to keepalived 2.4 and
// to this program; no RFC has it. It makes and reads the trailer and says what is new; keys come from elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/time.hpp"
#include "net/ip_address.hpp"
#include "vrrp/config.hpp"

namespace vrrp {

inline constexpr std::size_t signature_size = 28;
using SignatureTrailer = std::array<std::uint8_t, signature_size>;

/// Seconds of Unix time (32 bits), 1/65536 s (16 bits) and a counter (16 bits). Compared as serial numbers (RFC 1982).
using SignatureNumber = std::uint64_t;

struct SignatureMark {
  net::IpAddress sender;
  SignatureNumber number = 0;  // the newest that was accepted

  friend bool operator==(const SignatureMark&, const SignatureMark&) = default;
};

/// What must outlive a worker: no number is sent twice, none that was heard is obeyed again.
struct SignatureMemory {
  SignatureNumber sent = 0;
  std::vector<SignatureMark> marks;  // whoever was heard last is last

  friend bool operator==(const SignatureMemory&, const SignatureMemory&) = default;
};

/// Our next number: the clock, but above all numbers before. After the clock was set back by more than the window it follows the clock,
/// or nobody would believe it; with `anti_replay monotonic` it goes on counting.
SignatureNumber next_signature_number(SignatureMemory& memory, const SignatureConfig& config,
                                      core::WallTime wall);
/// Whether nothing as new has come from this sender yet.
bool is_new_signature(const SignatureMemory& memory, const SignatureConfig& config,
                      const net::IpAddress& sender, SignatureNumber number, core::WallTime wall);
/// `most` senders are remembered: who was not heard for the longest time is forgotten.
void remember_signature(SignatureMemory& memory, const net::IpAddress& sender, SignatureNumber number,
                        std::size_t most);

/// `message` is the VRRP message with a checksum of zero.
SignatureTrailer make_signature(const SigningKey& key, const Config& config, const net::IpAddress& source,
                                std::span<const std::uint8_t> message, SignatureNumber number);

/// A trailer as it came. `message` is the VRRP message as it came, with its checksum.
class Signature {
 public:
  explicit Signature(std::span<const std::uint8_t> trailer) : octets_(trailer) {}

  bool well_formed() const;
  SignatureNumber number() const;
  core::WallTime when() const;
  const SigningKey* key_in(const SignatureConfig& config) const;
  bool fits(const SigningKey& key, const Config& config, const net::IpAddress& source,
            std::span<const std::uint8_t> message) const;

 private:
  std::span<const std::uint8_t> octets_;  // signature_size of them
};

}  // namespace vrrp
