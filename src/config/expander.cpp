#include "config/expander.hpp"

#include <fmt/core.h>
#include <utility>

#include "config/scan.hpp"

namespace config {

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

}  // namespace config
