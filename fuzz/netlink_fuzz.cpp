// Any bytes as a netlink datagram: the reader must end, stay inside them, and give back values that can be
// asked for again.
#include <cstdlib>

#include "netlink/message.hpp"
#include "netlink/nftables.hpp"
#include "netlink/request.hpp"
#include "netlink/route_message.hpp"

namespace {

// What was understood and is asked for must be understood as the same again.
void ask_again(const netlink::RoutePresent& present) {
  netlink::Buffer again;
  netlink::append_add_route(again, 1, present.route, netlink::Acknowledge::errors_only);
  const auto echo = netlink::MessageReader{again}.next();
  if (!echo) std::abort();
  const auto* seen = std::get_if<netlink::RoutePresent>(&echo->content);
  if (seen == nullptr) std::abort();
  if (present.route.route.next_hops.empty() && seen->route.route.via != present.route.route.via) std::abort();
  if (seen->route.route.next_hops.size() != present.route.route.next_hops.size()) std::abort();
}

void ask_again(const netlink::RulePresent& present) {
  netlink::Buffer again;
  netlink::append_add_rule(again, 1, present.rule, netlink::Acknowledge::errors_only);
  const auto echo = netlink::MessageReader{again}.next();
  if (!echo) std::abort();
  const auto* seen = std::get_if<netlink::RulePresent>(&echo->content);
  if (seen == nullptr || seen->rule.from != present.rule.from || seen->rule.mark != present.rule.mark)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlink::tells_of_change({data, size}, "t", 1);
  for (netlink::MessageReader reader{{data, size}}; !reader.at_end();) {
    const auto message = reader.next();
    if (!message) {
      if (!reader.at_end()) std::abort();
      break;
    }
    if (const auto* route = std::get_if<netlink::RoutePresent>(&message->content)) ask_again(*route);
    if (const auto* rule = std::get_if<netlink::RulePresent>(&message->content)) ask_again(*rule);
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
