#include "check/pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <pcre2.h>
#include <utility>

namespace check {

namespace {

// A pattern that tries more than this many steps on a window is too slow to be asked every second.
constexpr std::uint32_t most_steps = 1'000'000;
constexpr std::uint32_t most_heap_kib = 16 * 1024;
// Searching anew with every packet what was searched before would cost the square of the body.
constexpr std::size_t least_window = 16 * 1024;

struct Option {
  std::string_view name;
  std::uint32_t bit;
  bool extra = false;
};

constexpr std::array options{
    Option{"allow_empty_class", PCRE2_ALLOW_EMPTY_CLASS},
    Option{"alt_bsux", PCRE2_ALT_BSUX},
    Option{"alt_circumflex", PCRE2_ALT_CIRCUMFLEX},
    Option{"alt_verbnames", PCRE2_ALT_VERBNAMES},
    Option{"auto_callout", PCRE2_AUTO_CALLOUT},
    Option{"caseless", PCRE2_CASELESS},
    Option{"dollar_endonly", PCRE2_DOLLAR_ENDONLY},
    Option{"dotall", PCRE2_DOTALL},
    Option{"dupnames", PCRE2_DUPNAMES},
    Option{"extended", PCRE2_EXTENDED},
    Option{"firstline", PCRE2_FIRSTLINE},
    Option{"match_unset_backref", PCRE2_MATCH_UNSET_BACKREF},
    Option{"multiline", PCRE2_MULTILINE},
    Option{"never_backslash_c", PCRE2_NEVER_BACKSLASH_C},
    Option{"never_ucp", PCRE2_NEVER_UCP},
    Option{"never_utf", PCRE2_NEVER_UTF},
    Option{"no_auto_capture", PCRE2_NO_AUTO_CAPTURE},
    Option{"no_auto_possess", PCRE2_NO_AUTO_POSSESS},
    Option{"no_dotstar_anchor", PCRE2_NO_DOTSTAR_ANCHOR},
    Option{"no_start_optimize", PCRE2_NO_START_OPTIMIZE},
    Option{"ucp", PCRE2_UCP},
    Option{"ungreedy", PCRE2_UNGREEDY},
    Option{"use_offset_limit", PCRE2_USE_OFFSET_LIMIT},
    Option{"utf", PCRE2_UTF},
};

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  const int length = pcre2_get_error_message(code, text.data(), text.size());
  return length < 0 ? "unknown error" : std::string(text.begin(), text.begin() + length);
}

template <auto Function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};
template <class T, auto Function>
using Owned = std::unique_ptr<T, Free<Function>>;

}  // namespace

struct Pattern::Parts {
  Owned<pcre2_code, pcre2_code_free> code;
  Owned<pcre2_match_context, pcre2_match_context_free> context;
  Owned<pcre2_match_data, pcre2_match_data_free> data;  // one search at a time: this is all in one thread
  Owned<pcre2_jit_stack, pcre2_jit_stack_free> stack;
  std::uint64_t min_offset = 0;
  std::optional<std::uint64_t> max_offset;
  std::uint32_t lookbehind = 0;
};

Pattern::Pattern(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Pattern::~Pattern() = default;

std::expected<std::shared_ptr<const Pattern>, std::string> Pattern::compile(const Regex& regex) {
  std::uint32_t bits = PCRE2_USE_OFFSET_LIMIT;
  for (const std::string& name : regex.options) {
    const auto* option = std::ranges::find(options, name, &Option::name);
    if (option == options.end()) return std::unexpected(fmt::format("there is no regex option '{}'", name));
    bits |= option->bit;
  }
  auto parts = std::make_unique<Parts>();
  int code = 0;
  PCRE2_SIZE where = 0;
  const auto* text = reinterpret_cast<PCRE2_SPTR>(regex.pattern.data());  // NOLINT: characters as octets
  parts->code.reset(pcre2_compile(text, regex.pattern.size(), bits, &code, &where, nullptr));
  if (!parts->code)
    return std::unexpected(
        fmt::format("the regex is wrong at its character {}: {}", where + 1, message_of(code)));
  parts->context.reset(pcre2_match_context_create(nullptr));
  parts->data.reset(pcre2_match_data_create_from_pattern(parts->code.get(), nullptr));
  if (!parts->context || !parts->data) return std::unexpected("no memory for a regex");
  pcre2_set_match_limit(parts->context.get(), most_steps);
  pcre2_set_heap_limit(parts->context.get(), most_heap_kib);
  pcre2_pattern_info(parts->code.get(), PCRE2_INFO_MAXLOOKBEHIND, &parts->lookbehind);
  // Compiled to machine code only where a stack for it was asked for. A system that forbids such code interprets instead.
  if (regex.stack && pcre2_jit_compile(parts->code.get(), PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD) == 0) {
    parts->stack.reset(pcre2_jit_stack_create(regex.stack->first, regex.stack->second, nullptr));
    if (parts->stack) pcre2_jit_stack_assign(parts->context.get(), nullptr, parts->stack.get());
  }
  parts->min_offset = regex.min_offset;
  parts->max_offset = regex.max_offset;
  return std::shared_ptr<const Pattern>(new Pattern(std::move(parts)));
}

PatternSearch::PatternSearch(std::shared_ptr<const Pattern> pattern)
    : pattern_(std::move(pattern)), next_search_(least_window) {}

std::expected<void, std::string> PatternSearch::add(std::string_view piece) {
  if (decided_) return {};
  kept_.append(piece);
  if (kept_.size() < next_search_) return {};
  auto searched = search(false);
  if (searched && !decided_ && kept_.size() > most_kept)
    return std::unexpected(
        fmt::format("the regex would have to look at more than {} octets at once", most_kept));
  // What has to be kept is searched again only when it has doubled.
  next_search_ = std::max(least_window, kept_.size() * 2);
  return searched;
}

std::expected<void, std::string> PatternSearch::end() {
  if (decided_) return {};
  auto searched = search(true);
  decided_ = true;
  return searched;
}

std::expected<void, std::string> PatternSearch::search(bool last) {
  const Pattern::Parts& parts = *pattern_->parts_;
  // A match may begin at min_offset and later, up to max_offset.
  if (parts.min_offset > kept_from_ + search_from_) {
    const std::uint64_t wanted = parts.min_offset - kept_from_;
    if (wanted > kept_.size()) {
      if (last) return {};
      const std::size_t behind = std::min<std::size_t>(kept_.size(), parts.lookbehind * 4U);
      forget(kept_.size() - behind);
      search_from_ = kept_.size();
      return {};
    }
    search_from_ = static_cast<std::size_t>(wanted);
  }
  PCRE2_SIZE limit = PCRE2_UNSET;
  if (parts.max_offset) {
    if (*parts.max_offset < kept_from_ + search_from_) {
      decided_ = true;
      return {};
    }
    limit = static_cast<PCRE2_SIZE>(*parts.max_offset - kept_from_);
  }
  pcre2_set_offset_limit(parts.context.get(), limit);
  const std::uint32_t how = (last ? 0U : PCRE2_PARTIAL_HARD) | (kept_from_ == 0 ? 0U : PCRE2_NOTBOL);
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(kept_.data());  // NOLINT: characters as octets
  const int result = pcre2_match(parts.code.get(), subject, kept_.size(), search_from_, how, parts.data.get(),
                                 parts.context.get());
  if (result >= 0) {
    decided_ = found_ = true;
    kept_.clear();
    return {};
  }
  if (result != PCRE2_ERROR_NOMATCH && result != PCRE2_ERROR_PARTIAL)
    return std::unexpected(fmt::format("the regex cannot be applied: {}", message_of(result)));
  if (last) return {};
  // Where a match may have begun, and what the pattern may look back at; of UTF-8 a character has up to four octets.
  const std::size_t began =
      result == PCRE2_ERROR_PARTIAL ? pcre2_get_ovector_pointer(parts.data.get())[0] : kept_.size();
  search_from_ = std::max(search_from_, began);
  const std::size_t behind = std::max<std::size_t>(parts.lookbehind * 4U, 4);
  if (search_from_ > behind) forget(search_from_ - behind);
  return {};
}

void PatternSearch::forget(std::size_t octets) {
  kept_.erase(0, octets);
  kept_from_ += octets;
  search_from_ -= std::min(search_from_, octets);
}

}  // namespace check
