// The words of a text scenario: durations, percentages, options of a router. Errors are sentences.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "engine/config.hpp"
#include "sim/plan.hpp"

namespace sim {

using Words = std::vector<std::string>;
using Done = std::expected<void, std::string>;

/// Without what follows a '#'.
Words split_words(std::string_view line);
/// "250us", "10ms", "4s", "1h"; a decimal fraction is allowed.
std::optional<core::Duration> parse_time(std::string_view text);
std::optional<unsigned> parse_number(std::string_view text);

struct Option {
  std::string key;
  std::string value;  // empty without '='
};
Option parse_option(std::string_view word);

/// "interval=1s", "nopreempt" … of one router on one node.
Done apply_option(engine::InstanceConfig& instance, const Option& option);

/// A line "routers a=200,nopreempt b=100 vrid=51 interval=1s …": puts the router into every node's configuration, making
/// nodes that do not exist yet.
Done add_routers(Plan& plan, const Words& words);

}  // namespace sim
