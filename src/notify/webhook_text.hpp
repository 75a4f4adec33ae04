// What a webhook is told: one event as a JSON object. Sends nothing and signs nothing.
#pragma once

#include <string>
#include <string_view>

#include "core/time.hpp"
#include "notify/event.hpp"

namespace notify {

/// Fields are added, never renamed; `version` would change if one had to be.
std::string webhook_body(const Event& event, core::WallTime when, std::string_view node);

/// A JSON string with its quotes. Octets that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

}  // namespace notify
