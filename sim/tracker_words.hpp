// The words of a text scenario about trackers and groups.
//
//   track script chk weight=-50 fall=3 rise=5 interval=1s [on=a] [of=VI]    every router of every node unless told otherwise
//   track file f weight=2 | track process p quorum=2 | track bfd B weight=20 | track interface eth1 weight=-10
//   group G VI_1 VI_2                                                       on every node that has the members
//   script a chk exit=1 | ends=11 | hangs | deaf | missing | well           from now on
//   file a f -20        process a p 0        bfd a B down        watcher a  (it dies, and another one starts)
#pragma once

#include <optional>
#include <string>

#include "sim/scenario_words.hpp"
#include "sim/watcher.hpp"

namespace sim {

Done add_tracker(Plan& plan, const Words& words);
Done add_group(Plan& plan, const Words& words);
/// Two routers that are the halves of one vrrp_instance.
Done add_halves(Plan& plan, const Words& words);
/// The words after the script's name.
std::expected<ScriptManner, std::string> parse_manner(const Words& words, std::size_t from);
std::optional<std::int64_t> parse_signed(const std::string& text);

}  // namespace sim
