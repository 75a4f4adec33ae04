// A large value that is nearly always the default one, at the price of a pointer: thousands of routers, few of them with scripts.
#pragma once

#include <memory>

namespace core {

template <class T>
class Sparse {
 public:
  Sparse() = default;
  Sparse(const T& value)
      : value_(value == T{} ? nullptr : std::make_unique<const T>(value)) {}  // NOLINT: stands for T

  operator const T&() const {  // NOLINT: stands for T
    static const T none{};
    return value_ ? *value_ : none;
  }
  const T* operator->() const { return &static_cast<const T&>(*this); }

 private:
  std::unique_ptr<const T> value_;
};

}  // namespace core
