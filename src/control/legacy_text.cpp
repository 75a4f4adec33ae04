#include "control/legacy_text.hpp"

#include <fmt/format.h>
#include <iterator>

namespace control {
namespace {

std::string scope_name(std::uint8_t scope) {
  switch (static_cast<net::Scope>(scope)) {
    case net::Scope::global:
      return "global";
    case net::Scope::site:
      return "site";
    case net::Scope::link:
      return "link";
    case net::Scope::host:
      return "host";
    case net::Scope::nowhere:
      return "nowhere";
  }
  return std::to_string(scope);
}

std::string_view family_name(const net::IpAddress& address) { return address.is_v4() ? "inet" : "inet6"; }

}  // namespace

std::string legacy_address(const vrrp::VirtualAddress& address, const std::string& default_interface,
                           bool installed) {
  const auto& a = address.address;
  std::string out =
      fmt::format("{} dev {} scope {}", a.address.to_string(),
                  address.interface.empty() ? default_interface : address.interface, scope_name(a.scope));
  const auto end = std::back_inserter(out);
  if (a.peer) fmt::format_to(end, " peer {}", a.peer->to_string());
  if (a.broadcast) fmt::format_to(end, " brd {}", a.broadcast->to_string());
  if (!a.label.empty()) fmt::format_to(end, " label {}", a.label);
  if (a.address.address.is_v6()) {
    fmt::format_to(end, " preferred_lft {}",
                   a.preferred_lifetime ? std::to_string(*a.preferred_lifetime) : "forever");
  }
  if (installed) out += " set";
  return out;
}

std::string legacy_route(const net::Route& route) {
  std::string out;
  const auto end = std::back_inserter(out);
  if (route.insertion == net::RouteInsertion::prepend) out = "prepend ";
  if (route.insertion == net::RouteInsertion::append) out = "append ";
  out += route.destination.length == 0 ? "default" : route.destination.to_string();
  if (route.source_prefix) fmt::format_to(end, " from {}", route.source_prefix->to_string());
  if (route.via) fmt::format_to(end, " via {} {}", family_name(*route.via), route.via->to_string());
  if (!route.interface.empty()) fmt::format_to(end, " dev {}", route.interface);
  if (route.table != net::route_table_main) fmt::format_to(end, " table {}", route.table);
  fmt::format_to(end, " proto {}", route.protocol);
  if (route.preferred_source) fmt::format_to(end, " src {}", route.preferred_source->to_string());
  if (route.metric) fmt::format_to(end, " metric {}", *route.metric);
  return out;
}

std::string legacy_rule(const net::Rule& rule) {
  std::string out = rule.invert ? "not " : "";
  const auto end = std::back_inserter(out);
  fmt::format_to(end, "from {}", rule.from ? rule.from->to_string() : "all");
  if (rule.to) fmt::format_to(end, " to {}", rule.to->to_string());
  if (rule.preference) fmt::format_to(end, " priority {}", *rule.preference);
  fmt::format_to(end, " tos {:#x} protocol {}", rule.tos.value_or(0), rule.protocol);
  if (rule.action == net::RuleAction::table) fmt::format_to(end, " lookup {}", rule.table);
  return out;
}

std::string legacy_command(const notify::Command& command) {
  std::string out;
  for (const auto& word : command.argv)
    fmt::format_to(std::back_inserter(out), "{}'{}'", out.empty() ? "" : " ", word);
  return out;
}

std::string unix_time(core::WallTime when) {
  const auto count = when.time_since_epoch().count();
  return fmt::format("{}.{:06}", count / 1'000'000, count % 1'000'000);
}

}  // namespace control
