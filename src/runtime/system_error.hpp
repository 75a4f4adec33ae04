// What the kernel answered, as core::Error: "WHAT: No such device".
#pragma once

#include <string_view>

#include "core/result.hpp"

namespace runtime {

core::Error system_error(int code, std::string_view what);
/// The same of errno.
core::Error last_error(std::string_view what);
/// The same, and for EPERM and EACCES the capability that is missing is named.
core::Error last_error(std::string_view what, std::string_view capability);

}  // namespace runtime
