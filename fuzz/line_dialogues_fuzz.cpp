// Any octets at all as what a mail server or a Redis server says, cut into pieces: the dialogues end, and send only what is theirs.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "check/line_dialogues.hpp"
#include "core/check.hpp"

namespace {

template <class Dialogue>
void hold(Dialogue dialogue, std::string_view text, std::size_t piece, std::size_t most_sent) {
  std::size_t sent = 0;
  while (!text.empty()) {
    const std::size_t octets = std::min(piece, text.size());
    const check::Reply reply = dialogue.receive(text.substr(0, octets));
    SF_CHECK(!dialogue.progress().empty());
    if (!reply.send.empty()) ++sent;
    SF_CHECK(sent <= most_sent);
    if (reply.verdict) return;
    text.remove_prefix(octets);
  }
  const auto end = dialogue.closed();
  SF_CHECK(end || !end.error().detail.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1U + data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);  // NOLINT: octets as characters
  hold(check::SmtpDialogue("probe"), text, piece, 2);
  check::RedisDialogue redis("user", "password", "master");
  redis.start();
  hold(redis, text, piece, 2);
  check::RespReader reader;
  for (std::string_view rest = text; !rest.empty();) {
    const auto taken = reader.take(rest);
    if (!taken) break;
    SF_CHECK(taken->octets > 0 || taken->value);
    rest.remove_prefix(taken->octets);
  }
  return 0;
}
