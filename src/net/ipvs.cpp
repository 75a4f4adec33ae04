#include "net/ipvs.hpp"

#include <fmt/format.h>

#include "core/overload.hpp"

namespace net::ipvs {

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::none:
      return "none";
    case Protocol::tcp:
      return "tcp";
    case Protocol::udp:
      return "udp";
    case Protocol::sctp:
      return "sctp";
  }
  return "unknown";  // a number heard from the kernel
}

std::string_view to_string(Method method) {
  switch (method) {
    case Method::nat:
      return "NAT";
    case Method::local:
      return "local";
    case Method::tunnel:
      return "TUN";
    case Method::direct:
      return "DR";
  }
  return "unknown";
}

std::string to_string(const Endpoint& endpoint) {
  const std::string address = endpoint.address.to_string();
  return endpoint.address.is_v4() ? fmt::format("{}:{}", address, endpoint.port)
                                  : fmt::format("[{}]:{}", address, endpoint.port);
}

std::string to_string(const ServiceKey& key) {
  if (key.mark != 0) return fmt::format("fwmark {}{}", key.mark, key.family == Family::v6 ? " inet6" : "");
  return fmt::format("{} {}", to_string(key.protocol), to_string(key.endpoint));
}

std::string to_string(const Command& command) {
  using namespace command;
  const auto daemon = [](const Daemon& which) {
    return fmt::format("the {} synchronisation daemon on {}",
                       which.role == DaemonRole::master ? "master" : "backup", which.interface);
  };
  return std::visit(
      core::Overload{
          [](const AddService& c) { return fmt::format("add service {}", to_string(c.key)); },
          [](const EditService& c) { return fmt::format("change service {}", to_string(c.key)); },
          [](const RemoveService& c) { return fmt::format("remove service {}", to_string(c.key)); },
          [](const AddDestination& c) {
            return fmt::format("add {} with weight {} to {}", to_string(c.destination.endpoint),
                               c.destination.weight, to_string(c.service));
          },
          [](const EditDestination& c) {
            return fmt::format("change {} to weight {} in {}", to_string(c.destination.endpoint),
                               c.destination.weight, to_string(c.service));
          },
          [](const RemoveDestination& c) {
            return fmt::format("remove {} from {}", to_string(c.endpoint), to_string(c.service));
          },
          [](const Flush&) { return std::string("remove all services"); },
          [](const SetTimeouts&) { return std::string("set the timeouts of connections"); },
          [&](const StartDaemon& c) { return "start " + daemon(c.daemon); },
          [&](const StopDaemon& c) { return "stop " + daemon(c.daemon); },
      },
      command);
}

}  // namespace net::ipvs
