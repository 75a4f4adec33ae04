#include "net/route.hpp"

#include <fmt/format.h>
#include <iterator>

namespace net {

std::string to_string(const Route& route) {
  static constexpr const char* types[] = {"",          "",           "local ",     "broadcast ",
                                          "anycast ",  "multicast ", "blackhole ", "unreachable ",
                                          "prohibit ", "throw ",     "nat ",       "xresolve "};
  const auto type = static_cast<std::size_t>(route.type);
  std::string text = type < std::size(types) ? types[type] : fmt::format("type {} ", type);
  const bool usual = route.destination.length == 0;
  text += usual ? (route.family == Family::v4 ? "default" : "default6") : route.destination.to_string();
  const auto add = [&](std::string_view word, const auto& value) {
    text += fmt::format(" {} {}", word, value);
  };
  if (route.source_prefix) add("from", route.source_prefix->to_string());
  if (route.via) add("via", route.via->to_string());
  if (!route.interface.empty()) add("dev", route.interface);
  if (!route.vrf.empty()) add("vrf", route.vrf);
  if (route.table != route_table_main) add("table", route.table);
  if (route.metric) add("metric", *route.metric);
  for (const NextHop& hop : route.next_hops) {
    text += " nexthop";
    if (hop.via) add("via", hop.via->to_string());
    if (!hop.interface.empty()) add("dev", hop.interface);
  }
  return text;
}

std::string to_string(const Rule& rule) {
  std::string text = rule.family == Family::v4 ? "" : "inet6 ";
  if (rule.invert) text += "not ";
  text += "from " + (rule.from ? rule.from->to_string() : "all");
  const auto add = [&](std::string_view word, const auto& value) {
    text += fmt::format(" {} {}", word, value);
  };
  if (rule.to) add("to", rule.to->to_string());
  if (rule.mark) add("fwmark", *rule.mark);
  if (!rule.input_interface.empty()) add("iif", rule.input_interface);
  if (!rule.output_interface.empty()) add("oif", rule.output_interface);
  if (rule.action == RuleAction::table && !rule.l3mdev) add("table", rule.table);
  if (rule.l3mdev) text += " l3mdev";
  if (rule.action == RuleAction::goto_) add("goto", rule.goto_target);
  if (rule.action == RuleAction::nop) text += " nop";
  if (rule.action == RuleAction::blackhole) text += " blackhole";
  if (rule.action == RuleAction::unreachable) text += " unreachable";
  if (rule.action == RuleAction::prohibit) text += " prohibit";
  if (rule.preference) add("preference", *rule.preference);
  return text;
}

}  // namespace net
