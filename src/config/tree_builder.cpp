#include "config/tree_builder.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <utility>

#include "config/scan.hpp"

namespace config {

namespace {

// Far more than any block of the language nests; consumers may walk the tree recursively.
constexpr std::size_t deepest_block = 64;

// Of a statement: no line is long enough for more.
constexpr std::uint32_t most_arguments = 0x7fff'ffff;

std::string title(const Statement& statement) {
  std::string result(statement.keyword.text);
  if (!statement.arguments().empty()) result += " " + std::string(statement.arguments().front().text);
  return result;
}

// `${` that nobody resolved: the octet after its `}`, if that follows on the line with nothing in between
// that says otherwise; the octet after the `{` if not.
std::size_t end_of_reference(std::string_view text, std::size_t dollar) {
  const std::size_t end = text.find_first_of("{}\"", dollar + 2);
  return end != text.npos && text[end] == '}' ? end + 1 : dollar + 2;
}

}  // namespace

TreeBuilder::TreeBuilder(Tree::Storage& storage, Reporter& reporter, OnInclude on_include,
                         OnStatement on_include_check)
    : storage_(storage),
      reporter_(reporter),
      on_include_(std::move(on_include)),
      on_include_check_(std::move(on_include_check)) {}

void TreeBuilder::line(std::string_view text, Place place) {
  Scan scan{.text = text, .begin = place};
  while (true) {
    scan.at = skip_blanks(text, scan.at);
    if (scan.at == text.size()) break;
    const char c = text[scan.at];
    if (scan.at >= scan.text_until && (c == '{' || c == '}')) {
      finish_statement(scan);
      const Place brace = scan.place_of(scan.at++);
      c == '{' ? open(brace) : close(brace);
    } else if (!words_.empty() || !include(scan)) {
      word(scan);
    }
  }
  finish_statement(scan);
}

void TreeBuilder::word(Scan& scan) {
  if (scan.text[scan.at] == '"') {
    quoted_word(scan);
  } else {
    const std::size_t begin = scan.at;
    scan.at = end_of_plain_word(scan);
    words_.push_back({.text = scan.text.substr(begin, scan.at - begin), .place = scan.place_of(begin)});
  }
  if (words_.size() == 1) tail_begin_ = scan.at;
}

std::size_t TreeBuilder::end_of_plain_word(Scan& scan) const {
  const std::string_view text = scan.text;
  if (text[scan.at] == '\'' && scan.at >= scan.text_until) {
    const std::size_t end = text.find('\'', scan.at + 1);
    if (end != text.npos) scan.text_until = end;
  }
  for (std::size_t at = scan.at; at < text.size(); ++at) {
    const char c = text[at];
    if (is_blank(c) || c == '"') return at;
    if (c == '$' && at + 1 < text.size() && text[at + 1] == '{') {
      const std::size_t end = end_of_reference(text, at);
      scan.text_until = std::max(scan.text_until, end);
    }
    if ((c == '{' || c == '}') && at >= scan.text_until) return at;
  }
  return text.size();
}

void TreeBuilder::quoted_word(Scan& scan) {
  const std::size_t end = scan.text.find('"', scan.at + 1);
  if (end == scan.text.npos) return unbalanced_quote(scan);
  words_.push_back(
      {.text = scan.text.substr(scan.at + 1, end - scan.at - 1), .place = scan.place_of(scan.at)});
  scan.at = end + 1;
}

// The word is taken to end with the line, but for braces that end the line: they are what keeps the blocks in
// order.
void TreeBuilder::unbalanced_quote(Scan& scan) {
  const Place place = scan.place_of(scan.at);
  const std::size_t last = scan.text.find_last_not_of("{} \t\v\f\r");
  const std::size_t end = std::max(scan.at + 1, last == scan.text.npos ? 0 : last + 1);
  reporter_.error(
      place, 1,
      {.id = "unbalanced-quote",
       .message = "this quote is never closed on its line",
       .hint = "a word in double quotes ends on the line where it begins; inside double quotes use "
               "single quotes, \\\" does not help",
       .assumed = "the rest of the line is ignored"});
  if (!reporter_.lenient()) {
    words_.push_back({.text = scan.text.substr(scan.at + 1, end - scan.at - 1), .place = place});
  }
  scan.at = end;
}

bool TreeBuilder::include(Scan& scan) {
  const std::size_t begin = scan.at;
  std::size_t end = begin;
  while (end < scan.text.size() && !is_blank(scan.text[end])) ++end;
  const std::string_view keyword = scan.text.substr(begin, end - begin);
  if (!keyword.starts_with("include") || keyword.size() > 8 ||
      (keyword.size() == 8 && std::string_view("rmwba").find(keyword.back()) == std::string_view::npos)) {
    return false;
  }
  // The rest of the line is one pattern, braces and all; but a } without its { closes the block we are in.
  const std::size_t pattern_begin = skip_blanks(scan.text, end);
  std::size_t pattern_end = pattern_begin;
  for (int depth = 0; pattern_end < scan.text.size(); ++pattern_end) {
    if (scan.text[pattern_end] == '{') ++depth;
    if (scan.text[pattern_end] == '}' && --depth < 0) break;
  }
  scan.at = pattern_end;
  const std::string_view pattern = trim_end(scan.text.substr(pattern_begin, pattern_end - pattern_begin));
  on_include_({.keyword = keyword,
               .pattern = pattern,
               .place = scan.place_of(begin),
               .pattern_place = scan.place_of(pattern_begin),
               .length = pattern.empty() ? keyword.size() : pattern_begin + pattern.size() - begin});
  return true;
}

void TreeBuilder::finish_statement(const Scan& scan) {
  if (words_.empty()) return;
  const std::size_t tail_begin = skip_blanks(scan.text, tail_begin_);
  const std::string_view tail = tail_begin < scan.at
                                    ? trim_end(scan.text.substr(tail_begin, scan.at - tail_begin))
                                    : std::string_view();
  const auto arguments = storage_.arena.store(std::span<const Word>(words_).subspan(1));
  const Word& keyword = words_.front();
  pending_.push_back({.keyword = keyword,
                      .first_argument = arguments.data(),
                      .argument_count = static_cast<std::uint32_t>(arguments.size()) & most_arguments,
                      .keyword_quoted = scan.text[keyword.place.offset - scan.begin.offset] == '"',
                      .tail_size = static_cast<std::uint32_t>(tail.size())});
  words_.clear();
  may_open_ = true;
  if (pending_.back().keyword.text == "include_check" && in_global_defs_or_top()) {
    on_include_check_(pending_.back());
  }
}

bool TreeBuilder::in_global_defs_or_top() const {
  return open_.empty() || (open_.size() == 1 && open_.front().header.keyword.text == "global_defs");
}

void TreeBuilder::open(Place place) {
  Open block{.first_child = pending_.size()};
  if (open_.size() >= deepest_block) {
    reporter_.error(place, 1,
                    {.id = "nested-too-deep",
                     .message = fmt::format("blocks nest more than {} deep", deepest_block),
                     .assumed = "this brace and its '}' are ignored"});
    block.nameless = true;
  } else if (!may_open_) {
    reporter_.error(place, 1,
                    {.id = "unexpected-open-brace",
                     .message = "this '{' has no keyword before it",
                     .hint = "write the block's keyword before the '{', or remove it with its '}'",
                     .assumed = "what it holds is read as lines of the enclosing block"});
    block.nameless = true;
  } else {
    block.header = pending_.back();
    pending_.pop_back();
    block.first_child = pending_.size();
  }
  block.braces.open = place;
  open_.push_back(block);
  may_open_ = false;
}

void TreeBuilder::close(Place place) {
  may_open_ = false;
  if (open_.empty()) return surplus_brace(place);
  Open block = open_.back();
  open_.pop_back();
  if (block.nameless) return;
  block.braces.close = place;
  block.braces.children =
      storage_.arena.store(std::span<const Statement>(pending_).subspan(block.first_child));
  block.header.braces = storage_.arena.store(std::span<const Braces>(&block.braces, 1)).data();
  pending_.resize(block.first_child);
  pending_.push_back(block.header);
}

namespace {

// A line that is followed by lines further to the right but has no braces is the likeliest to lack its '{'.
const Statement* lacks_its_brace(std::span<const Statement> statements, const Tree::Storage& storage) {
  constexpr std::size_t furthest = 64;  // lines back; beyond that nobody sees the connection
  const std::size_t from = statements.size() - std::min(statements.size(), furthest);
  for (std::size_t i = statements.size(); i-- > from;) {
    const Statement& statement = statements[i];
    if (statement.has_block()) {
      if (i + 1 == statements.size()) {
        if (const Statement* inner = lacks_its_brace(statement.children(), storage)) return inner;
      }
      continue;
    }
    if (i + 1 == statements.size()) continue;
    const Position here = storage.position(statement.keyword.place, 1);
    const Position next = storage.position(statements[i + 1].keyword.place, 1);
    const auto indentation = [](const Position& at) { return skip_blanks(at.source_line, 0); };
    if (here.file == next.file && here.line < next.line && indentation(here) < indentation(next))
      return &statement;
  }
  return nullptr;
}

}  // namespace

void TreeBuilder::surplus_brace(Place place) {
  Problem problem{.id = "unexpected-close-brace",
                  .message = "this '}' closes nothing: no block is open here",
                  .assumed = "it is ignored"};
  const Statement* culprit = reporter_.full() ? nullptr : lacks_its_brace(pending_, storage_);
  if (culprit != nullptr) {
    problem.related.push_back({storage_.position(culprit->keyword.place, culprit->keyword.text.size()),
                               fmt::format("is the '{{' of '{}' missing here?", title(*culprit))});
  }
  reporter_.error(place, 1, std::move(problem));
}

void TreeBuilder::finish(Place end_of_input) {
  while (!open_.empty()) {
    Open& block = open_.back();
    Problem problem{.id = "missing-close-brace",
                    .message = block.nameless
                                   ? std::string("this '{' is never closed")
                                   : fmt::format("this '{{' of '{}' is never closed", title(block.header)),
                    .assumed = "the block ends with the file"};
    problem.related.push_back({storage_.position(end_of_input, 0), "the input ends here"});
    reporter_.error(block.braces.open, 1, std::move(problem));
    close(block.braces.open);
  }
  storage_.top = std::move(pending_);
}

}  // namespace config
