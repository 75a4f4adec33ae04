// A value behind a pointer: for the one member, or alternative of a variant, that is much larger than all others. Copies are
// deep, equality is the value's.
#pragma once

#include <memory>
#include <utility>

namespace core {

template <class T>
class Boxed {
 public:
  Boxed() : Boxed(T{}) {}
  Boxed(T value) : value_(std::make_unique<T>(std::move(value))) {}  // NOLINT: as the value itself
  Boxed(const Boxed& other) : Boxed(*other) {}
  Boxed& operator=(const Boxed& other) { return *this = Boxed(other); }
  Boxed(Boxed&&) noexcept = default;  // what is left may be assigned to and destroyed only
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

  friend bool operator==(const Boxed& a, const Boxed& b) { return *a == *b; }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace core
