// The number in a tracked file: what C's strtol() with base 0 makes of its first 127 octets (010 is 8, 0x10 is 16). Whatever
// else is in the file is said, once, by who reads it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace track {

inline constexpr std::size_t file_octets_read = 127;

struct FileValue {
  std::int64_t value = 0;
  std::string problem;  // why it may not be what was meant; empty = nothing wrong

  friend bool operator==(const FileValue&, const FileValue&) = default;
};

FileValue parse_file_value(std::string_view text);

}  // namespace track
