// The second half of the expander: parameters are replaced, and the line that comes out is handed on.
#include <fmt/core.h>
#include <utility>

#include "config/expander.hpp"
#include "config/scan.hpp"
#include "config/value.hpp"

namespace config {

// ---------------------------------------------------------------------------------------------- replacing parameters

void Expander::emit(const Run& run) {
  if (is_plain(run)) return emit_plain(run.pieces.front(), run.skip);
  for (const Run* part = &run; part != nullptr; part = part->next)
    emit_pieces(part->pieces, part->skip, part->parent);
  end_line();
}

/// Is the line one piece of the file being read? Then its place needs no more than an octet of that file.
bool Expander::is_plain(const Run& run) const {
  return run.parent == none && run.next == nullptr && run.pieces.size() == 1 &&
         run.pieces.front().kind == Piece::Kind::literal && storage_.frames[frame_].kind == Frame::Kind::file;
}

void Expander::emit_plain(const Piece& piece, std::uint32_t skip) {
  const std::string_view text = piece.text.substr(skip);
  spend(text.size());
  builder_.line(text, storage_.add_plain_line(piece.offset + skip, frame_));
}

void Expander::emit_pieces(std::span<const Piece> pieces, std::uint32_t skip, std::uint32_t parent) {
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::literal) {
      append(piece.text.substr(skip), source_of(piece, skip, parent, Source::literal));
    } else {
      use(piece, parent);
    }
    skip = 0;
  }
}

void Expander::use(const Piece& piece, std::uint32_t parent) {
  if (exhausted()) return;
  spend(cost_of_use);
  std::uint32_t name = piece.name;
  std::string content;
  if (piece.kind == Piece::Kind::expression) {
    content = text_of(*piece.inner, parent);
    const bool plain = !content.empty() && skip_name(content, 0) == content.size();
    name = plain ? names_.find(content) : none;
  }
  const Definition* definition = name == none ? nullptr : find(name);
  if (definition == nullptr) {
    if (name != none && content.empty()) content = names_.text(name);
    use_predefined(piece, content, parent);
  } else if (definition->lines.empty()) {
    append(definition->value, source_of(piece, 0, parent, Source::value));
  } else {
    use_definition(*definition, piece, parent);
  }
}

void Expander::use_definition(const Definition& definition, const Piece& piece, std::uint32_t parent) {
  const std::uint32_t source = source_of(piece, 0, parent, definition.site);
  if (refers_to_itself(definition, piece, parent)) {
    return append(piece.text, source_of(piece, 0, parent, Source::literal));
  }
  const auto& lines = definition.lines;
  emit_pieces(lines.front(), 0, source);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (captured_ != nullptr) {
      captured_->push_back(' ');
      emit_pieces(lines[i], 0, source);
    } else {
      end_line();
      interpret({.pieces = lines[i], .parent = source}, true);
    }
  }
  leave();
}

/// Otherwise one level deeper has been entered.
bool Expander::refers_to_itself(const Definition& definition, const Piece& piece, std::uint32_t parent) {
  bool itself = false;
  for (std::uint32_t at = parent; at != none && !itself; at = storage_.sources[at].parent) {
    itself = storage_.sources[at].definition == definition.site;
  }
  if (!itself && enter()) return false;
  const std::string_view name = storage_.definitions[definition.site].name;
  reporter_.error(
      place_of(piece, 0, parent), piece.text.size(),
      {.id = itself ? "self-reference" : "nested-too-deep",
       .message = itself ? fmt::format("the text of ${} leads to ${} again", name, name)
                         : fmt::format("sequences and definitions nest more than {} deep", deepest),
       .hint = itself
                   ? "the text is put in when it is used, so a definition cannot build on its own former text"
                   : "",
       .assumed = "it is left as it stands"});
  return true;
}

void Expander::use_predefined(const Piece& piece, std::string_view content, std::uint32_t parent) {
  Predefined::Answer answer = predefined_.value(content, directory_);
  if (!answer.problem.empty()) {
    reporter_.error(
        place_of(piece, 0, parent), piece.text.size(),
        {.id = "bad-parameter",
         .message = answer.problem,
         .hint = answer.hint,
         .assumed = answer.valid ? fmt::format("{} is used", answer.text) : "it is left as it stands"});
  }
  if (answer.valid) {
    return append(storage_.arena.store(answer.text), source_of(piece, 0, parent, Source::value));
  }
  if (!answer.known && piece.braced) undefined(piece, content, parent);
  // A `$NAME` nobody defined is text: it may be a variable for a shell.
  const std::string_view text = piece.kind == Piece::Kind::expression
                                    ? storage_.arena.store(fmt::format("${{{}}}", content))
                                    : piece.text;
  append(text, source_of(piece, 0, parent,
                         piece.kind == Piece::Kind::expression ? Source::value : Source::literal));
}

void Expander::undefined(const Piece& piece, std::string_view name, std::uint32_t parent) {
  // Looking for what was meant takes time, so not in every turn of a sequence.
  if (reporter_.full() || !undefined_.insert(source_of(piece, 0, parent, Source::value)).second) return;
  std::vector<std::string_view> known(Predefined::names.begin(), Predefined::names.end());
  for (std::uint32_t i = 0; i < current_.size(); ++i) {
    if (current_[i] != nullptr) known.push_back(names_.text(i));
  }
  constexpr std::size_t too_short = 3;  // every short name is near to every other
  const std::string meant = name.size() < too_short ? "" : closest(name, known);
  reporter_.error(
      place_of(piece, 0, parent), piece.text.size(),
      {.id = "undefined-parameter",
       .message = fmt::format("${{{}}} is not defined here", name),
       .hint = meant.empty() ? fmt::format("define it above with ${}=…, or write ${} for a shell's variable",
                                           name, name)
                             : fmt::format("did you mean ${{{}}}?", meant),
       .assumed = "it is left as it stands"});
}

std::string Expander::text_of(const Piece& piece, std::uint32_t parent) {
  return text_of({&piece, 1}, parent);
}

std::string Expander::text_of(std::span<const Piece> pieces, std::uint32_t parent) {
  std::string text;
  std::string* before = std::exchange(captured_, &text);
  emit_pieces(pieces, 0, parent);
  captured_ = before;
  return text;
}

// ---------------------------------------------------------------------------------------------- the line that comes out

/// `text` must stay where it is.
void Expander::append(std::string_view text, std::uint32_t source) {
  if (text.empty()) return;
  spend(text.size());
  if (captured_ != nullptr) {
    captured_->append(text);
    return;
  }
  if (segments_.empty()) {
    only_ = text;
  } else {
    if (segments_.size() == 1) glued_ = only_;
    glued_ += text;
  }
  segments_.push_back({length_, source});
  length_ += static_cast<std::uint32_t>(text.size());
}

void Expander::end_line() {
  if (segments_.empty()) return;
  const std::string_view text = segments_.size() == 1 ? only_ : storage_.arena.store(glued_);
  const std::uint32_t chunk = storage_.add_chunk(segments_, frame_);
  segments_.clear();
  length_ = 0;
  builder_.line(text, {.chunk = chunk});
}

// ---------------------------------------------------------------------------------------------- small change

const Expander::Definition* Expander::find(std::uint32_t name) const {
  return name < current_.size() ? current_[name] : nullptr;
}

void Expander::bind(std::uint32_t name, const Definition* definition) {
  if (name >= current_.size()) current_.resize(name + 1, nullptr);
  current_[name] = definition;
}

std::uint32_t Expander::source_of(const Piece& piece, std::uint32_t skip, std::uint32_t parent,
                                  std::uint32_t definition) {
  Piece::Remembered& last = piece.remembered;
  if (last.source != none && last.parent == parent && last.skip == skip && last.definition == definition) {
    return last.source;
  }
  last = {.parent = parent, .skip = skip, .definition = definition, .source = none};
  const Source source{.parent = parent,
                      .file = piece.file,
                      .offset = piece.offset + skip,
                      .length = static_cast<std::uint32_t>(piece.text.size()) - skip,
                      .definition = definition};
  if (parent == none) return last.source = storage_.add_source(source);
  // Text of a definition that is used from several places in turn: those are few, so look for the one there was.
  std::vector<std::uint32_t>& known = uses_[(std::uint64_t{parent} << 32U) | source.offset];
  for (const std::uint32_t each : known) {
    const Source& other = storage_.sources[each];
    if (other.file == source.file && other.definition == definition) return last.source = each;
  }
  known.push_back(storage_.add_source(source));
  return last.source = known.back();
}

Place Expander::place_of(const Piece& piece, std::uint32_t skip, std::uint32_t parent) {
  const std::uint32_t kind = piece.kind == Piece::Kind::literal ? Source::literal : Source::value;
  return storage_.place_of(source_of(piece, skip, parent, kind), frame_);
}

void Expander::spend(std::size_t octets) {
  const bool before = exhausted();
  spent_ += octets;
  if (before || !exhausted()) return;
  const Place place = storage_.place_in_file(line_.file, line_.offset, 0, frame_);
  reporter_.failure(
      storage_.position(place, 0),
      {.id = "too-large",
       .message = fmt::format("the configuration grows past {} octets when it is expanded", limit_),
       .hint = "a sequence or a definition stands for more text than anybody can have meant"});
}

}  // namespace config
