// Memory that only grows and is freed as a whole: what a tree of a million words is made of. Not thread-safe,
// runs no destructors, so it takes trivially copyable values only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace config {

class Arena {
 public:
  std::string_view store(std::string_view text) {
    if (text.empty()) return {};
    auto* copy = static_cast<char*>(take(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  template <class T>
  std::span<const T> store(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    if (values.empty()) return {};
    auto* copy = static_cast<T*>(take(values.size_bytes(), alignof(T)));
    std::uninitialized_copy(values.begin(), values.end(), copy);
    return {copy, values.size()};
  }

 private:
  static constexpr std::size_t first_block = std::size_t{16} << 10;
  static constexpr std::size_t largest_block = std::size_t{1} << 20;

  void* take(std::size_t size, std::size_t alignment) {
    void* start = next_;
    if (next_ == nullptr || std::align(alignment, size, start, left_) == nullptr) {
      const std::size_t block = std::max(size + alignment, block_size_);
      block_size_ = std::min(block_size_ * 2, largest_block);
      blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
      start = blocks_.back().get();
      left_ = block;
      std::align(alignment, size, start, left_);
    }
    next_ = static_cast<std::byte*>(start) + size;
    left_ -= size;
    return start;
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t block_size_ = first_block;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace config
