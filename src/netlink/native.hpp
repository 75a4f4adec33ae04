// Numbers in the byte order of this machine, as netlink has them, and messages made of a header, a fixed part
// and attributes. The writer appends to one growing buffer, so that thousands of requests leave in one system
// call.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "netlink/constants.hpp"

namespace netlink {

/// Like net::Reader: one that ran short returns zeros and says so at the end.
class NativeReader {
 public:
  explicit NativeReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  std::int32_t i32() { return number<std::int32_t>(); }

  std::span<const std::uint8_t> bytes(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  /// Skips what aligns the last `size` bytes read; the padding of the last attribute may be absent.
  void skip_padding(std::size_t size) {
    const std::size_t padding = aligned(size) - size;
    rest_ = rest_.subspan(padding < rest_.size() ? padding : rest_.size());
  }

  std::span<const std::uint8_t> rest() const { return rest_; }
  std::size_t remaining() const { return rest_.size(); }
  bool ok() const { return ok_; }

 private:
  template <class Number>
  Number number() {
    Number value{};
    const auto taken = bytes(sizeof value);
    if (!taken.empty()) std::memcpy(&value, taken.data(), sizeof value);
    return value;
  }

  std::span<const std::uint8_t> rest_;
  bool ok_ = true;
};

/// One attribute; `type` without the kernel's "nested" and "network order" bits.
struct Attribute {
  std::uint16_t type = 0;
  std::span<const std::uint8_t> value;

  std::uint8_t u8() const { return NativeReader{value}.u8(); }
  std::uint16_t u16() const { return NativeReader{value}.u16(); }
  std::uint32_t u32() const { return NativeReader{value}.u32(); }
  std::uint64_t u64() const { return NativeReader{value}.u64(); }
  /// Up to the first zero byte.
  std::string_view text() const;
};

/// Walks a row of attributes. A length that cannot be right ends the walk and `ok()` turns false.
class AttributeReader {
 public:
  explicit AttributeReader(std::span<const std::uint8_t> bytes) : reader_(bytes) {}

  bool next(Attribute& attribute);
  bool ok() const { return ok_; }

 private:
  NativeReader reader_;
  bool ok_ = true;
};

/// Writes one message at the end of `into`; the destructor fills in its length.
class MessageWriter {
 public:
  MessageWriter(std::vector<std::uint8_t>& into, std::uint16_t type, std::uint16_t flags,
                std::uint32_t sequence);
  ~MessageWriter();
  MessageWriter(const MessageWriter&) = delete;
  MessageWriter& operator=(const MessageWriter&) = delete;

  MessageWriter& u8(std::uint8_t value) { return append(&value, sizeof value); }
  MessageWriter& u16(std::uint16_t value) { return append(&value, sizeof value); }
  MessageWriter& u32(std::uint32_t value) { return append(&value, sizeof value); }
  MessageWriter& attribute(std::uint16_t type, std::span<const std::uint8_t> value);
  MessageWriter& attribute_u8(std::uint16_t type, std::uint8_t value) { return attribute(type, {&value, 1}); }
  MessageWriter& attribute_u16(std::uint16_t type, std::uint16_t value);
  MessageWriter& attribute_u32(std::uint16_t type, std::uint32_t value);
  MessageWriter& attribute_text(std::uint16_t type, std::string_view text);  // with the closing zero
  /// Attributes between the two lie inside one of `type`.
  std::size_t begin_nest(std::uint16_t type);
  void end_nest(std::size_t start);
  /// For what carries its own length in its first two octets and is no attribute: a next hop of a multipath route.
  std::size_t size() const { return bytes_.size(); }
  void set_length(std::size_t start) { end_nest(start); }

 private:
  MessageWriter& append(const void* data, std::size_t size);
  void pad();

  std::vector<std::uint8_t>& bytes_;
  std::size_t start_;
};

}  // namespace netlink
