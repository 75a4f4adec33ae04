#include "config/diagnostic.hpp"

#include <algorithm>

namespace config {

std::size_t Diagnostics::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(list, severity, &Diagnostic::severity));
}

}  // namespace config
