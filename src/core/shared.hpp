// A value that many hold and nobody changes: copies share it, equality is the value's.
#pragma once

#include <memory>
#include <utility>

namespace core {

template <class T>
class Shared {
 public:
  Shared() : value_(untouched()) {}
  Shared(T value) : value_(std::make_shared<const T>(std::move(value))) {}  // NOLINT: as the value itself

  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  const std::shared_ptr<const T>& pointer() const { return value_; }

  friend bool operator==(const Shared& a, const Shared& b) { return a.value_ == b.value_ || *a == *b; }

 private:
  friend class ArchiveReader;
  explicit Shared(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  // One default value for all.
  static const std::shared_ptr<const T>& untouched() {
    static const auto value = std::make_shared<const T>();
    return value;
  }

  std::shared_ptr<const T> value_;
};

}  // namespace core
