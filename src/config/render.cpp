#include "config/render.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "config/utf8.hpp"

namespace config {

namespace {

constexpr std::string_view indent = "    ";
constexpr std::string_view ellipsis = "…";

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return {};
}

// Terminal colours (ECMA-48): bold for places, red, magenta and cyan for the severities, green for the caret.
class Paint {
 public:
  explicit Paint(bool colour) : colour_(colour) {}

  std::string place(std::string_view text) const { return paint("1", text); }
  std::string caret(std::string_view text) const { return paint("1;32", text); }
  std::string severity(Severity severity, std::string_view text) const {
    switch (severity) {
      case Severity::note:
        return paint("1;36", text);
      case Severity::warning:
        return paint("1;35", text);
      case Severity::error:
        return paint("1;31", text);
    }
    return std::string(text);
  }

 private:
  std::string paint(std::string_view code, std::string_view text) const {
    return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }

  bool colour_;
};

// A file may hold anything; a terminal must not be told to do anything by it.
std::string printable(std::string_view text, bool keep_tabs) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    const bool c1_control =
        octet == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1_control) {
      result += '?';
      ++i;
    } else if ((octet < 0x20 && !(octet == '\t' && keep_tabs)) || octet == 0x7F) {
      result += '?';
    } else {
      result += text[i];
    }
  }
  return result;
}

// The characters of a line, each a view of its octets.
std::vector<std::string_view> characters(std::string_view line) {
  std::vector<std::string_view> result;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = at + 1;
    while (end < line.size() && continues_character(line[end])) ++end;
    result.push_back(line.substr(at, end - at));
    at = end;
  }
  return result;
}

std::string join(std::span<const std::string_view> parts) {
  std::string result;
  for (const std::string_view part : parts) result += part;
  return result;
}

// The source line and the caret line under it. Tabs are repeated in the second, so that they line up whatever a tab is.
std::string excerpt(const Position& where, const RenderOptions& options, const Paint& paint) {
  const std::string clean = printable(where.source_line, true);
  const auto line = characters(clean);
  const std::size_t caret = std::min<std::size_t>(where.column == 0 ? 0 : where.column - 1, line.size());
  const std::size_t length =
      std::clamp<std::size_t>(where.length, 1, std::max<std::size_t>(line.size() - caret, 1));

  std::size_t begin = 0;
  std::size_t end = line.size();
  if (line.size() > options.widest_line) {
    const std::size_t before = options.widest_line / 2;
    begin = caret > before ? caret - before : 0;
    end = std::min(line.size(), begin + options.widest_line);
  }
  const bool cut_before = begin > 0;
  std::string text =
      fmt::format("{}{}{}{}\n", indent, cut_before ? ellipsis : "",
                  join(std::span(line).subspan(begin, end - begin)), end < line.size() ? ellipsis : "");
  std::string under(indent);
  if (cut_before) under += ' ';
  for (std::size_t i = begin; i < caret; ++i) under += line[i] == "\t" ? '\t' : ' ';
  const std::size_t shown = std::max<std::size_t>(std::min(length, end > caret ? end - caret : 1), 1);
  return text + under + paint.caret("^" + std::string(shown - 1, '~')) + "\n";
}

std::string heading(const Position& where, Severity severity, std::string_view message, const Paint& paint) {
  std::string place = printable(where.file, false);
  if (where.line != 0) place += fmt::format(":{}:{}", where.line, where.column);
  const std::string lead = place.empty() ? "" : paint.place(place + ":") + " ";
  return fmt::format("{}{} {}\n", lead, paint.severity(severity, fmt::format("{}:", name_of(severity))),
                     printable(message, false));
}

std::string counted(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

nlohmann::json json_of(const Position& where) {
  nlohmann::json result = {{"file", where.file}};
  if (where.line == 0) return result;
  result["line"] = where.line;
  result["column"] = where.column;
  result["length"] = where.length;
  result["source"] = where.source_line;
  return result;
}

nlohmann::json json_of(const Diagnostic& diagnostic) {
  nlohmann::json result = {{"severity", name_of(diagnostic.severity)},
                           {"id", diagnostic.id},
                           {"message", diagnostic.message},
                           {"where", json_of(diagnostic.where)}};
  if (!diagnostic.hint.empty()) result["hint"] = diagnostic.hint;
  for (const auto& related : diagnostic.related) {
    result["related"].push_back({{"message", related.message}, {"where", json_of(related.where)}});
  }
  return result;
}

}  // namespace

std::string render_text(const Diagnostic& diagnostic, const RenderOptions& options) {
  const Paint paint(options.colour);
  std::string text = heading(diagnostic.where, diagnostic.severity, diagnostic.message, paint);
  if (diagnostic.where.line != 0) text += excerpt(diagnostic.where, options, paint);
  if (!diagnostic.hint.empty())
    text += fmt::format("{}hint: {}\n", indent, printable(diagnostic.hint, false));
  for (const auto& related : diagnostic.related) {
    text += heading(related.where, Severity::note, related.message, paint);
    if (related.where.line != 0) text += excerpt(related.where, options, paint);
  }
  return text;
}

std::string render_text(const Diagnostics& diagnostics, const RenderOptions& options) {
  if (diagnostics.list.empty()) return {};
  std::string text;
  for (const Diagnostic& each : diagnostics.list) text += render_text(each, options);
  std::string summary;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    const std::size_t number = diagnostics.count(severity);
    if (number == 0) continue;
    summary += (summary.empty() ? "" : ", ") + counted(number, name_of(severity));
  }
  return text + summary + "\n";
}

std::string render_json(const Diagnostics& diagnostics) {
  nlohmann::json result = {{"diagnostics", nlohmann::json::array()},
                           {"errors", diagnostics.count(Severity::error)},
                           {"warnings", diagnostics.count(Severity::warning)},
                           {"notes", diagnostics.count(Severity::note)}};
  for (const Diagnostic& each : diagnostics.list) result["diagnostics"].push_back(json_of(each));
  // Source lines may hold octets that are no UTF-8; they become U+FFFD.
  return result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace config
