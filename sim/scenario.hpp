// Text scenarios: what is done to a few routers, then "----", then what came of it. tests/scenarios/README.md has the
// commands. Playing one gives the whole text back with the course of events as it is now; comparing is the caller's business.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace sim {

/// An error starts with the number of the line it is about: "3: unknown command 'rnu'".
std::expected<std::string, std::string> play(std::string_view text);

/// The first lines in which two texts differ, with some context.
std::string difference(std::string_view expected, std::string_view actual);

}  // namespace sim
