// Any octets at all to the decoders of announcements. What they accept must survive being sent again, and an address is
// never announced by a frame of the other family.
#include <cstdint>
#include <span>

#include "core/check.hpp"
#include "net/frames.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span frame(data, size);
  const auto arp = net::decode_gratuitous_arp(frame);
  const auto advertisement = net::decode_neighbour_advertisement(frame);
  SF_CHECK(!arp || !advertisement);
  SF_CHECK(!arp || (arp->address.is_v4() && !arp->router));
  SF_CHECK(!advertisement || (advertisement->address.is_v6() && !advertisement->address.is_multicast()));
  if (const auto announcement = net::decode_announcement(frame)) {
    SF_CHECK(net::decode_announcement(net::announcement_frame(*announcement)) == announcement);
  } else {
    SF_CHECK(!arp && !advertisement);
  }
  return 0;
}
