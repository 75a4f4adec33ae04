// An optional that is nearly always empty, at the price of a pointer: ten thousand servers, few of them with scripts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace core {

template <class T>
class Rare {
 public:
  Rare() = default;
  Rare(std::nullopt_t) {}                                           // NOLINT: as an optional
  Rare(T value) : value_(std::make_unique<T>(std::move(value))) {}  // NOLINT: as an optional
  Rare(std::optional<T> value) {                                    // NOLINT: as an optional
    if (value) value_ = std::make_unique<T>(*std::move(value));
  }
  Rare(const Rare& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Rare& operator=(const Rare& other) { return *this = Rare(other); }
  Rare(Rare&&) noexcept = default;
  Rare& operator=(Rare&&) noexcept = default;
  ~Rare() = default;

  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  T& emplace() { return *(value_ = std::make_unique<T>()); }
  void reset() { value_.reset(); }

  friend bool operator==(const Rare& a, const Rare& b) {
    return a.has_value() == b.has_value() && (!a.has_value() || *a == *b);
  }

 private:
  std::unique_ptr<T> value_;
};

/// For texts that are nearly always empty.
inline Rare<std::string> unless_empty(const std::string& text) {
  return text.empty() ? Rare<std::string>() : Rare<std::string>(text);
}

}  // namespace core
