#include "netlink/ipvs.hpp"

#include <fmt/format.h>

#include "core/overload.hpp"
#include "netlink/attributes.hpp"
#include "netlink/ipvs_constants.hpp"

namespace netlink::ipvs {

using net::ipvs::Daemon;
using net::ipvs::Destination;
using net::ipvs::Endpoint;
using net::ipvs::ServiceKey;
using net::ipvs::ServiceSettings;
namespace command = net::ipvs::command;

namespace {

constexpr std::size_t address_size = 16;  // of both families

class GenericWriter : public MessageWriter {
 public:
  GenericWriter(Buffer& into, std::uint16_t family, std::uint16_t flags, std::uint32_t sequence,
                std::uint8_t verb)
      : MessageWriter(into, family, static_cast<std::uint16_t>(flag::request | flags), sequence) {
    u8(verb).u8(version).u16(0);
  }
};

void put_address(MessageWriter& message, std::uint16_t type, const net::IpAddress& address) {
  message.attribute(type, {address.octets.data(), address_size});
}

void put_port(MessageWriter& message, std::uint16_t type, std::uint16_t port) {
  message.attribute(type, big_endian(port));
}

std::uint32_t flags_of(const ServiceSettings& settings) {
  const auto bit = [](bool set, std::uint32_t value) { return set ? value : 0; };
  return bit(settings.persistent, service_flag::persistent) |
         bit(settings.one_packet, service_flag::one_packet) |
         bit(settings.flag_1, service_flag::scheduler_1) | bit(settings.flag_2, service_flag::scheduler_2) |
         bit(settings.flag_3, service_flag::scheduler_3);
}

// IPv4: the mask in network order; IPv6: the length as a number.
void put_netmask(MessageWriter& message, net::Family family, std::optional<std::uint8_t> length) {
  if (family == net::Family::v6) {
    message.attribute_u32(service_attribute::netmask, length.value_or(128));
    return;
  }
  const unsigned bits = std::min<unsigned>(length.value_or(32), 32);
  const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  message.attribute(service_attribute::netmask, big_endian(mask));
}

void put_key(MessageWriter& message, const ServiceKey& key) {
  message.attribute_u16(service_attribute::family, family_number(key.family));
  if (key.mark != 0) {
    message.attribute_u32(service_attribute::mark, key.mark);
    return;
  }
  message.attribute_u16(service_attribute::protocol, static_cast<std::uint16_t>(key.protocol));
  put_address(message, service_attribute::address, key.endpoint.address);
  put_port(message, service_attribute::port, key.endpoint.port);
}

// The key alone; what names a service in a command about it, or about its destinations.
void put_service(MessageWriter& message, const ServiceKey& key) {
  const std::size_t nest = message.begin_nest(attribute::service);
  put_key(message, key);
  message.end_nest(nest);
}

void put_service(MessageWriter& message, const ServiceKey& key, const ServiceSettings& settings) {
  const std::size_t nest = message.begin_nest(attribute::service);
  put_key(message, key);
  message.attribute_text(service_attribute::scheduler, settings.scheduler);
  if (!settings.persistence_engine.empty())
    message.attribute_text(service_attribute::persistence_engine, settings.persistence_engine);
  const std::uint32_t flags_and_mask[] = {flags_of(settings), 0xffffffff};
  std::uint8_t bytes[sizeof flags_and_mask];
  std::memcpy(bytes, flags_and_mask, sizeof bytes);
  message.attribute(service_attribute::flags, bytes);
  message.attribute_u32(service_attribute::timeout, settings.timeout_seconds);
  put_netmask(message, key.family, settings.mask_length);
  message.end_nest(nest);
}

void put_endpoint(MessageWriter& message, const Endpoint& endpoint) {
  message.attribute_u16(destination_attribute::family, family_number(endpoint.address.family));
  put_address(message, destination_attribute::address, endpoint.address);
  put_port(message, destination_attribute::port, endpoint.port);
}

void put_destination(MessageWriter& message, const Destination& destination) {
  const std::size_t nest = message.begin_nest(attribute::destination);
  put_endpoint(message, destination.endpoint);
  const net::ipvs::Forwarding& forwarding = destination.forwarding;
  message.attribute_u32(destination_attribute::method, static_cast<std::uint32_t>(forwarding.method))
      .attribute_u32(destination_attribute::weight, destination.weight)
      .attribute_u32(destination_attribute::upper_threshold, destination.upper_threshold)
      .attribute_u32(destination_attribute::lower_threshold, destination.lower_threshold);
  // Kernels from before 5.3 know no other tunnel than ipip and ignore this.
  if (forwarding.method == net::ipvs::Method::tunnel) {
    message.attribute_u8(destination_attribute::tunnel_type, static_cast<std::uint8_t>(forwarding.tunnel));
    put_port(message, destination_attribute::tunnel_port, forwarding.tunnel_port);
    message.attribute_u16(destination_attribute::tunnel_flags,
                          static_cast<std::uint16_t>(forwarding.checksum));
  }
  message.end_nest(nest);
}

void put_daemon(MessageWriter& message, const Daemon& daemon) {
  const std::size_t nest = message.begin_nest(attribute::daemon);
  message.attribute_u32(daemon_attribute::role, static_cast<std::uint32_t>(daemon.role))
      .attribute_text(daemon_attribute::interface, daemon.interface)
      .attribute_u32(daemon_attribute::id, daemon.id);
  if (daemon.max_length) message.attribute_u16(daemon_attribute::max_length, *daemon.max_length);
  if (daemon.group) {
    message.attribute(daemon.group->is_v4() ? daemon_attribute::group_v4 : daemon_attribute::group_v6,
                      daemon.group->bytes());
  }
  if (daemon.port) message.attribute_u16(daemon_attribute::port, *daemon.port);
  if (daemon.ttl) message.attribute_u8(daemon_attribute::ttl, *daemon.ttl);
  message.end_nest(nest);
}

std::uint8_t verb_of(const net::ipvs::Command& change) {
  return std::visit(core::Overload{
                        [](const command::AddService&) { return verb::new_service; },
                        [](const command::EditService&) { return verb::set_service; },
                        [](const command::RemoveService&) { return verb::delete_service; },
                        [](const command::AddDestination&) { return verb::new_destination; },
                        [](const command::EditDestination&) { return verb::set_destination; },
                        [](const command::RemoveDestination&) { return verb::delete_destination; },
                        [](const command::Flush&) { return verb::flush; },
                        [](const command::SetTimeouts&) { return verb::set_config; },
                        [](const command::StartDaemon&) { return verb::new_daemon; },
                        [](const command::StopDaemon&) { return verb::delete_daemon; },
                    },
                    change);
}

void put_timeouts(MessageWriter& message, const net::ipvs::Timeouts& timeouts) {
  if (timeouts.tcp != 0) message.attribute_u32(attribute::timeout_tcp, timeouts.tcp);
  if (timeouts.tcp_fin != 0) message.attribute_u32(attribute::timeout_tcp_fin, timeouts.tcp_fin);
  if (timeouts.udp != 0) message.attribute_u32(attribute::timeout_udp, timeouts.udp);
}

}  // namespace

void append_get_family(Buffer& into, std::uint32_t sequence, std::string_view name) {
  GenericWriter message{into, control_family, 0, sequence, control_get_family};
  message.attribute_text(control_family_name, name);
}

void append(Buffer& into, std::uint32_t sequence, std::uint16_t family, const net::ipvs::Command& change,
            Acknowledge acknowledge) {
  GenericWriter message{into, family, with_ack(0, acknowledge), sequence, verb_of(change)};
  std::visit(core::Overload{
                 [&](const command::AddService& c) { put_service(message, c.key, *c.settings); },
                 [&](const command::EditService& c) { put_service(message, c.key, *c.settings); },
                 [&](const command::RemoveService& c) { put_service(message, c.key); },
                 [&](const command::AddDestination& c) {
                   put_service(message, c.service);
                   put_destination(message, c.destination);
                 },
                 [&](const command::EditDestination& c) {
                   put_service(message, c.service);
                   put_destination(message, c.destination);
                 },
                 [&](const command::RemoveDestination& c) {
                   put_service(message, c.service);
                   const std::size_t nest = message.begin_nest(attribute::destination);
                   put_endpoint(message, c.endpoint);
                   message.end_nest(nest);
                 },
                 [](const command::Flush&) {},
                 [&](const command::SetTimeouts& c) { put_timeouts(message, c.timeouts); },
                 [&](const command::StartDaemon& c) { put_daemon(message, c.daemon); },
                 [&](const command::StopDaemon& c) { put_daemon(message, c.daemon); },
             },
             change);
}

void append_list_services(Buffer& into, std::uint32_t sequence, std::uint16_t family) {
  GenericWriter{into, family, flag::dump, sequence, verb::get_service};
}

void append_list_destinations(Buffer& into, std::uint32_t sequence, std::uint16_t family,
                              const ServiceKey& service) {
  GenericWriter message{into, family, flag::dump, sequence, verb::get_destination};
  put_service(message, service);
}

void append_list_daemons(Buffer& into, std::uint32_t sequence, std::uint16_t family) {
  GenericWriter{into, family, flag::dump, sequence, verb::get_daemon};
}

void append_get_timeouts(Buffer& into, std::uint32_t sequence, std::uint16_t family) {
  GenericWriter{into, family, 0, sequence, verb::get_config};
}

void append_get_info(Buffer& into, std::uint32_t sequence, std::uint16_t family) {
  GenericWriter{into, family, 0, sequence, verb::get_info};
}

}  // namespace netlink::ipvs
