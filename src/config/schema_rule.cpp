// The schema of policy rule lines: static_rules and virtual_rules.
#include <fmt/format.h>

#include "config/name_tables.hpp"
#include "config/schema_areas.hpp"
#include "config/schema_shared.hpp"
#include "config/value.hpp"

namespace config {

namespace {

using R = RuleDraft;
using A = net::RuleAction;

void read_prefix(R& line, Words& words, std::optional<net::Prefix> net::Rule::* field) {
  const Word* word = words.need("a prefix, or any");
  if (word == nullptr) return;
  if (word->text == "default" || word->text == "any" || word->text == "all") {
    (line.rule.*field).reset();
    return;
  }
  const auto prefix = net::Prefix::parse(word->text);
  if (!prefix) {
    words.refuse(*word, "bad-address", fmt::format("'{}' is not a prefix", word->text),
                 "write for example 192.0.2.0/24");
    return;
  }
  set_family(line.family, prefix->address.family, words, *word);
  line.rule.*field = prefix;
}

bool take_action(R& line, A action, Words& words) {
  if (line.action_given) {
    words.refuse(words.keyword(), "repeated-keyword", "a rule has one action");
    return false;
  }
  line.action_given = true;
  line.rule.action = action;
  return true;
}

void read_table(R& line, Words& words) {
  if (!take_action(line, A::table, words)) return;
  if (const auto table = named_number(NameTable::tables, words, 1, most_u32)) line.rule.table = *table;
}

void read_goto(R& line, Words& words) {
  if (!take_action(line, A::goto_, words)) return;
  if (const auto target = number(0, most_u32).in_c_notation().read(words)) {
    line.rule.goto_target = static_cast<std::uint32_t>(*target);
  }
}

auto action(A what) {
  return reads([what](R& line, Words& words) { take_action(line, what, words); });
}

void read_type(R& line, Words& words) {
  // The word is only decoration before the name of an action; a number stands for one.
  if (words.empty()) {
    words.need("an action");
  } else if (const auto value = parse_unsigned(words.peek()->text)) {
    if (const auto checked = number(6, 8).read(words)) take_action(line, static_cast<A>(*checked), words);
  }
}

void read_preference(R& line, Words& words) {
  if (const auto value = number(0, most_u32).in_c_notation().read(words)) {
    line.rule.preference = static_cast<std::uint32_t>(*value);
  }
}

void read_mark(R& line, Words& words) {
  const Word* word = words.need("a mark, perhaps with /MASK");
  if (word == nullptr) return;
  const std::size_t slash = word->text.find('/');
  const auto mark = parse_unsigned(word->text.substr(0, slash), true);
  const auto mask = slash == word->text.npos ? std::optional<std::uint64_t>(most_u32)
                                             : parse_unsigned(word->text.substr(slash + 1), true);
  constexpr auto most = static_cast<std::uint64_t>(most_u32);
  if (!mark || !mask || *mark > most || *mask > most) {
    words.refuse(*word, "bad-number", fmt::format("'{}' is no firewall mark", word->text),
                 "write for example 0x10 or 0x10/0xff");
    return;
  }
  line.rule.mark = static_cast<std::uint32_t>(*mark);
  if (slash != word->text.npos) line.rule.mark_mask = static_cast<std::uint32_t>(*mask);
}

template <class T>
auto number_range(std::optional<net::Range<T>> net::Rule::* field, std::uint64_t most, bool single_allowed) {
  return reads([=](R& line, Words& words) {
    const Word* word = words.need("a range such as 1000-1999");
    if (word == nullptr) return;
    const std::size_t dash = word->text.find('-');
    const auto low = parse_unsigned(word->text.substr(0, dash));
    const auto high = dash == word->text.npos ? (single_allowed ? low : std::nullopt)
                                              : parse_unsigned(word->text.substr(dash + 1));
    if (!low || !high || *low > *high || *high > most) {
      words.refuse(*word, "bad-value", fmt::format("'{}' is not a range", word->text),
                   fmt::format("write two numbers up to {} with - between them", most));
      return;
    }
    line.rule.*field = net::Range<T>{static_cast<T>(*low), static_cast<T>(*high)};
  });
}

void read_realms(R& line, Words& words) {
  const Word* word = words.need("a realm");
  if (word == nullptr) return;
  const std::size_t slash = word->text.find('/');
  net::Realms realms;
  if (slash != word->text.npos) {
    const auto from =
        named_number(NameTable::realms, words, {word->text.substr(0, slash), word->place}, 0, 255);
    if (!from) return;
    realms.from = *from;
  }
  const auto to = named_number(
      NameTable::realms, words,
      {slash == word->text.npos ? word->text : word->text.substr(slash + 1), word->place}, 0, 255);
  if (!to) return;
  realms.to = *to;
  line.rule.realms = realms;
}

void read_tos(R& line, Words& words) {
  if (const auto tos = named_number(NameTable::tos, words, 0, 255))
    line.rule.tos = static_cast<std::uint8_t>(*tos);
}

void read_suppressed_length(R& line, Words& words) {
  if (const auto length = number(0, most_i32).read(words))
    line.rule.suppress_prefix_length = static_cast<std::uint32_t>(*length);
}

void read_suppressed_group(R& line, Words& words) {
  line.rule.suppress_interface_group = named_number(NameTable::group, words, 0, most_i32);
}

void read_ip_protocol(R& line, Words& words) {
  if (const auto protocol = named_number(NameTable::ip_protocols, words, 0, 255))
    line.rule.ip_protocol = static_cast<std::uint8_t>(*protocol);
}

// clang-format off: one entry reads as one row of a table
Block rule_block(LastingText path, LastingText help) {
  Block block = make_block<R>(path, help, {
      {"from", reads([](R& line, Words& words) { read_prefix(line, words, &net::Rule::from); }),
       "Source prefix.", {syntax("<IPADDR>[/<LEN>]|default|any|all"), by_default("any")}},
      {"to", reads([](R& line, Words& words) { read_prefix(line, words, &net::Rule::to); }),
       "Destination prefix.", {syntax("<IPADDR>[/<LEN>]|default|any|all"), by_default("any")}},
      {"inet", reads([](R& line, Words& words) { set_family(line.family, net::Family::v4, words, words.keyword()); }),
       "Force IPv4.", {by_default("from addresses, else IPv4")}},
      {"inet6", reads([](R& line, Words& words) { set_family(line.family, net::Family::v6, words, words.keyword()); }),
       "Force IPv6.", {by_default("from addresses, else IPv4")}},
      {"table", reads(read_table),
       "Action: look up this table.",
       {syntax("<NAME>|<N>"), range("rt_tables name or 1..4294967295"), by_default("none"),
        same_as("lookup")}},
      {"lookup", reads(read_table),
       "Action: look up this table.",
       {syntax("<NAME>|<N>"), range("rt_tables name or 1..4294967295"), by_default("none"),
        same_as("table")}},
      {"not", reads([](R& line, Words&) { line.rule.invert = true; }),
       "Invert the match.", {by_default("off")}},
      {"preference", reads(read_preference),
       "Rule priority.",
       {syntax("<N>"), range("0..4294967295, C notation"),
        by_default("assigned downward from 16384 per family"), same_as("order, priority")}},
      {"order", reads(read_preference),
       "Rule priority.",
       {syntax("<N>"), range("0..4294967295, C notation"), by_default("assigned"),
        same_as("preference, priority")}},
      {"priority", reads(read_preference),
       "Rule priority.",
       {syntax("<N>"), range("0..4294967295, C notation"), by_default("assigned"),
        same_as("preference, order")}},
      {"tos", reads(read_tos),
       "TOS to match.",
       {syntax("<NAME>|<N>"), range("0..255 or rt_dsfield name"), by_default("any"), same_as("dsfield")}},
      {"dsfield", reads(read_tos),
       "TOS to match.",
       {syntax("<NAME>|<N>"), range("0..255 or rt_dsfield name"), by_default("any"), same_as("tos")}},
      {"fwmark", reads(read_mark),
       "Mark to match.", {syntax("<N>[/<MASK>]"), range("0..4294967295, C notation"), by_default("any")}},
      {"realms", reads(read_realms),
       "Realms to set.", {syntax("[<FROM>/]<TO>"), range("rt_realms name or 0..255"), by_default("none")}},
      {"suppress_prefixlength", reads(read_suppressed_length),
       "Ignore routes this short or shorter.",
       {syntax("<N>"), unit("bits"), range("0..2147483647"), by_default("none"), same_as("sup_pl")}},
      {"sup_pl", reads(read_suppressed_length),
       "Short form.",
       {syntax("<N>"), unit("bits"), range("0..2147483647"), by_default("none"),
        same_as("suppress_prefixlength")}},
      {"suppress_ifgroup", reads(read_suppressed_group),
       "Ignore routes through this interface group.",
       {syntax("<NAME>|<N>"), range("group name or number"), by_default("none"), same_as("sup_group")}},
      {"sup_group", reads(read_suppressed_group),
       "Short form.",
       {syntax("<NAME>|<N>"), range("group name or number"), by_default("none"),
        same_as("suppress_ifgroup")}},
      {"iif", interface_name(), in(&R::rule, &net::Rule::input_interface),
       "Incoming interface.", {by_default("any"), same_as("dev")}},
      {"dev", interface_name(), in(&R::rule, &net::Rule::input_interface),
       "Incoming interface.", {by_default("any"), same_as("iif")}},
      {"oif", interface_name(), in(&R::rule, &net::Rule::output_interface),
       "Outgoing interface.", {by_default("any")}},
      {"tunnel-id", big_number(), in(&R::rule, &net::Rule::tunnel_id),
       "Tunnel id to match.", {by_default("any")}},
      {"uidrange", number_range<std::uint32_t>(&net::Rule::users, 4294967295, false),
       "User id range to match.",
       {unit("uid"), range("0..4294967295"), by_default("any"), syntax("<A>-<B>")}},
      {"l3mdev", reads([](R& line, Words& words) { line.rule.l3mdev = take_action(line, A::table, words); }),
       "Action: look up the VRF table.", {by_default("off")}},
      {"protocol", number(0, 255), in(&R::rule, &net::Rule::protocol),
       "Rule origin.", {by_default("keepalived (18)")}},
      {"ipproto", reads(read_ip_protocol),
       "IP protocol to match.",
       {syntax("<NAME>|<N>"), range("0..255"), by_default("any"),
        same_as("ip_proto (in old manuals only, never accepted)")}},
      {"sport", number_range<std::uint16_t>(&net::Rule::source_ports, 65535, true),
       "Source port range.", {unit("port"), range("0..65535"), by_default("any"), syntax("<A>[-<B>]")}},
      {"dport", number_range<std::uint16_t>(&net::Rule::destination_ports, 65535, true),
       "Destination port range.", {unit("port"), range("0..65535"), by_default("any"), syntax("<A>[-<B>]")}},
      {"no_track", reads([](R& line, Words&) { line.rule.track = false; }),
       "Losing the rule causes no fault and no re-adding.", {by_default("off")}},
      {"goto", reads(read_goto),
       "Action: jump to that preference.", {syntax("<N>"), range("0..4294967295"), by_default("none")}},
      {"nop", action(A::nop), "Action: do nothing.", {by_default("none")}},
      {"blackhole", action(A::blackhole), "Action: drop silently.", {by_default("none")}},
      {"prohibit", action(A::prohibit), "Action: administratively prohibited.", {by_default("none")}},
      {"unreachable", action(A::unreachable), "Action: unreachable.", {by_default("none")}},
      {"type", reads(read_type),
       "Optional word before an action.",
       {syntax("<ACTION>"), range("goto nop blackhole prohibit unreachable or 6..8"), by_default("none")}},
  });
  if (path.view() == "static_rules") {
    Rows<R> more = {
        {"track_group", text("the name of a track_group"), [](R& line, std::string name, Words& words) {
           line.rule.track_group = std::move(name);
           line.track_group_word = words.last();
         },
         "Track group whose instances follow it.", {syntax("<NAME>"), by_default("none")}},
    };
    append(block, more);
  }
  return block;
}
// clang-format on

}  // namespace

std::optional<net::Rule> finish_rule(RuleDraft&& draft, Words& words) {
  net::Rule& rule = draft.rule;
  const Word& first = words.keyword();
  rule.family = draft.family.value_or(net::Family::v4);
  if (!draft.action_given) {
    words.refuse(first, "missing-argument", "this rule says nothing of what to do",
                 "write for example: table 100");
    return std::nullopt;
  }
  if (rule.action == A::goto_ && (!rule.preference || rule.goto_target <= *rule.preference)) {
    words.refuse(first, "bad-value",
                 "a goto must lead forward: the rule needs a preference below its target");
    return std::nullopt;
  }
  const bool looks_up = rule.action == A::table && !rule.l3mdev;
  if (!looks_up && (rule.realms || rule.suppress_prefix_length || rule.suppress_interface_group)) {
    words.refuse(first, "bad-value", "realms and suppress_* belong to a rule that looks up a table");
    return std::nullopt;
  }
  if (!rule.preference) {
    words.warn(first, "missing-preference",
               "this rule has no preference; one is chosen, and the order of rules with it",
               "write for example: preference 1000");
  }
  if (rule.track && rule.protocol != net::route_protocol_keepalived) {
    words.warn(first, "bad-value",
               fmt::format("a tracked rule has protocol {}; {} is ignored", net::route_protocol_keepalived,
                           rule.protocol),
               "write no_track to keep another protocol");
    rule.protocol = net::route_protocol_keepalived;
  }
  return std::move(rule);
}

std::vector<Block> rule_blocks() {
  std::vector<Block> blocks;
  blocks.push_back(rule_block("static_rules", "Policy rules that are there whatever the routers' states."));
  blocks.push_back(
      rule_block("vrrp_instance/virtual_rules", "Policy rules that are there while the router is master."));
  return blocks;
}

}  // namespace config
