// What this build calls itself.
#pragma once

#include <string>
#include <string_view>

namespace app {

std::string_view version();
/// Two lines and more; the first in the shape exporters parse: second word minus its first letter is the version.
std::string version_text(std::string_view program);

}  // namespace app
