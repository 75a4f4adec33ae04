// Any octets as what connection tracking says: the reader must end, stay inside them, and what it reads can be named again.
#include <cstdlib>

#include "netlink/conntrack.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (netlink::ConnectionReader reader{{data, size}}; !reader.at_end();) {
    const auto message = reader.next();
    if (!message) {
      if (!reader.at_end()) std::abort();
      break;
    }
    const auto* connection = std::get_if<netlink::Connection>(&message->content);
    if (connection == nullptr) continue;
    netlink::Buffer request;
    netlink::append_forget_connection(request, 1, *connection, netlink::Acknowledge::always);
    netlink::append_list_connections(request, 2, connection->answers_from);
    for (netlink::EnvelopeReader again{request}; !again.at_end();) {
      if (!again.next()) std::abort();
    }
  }
  return 0;
}
