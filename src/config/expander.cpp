#include "config/expander.hpp"

#include <fmt/core.h>
#include <utility>

#include "config/scan.hpp"
#include "config/value.hpp"

namespace config {

namespace {

// What a turn or a use costs besides the text it makes, so that empty ones are not free.
constexpr std::size_t cost_of_turn = 16;
constexpr std::size_t cost_of_use = 1;

}  // namespace

Expander::Expander(Tree::Storage& storage, Reporter& reporter, TreeBuilder& builder, Names& names,
                   Predefined& predefined, std::size_t limit)
    : storage_(storage),
      reporter_(reporter),
      builder_(builder),
      names_(names),
      predefined_(predefined),
      limit_(limit) {}

void Expander::line(const Pieces& pieces, std::span<const Pieces> further, std::uint32_t frame) {
  const auto frame_before = std::exchange(frame_, frame);
  const auto further_before = std::exchange(further_, further);
  if (!pieces.empty()) line_ = {.file = pieces.front().file, .offset = pieces.front().offset};
  interpret({.pieces = pieces}, true);
  frame_ = frame_before;
  further_ = further_before;
}

bool Expander::enter() {
  if (depth_ >= deepest) return false;
  ++depth_;
  return true;
}

// ---------------------------------------------------------------------------------------------- the start of a line

/// Moves to the first octet that is no blank, or to a use. False: there is nothing.
bool Expander::settle(Run& run) {
  while (true) {
    if (run.pieces.empty()) {
      if (run.next == nullptr) return false;
      run = Run(*run.next);
      continue;
    }
    const Piece& piece = run.pieces.front();
    if (piece.kind != Piece::Kind::literal) return true;
    run.skip = static_cast<std::uint32_t>(skip_blanks(piece.text, run.skip));
    if (run.skip < piece.text.size()) return true;
    run.pieces = run.pieces.subspan(1);
    run.skip = 0;
  }
}

/// Takes text, parameters replaced, up to the octet where `stop` says so. False: it never did.
template <class Stop>
bool Expander::take(Run& run, std::string& out, Stop stop) {
  while (true) {
    if (run.pieces.empty()) {
      if (run.next == nullptr) return false;
      run = Run(*run.next);
      continue;
    }
    const Piece& piece = run.pieces.front();
    if (piece.kind == Piece::Kind::literal) {
      for (std::size_t at = run.skip; at < piece.text.size(); ++at) {
        if (!stop(piece.text[at])) continue;
        out.append(piece.text.substr(run.skip, at - run.skip));
        run.skip = static_cast<std::uint32_t>(at);
        return true;
      }
      out.append(piece.text.substr(run.skip));
    } else {
      out += text_of(piece, run.parent);
    }
    run.pieces = run.pieces.subspan(1);
    run.skip = 0;
  }
}

void Expander::interpret(Run run, bool may_be_conditional) {
  const Definition* definition = nullptr;
  do {
    if (exhausted() || !settle(run)) return;
    definition = defined_at(run);
  } while (definition != nullptr && skip_empty(run, *definition));
  if (definition != nullptr) return splice(run, *definition, may_be_conditional);

  const Piece& piece = run.pieces.front();
  if (piece.kind == Piece::Kind::use && define_with_blank(run)) return;
  const char first = piece.kind == Piece::Kind::literal ? piece.text[run.skip] : '\0';
  if (first == '@') {
    if (may_be_conditional) return condition(run);
    return reporter_.error(place_of(piece, run.skip, run.parent), 1,
                           {.id = "second-condition",
                            .message = "a line takes one condition",
                            .hint = "put the line into a definition and use that after the first condition",
                            .assumed = "the line is ignored"});
  }
  if (first == '~') return sequence(run);
  if (first == '$' && define(run)) return;
  emit(run);
}

/// The definition used at the very start of what is left, if there is one.
const Expander::Definition* Expander::defined_at(const Run& run) {
  const Piece& piece = run.pieces.front();
  if (piece.kind == Piece::Kind::literal) return nullptr;
  const std::uint32_t name =
      piece.kind == Piece::Kind::use ? piece.name : names_.find(text_of(*piece.inner, run.parent));
  const Definition* definition = find(name);
  return definition != nullptr && !definition->lines.empty() ? definition : nullptr;
}

bool Expander::skip_empty(Run& run, const Definition& definition) {
  if (definition.lines.size() != 1 || !definition.lines.front().empty()) return false;
  spend(cost_of_use);
  run.pieces = run.pieces.subspan(1);
  return true;
}

// A line that begins with a parameter: its text takes the parameter's place and may be anything a line can be.
void Expander::splice(const Run& run, const Definition& definition, bool may_be_conditional) {
  const Piece& piece = run.pieces.front();
  if (refers_to_itself(definition, piece, run.parent)) return emit(run);
  const std::uint32_t source = source_of(piece, 0, run.parent, definition.site);
  spend(cost_of_use);
  const Run rest{.pieces = run.pieces.subspan(1), .parent = run.parent, .next = run.next};
  const auto& lines = definition.lines;
  if (lines.size() == 1) {
    interpret({.pieces = lines.front(), .parent = source, .next = &rest}, may_be_conditional);
  } else {
    for (const Pieces& each : lines) {
      interpret({.pieces = each, .parent = source}, may_be_conditional || &each != &lines.front());
    }
    interpret(rest, false);
  }
  leave();
}

// ---------------------------------------------------------------------------------------------- @ID, @^ID

void Expander::condition(Run run) {
  const Piece& piece = run.pieces.front();
  const Run start = run;
  ++run.skip;
  std::string id;
  take(run, id, is_blank);
  const bool inverted = id.starts_with('^');
  if (inverted) id.erase(0, 1);
  if (id.empty()) {
    return reporter_.error(place_of(piece, start.skip, start.parent), inverted ? 2 : 1,
                           {.id = "empty-condition",
                            .message = "this condition names no configuration id",
                            .hint = "write @ID or @^ID, with no blank before ID",
                            .assumed = "the line is ignored"});
  }
  if ((id == predefined_.config_id()) != inverted) interpret(run, false);
}

// ---------------------------------------------------------------------------------------------- $NAME=text

bool Expander::define(const Run& run) {
  const Piece& piece = run.pieces.front();
  const std::string_view text = piece.text.substr(run.skip);
  const std::size_t name_end = skip_name(text, 1);
  if (name_end == 1 || name_end == text.size() || text[name_end] != '=') return false;
  const std::string_view name = text.substr(1, name_end - 1);
  const std::uint32_t number = names_.number(name);
  const std::uint32_t offset = piece.offset + run.skip;

  // A definition inside a sequence or a multi-line text is met again and again.
  const std::uint64_t origin = (std::uint64_t{piece.file} << 32U) | offset;
  if (run.next == nullptr) {
    if (const auto known = by_origin_.find(origin); known != by_origin_.end()) {
      bind(number, known->second);
      return true;
    }
  }
  Definition& definition = definitions_.emplace_back();
  definition.site = static_cast<std::uint32_t>(storage_.definitions.size());
  storage_.definitions.push_back({name, piece.file, offset});
  spend(name.size() + cost_of_turn);

  Run rest = run;
  rest.skip += static_cast<std::uint32_t>(name_end + 1);
  Pieces& first = definition.lines.emplace_back();
  if (settle(rest)) {
    for (const Run* part = &rest; part != nullptr; part = part->next) {
      for (const Piece& each : part->pieces) first.push_back(each);
      if (part->skip == 0 || part->pieces.empty()) continue;
      Piece& cut = first[first.size() - part->pieces.size()];
      cut.text.remove_prefix(part->skip);
      cut.offset += part->skip;
    }
    for (const Piece& each : first) spend(each.text.size());
  } else if (!further_.empty()) {
    definition.lines.clear();  // the text begins on the next line
  }
  for (const Pieces& each : std::exchange(further_, {})) definition.lines.push_back(each);
  if (run.next == nullptr) by_origin_.emplace(origin, &definition);
  bind(number, &definition);
  return true;
}

// `$NAME =text`: nothing but a definition with a blank too many looks like that.
bool Expander::define_with_blank(const Run& run) {
  const Piece& piece = run.pieces.front();
  if (piece.braced || find(piece.name) != nullptr) return false;
  Run rest{.pieces = run.pieces.subspan(1), .parent = run.parent, .next = run.next};
  if (!settle(rest) || rest.pieces.front().kind != Piece::Kind::literal ||
      rest.pieces.front().text[rest.skip] != '=') {
    return false;
  }
  const std::string_view name = piece.text.substr(1);
  reporter_.error(place_of(piece, 0, run.parent), piece.text.size(),
                  {.id = "blank-in-definition",
                   .message = fmt::format("a definition has no blank between its name and the '='"),
                   .hint = fmt::format("write ${}=…", name),
                   .assumed = "the line is ignored"});
  further_ = {};
  return true;
}

// ---------------------------------------------------------------------------------------------- ~SEQ, ~LST

void Expander::sequence(Run run) {
  const Piece& piece = run.pieces.front();
  const Run start = run;
  std::string text;
  bool closed = take(run, text, [](char c) { return c == ')'; });
  if (closed) {
    text += ')';
    ++run.skip;
  }
  const auto parsed =
      closed ? parse_sequence(text) : std::unexpected(std::string("there is no ')' to end it"));
  const Place place = place_of(piece, start.skip, start.parent);
  const std::size_t length = start.parent == none && start.pieces.data() == run.pieces.data()
                                 ? run.skip - start.skip
                                 : piece.text.size() - start.skip;
  if (!parsed) {
    // An unknown ~WORD is reported as such even without parentheses.
    const std::size_t word_end = skip_name(text, 1);
    const std::string_view word = std::string_view(text).substr(1, word_end - 1);
    const bool unknown = word != "SEQ" && word != "SEQx" && word != "LST";
    return reporter_.error(
        place, unknown ? word_end : length,
        {.id = unknown ? "unknown-sequence" : "bad-sequence",
         .message = unknown ? fmt::format("'~{}' is no sequence", word)
                            : fmt::format("this sequence cannot be read: {}", parsed.error()),
         .hint = unknown ? "sequences are ~SEQ(name,start,step,end), ~SEQx(…) and ~LST(name,value,…)" : "",
         .assumed = "the line is ignored"});
  }
  if (!enter()) {
    return reporter_.error(
        place, length,
        {.id = "nested-too-deep",
         .message = fmt::format("sequences and definitions nest more than {} deep", deepest),
         .assumed = "the line is ignored"});
  }
  turns(*parsed, run, place, static_cast<std::uint32_t>(length));
  leave();
}

void Expander::turns(const Sequence& sequence, const Run& rest, Place place, std::uint32_t length) {
  struct Variable {
    std::uint32_t name = 0;
    const Definition* before = nullptr;
    Definition definition = {};
  };
  std::vector<Variable> variables(sequence.variables.size());
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const std::string_view name = sequence.variables[i];
    variables[i].name = names_.find(name);
    if (variables[i].name == none) variables[i].name = names_.number(storage_.arena.store(name));
    variables[i].before = find(variables[i].name);
  }
  const std::uint32_t outer = frame_;
  for (std::uint64_t turn = 0; turn < sequence.turns() && !exhausted(); ++turn) {
    spend(cost_of_turn);
    frame_ = outer;
    for (std::size_t i = 0; i < variables.size(); ++i) {
      Definition& definition = variables[i].definition;
      definition.value = storage_.arena.store(sequence.is_list ? sequence.rows[turn][i]
                                                               : std::string_view(sequence.number(turn)));
      bind(variables[i].name, &definition);
      storage_.frames.push_back({.kind = Frame::Kind::sequence,
                                 .parent = frame_,
                                 .from = place,
                                 .length = length,
                                 .variable = names_.text(variables[i].name),
                                 .value = definition.value});
      frame_ = static_cast<std::uint32_t>(storage_.frames.size() - 1);
    }
    interpret(rest, true);
  }
  frame_ = outer;
  for (const Variable& variable : variables) {
    // A definition made meanwhile under the same name stays.
    if (find(variable.name) == &variable.definition) bind(variable.name, variable.before);
  }
}

// ---------------------------------------------------------------------------------------------- replacing parameters

void Expander::emit(const Run& run) {
  for (const Run* part = &run; part != nullptr; part = part->next)
    emit_pieces(part->pieces, part->skip, part->parent);
  end_line();
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
  builder_.line(text, chunk);
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
