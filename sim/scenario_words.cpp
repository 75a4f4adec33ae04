#include "sim/scenario_words.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <sstream>

#include "sim/generate.hpp"

namespace sim {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  std::istringstream in{std::string(text)};
  for (std::string part; std::getline(in, part, separator);) out.push_back(part);
  return out;
}

// What all nodes of a `routers` line share and no instance says of itself.
struct RouterLine {
  std::string name = "VI";
  std::uint8_t vrid = 51;
  net::Family family = net::Family::v4;
  std::optional<vrrp::Version> version;
  std::uint32_t addresses = 1;
  std::uint32_t excluded = 0;
  SegmentId segment;
  bool unicast = false;
  std::vector<Option> options;  // for every node
  std::vector<std::pair<std::string, std::vector<Option>>> nodes;
};

bool is_node_name(const std::string& word) { return word.size() == 1 && word[0] >= 'a' && word[0] <= 'h'; }

Done read_word(RouterLine& line, const std::string& word) {
  const Option option = parse_option(word);
  const unsigned number = parse_number(option.value).value_or(0);
  if (is_node_name(option.key)) {
    std::vector<Option> options;
    for (const auto& part : split(option.value, ',')) options.push_back(parse_option(part));
    if (options.empty() || !parse_number(options.front().key))
      return std::unexpected(option.key + " needs a priority");
    options.front() = {"priority", options.front().key};
    line.nodes.emplace_back(option.key, std::move(options));
  } else if (option.key == "name") {
    line.name = option.value;
  } else if (option.key == "vrid") {
    line.vrid = static_cast<std::uint8_t>(number);
  } else if (option.key == "family") {
    line.family = option.value == "v6" ? net::Family::v6 : net::Family::v4;
  } else if (option.key == "version") {
    line.version = number == 3 ? vrrp::Version::v3 : vrrp::Version::v2;
  } else if (option.key == "addresses") {
    line.addresses = number;
  } else if (option.key == "excluded") {
    line.excluded = number;
  } else if (option.key == "segment") {
    line.segment = SegmentId{number};
  } else if (option.key == "unicast") {
    line.unicast = true;
  } else {
    line.options.push_back(option);
  }
  return {};
}

NodePlan& node_named(Plan& plan, const std::string& name) {
  while (plan.nodes.size() <= static_cast<std::size_t>(name[0] - 'a')) {
    NodePlan node{
        .name = std::string(1, static_cast<char>('a' + plan.nodes.size())), .config = {}, .interfaces = {}};
    plan.nodes.push_back(std::move(node));
  }
  return plan.nodes[static_cast<std::size_t>(name[0] - 'a')];
}

void give_interface(NodePlan& node, SegmentId segment) {
  const auto here = [&](const InterfacePlan& each) { return each.segment == segment; };
  if (std::ranges::any_of(node.interfaces, here)) return;
  node.interfaces.push_back(make_interface(segment, static_cast<std::uint32_t>(node.name[0] - 'a')));
}

}  // namespace

Words split_words(std::string_view line) {
  std::istringstream in{std::string(line.substr(0, line.find('#')))};
  Words out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > 100'000'000) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return text.empty() ? std::nullopt : std::optional(value);
}

std::optional<core::Duration> parse_time(std::string_view text) {
  static const std::map<std::string_view, double> units{
      {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  const std::size_t end = text.find_first_not_of("0123456789.");
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  const auto unit = units.find(text.substr(end));
  const auto parts = split(text.substr(0, end), '.');
  const auto whole = parts.empty() ? std::nullopt : parse_number(parts.front());
  if (unit == units.end() || !whole || parts.size() > 2) return std::nullopt;
  double value = *whole;
  if (parts.size() == 2) {
    const auto fraction = parse_number(parts[1]);
    if (!fraction) return std::nullopt;
    value += *fraction / std::pow(10, static_cast<double>(parts[1].size()));
  }
  return core::Duration{std::llround(value * unit->second)};
}

Option parse_option(std::string_view word) {
  const std::size_t sign = word.find('=');
  if (sign == std::string_view::npos) return {std::string(word), {}};
  return {std::string(word.substr(0, sign)), std::string(word.substr(sign + 1))};
}

Done apply_option(engine::InstanceConfig& instance, const Option& option) {
  vrrp::Config& config = instance.vrrp;
  const auto number = parse_number(option.value);
  const auto time = parse_time(option.value);
  const auto& key = option.key;
  if (key == "nopreempt") return config.preempt = false, Done{};
  if (key == "preempt") return config.preempt = true, Done{};
  if (key == "strict") return config.strict = true, Done{};
  if (key == "silent") return config.reannounce_after_second_master = false, Done{};
  if (key == "higher_prio_send_advert") return config.higher_prio_send_advert = true, Done{};
  if (key == "lower_prio_no_advert") return config.lower_prio_no_advert = true, Done{};
  if (key == "owner_ignore_adverts") return config.owner_ignore_adverts = true, Done{};
  if (key == "no_hooks") return instance.hooks = {}, Done{};
  if (key == "no_accept") return config.accept = false, Done{};
  if (key == "signed" || key == "receive_only") {
    config.signature.emplace();
    config.signature->keys = {{1, std::string(32, 'k')}};
    config.signature->active_key = 1;
    if (key == "receive_only") config.signature->mode = vrrp::SignatureMode::receive_only;
    return {};
  }
  if (key == "state") {
    config.start_as_master = option.value == "master";
    config.state_backup_written = option.value == "backup";
    return {};
  }
  if (key == "auth_pass") {
    config.auth_type = vrrp::AuthType::pass;
    config.auth_pass = option.value;
    return {};
  }
  if (key == "priority" && number) return config.priority = static_cast<std::uint8_t>(*number), Done{};
  if (key == "down_timer_adverts" && number) return config.down_timer_adverts = *number, Done{};
  if (key == "garp_master_repeat" && number) return config.announcements.master_repeat = *number, Done{};
  if (key == "garp_lower_prio_repeat" && number)
    return config.announcements.lower_prio_repeat = *number, Done{};
  if (key == "interval" && time) return config.advert_interval = *time, Done{};
  if (key == "preempt_delay" && time) return config.preempt_delay = *time, Done{};
  if (key == "garp_master_delay" && time) return config.announcements.master_delay = *time, Done{};
  if (key == "garp_master_refresh" && time) return config.announcements.master_refresh = *time, Done{};
  if (key == "addresses" && number) {
    const SegmentId segment{static_cast<std::uint32_t>(config.interface.back() - '0')};
    config.addresses.clear();
    for (std::uint32_t line = 0; line < *number; ++line) {
      add_address(instance, virtual_address(config.family, segment, config.vrid, line));
    }
    return {};
  }
  return std::unexpected("what is '" + key + (option.value.empty() ? "" : "=" + option.value) + "'?");
}

Done add_routers(Plan& plan, const Words& words) {
  RouterLine line;
  for (const auto& word : words) {
    if (Done done = read_word(line, word); !done) return done;
  }
  if (line.nodes.empty()) return std::unexpected("routers needs nodes: routers a=200 b=100");
  const auto version =
      line.version.value_or(line.family == net::Family::v6 ? vrrp::Version::v3 : vrrp::Version::v2);
  plan.segments = std::max(plan.segments, line.segment.value + 1);
  for (const auto& [name, own] : line.nodes) {
    auto instance = make_instance(line.name, line.segment, line.family, line.vrid, version);
    for (std::uint32_t each = 0; each < line.addresses + line.excluded; ++each) {
      add_address(instance, virtual_address(line.family, line.segment, line.vrid, each),
                  each >= line.addresses);
    }
    for (const auto& options : {line.options, own}) {
      for (const Option& option : options) {
        if (Done done = apply_option(instance, option); !done) return done;
      }
    }
    if (line.unicast) {
      instance.vrrp.unicast = true;
      for (const auto& [other, unused] : line.nodes) {
        vrrp::UnicastPeer peer;
        peer.address = own_address(line.family, line.segment, static_cast<std::uint32_t>(other[0] - 'a'));
        if (other != name) instance.vrrp.peers.push_back(peer);
      }
    }
    NodePlan& node = node_named(plan, name);
    give_interface(node, line.segment);
    node.config.instances.push_back(std::move(instance));
  }
  return {};
}

}  // namespace sim
