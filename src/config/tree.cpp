#include "config/tree.hpp"

#include <algorithm>
#include <utility>

#include "config/scan.hpp"
#include "config/tree_storage.hpp"
#include "config/utf8.hpp"
#include "core/check.hpp"

namespace config {

namespace {

// Octets from the start of the keyword's text to the tail, which begins with no blank.
std::size_t tail_distance(const Statement& statement) {
  std::size_t at = statement.keyword.text.size() + (statement.keyword_quoted ? 1 : 0);
  while (is_blank(statement.keyword.text.data()[at])) ++at;
  return at;
}

}  // namespace

std::string_view Statement::tail() const {
  if (tail_size == 0) return {};
  return {keyword.text.data() + tail_distance(*this), tail_size};
}

Place Statement::tail_place() const {
  SF_CHECK(tail_size != 0);
  const std::size_t opening_quote = keyword_quoted ? 1 : 0;
  return {keyword.place.chunk,
          keyword.place.offset + static_cast<std::uint32_t>(opening_quote + tail_distance(*this))};
}

Tree::Tree() : storage_(std::make_unique<Storage>()) {}
Tree::Tree(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
Tree::~Tree() = default;
Tree::Tree(Tree&&) noexcept = default;
Tree& Tree::operator=(Tree&&) noexcept = default;

std::span<const Statement> Tree::statements() const { return storage_->top; }
Position Tree::position(Place place, std::size_t length) const { return storage_->position(place, length); }
std::vector<Diagnostic::Related> Tree::trail(Place place) const { return storage_->trail(place); }
const std::vector<std::string>& Tree::files() const { return storage_->names; }

std::uint32_t Tree::Storage::add_chunk(std::span<const Segment> pieces, std::uint32_t frame) {
  chunks.push_back({.first = static_cast<std::uint32_t>(segments.size()),
                    .frame = frame,
                    .segments = static_cast<std::uint32_t>(pieces.size())});
  segments.insert(segments.end(), pieces.begin(), pieces.end());
  return static_cast<std::uint32_t>(chunks.size() - 1);
}

Place Tree::Storage::add_plain_line(std::uint32_t offset, std::uint32_t frame) {
  const bool goes_on = !chunks.empty() && chunks.back().segments == 0 && chunks.back().frame == frame &&
                       chunks.back().first <= offset;
  if (!goes_on) chunks.push_back({.first = offset, .frame = frame});
  return {static_cast<std::uint32_t>(chunks.size() - 1), offset - chunks.back().first};
}

std::uint32_t Tree::Storage::add_source(const Source& source) {
  sources.push_back(source);
  return static_cast<std::uint32_t>(sources.size() - 1);
}

Place Tree::Storage::place_of(std::uint32_t source, std::uint32_t frame) {
  const Segment piece{0, source};
  return {add_chunk({&piece, 1}, frame), 0};
}

Place Tree::Storage::place_in_file(std::uint32_t file, std::size_t offset, std::size_t length,
                                   std::uint32_t frame) {
  return place_of(add_source({.file = file,
                              .offset = static_cast<std::uint32_t>(offset),
                              .length = static_cast<std::uint32_t>(length)}),
                  frame);
}

std::optional<Tree::Storage::Found> Tree::Storage::find(Place place) const {
  if (place.chunk >= chunks.size()) return std::nullopt;
  const Chunk& chunk = chunks[place.chunk];
  if (chunk.segments == 0) {
    const std::uint32_t file = frames[chunk.frame].file;
    const std::string_view text = sources_of_text[file].text;
    const auto offset =
        static_cast<std::uint32_t>(std::min(std::size_t{chunk.first} + place.offset, text.size()));
    const std::string_view rest = trim_end(line_at(text, offset));
    return Found{{.file = file, .offset = offset, .length = static_cast<std::uint32_t>(rest.size())}, 0};
  }
  const auto pieces = std::span(segments).subspan(chunk.first, chunk.segments);
  auto after = std::ranges::upper_bound(pieces, place.offset, {}, &Segment::offset);
  const Segment& piece = after == pieces.begin() ? *after : *std::prev(after);
  return Found{sources[piece.source], place.offset - std::min(place.offset, piece.offset)};
}

/// The text of a definition is shown where it is used: in the file, outside of any definition.
Source Tree::Storage::use_in_file(Source source) const {
  while (source.parent != none) source = sources[source.parent];
  return source;
}

Position Tree::Storage::position(Place place, std::size_t length) const {
  const auto first = find(place);
  if (!first) return {};
  const auto last_octet = static_cast<std::uint32_t>(length == 0 ? 0 : length - 1);
  const auto last = find({place.chunk, place.offset + last_octet});

  const auto extent = [&](const Found& found) {
    const Source source = use_in_file(found.source);
    const std::size_t end = std::size_t{source.offset} + source.length;
    if (found.source.parent != none || source.definition != Source::literal) {
      return std::pair<std::size_t, std::size_t>{source.offset, end};
    }
    const std::size_t begin = std::min<std::size_t>(std::size_t{source.offset} + found.delta, end);
    return std::pair<std::size_t, std::size_t>{begin, std::min(begin + 1, end)};
  };
  const std::uint32_t file = use_in_file(first->source).file;
  const auto [begin, end] = extent(*first);
  if (length == 0) return in_file(file, begin, begin);
  std::size_t to = end;
  if (use_in_file(last->source).file == file) to = std::max(to, extent(*last).second);
  return in_file(file, begin, to);
}

Position Tree::Storage::in_file(std::uint32_t file, std::size_t begin, std::size_t end) const {
  const SourceFile& source = sources_of_text[file];
  const std::string_view text = source.text;
  if (source.line_starts.empty()) {
    source.line_starts.push_back(0);
    for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
      source.line_starts.push_back(static_cast<std::uint32_t>(at + 1));
    }
  }
  const auto& starts = source.line_starts;
  const auto line = std::prev(std::ranges::upper_bound(starts, begin));
  const std::string_view whole = line_at(text, *line);
  const std::size_t column = std::min(begin - *line, whole.size());
  const std::size_t length = std::min(end - begin, whole.size() - column);
  return {.file = source.name,
          .line = static_cast<std::uint32_t>(line - starts.begin() + 1),
          .column = static_cast<std::uint32_t>(count_characters(whole.substr(0, column)) + 1),
          .length = static_cast<std::uint32_t>(count_characters(whole.substr(column, length))),
          .source_line = std::string(whole)};
}

std::vector<Diagnostic::Related> Tree::Storage::trail(Place place) const {
  std::vector<Diagnostic::Related> result;
  const auto found = find(place);
  if (!found) return result;

  std::size_t delta = found->delta;
  for (Source source = found->source; source.parent != none; source = sources[source.parent]) {
    const Source& use = sources[source.parent];
    const bool exact = source.definition == Source::literal;
    const std::size_t skip = exact ? std::min<std::size_t>(delta, source.length) : 0;
    std::string message = "in the text of a parameter";
    if (use.definition < definitions.size()) {
      message = "in the text of $" + std::string(definitions[use.definition].name) + ", defined here";
    }
    result.push_back({in_file(source.file, source.offset + skip, std::size_t{source.offset} + source.length),
                      std::move(message)});
    delta = 0;
  }

  for (std::uint32_t at = chunks[place.chunk].frame; at != none; at = frames[at].parent) {
    const Frame& frame = frames[at];
    if (frame.from.chunk == none) continue;
    if (frame.kind == Frame::Kind::file) {
      result.push_back({position(frame.from, frame.length), "included from here"});
    } else {
      result.push_back({position(frame.from, frame.length), "in this sequence, where $" +
                                                                std::string(frame.variable) + " is '" +
                                                                std::string(frame.value) + "'"});
    }
  }
  return result;
}

}  // namespace config
