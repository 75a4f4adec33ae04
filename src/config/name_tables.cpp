#include "config/name_tables.hpp"

#include <fmt/format.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "config/value.hpp"

namespace config {

namespace {

using Names = std::span<const std::pair<std::string_view, std::uint32_t>>;

struct Source {
  std::string_view what;
  std::string_view file;  // within iproute2's directories
  Names built_in;
};

constexpr std::pair<std::string_view, std::uint32_t> tables[] = {
    {"unspec", 0}, {"default", 253}, {"main", 254}, {"local", 255}};
constexpr std::pair<std::string_view, std::uint32_t> scopes[] = {
    {"global", 0}, {"site", 200}, {"link", 253}, {"host", 254}, {"nowhere", 255}};
constexpr std::pair<std::string_view, std::uint32_t> protocols[] = {
    {"unspec", 0}, {"redirect", 1}, {"kernel", 2},     {"boot", 3},  {"static", 4},    {"gated", 8},
    {"ra", 9},     {"mrt", 10},     {"zebra", 11},     {"bird", 12}, {"dnrouted", 13}, {"xorp", 14},
    {"ntk", 15},   {"dhcp", 16},    {"babel", 42},     {"bgp", 186}, {"isis", 187},    {"ospf", 188},
    {"rip", 189},  {"eigrp", 192},  {"keepalived", 18}};
constexpr std::pair<std::string_view, std::uint32_t> realms[] = {{"cosmos", 0}};
constexpr std::pair<std::string_view, std::uint32_t> groups[] = {{"default", 0}};
constexpr std::pair<std::string_view, std::uint32_t> ip_protocols[] = {
    {"icmp", 1}, {"igmp", 2}, {"tcp", 6},        {"udp", 17},  {"dccp", 33},  {"gre", 47},
    {"esp", 50}, {"ah", 51},  {"ipv6-icmp", 58}, {"ospf", 89}, {"vrrp", 112}, {"sctp", 132}};

Source source_of(NameTable table) {
  switch (table) {
    case NameTable::tables:
      return {"routing table", "rt_tables", tables};
    case NameTable::scopes:
      return {"scope", "rt_scopes", scopes};
    case NameTable::protocols:
      return {"routing protocol", "rt_protos", protocols};
    case NameTable::realms:
      return {"realm", "rt_realms", realms};
    case NameTable::tos:
      return {"TOS", "rt_dsfield", {}};
    case NameTable::group:
      return {"interface group", "group", groups};
    case NameTable::ip_protocols:
      return {"IP protocol", {}, ip_protocols};
  }
  return {};
}

// "NUMBER NAME" lines; # starts a comment.
std::optional<std::uint32_t> find_in_file(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line = line.substr(0, line.find('#'));
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == line.npos) continue;
    line.remove_prefix(start);
    const std::size_t blank = line.find_first_of(" \t");
    if (blank == line.npos) continue;
    const std::size_t second = line.find_first_not_of(" \t", blank);
    if (second == line.npos) continue;
    std::string_view found = line.substr(second);
    found = found.substr(0, found.find_first_of(" \t\r"));
    const auto number = parse_unsigned(line.substr(0, blank), true);
    if (found == name && number) return static_cast<std::uint32_t>(*number);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> named_number(NameTable table, Words& words, std::int64_t low,
                                          std::int64_t high) {
  const Word* word = words.need(fmt::format("a {}", source_of(table).what));
  return word == nullptr ? std::nullopt : named_number(table, words, *word, low, high);
}

std::optional<std::uint32_t> named_number(NameTable table, Words& words, const Word& word, std::int64_t low,
                                          std::int64_t high) {
  const Source source = source_of(table);
  if (const auto number = parse_integer(word.text, true)) {
    if (*number >= low && *number <= high) return static_cast<std::uint32_t>(*number);
    words.refuse(word, "out-of-range",
                 fmt::format("{} {} is outside {}..{}", source.what, *number, low, high));
    return std::nullopt;
  }
  for (const auto& [name, number] : source.built_in) {
    if (name == word.text) return number;
  }
  if (!source.file.empty() && words.interpreter().check_host()) {
    const Globals& globals = words.interpreter().globals();
    for (const std::string& directory : {globals.iproute_etc_directory, globals.iproute_usr_directory}) {
      const auto text = words.interpreter().world().read_file(fmt::format("{}/{}", directory, source.file));
      if (!text) continue;
      if (const auto number = find_in_file(*text, word.text)) return number;
    }
  }
  words.refuse(word, "unknown-name", fmt::format("there is no {} named '{}'", source.what, word.text),
               source.file.empty()
                   ? std::string()
                   : fmt::format("write a number, or name it in {}/{}",
                                 words.interpreter().globals().iproute_etc_directory, source.file));
  return std::nullopt;
}

}  // namespace config
