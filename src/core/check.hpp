// CHECK stays on in release builds: an impossible state ends the process with a line that names it. The supervisor
// starts the worker again from its snapshot.
#pragma once

namespace core {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace core

#define SF_CHECK(expression) \
  (static_cast<bool>(expression) ? void(0) : ::core::check_failed(#expression, __FILE__, __LINE__))
