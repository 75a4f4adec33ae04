#include "runtime/system_error.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <system_error>

namespace runtime {

core::Error system_error(int code, std::string_view what) {
  return {code, fmt::format("{}: {}", what, std::generic_category().message(code))};
}

core::Error last_error(std::string_view what) { return system_error(errno, what); }

core::Error last_error(std::string_view what, std::string_view capability) {
  core::Error error = last_error(what);
  if (error.code == EPERM || error.code == EACCES) {
    error.message += fmt::format("; the capability {} is missing", capability);
  }
  return error;
}

}  // namespace runtime
