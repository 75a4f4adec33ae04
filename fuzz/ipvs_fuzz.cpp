// Any octets as an answer of IPVS: the reader must end, stay inside them, and give back values that can be asked for again.
#include <cstdlib>

#include "netlink/ipvs.hpp"

namespace {

constexpr std::uint16_t family = 28;

netlink::ipvs::Message echo(const net::ipvs::Command& command) {
  netlink::Buffer again;
  netlink::ipvs::append(again, 1, family, command, netlink::Acknowledge::always);
  auto message = netlink::ipvs::Reader{again}.next();
  if (!message) std::abort();
  return std::move(*message);
}

void ask_again(const net::ipvs::ListedService& service) {
  const auto message = echo(net::ipvs::command::AddService{service.key, service.settings});
  const auto* seen = std::get_if<netlink::ipvs::ServicePresent>(&message.content);
  if (seen == nullptr || seen->service.key != service.key) std::abort();
}

void ask_again(const net::ipvs::ListedDestination& listed) {
  const auto message = echo(net::ipvs::command::AddDestination{{}, listed.destination});
  const auto* seen = std::get_if<netlink::ipvs::DestinationPresent>(&message.content);
  if (seen == nullptr || seen->destination.destination.endpoint != listed.destination.endpoint) std::abort();
  if (seen->destination.destination.weight != listed.destination.weight) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (netlink::ipvs::Reader reader{{data, size}}; !reader.at_end();) {
    const auto message = reader.next();
    if (!message) {
      if (!reader.at_end()) std::abort();
      break;
    }
    if (const auto* service = std::get_if<netlink::ipvs::ServicePresent>(&message->content))
      ask_again(service->service);
    if (const auto* server = std::get_if<netlink::ipvs::DestinationPresent>(&message->content))
      ask_again(server->destination);
    if (const auto* daemon = std::get_if<netlink::ipvs::DaemonPresent>(&message->content))
      echo(net::ipvs::command::StartDaemon{daemon->daemon});
  }
  return 0;
}
