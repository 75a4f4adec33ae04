// Any octets at all to BFD: to the decoder, whose values must survive being sent again, and to a session in each state, which
// must neither lose its timers nor send without end.
#include <cstdint>
#include <span>

#include "bfd/session.hpp"
#include "core/check.hpp"

namespace {

using namespace std::chrono_literals;

void check(const bfd::Session& session, const bfd::Actions& actions) {
  SF_CHECK(actions.size() <= 4);
  SF_CHECK(session.next_timeout().has_value());
  SF_CHECK(session.state() != bfd::State::admin_down);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  if (const auto packet = bfd::decode(bytes)) {
    SF_CHECK(packet->my_discriminator != 0 && packet->multiplier != 0);
    bfd::Packet unauthenticated = *packet;
    unauthenticated.authentication = false;
    SF_CHECK(bfd::decode(bfd::encode(*packet)) == unauthenticated);
  }
  bfd::Session session(bfd::Config{}, 1, 1);
  core::Time now{1000s};
  session.handle(now, bfd::event::Started{});
  for (std::size_t at = 0; at + bfd::packet_size <= size; at += bfd::packet_size) {
    const auto packet = bfd::decode(bytes.subspan(at, bfd::packet_size));
    if (packet && !session.refuses(*packet, 255))
      check(session, session.handle(now, bfd::event::PacketReceived{*packet}));
    for (int i = 0; i < 4; ++i) {
      const auto next = session.next_timeout();
      SF_CHECK(next);
      now = std::max(now, *next);
      check(session, session.handle_timeout(now));
    }
    SF_CHECK(*session.next_timeout() > now);
  }
  return 0;
}
