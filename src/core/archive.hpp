// Plain value structs to bytes and back, field by field, so that one process can hand another its configuration, its
// snapshot or an event. Both ends are the same build (a stamp says so): there is no schema and no compatibility here.
// Aggregates need no code of their own (Boost.PFR lists their fields); sizes are checked on reading, so a damaged archive is
// an error, never a crash. What is shared stays so: it is written once.
#pragma once

#include <algorithm>
#include <array>
#include <boost/pfr/core.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/boxed.hpp"
#include "core/rare.hpp"
#include "core/result.hpp"
#include "core/shared.hpp"

namespace core {

using Bytes = std::vector<std::uint8_t>;

namespace archive_detail {

template <class T, template <class...> class Template>
inline constexpr bool is = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is<Template<Args...>, Template> = true;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

template <class T>
inline constexpr bool is_time_point = false;
template <class Clock, class D>
inline constexpr bool is_time_point<std::chrono::time_point<Clock, D>> = true;

template <class T>
inline constexpr bool is_raw = std::is_arithmetic_v<T> || std::is_enum_v<T>;

/// Whole numbers of 16 bits and more: most are small, and travel as groups of seven bits, the lowest first.
template <class T>
inline constexpr bool is_wide = std::is_integral_v<T> && sizeof(T) > 1;

}  // namespace archive_detail

class ArchiveWriter {
 public:
  using Put = std::function<void(std::span<const std::uint8_t>)>;

  ArchiveWriter() = default;
  /// Of an archive that need not lie in memory as a whole: `put` is given one piece after the other.
  explicit ArchiveWriter(Put put) : put_(std::move(put)) {}

  template <class T>
  void write(const T& value) {
    namespace d = archive_detail;
    if constexpr (d::is_wide<T>) {
      write_wide(value);
    } else if constexpr (d::is_raw<T>) {
      append(&value, sizeof value);
    } else if constexpr (d::is_duration<T>) {
      write(value.count());
    } else if constexpr (d::is_time_point<T>) {
      write(value.time_since_epoch().count());
    } else if constexpr (std::is_same_v<T, std::string>) {
      write(static_cast<std::uint32_t>(value.size()));
      append(value.data(), value.size());
    } else if constexpr (d::is<T, std::vector> || d::is<T, std::map>) {
      write(static_cast<std::uint32_t>(value.size()));
      for (const auto& element : value) write(element);
    } else if constexpr (d::is_array<T>) {
      for (const auto& element : value) write(element);
    } else if constexpr (d::is<T, std::optional> || d::is<T, Rare>) {
      write(value.has_value());
      if (value) write(*value);
    } else if constexpr (d::is<T, Boxed>) {
      write(*value);
    } else if constexpr (d::is<T, Shared>) {
      const auto [at, is_new] = shared_.emplace(&*value, static_cast<std::uint32_t>(shared_.size()));
      write(at->second);
      if (is_new) write(*value);
    } else if constexpr (d::is<T, std::pair>) {
      write(value.first);
      write(value.second);
    } else if constexpr (d::is<T, std::variant>) {
      write(static_cast<std::uint8_t>(value.index()));
      std::visit([&](const auto& alternative) { write(alternative); }, value);
    } else if constexpr (!std::is_empty_v<T>) {
      static_assert(std::is_aggregate_v<T>, "only plain value structs travel");
      boost::pfr::for_each_field(value, [&](const auto& field) { write(field); });
    }
  }

  Bytes take() { return std::move(bytes_); }
  /// The last piece.
  void finish() {
    if (!bytes_.empty()) put_(std::exchange(bytes_, {}));
  }

 private:
  // The sign goes into the lowest bit, so that -1 is as short as 1.
  template <class T>
  void write_wide(T value) {
    std::uint64_t rest = 0;
    if constexpr (std::is_signed_v<T>) {
      const auto wide = static_cast<std::int64_t>(value);
      rest = static_cast<std::uint64_t>(wide) << 1 ^ static_cast<std::uint64_t>(wide >> 63);
    } else {
      rest = value;
    }
    for (; rest >= 0x80; rest >>= 7) bytes_.push_back(static_cast<std::uint8_t>(rest | 0x80));
    bytes_.push_back(static_cast<std::uint8_t>(rest));
    put_if_enough();
  }

  void append(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
    put_if_enough();
  }

  void put_if_enough() {
    if (bytes_.size() < piece || !put_) return;
    put_(bytes_);
    bytes_.clear();
  }

  static constexpr std::size_t piece = std::size_t{32} << 10;

  Bytes bytes_;
  Put put_;
  std::unordered_map<const void*, std::uint32_t>
      shared_;  // what stands in the archive already, and its number
};

class ArchiveReader {
 public:
  explicit ArchiveReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  template <class T>
  void read(T& value) {
    namespace d = archive_detail;
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      take(&byte, 1);
      value = byte != 0;
    } else if constexpr (d::is_wide<T>) {
      read_wide(value);
    } else if constexpr (d::is_raw<T>) {
      take(&value, sizeof value);
    } else if constexpr (d::is_duration<T>) {
      typename T::rep count{};
      read(count);
      value = T{count};
    } else if constexpr (d::is_time_point<T>) {
      typename T::rep count{};
      read(count);
      value = T{typename T::duration{count}};
    } else if constexpr (std::is_same_v<T, std::string>) {
      value.resize(length(1));
      take(value.data(), value.size());
    } else if constexpr (d::is<T, std::vector>) {
      value.clear();
      const std::size_t count = length(0);
      value.reserve(std::min(count, most_reserved));
      for (std::size_t i = 0; i < count && !damaged_; ++i) read(value.emplace_back());
    } else if constexpr (d::is<T, std::map>) {
      value.clear();
      const std::size_t count = length(0);
      for (std::size_t i = 0; i < count && !damaged_; ++i) {
        std::pair<typename T::key_type, typename T::mapped_type> entry;
        read(entry);
        value.insert(std::move(entry));
      }
    } else if constexpr (d::is_array<T>) {
      for (auto& element : value) read(element);
    } else if constexpr (d::is<T, std::optional> || d::is<T, Rare>) {
      bool present = false;
      read(present);
      if (present) {
        read(value.emplace());
      } else {
        value.reset();
      }
    } else if constexpr (d::is<T, Boxed>) {
      read(*value);
    } else if constexpr (d::is<T, Shared>) {
      read_shared(value);
    } else if constexpr (d::is<T, std::pair>) {
      read(value.first);
      read(value.second);
    } else if constexpr (d::is<T, std::variant>) {
      std::uint8_t index = 0;
      read(index);
      read_alternative(value, index, std::make_index_sequence<std::variant_size_v<T>>{});
    } else if constexpr (!std::is_empty_v<T>) {
      boost::pfr::for_each_field(value, [&](auto& field) { read(field); });
    }
  }

  /// True once a size or an alternative made no sense, or bytes ran out; the values read since are not to be used.
  bool damaged() const { return damaged_; }
  std::size_t remaining() const { return rest_.size(); }

 private:
  // A number that is the next one is followed by the value. One that holds itself makes no sense.
  template <class T>
  void read_shared(Shared<T>& value) {
    std::uint32_t number = 0;
    read(number);
    if (damaged_ || number > shared_.size()) {
      damaged_ = true;
      return;
    }
    if (number == shared_.size()) {
      shared_.push_back({&typeid(T), nullptr});
      auto made = std::make_shared<T>();
      read(*made);
      shared_[number].value = std::move(made);
    }
    const auto& [type, known] = shared_[number];
    if (known == nullptr || *type != typeid(T)) {
      damaged_ = true;
      return;
    }
    value = Shared<T>(std::static_pointer_cast<const T>(known));
  }

  template <class T>
  void read_wide(T& value) {
    std::uint64_t bits = 0;
    unsigned shift = 0;
    std::uint8_t group = 0x80;
    while ((group & 0x80) != 0 && !damaged_) {
      take(&group, 1);
      if (shift == 63 && group > 1) damaged_ = true;
      if (damaged_) return;
      bits |= static_cast<std::uint64_t>(group & 0x7f) << shift;
      shift += 7;
    }
    if constexpr (std::is_signed_v<T>) {
      const auto wide = static_cast<std::int64_t>(bits >> 1 ^ (~(bits & 1) + 1));
      value = static_cast<T>(wide);
      if (value != wide) damaged_ = true;
    } else {
      value = static_cast<T>(bits);
      if (value != bits) damaged_ = true;
    }
  }

  void take(void* into, std::size_t size) {
    if (size > rest_.size()) {
      damaged_ = true;
      rest_ = {};
      return;
    }
    if (size != 0) std::memcpy(into, rest_.data(), size);
    rest_ = rest_.subspan(size);
  }

  // A count that could not be true for the bytes that are left is damage, noticed before anything is allocated.
  std::size_t length(std::size_t least_size_of_one) {
    std::uint32_t count = 0;
    read(count);
    if (count * std::max<std::size_t>(least_size_of_one, 0) > rest_.size() || count > rest_.size() + 1) {
      damaged_ = true;
      return 0;
    }
    return count;
  }

  template <class Variant, std::size_t... I>
  void read_alternative(Variant& value, std::size_t index, std::index_sequence<I...>) {
    if (index >= sizeof...(I)) {
      damaged_ = true;
      return;
    }
    ((index == I ? read(value.template emplace<I>()) : void()), ...);
  }

  static constexpr std::size_t most_reserved = 4096;  // elements of a vector: a damaged count may be large

  struct Known {
    const std::type_info* type = nullptr;
    std::shared_ptr<const void> value;
  };

  std::span<const std::uint8_t> rest_;
  bool damaged_ = false;
  std::vector<Known> shared_;  // by number
};

template <class T>
Bytes to_bytes(const T& value) {
  ArchiveWriter writer;
  writer.write(value);
  return writer.take();
}

/// As to_bytes(), piece by piece.
template <class T>
void to_pieces(const T& value, ArchiveWriter::Put put) {
  ArchiveWriter writer(std::move(put));
  writer.write(value);
  writer.finish();
}

template <class T>
Result<T> from_bytes(std::span<const std::uint8_t> bytes) {
  ArchiveReader reader(bytes);
  T value{};
  reader.read(value);
  if (reader.damaged() || reader.remaining() != 0) {
    return std::unexpected(Error{0, "a message between our processes is damaged: are they of one build?"});
  }
  return value;
}

}  // namespace core
