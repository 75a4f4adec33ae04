// Any octets at all as the response of a web server: framing and verdict must not depend on how it was cut into pieces.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "check/http_dialogue.hpp"
#include "core/check.hpp"

namespace {

std::string verdict(const check::Url& url, const std::shared_ptr<const check::Pattern>& pattern,
                    std::string_view text, std::size_t piece) {
  check::HttpDialogue dialogue(url, pattern);
  const auto words = [](const check::ProbeResult& result) {
    return result ? result->detail : check::to_string(result.error());
  };
  while (!text.empty()) {
    const std::size_t octets = std::min(piece, text.size());
    if (const auto result = dialogue.receive(text.substr(0, octets))) return words(*result);
    SF_CHECK(!dialogue.progress().empty());
    text.remove_prefix(octets);
  }
  return words(dialogue.closed());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1U + data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);  // NOLINT: octets as characters
  check::Url url;
  url.path = "/";
  url.digest = "5d41402abc4b2a76b9719d911017c592";
  SF_CHECK(verdict(url, nullptr, text, SIZE_MAX) == verdict(url, nullptr, text, piece));
  url.digest.clear();
  url.regex.emplace().pattern = "(?<=b)needle[0-9]+|^begin|end$";
  static const auto pattern = check::Pattern::compile(*url.regex);
  SF_CHECK(pattern.has_value());
  SF_CHECK(verdict(url, *pattern, text, SIZE_MAX) == verdict(url, *pattern, text, piece));
  return 0;
}
