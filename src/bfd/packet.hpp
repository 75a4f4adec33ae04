// The BFD control packet (RFC 5880, section 4.1) as bytes and as a value, and the checks a received one must pass (section
// 6.8.6) in their order. Knows no session: which one a packet is for, and whether its hop limit is right, is looked at by who
// has the sessions. Authentication sections are not built; neither is the echo function.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "core/time.hpp"

namespace bfd {

inline constexpr std::uint16_t single_hop_port = 3784;
inline constexpr std::uint16_t multihop_port = 4784;
inline constexpr std::size_t packet_size = 24;

/// The numbers of the wire.
enum class State : std::uint8_t { admin_down = 0, down = 1, init = 2, up = 3 };

/// Why the sender last left Up.
enum class Diagnostic : std::uint8_t {
  none = 0,
  detection_time_expired = 1,
  echo_failed = 2,
  neighbour_signalled_down = 3,
  forwarding_plane_reset = 4,
  path_down = 5,
  concatenated_path_down = 6,
  administratively_down = 7,
  reverse_concatenated_path_down = 8,
};

struct Packet {
  Diagnostic diagnostic = Diagnostic::none;
  State state = State::down;
  bool poll = false;
  bool final = false;
  bool control_plane_independent = false;
  bool authentication = false;  // an authentication section follows; ours never has one
  bool demand = false;
  std::uint8_t multiplier = 5;
  std::uint32_t my_discriminator = 0;
  std::uint32_t your_discriminator = 0;
  core::Duration desired_min_tx{};  // whole microseconds on the wire
  core::Duration required_min_rx{};
  core::Duration required_min_echo{};  // 0: no echo packets, please

  friend bool operator==(const Packet&, const Packet&) = default;
};

/// Why a packet is thrown away, in the order of the checks.
enum class ReceiveError : std::uint8_t {
  version,
  length,  // the length field is below the least, or above what has come
  multiplier_zero,
  multipoint,
  my_discriminator_zero,
  your_discriminator_zero,  // in a state in which the neighbour must know it
  unknown_session,
  wrong_source,  // our discriminator, but not from the neighbour or not on the port of the session
  hop_limit,     // has passed more routers than max_hops allows (RFC 5881, section 5)
  authentication,
  admin_down,  // the session does not run here
};
inline constexpr std::size_t receive_errors = 11;
using ReceiveErrorCounts = std::array<std::uint64_t, receive_errors>;

std::expected<Packet, ReceiveError> decode(std::span<const std::uint8_t> payload);
std::array<std::uint8_t, packet_size> encode(const Packet& packet);

/// "UP", as logs and dumps show it.
std::string_view state_word(State state);
/// "up", for programs.
std::string_view state_id(State state);
/// A short phrase for people; numbers without a name are "unknown".
std::string_view diagnostic_text(Diagnostic diagnostic);
/// A stable identifier for programs, "my_discriminator_zero", and a short sentence for people.
std::string_view receive_error_id(ReceiveError error);
std::string_view receive_error_text(ReceiveError error);

}  // namespace bfd
