// Any bytes as a netlink datagram: the reader must end, stay inside them, and give back values that can be
// asked for again.
#include <cstdlib>

#include "netlink/message.hpp"
#include "netlink/request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (netlink::MessageReader reader{{data, size}}; !reader.at_end();) {
    const auto message = reader.next();
    if (!message) {
      if (!reader.at_end()) std::abort();
      break;
    }
    const auto* present = std::get_if<netlink::AddressPresent>(&message->content);
    if (present == nullptr) continue;
    netlink::Buffer again;
    netlink::append_add_address(again, 1, present->address, netlink::Acknowledge::errors_only);
    const auto echo = netlink::MessageReader{again}.next();
    if (!echo) std::abort();
    const auto* seen = std::get_if<netlink::AddressPresent>(&echo->content);
    if (seen == nullptr || seen->address.address != present->address.address) std::abort();
  }
  return 0;
}
