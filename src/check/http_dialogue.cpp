#include "check/http_dialogue.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace check {

namespace {

std::unexpected<ProbeError> bad(std::string detail) {
  return std::unexpected(ProbeError{Stage::verdict, std::move(detail)});
}

std::span<const std::uint8_t> octets_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};  // NOLINT: characters as octets
}

}  // namespace

std::string describe(const std::vector<StatusRange>& ranges) {
  if (ranges.empty()) return "200-299";
  std::string out;
  for (const StatusRange& range : ranges) {
    if (!out.empty()) out += ", ";
    out += fmt::format_int(range.low).str();
    if (range.high != range.low) out += "-" + fmt::format_int(range.high).str();
  }
  return out;
}

bool accepts(const std::vector<StatusRange>& ranges, std::uint16_t status) {
  if (ranges.empty()) return status >= 200 && status <= 299;
  return std::ranges::any_of(
      ranges, [&](const StatusRange& range) { return status >= range.low && status <= range.high; });
}

HttpDialogue::HttpDialogue(const Url& url, std::shared_ptr<const Pattern> pattern)
    : url_(url), response_(url.method == "HEAD") {
  if (!url.digest.empty()) sum_.emplace();
  if (pattern != nullptr) search_.emplace(std::move(pattern));
}

std::optional<ProbeResult> HttpDialogue::receive(std::string_view octets) {
  while (!octets.empty() && !response_.complete()) {
    const auto taken = response_.take(octets);
    if (!taken) return bad(taken.error());
    octets.remove_prefix(taken->octets);
    if (response_.head_complete() && !status_judged_) {
      if (auto refused = judge_status()) return refused;
    }
    if (taken->body.empty()) continue;
    if (sum_) sum_->add(octets_of(taken->body));
    if (!search_) continue;
    if (const auto searched = search_->add(taken->body); !searched) return bad(searched.error());
  }
  if (!response_.complete()) return std::nullopt;
  return judge();
}

ProbeResult HttpDialogue::closed() {
  if (const auto ended = response_.end(); !ended) return bad(ended.error());
  return judge();
}

std::optional<ProbeResult> HttpDialogue::judge_status() {
  status_judged_ = true;
  if (accepts(url_.statuses, response_.status())) return std::nullopt;
  return bad(fmt::format("HTTP status {}, expected {}", response_.status(), describe(url_.statuses)));
}

ProbeResult HttpDialogue::judge() {
  if (sum_) {
    std::string digest;
    for (const std::uint8_t octet : sum_->finish()) digest += fmt::format("{:02x}", octet);
    if (digest != url_.digest)
      return bad(fmt::format("the digest of {} is {}, expected {}", url_.path, digest, url_.digest));
  }
  if (search_) {
    if (const auto searched = search_->end(); !searched) return bad(searched.error());
    if (search_->found() == url_.regex->no_match) {
      return bad(fmt::format(
          fmt::runtime(search_->found() ? "the body of {} matches the regex that it must not match"
                                        : "the body of {} does not match the regex"),
          url_.path));
    }
  }
  return Answer{fmt::format("HTTP status {}", response_.status()), {}, {}};
}

std::string HttpDialogue::progress() const {
  if (!response_.anything()) return "nothing came";
  if (!response_.head_complete()) return "its head was not complete";
  return fmt::format("{} octets of its body had come", response_.body_octets());
}

}  // namespace check
