#include "config/read.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <limits>
#include <memory>
#include <unordered_map>
#include <utility>

#include "config/expander.hpp"
#include "config/includes.hpp"
#include "config/pieces.hpp"
#include "config/predefined.hpp"
#include "config/reporter.hpp"
#include "config/scan.hpp"
#include "config/tree_builder.hpp"
#include "config/tree_storage.hpp"
#include "config/utf8.hpp"

namespace config {

namespace {

constexpr std::size_t most_alternatives = 1024;

// Files → lines, with what includes need: who is being read, from where, under which checks.
class FileReader {
 public:
  FileReader(const ReadOptions& options, const World& world, Diagnostics& diagnostics)
      : world_(world),
        storage_(std::make_unique<Tree::Storage>()),
        reporter_(*storage_, diagnostics, options.lenient),
        predefined_(options, world),
        cutter_(names_),
        builder_(
            *storage_, reporter_, [this](const IncludeLine& line) { include(line); },
            [this](const Statement& statement) { set_checks(statement); }),
        expander_(*storage_, reporter_, builder_, names_, predefined_, options.expansion_limit),
        checks_(options.include_checks) {}

  Tree read(const std::string& path);

 private:
  struct Line {
    std::string_view text;
    std::size_t offset = 0;
  };

  void main_file(const std::string& path);
  std::optional<std::uint32_t> open(const std::string& path, std::string& why);
  void read_lines(std::uint32_t file, std::uint32_t frame);
  void read_line(std::uint32_t file, std::uint32_t frame, std::size_t& at, Pieces& pieces);
  Line next_line(std::uint32_t file, std::size_t& at) const;
  bool has_nul(const Line& line, std::uint32_t file, std::uint32_t frame);
  bool cut(const Line& line, std::uint32_t file, std::uint32_t frame, Pieces& out);
  void further_lines(std::uint32_t file, std::uint32_t frame, std::size_t& at, std::vector<Pieces>& out);

  void include(const IncludeLine& line);
  void include_match(const IncludeLine& line, const std::string& path, const IncludeChecks& checks);
  void include_problem(const IncludeLine& line, bool counts, std::string message, std::string hint = {});
  bool is_being_read(const IncludeLine& line, const std::string& path);
  void set_checks(const Statement& statement);

  const World& world_;
  std::unique_ptr<Tree::Storage> storage_;
  Reporter reporter_;
  Predefined predefined_;
  Names names_;
  Cutter cutter_;
  TreeBuilder builder_;
  Expander expander_;
  IncludeChecks checks_;
  std::unordered_map<std::string, std::uint32_t> known_files_;  // by path
  std::vector<std::string> being_read_;                         // real paths, the main file first
  Place end_ = {.chunk = none};                                 // of the last main file
};

// ---------------------------------------------------------------------------------------------- files

Tree FileReader::read(const std::string& path) {
  const bool pattern = path.find_first_of("*?[{") != path.npos;
  std::vector<std::string> matches = pattern ? world_.glob(path) : std::vector{path};
  if (matches.empty() && world_.status(path, true)) matches.push_back(path);  // a file with such a name
  if (matches.empty()) {
    reporter_.failure({.file = path}, {.id = "missing-file", .message = "no file matches this pattern"});
  }
  for (const std::string& each : matches) main_file(each);
  builder_.finish(end_);
  return Tree(std::move(storage_));
}

void FileReader::main_file(const std::string& path) {
  const auto status = world_.status(path, true);
  Problem problem{.id = "missing-file", .message = {}};
  if (status && status->kind == FileStatus::Kind::directory) {
    problem.message = "this is a directory, not a configuration file";
    return reporter_.failure({.file = path}, std::move(problem));
  }
  if (status && status->kind == FileStatus::Kind::regular && (status->mode & 0111U) != 0) {
    problem.id = "executable-file";
    problem.message = "an executable file is not read as a configuration";
    problem.hint = "chmod a-x " + path;
    return reporter_.failure({.file = path}, std::move(problem));
  }
  const auto file = open(path, problem.message);
  if (!file) return reporter_.failure({.file = path}, std::move(problem));

  Frame main;
  main.from.chunk = none;
  main.file = *file;
  storage_->frames.push_back(main);
  const auto frame = static_cast<std::uint32_t>(storage_->frames.size() - 1);
  being_read_.push_back(world_.real_path(path).value_or(path));
  expander_.set_directory(folder_of(path));
  read_lines(*file, frame);
  being_read_.pop_back();

  const std::size_t end = trim_end(storage_->sources_of_text[*file].text).size();
  end_ = storage_->place_in_file(*file, end, 0, frame);
}

std::optional<std::uint32_t> FileReader::open(const std::string& path, std::string& why) {
  if (const auto known = known_files_.find(path); known != known_files_.end()) return known->second;
  auto text = world_.read_file(path);
  if (!text) {
    why = text.error().message;
    return std::nullopt;
  }
  if (text->size() >= std::numeric_limits<std::uint32_t>::max()) {
    why = "the file has more than 4294967294 octets";
    return std::nullopt;
  }
  const auto number = static_cast<std::uint32_t>(storage_->sources_of_text.size());
  storage_->sources_of_text.push_back({.name = path, .text = *std::move(text)});
  storage_->names.push_back(path);
  known_files_.emplace(path, number);
  return number;
}

// ---------------------------------------------------------------------------------------------- lines

void FileReader::read_lines(std::uint32_t file, std::uint32_t frame) {
  const IncludeChecks before = checks_;
  const std::string_view text = storage_->sources_of_text[file].text;
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  std::size_t at = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  Pieces pieces;  // one vector for all lines of this file: an include in one of them reads into its own
  while (at < text.size() && !expander_.exhausted()) {
    pieces.clear();
    read_line(file, frame, at, pieces);
  }
  checks_ = before;
}

FileReader::Line FileReader::next_line(std::uint32_t file, std::size_t& at) const {
  const std::string_view text = storage_->sources_of_text[file].text;
  const Line line{.text = line_at(text, at), .offset = at};
  const std::size_t end = text.find('\n', at);
  at = end == text.npos ? text.size() : end + 1;
  return line;
}

namespace {

// `$NAME=`, perhaps under a condition.
bool begins_definition(std::string_view line) {
  std::size_t at = skip_blanks(line, 0);
  if (at < line.size() && line[at] == '@') {
    while (at < line.size() && !is_blank(line[at])) ++at;
    at = skip_blanks(line, at);
  }
  if (at >= line.size() || line[at] != '$') return false;
  const std::size_t end = skip_name(line, at + 1);
  return end != at + 1 && end < line.size() && line[end] == '=';
}

bool ends_in_backslash(const Pieces& pieces) {
  return !pieces.empty() && pieces.back().kind == Piece::Kind::literal && pieces.back().text.ends_with('\\');
}

void drop_backslash(Pieces& pieces) {
  std::string_view& text = pieces.back().text;
  text = trim_end(text.substr(0, text.size() - 1));
  if (text.empty()) pieces.pop_back();
}

}  // namespace

void FileReader::read_line(std::uint32_t file, std::uint32_t frame, std::size_t& at, Pieces& pieces) {
  const Line line = next_line(file, at);
  if (has_nul(line, file, frame)) return;
  cut(line, file, frame, pieces);
  if (pieces.empty()) return;
  std::vector<Pieces> further;
  if (ends_in_backslash(pieces)) {
    const Piece& last = pieces.back();
    const std::size_t backslash = last.offset + last.text.size() - 1;
    drop_backslash(pieces);
    if (begins_definition(line.text)) {
      further_lines(file, frame, at, further);
    } else {
      reporter_.error(storage_->place_in_file(file, backslash, 1, frame), 1,
                      {.id = "stray-backslash",
                       .message = "a backslash at the end continues only definitions; this line ends here",
                       .hint = "write everything on one line, there is no limit to its length",
                       .assumed = "the backslash is ignored"});
    }
  }
  expander_.line(pieces, further, frame);
}

/// The lines of a multi-line definition after its first: each but the last ends in a backslash. A blank line ends it, and so
/// does a line with nothing but a comment, unless the comment ends in a backslash too.
void FileReader::further_lines(std::uint32_t file, std::uint32_t frame, std::size_t& at,
                               std::vector<Pieces>& out) {
  const std::size_t size = storage_->sources_of_text[file].text.size();
  for (bool more = true; more && at < size;) {
    const Line line = next_line(file, at);
    if (has_nul(line, file, frame)) continue;
    Pieces pieces;
    const bool only_comment = cut(line, file, frame, pieces);
    more = ends_in_backslash(pieces) || (only_comment && trim_end(line.text).ends_with('\\'));
    if (ends_in_backslash(pieces)) drop_backslash(pieces);
    if (!pieces.empty()) out.push_back(std::move(pieces));
  }
}

bool FileReader::has_nul(const Line& line, std::uint32_t file, std::uint32_t frame) {
  const std::size_t nul = line.text.find('\0');
  if (nul == line.text.npos) return false;
  reporter_.error(storage_->place_in_file(file, line.offset + nul, 1, frame), 1,
                  {.id = "nul-byte",
                   .message = "there is a NUL byte in this line, so the whole line is left out",
                   .hint = "is this a text file? UTF-16 is not understood, UTF-8 is"});
  return true;
}

/// True if the line holds nothing but a comment.
bool FileReader::cut(const Line& line, std::uint32_t file, std::uint32_t frame, Pieces& out) {
  const Cutter::Result result = cutter_.cut(line.text, file, line.offset, out);
  for (const CutProblem& problem : result.problems) {
    const Place place = storage_->place_in_file(file, problem.offset, problem.length, frame);
    if (problem.kind == CutProblem::Kind::unclosed_reference) {
      reporter_.error(place, problem.length,
                      {.id = "unclosed-reference",
                       .message = "this '${' has no '}' on its line",
                       .hint = "a parameter is ${NAME}",
                       .assumed = "it is read as text"});
    } else {
      reporter_.warning(place, problem.length,
                        {.id = "comment-in-single-quotes",
                         .message = "a comment begins here: single quotes do not protect '#' and '!'",
                         .hint = "use double quotes, or write \\# and \\!"});
    }
  }
  return result.only_comment;
}

// ---------------------------------------------------------------------------------------------- includes

void FileReader::include(const IncludeLine& line) {
  std::string_view pattern = line.pattern;
  if (pattern.size() > 1 && pattern.starts_with('"') && pattern.ends_with('"')) {
    pattern = pattern.substr(1, pattern.size() - 2);
    if (reporter_.lenient()) {
      reporter_.warning(
          line.pattern_place, line.pattern.size(),
          {.id = "quoted-include",
           .message = "keepalived takes these quotes for a part of the file's name; here they are not",
           .hint = "leave the quotes out"});
    }
  }
  const IncludeChecks checks = checks_of(line.keyword, checks_);
  if (pattern.empty()) {
    return reporter_.error(line.place, line.keyword.size(),
                           {.id = "include-without-file",
                            .message = fmt::format("'{}' names no file", line.keyword),
                            .assumed = "the line is ignored"});
  }
  const auto alternatives = brace_alternatives(in_folder(expander_.directory(), pattern), most_alternatives);
  if (alternatives.empty()) {
    return include_problem(line, true,
                           fmt::format("this pattern stands for more than {} names", most_alternatives));
  }
  std::vector<std::string> matches;
  for (const std::string& one : alternatives) {
    const auto found = world_.glob(one);
    if (found.empty() && alternatives.size() > 1 && checks.brace_match) {
      include_problem(line, true, fmt::format("no file matches '{}'", one));
    }
    matches.insert(matches.end(), found.begin(), found.end());
  }
  if (matches.empty() && (alternatives.size() == 1 || !checks.brace_match)) {
    const bool wild = has_wildcard(pattern);
    const bool counts = wild ? checks.wildcard_match : checks.match;
    // An empty folder of snippets is nothing to complain about unless somebody asked.
    if (counts || !wild) include_problem(line, counts, fmt::format("no file matches '{}'", pattern));
  }
  for (const std::string& path : matches) include_match(line, path, checks);
}

void FileReader::include_match(const IncludeLine& line, const std::string& path,
                               const IncludeChecks& checks) {
  if (expander_.exhausted() || is_being_read(line, path)) return;
  const auto status = world_.status(path, true);
  if (status && status->kind != FileStatus::Kind::regular) {
    const bool directory = status->kind == FileStatus::Kind::directory;
    return include_problem(
        line, checks.readable,
        fmt::format("'{}' is {}, so it is skipped", path, directory ? "a directory" : "no plain file"));
  }
  if (status && (status->mode & 0111U) != 0) {
    return include_problem(line, checks.readable, fmt::format("'{}' is executable, so it is skipped", path),
                           "chmod a-x " + path);
  }
  std::string why;
  const auto file = open(path, why);
  if (!file) return include_problem(line, checks.readable, why);
  if (!expander_.enter()) {
    return include_problem(line, true, fmt::format("includes nest more than {} deep", Expander::deepest));
  }
  storage_->frames.push_back({.kind = Frame::Kind::file,
                              .parent = storage_->chunks[line.place.chunk].frame,
                              .from = line.place,
                              .length = static_cast<std::uint32_t>(line.length),
                              .file = *file});
  const auto frame = static_cast<std::uint32_t>(storage_->frames.size() - 1);
  const std::string directory = expander_.directory();
  being_read_.push_back(world_.real_path(path).value_or(path));
  expander_.set_directory(folder_of(path));
  read_lines(*file, frame);
  expander_.set_directory(directory);
  being_read_.pop_back();
  expander_.leave();
}

void FileReader::include_problem(const IncludeLine& line, bool counts, std::string message,
                                 std::string hint) {
  Problem problem{.id = "include", .message = std::move(message), .hint = std::move(hint)};
  const Place place = line.pattern_place;
  const std::size_t length = line.pattern.size();
  counts ? reporter_.strict_error(place, length, std::move(problem))
         : reporter_.warning(place, length, std::move(problem));
}

bool FileReader::is_being_read(const IncludeLine& line, const std::string& path) {
  const std::string real = world_.real_path(path).value_or(path);
  if (std::ranges::find(being_read_, real) == being_read_.end()) return false;
  std::string chain;
  for (const std::string& each : being_read_) chain += each + " -> ";
  reporter_.error(line.pattern_place, line.pattern.size(),
                  {.id = "include-loop",
                   .message = fmt::format("'{}' is being read already: {}{}", path, chain, real),
                   .assumed = "it is not read again"});
  return true;
}

void FileReader::set_checks(const Statement& statement) {
  const IncludeCheckLine line = include_check(statement.arguments(), checks_);
  checks_ = line.checks;
  if (!line.bad) return;
  reporter_.error(
      line.bad->place, line.bad->text.size(),
      {.id = "include-check",
       .message = fmt::format("'{}' makes no sense here", line.bad->text),
       .hint =
           "write one of read, match, wildcard_match, brace_match, then any of them with + or - before it",
       .assumed = "this word and those after it are ignored"});
}

}  // namespace

Tree read(const std::string& path, const ReadOptions& options, const World& world, Diagnostics& diagnostics) {
  return FileReader(options, world, diagnostics).read(path);
}

}  // namespace config
