#include "runtime/link_maker.hpp"

#include <cerrno>
#include <net/if.h>

#include "core/overload.hpp"
#include "runtime/system_error.hpp"

namespace runtime {

namespace {

core::Result<> ask(NetlinkCommands& commands, auto&& append) {
  netlink::Buffer request;
  append(request, commands.next_sequence());
  return commands.ask(request);
}

core::Result<> raise(NetlinkCommands& commands, net::InterfaceIndex index) {
  return ask(commands, [&](netlink::Buffer& into, std::uint32_t sequence) {
    netlink::append_set_link_up(into, sequence, index, true);
  });
}

core::Result<> remove(NetlinkCommands& commands, net::InterfaceIndex index) {
  auto removed = ask(commands, [&](netlink::Buffer& into, std::uint32_t sequence) {
    netlink::append_delete_link(into, sequence, index);
  });
  if (!removed && removed.error().code == ENODEV) return {};
  return removed;
}

// Only the interface that has an address answers for it; replies may leave another way than questions came; and IPv6 stays off
// where no address needs it, or the kernel would announce a virtual MAC address that is in use elsewhere.
core::Result<> settle(InterfaceSysctls& sysctls, const net::VirtualLink& link) {
  using Setting = std::tuple<net::Family, const char*, const char*>;
  std::vector<Setting> settings{{net::Family::v4, "arp_ignore", "1"}};
  if (link.v4) {
    settings.insert(settings.end(), {{net::Family::v4, "accept_local", "1"},
                                     {net::Family::v4, "rp_filter", "0"},
                                     {net::Family::v4, "promote_secondaries", "1"}});
  }
  for (const auto& [family, key, value] : settings) {
    if (auto set = sysctls.set_new(family, link.name, key, value); !set) return set;
  }
  // A kernel without IPv6 has no such setting, and needs none.
  auto v6 = sysctls.set_new(net::Family::v6, link.name, "disable_ipv6", link.v6 ? "0" : "1");
  return v6 || !link.v6 ? core::Result<>{} : v6;
}

core::Result<> create(NetlinkCommands& commands, InterfaceSysctls& sysctls,
                      const engine::action::CreateLink& wanted) {
  const net::VirtualLink& link = wanted.link;
  netlink::NewLink made;
  made.name = link.name;
  made.kind = link.kind == net::VirtualLink::Kind::macvlan ? "macvlan" : "ipvlan";
  made.parent = wanted.parent;
  made.mac = link.mac;
  made.group = wanted.group;
  made.isolation = link.isolation;
  auto created = ask(commands, [&](netlink::Buffer& into, std::uint32_t sequence) {
    netlink::append_add_link(into, sequence, made);
  });
  if (!created) return created;
  const net::InterfaceIndex index{::if_nametoindex(link.name.c_str())};
  auto dressed = ask(commands, [&](netlink::Buffer& into, std::uint32_t sequence) {
    netlink::append_dress_link(into, sequence, link.name, link.alias, wanted.vrf);
  });
  if (dressed) dressed = settle(sysctls, link);
  if (dressed) dressed = raise(commands, index);
  if (dressed && link.notify_parent) {
    dressed = ask(commands, [&](netlink::Buffer& into, std::uint32_t sequence) {
      netlink::append_set_link_group(into, sequence, wanted.parent, wanted.parent_group);
    });
  }
  if (!dressed) (void)remove(commands, index);  // half a link would be taken for a whole one
  return dressed;
}

}  // namespace

core::Result<> change_link(NetlinkCommands& commands, InterfaceSysctls& sysctls, const LinkChange& change) {
  return std::visit(
      core::Overload{
          [&](const engine::action::CreateLink& wanted) { return create(commands, sysctls, wanted); },
          [&](const engine::action::RaiseLink& wanted) { return raise(commands, wanted.index); },
          [&](const engine::action::RemoveLink& unwanted) { return remove(commands, unwanted.index); },
      },
      change);
}

}  // namespace runtime
