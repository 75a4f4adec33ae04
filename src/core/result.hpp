// What can go wrong outside of us, as a value: an errno-like code when the kernel gave one, and a sentence that names the
// object. For bugs of our own see check.hpp.
#pragma once

#include <expected>
#include <string>

namespace core {

struct Error {
  int code = 0;         // errno, 0 when the failure has none
  std::string message;  // a sentence for the operator: what, on which object, what to do if we know

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

}  // namespace core
