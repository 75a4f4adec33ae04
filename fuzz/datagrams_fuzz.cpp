// Any datagram at all as the answer of a name server, of a UDP service, or to an echo request.
#include <cstdint>
#include <span>

#include "check/datagrams.hpp"
#include "core/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const check::Octets octets(data, size);
  const check::Dns dns{.type = 1, .name = "www.example.com"};
  const auto answer = check::judge_dns(octets, dns, 0x0102);
  SF_CHECK(!answer || *answer || !answer->error().detail.empty());
  check::Udp udp;
  udp.require_reply = true;
  udp.reply = {{1, 0xff}, {0, 0}, {3, 0xf0}};
  SF_CHECK(check::judge_udp(octets, udp) || size > 0 || udp.min_reply_length == 0);
  for (const auto family : {net::Family::v4, net::Family::v6}) check::judge_echo(octets, family, 1, 1);
  return 0;
}
