#include "bfd/packet.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "net/bytes.hpp"

namespace bfd {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t least_length = 24;
constexpr std::uint8_t least_authenticated_length = 26;

constexpr std::uint8_t poll_bit = 0x20;
constexpr std::uint8_t final_bit = 0x10;
constexpr std::uint8_t control_plane_bit = 0x08;
constexpr std::uint8_t authentication_bit = 0x04;
constexpr std::uint8_t demand_bit = 0x02;
constexpr std::uint8_t multipoint_bit = 0x01;

core::Duration from_wire(std::uint32_t microseconds) { return std::chrono::microseconds{microseconds}; }

std::uint32_t to_wire(core::Duration duration) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(microseconds, 0, std::numeric_limits<std::uint32_t>::max()));
}

struct Words {
  std::string_view id;
  std::string_view text;
};

Words words_of(ReceiveError error) {
  switch (error) {
    case ReceiveError::version:
      return {"version", "its version is not 1"};
    case ReceiveError::length:
      return {"length", "its length is wrong"};
    case ReceiveError::multiplier_zero:
      return {"multiplier_zero", "its detection multiplier is 0"};
    case ReceiveError::multipoint:
      return {"multipoint", "it is a multipoint packet"};
    case ReceiveError::my_discriminator_zero:
      return {"my_discriminator_zero", "the sender's discriminator is 0"};
    case ReceiveError::your_discriminator_zero:
      return {"your_discriminator_zero", "it does not name our discriminator in a state that needs it"};
    case ReceiveError::unknown_session:
      return {"unknown_session", "it belongs to none of our sessions"};
    case ReceiveError::wrong_source:
      return {"wrong_source", "it names our discriminator but does not come from the neighbour"};
    case ReceiveError::hop_limit:
      return {
          "hop_limit",
          "it has passed more routers than max_hops allows (is the neighbour's TTL 255, as RFC 5881 asks?)"};
    case ReceiveError::authentication:
      return {"authentication", "it is authenticated, and we share no key"};
    case ReceiveError::admin_down:
      return {"admin_down", "the session is administratively down here"};
  }
  std::unreachable();
}

}  // namespace

std::expected<Packet, ReceiveError> decode(std::span<const std::uint8_t> payload) {
  net::Reader reader(payload);
  const std::uint8_t first = reader.u8();
  const std::uint8_t flags = reader.u8();
  Packet packet;
  packet.multiplier = reader.u8();
  const std::uint8_t length = reader.u8();
  packet.my_discriminator = reader.u32();
  packet.your_discriminator = reader.u32();
  packet.desired_min_tx = from_wire(reader.u32());
  packet.required_min_rx = from_wire(reader.u32());
  packet.required_min_echo = from_wire(reader.u32());
  packet.diagnostic = static_cast<Diagnostic>(first & 0x1f);
  packet.state = static_cast<State>(flags >> 6);
  packet.poll = (flags & poll_bit) != 0;
  packet.final = (flags & final_bit) != 0;
  packet.control_plane_independent = (flags & control_plane_bit) != 0;
  packet.authentication = (flags & authentication_bit) != 0;
  packet.demand = (flags & demand_bit) != 0;

  const auto refuse = [](ReceiveError error) { return std::unexpected(error); };
  if (payload.empty()) return refuse(ReceiveError::length);
  if (first >> 5 != version) return refuse(ReceiveError::version);
  const std::uint8_t least = packet.authentication ? least_authenticated_length : least_length;
  if (!reader.ok() || length < least || length > payload.size()) return refuse(ReceiveError::length);
  if (packet.multiplier == 0) return refuse(ReceiveError::multiplier_zero);
  if ((flags & multipoint_bit) != 0) return refuse(ReceiveError::multipoint);
  if (packet.my_discriminator == 0) return refuse(ReceiveError::my_discriminator_zero);
  const bool may_not_know_us = packet.state == State::down || packet.state == State::admin_down;
  if (packet.your_discriminator == 0 && !may_not_know_us)
    return refuse(ReceiveError::your_discriminator_zero);
  return packet;
}

std::array<std::uint8_t, packet_size> encode(const Packet& packet) {
  std::array<std::uint8_t, packet_size> bytes{};
  bytes[0] = static_cast<std::uint8_t>(version << 5 | (std::to_underlying(packet.diagnostic) & 0x1f));
  bytes[1] = static_cast<std::uint8_t>(std::to_underlying(packet.state) << 6);
  const auto flag = [&](bool set, std::uint8_t bit) {
    if (set) bytes[1] |= bit;
  };
  flag(packet.poll, poll_bit);
  flag(packet.final, final_bit);
  flag(packet.control_plane_independent, control_plane_bit);
  flag(packet.demand, demand_bit);
  bytes[2] = packet.multiplier;
  bytes[3] = least_length;
  std::size_t offset = 4;
  for (const std::uint32_t word :
       {packet.my_discriminator, packet.your_discriminator, to_wire(packet.desired_min_tx),
        to_wire(packet.required_min_rx), to_wire(packet.required_min_echo)}) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes[offset++] = static_cast<std::uint8_t>(word >> shift);
  }
  return bytes;
}

std::string_view state_word(State state) {
  switch (state) {
    case State::admin_down:
      return "ADMIN_DOWN";
    case State::down:
      return "DOWN";
    case State::init:
      return "INIT";
    case State::up:
      return "UP";
  }
  std::unreachable();
}

std::string_view state_id(State state) {
  switch (state) {
    case State::admin_down:
      return "admin_down";
    case State::down:
      return "down";
    case State::init:
      return "init";
    case State::up:
      return "up";
  }
  std::unreachable();
}

std::string_view diagnostic_text(Diagnostic diagnostic) {
  switch (diagnostic) {
    case Diagnostic::none:
      return "no diagnostic";
    case Diagnostic::detection_time_expired:
      return "control detection time expired";
    case Diagnostic::echo_failed:
      return "echo function failed";
    case Diagnostic::neighbour_signalled_down:
      return "neighbour signalled session down";
    case Diagnostic::forwarding_plane_reset:
      return "forwarding plane reset";
    case Diagnostic::path_down:
      return "path down";
    case Diagnostic::concatenated_path_down:
      return "concatenated path down";
    case Diagnostic::administratively_down:
      return "administratively down";
    case Diagnostic::reverse_concatenated_path_down:
      return "reverse concatenated path down";
  }
  return "unknown";
}

std::string_view receive_error_id(ReceiveError error) { return words_of(error).id; }
std::string_view receive_error_text(ReceiveError error) { return words_of(error).text; }

}  // namespace bfd
