#include "engine/link_names.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace engine {

namespace {

// RFC 9568, section 7.3: the fifth octet tells the family.
net::MacAddress virtual_mac(const vrrp::Config& router) {
  const std::uint8_t family = router.family == net::Family::v4 ? 1 : 2;
  return {{0x00, 0x00, 0x5e, 0x00, family, router.vrid}};
}

void note_family(net::VirtualLink& link, const vrrp::VirtualAddress& line) {
  const bool v6 = line.address.address.address.is_v6();
  link.v6 = link.v6 || v6;
  link.v4 = link.v4 || !v6;
}

}  // namespace

LinkNames::LinkNames(const config::Model& model)
    : prefix_(model.globals.vrrp.vmac_prefix), address_prefix_(model.globals.vrrp.vmac_address_prefix) {
  if (address_prefix_.empty()) address_prefix_ = prefix_;
  for (const config::Instance& instance : model.instances) {
    const auto& written = instance.virtual_interface;
    if (written.kind != config::VirtualLink::none && !written.name.empty()) taken_.insert(written.name);
  }
}

std::string LinkNames::choose(const std::string& wanted, const std::string& prefix,
                              const vrrp::Config& router) {
  if (!wanted.empty()) return wanted;
  std::string name = fmt::format("{}.{}", prefix, router.vrid);
  if (taken_.contains(name) && router.family == net::Family::v6)
    name = fmt::format("{}6.{}", prefix, router.vrid);
  for (unsigned number = 1; taken_.contains(name); ++number)
    name = fmt::format("{}{}.{}", prefix, number, router.vrid);
  taken_.insert(name);
  return name;
}

void LinkNames::equip(const config::Instance& configured, InstanceConfig& router, StaticEntries& statics) {
  const config::VirtualInterface& written = configured.virtual_interface;
  vrrp::Config& config = router.vrrp;
  std::map<std::string, std::size_t> made;  // by parent
  const auto link_on = [&](const std::string& parent, const std::string& name, const std::string& prefix) {
    const auto [place, is_new] = made.try_emplace(parent, router.links.size());
    if (is_new) {
      net::VirtualLink link;
      link.name = choose(name, prefix, config);
      link.parent = parent;
      link.mac = virtual_mac(config);
      link.v4 = false;
      router.links.push_back(std::move(link));
    }
    return place->second;
  };

  const bool own = written.kind != config::VirtualLink::none || written.for_addresses;
  if (own && !config.interface.empty()) {
    net::VirtualLink& link = router.links[link_on(config.interface, written.name, prefix_)];
    link.group = written.link_group;
    link.notify_parent = written.netlink_notify;
    (config.family == net::Family::v4 ? link.v4 : link.v6) = true;
    if (written.mac) {
      link.mac = written.mac;
      if (written.mac_lacks_vrid) link.mac->octets[5] = config.vrid;
    }
    if (written.kind == config::VirtualLink::ipvlan) {
      link.kind = net::VirtualLink::Kind::ipvlan;
      link.mac.reset();
      link.isolation = static_cast<net::VirtualLink::Isolation>(written.mode);
      if (written.address) {
        StaticAddress address;
        address.address.interface = link.name;
        address.address.address.address = *written.address;
        statics.addresses.push_back(address);
        if (!config.source && config.family == net::Family::v4) config.source = written.address->address;
      }
    }
    const bool on_base = written.for_addresses || written.transmit_on_base || !config.multicast();
    if (!on_base) router.transmit_link = link.name;
  }
  const auto place = [&](vrrp::VirtualAddress& line) {
    const bool by_default = own && line.interface.empty();
    if (!by_default && !line.use_vmac) return;
    const std::string parent = line.interface.empty() ? config.interface : line.interface;
    if (parent.empty()) return;
    net::VirtualLink& link = router.links[link_on(parent, {}, address_prefix_)];
    note_family(link, line);
    line.interface = link.name;
    line.use_vmac = true;
  };
  std::ranges::for_each(config.addresses, place);
  std::ranges::for_each(config.excluded_addresses, place);
}

}  // namespace engine
