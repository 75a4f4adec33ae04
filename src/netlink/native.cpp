#include "netlink/native.hpp"

namespace netlink {

namespace {

constexpr std::uint16_t attribute_type_mask = 0x3fff;

void patch(std::vector<std::uint8_t>& bytes, std::size_t offset, const void* value, std::size_t size) {
  std::memcpy(bytes.data() + offset, value, size);
}

}  // namespace

std::string_view Attribute::text() const {
  const std::string_view all{reinterpret_cast<const char*>(value.data()),
                             value.size()};  // NOLINT: bytes as characters
  return all.substr(0, all.find('\0'));
}

bool AttributeReader::next(Attribute& attribute) {
  if (!ok_ || reader_.remaining() == 0) return false;
  const std::uint16_t length = reader_.u16();
  const std::uint16_t type = reader_.u16();
  if (!reader_.ok() || length < attribute_header_size) {
    ok_ = false;
    return false;
  }
  attribute.type = type & attribute_type_mask;
  attribute.value = reader_.bytes(length - attribute_header_size);
  reader_.skip_padding(length);
  ok_ = reader_.ok();
  return ok_;
}

MessageWriter::MessageWriter(std::vector<std::uint8_t>& into, std::uint16_t type, std::uint16_t flags,
                             std::uint32_t sequence)
    : bytes_(into), start_(into.size()) {
  u32(0).u16(type).u16(flags).u32(sequence).u32(
      0);  // length: see the destructor; port: the kernel knows ours
}

MessageWriter::~MessageWriter() {
  const auto length = static_cast<std::uint32_t>(bytes_.size() - start_);
  patch(bytes_, start_, &length, sizeof length);
  pad();
}

MessageWriter& MessageWriter::attribute(std::uint16_t type, std::span<const std::uint8_t> value) {
  pad();
  u16(static_cast<std::uint16_t>(attribute_header_size + value.size())).u16(type);
  return append(value.data(), value.size());
}

MessageWriter& MessageWriter::attribute_u16(std::uint16_t type, std::uint16_t value) {
  pad();
  return u16(attribute_header_size + sizeof value).u16(type).u16(value);
}

MessageWriter& MessageWriter::attribute_u32(std::uint16_t type, std::uint32_t value) {
  pad();
  return u16(attribute_header_size + sizeof value).u16(type).u32(value);
}

MessageWriter& MessageWriter::attribute_text(std::uint16_t type, std::string_view text) {
  pad();
  u16(static_cast<std::uint16_t>(attribute_header_size + text.size() + 1)).u16(type);
  return append(text.data(), text.size()).u8(0);
}

std::size_t MessageWriter::begin_nest(std::uint16_t type) {
  pad();
  const std::size_t start = bytes_.size();
  u16(0).u16(type);
  return start;
}

void MessageWriter::end_nest(std::size_t start) {
  const auto length = static_cast<std::uint16_t>(bytes_.size() - start);
  patch(bytes_, start, &length, sizeof length);
  pad();
}

MessageWriter& MessageWriter::append(const void* data, std::size_t size) {
  const auto* first = static_cast<const std::uint8_t*>(data);
  bytes_.insert(bytes_.end(), first, first + size);
  return *this;
}

void MessageWriter::pad() { bytes_.resize(start_ + aligned(bytes_.size() - start_)); }

}  // namespace netlink
