#include "config/pieces.hpp"

#include "config/scan.hpp"

namespace config {

std::uint32_t Names::number(std::string_view name) {
  const auto [found, added] = numbers_.try_emplace(name, static_cast<std::uint32_t>(texts_.size()));
  if (added) texts_.push_back(name);
  return found->second;
}

std::uint32_t Names::find(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? none : found->second;
}

struct Cutter::Line {
  std::string_view text;
  std::uint32_t file = 0;
  std::size_t offset = 0;
  Pieces& out;
  Result& result;
  std::size_t at = 0;
  std::size_t begin = 0;  // of the literal being collected
  bool quoted = false;

  Piece piece(Piece::Kind kind, std::size_t from, std::size_t to) const {
    return {.kind = kind,
            .file = file,
            .offset = static_cast<std::uint32_t>(offset + from),
            .text = text.substr(from, to - from)};
  }
  void problem(CutProblem::Kind kind, std::size_t from, std::size_t length) const {
    result.problems.push_back(
        {kind, static_cast<std::uint32_t>(offset + from), static_cast<std::uint32_t>(length)});
  }
};

namespace {

// `${A${B${…`: nobody writes that; the bound keeps hostile text from using up the stack.
constexpr std::size_t deepest_expression = 16;

// True if octet `comment` lies in '…' that begins a word and ends later on the line: whoever wrote that did not mean a
// comment, though it is one.
bool inside_single_quotes(std::string_view text, std::size_t comment) {
  bool inside = false;
  bool doubly = false;
  for (std::size_t at = 0; at < comment; ++at) {
    if (text[at] == '"' && !inside) doubly = !doubly;
    if (text[at] != '\'' || doubly) continue;
    if (inside) {
      inside = false;
    } else if (at == 0 || is_blank(text[at - 1]) || text[at - 1] == '{') {
      inside = true;
    }
  }
  return inside && text.find('\'', comment) != text.npos;
}

}  // namespace

Cutter::Result Cutter::cut(std::string_view whole, std::uint32_t file, std::size_t offset, Pieces& out) {
  Result result;
  const std::size_t lead = skip_blanks(whole, 0);
  Line line{.text = trim_end(whole.substr(lead)),
            .file = file,
            .offset = offset + lead,
            .out = out,
            .result = result};
  const std::size_t first = out.size();
  while (true) {
    line.at = line.text.find_first_of("\"#!\\$", line.at);
    if (line.at == line.text.npos) break;
    const char c = line.text[line.at];
    if (c == '"') {
      line.quoted = !line.quoted;
      ++line.at;
    } else if (c == '$') {
      if (!reference(line)) ++line.at;
    } else if (line.quoted) {
      ++line.at;
    } else if (c == '\\') {
      const bool escape =
          line.at + 1 < line.text.size() && (line.text[line.at + 1] == '#' || line.text[line.at + 1] == '!');
      if (escape) {
        literal_until(line, line.at);
        line.begin = line.at + 1;
        ++line.at;
      }
      ++line.at;
    } else {
      if (inside_single_quotes(line.text, line.at)) {
        line.problem(CutProblem::Kind::comment_in_single_quotes, line.at, 1);
      }
      result.only_comment = line.at == 0;
      line.text = line.text.substr(0, line.at);
      break;
    }
  }
  literal_until(line, line.text.size());
  if (out.size() > first && out.back().kind == Piece::Kind::literal) {
    out.back().text = trim_end(out.back().text);
    if (out.back().text.empty()) out.pop_back();
  }
  return result;
}

void Cutter::literal_until(Line& line, std::size_t end) {
  if (end > line.begin) line.out.push_back(line.piece(Piece::Kind::literal, line.begin, end));
  line.begin = end;
}

// At a `$`. False: it is a character like any other.
bool Cutter::reference(Line& line) {
  if (line.at + 1 < line.text.size() && line.text[line.at + 1] == '{') return braced_reference(line);
  const std::size_t end = skip_name(line.text, line.at + 1);
  if (end == line.at + 1) return false;
  if (end < line.text.size()) {
    const char next = line.text[end];
    const bool comment = !line.quoted && (next == '#' || next == '!');
    if (!is_blank(next) && next != ',' && next != ')' && !comment) return false;
  }
  const std::size_t begin = line.at;
  literal_until(line, begin);
  Piece use = line.piece(Piece::Kind::use, begin, end);
  use.name = names_.number(use.text.substr(1));
  line.out.push_back(use);
  line.at = line.begin = end;
  return true;
}

bool Cutter::braced_reference(Line& line) {
  const std::size_t begin = line.at;
  std::size_t end = begin + 2;
  bool nested = false;
  for (std::size_t depth = 1; end < line.text.size(); ++end) {
    const char c = line.text[end];
    if (c == '{') {
      if (line.text[end - 1] != '$') return false;  // no parameter looks like this: text for somebody else
      nested = true;
      if (++depth > deepest_expression) return false;
    }
    if (c == '}' && --depth == 0) break;
  }
  if (end == line.text.size()) {
    if (!line.quoted) line.problem(CutProblem::Kind::unclosed_reference, begin, end - begin);
    return false;
  }
  Piece use = line.piece(Piece::Kind::use, begin, end + 1);
  use.braced = true;
  const std::string_view content = line.text.substr(begin + 2, end - begin - 2);
  const std::size_t name_end = skip_name(content, 0);
  const std::string_view name = content.substr(0, name_end);
  if (name_end == content.size() && name_end != 0) {
    use.name = names_.number(name);
  } else if (nested || ((name == "_ENV" || name == "_RANDOM") && is_blank(content[name_end]))) {
    use.kind = Piece::Kind::expression;
    Pieces& inner = inner_.emplace_back();
    Result ignored;
    Line content_line{.text = content,
                      .file = line.file,
                      .offset = line.offset + begin + 2,
                      .out = inner,
                      .result = ignored};
    while ((content_line.at = content.find('$', content_line.at)) != content.npos) {
      if (!reference(content_line)) ++content_line.at;
    }
    literal_until(content_line, content.size());
    use.inner = &inner;
  } else {
    return false;
  }
  literal_until(line, begin);
  line.out.push_back(use);
  line.at = line.begin = end + 1;
  return true;
}

}  // namespace config
