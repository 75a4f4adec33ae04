// Any regular expression on any body, in two pieces: a wrong pattern has words, a slow one ends.
#include <cstdint>
#include <string_view>

#include "check/pattern.hpp"
#include "core/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT: octets as characters
  const std::size_t cut = text.find('\n');
  if (cut == text.npos || cut > 100) return 0;
  check::Regex regex;
  regex.pattern = text.substr(0, cut);
  const auto pattern = check::Pattern::compile(regex);
  if (!pattern) {
    SF_CHECK(!pattern.error().empty());
    return 0;
  }
  const std::string_view body = text.substr(cut + 1);
  check::PatternSearch search(*pattern);
  for (const std::string_view piece : {body.substr(0, body.size() / 2), body.substr(body.size() / 2)}) {
    if (!search.add(piece)) return 0;
  }
  if (search.end()) SF_CHECK(search.decided());
  return 0;
}
