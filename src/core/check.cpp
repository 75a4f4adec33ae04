#include "core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace core {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "standfast: internal error at %s:%d: '%s' does not hold\n", file, line, expression);
  std::abort();
}

}  // namespace core
