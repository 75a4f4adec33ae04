// One line of a file, cut into literal text and uses of parameters. Here comments end, `\#` and `\!` lose their backslash,
// and nothing is looked up: a line of a definition is cut once and used as often as a sequence likes.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/tree_storage.hpp"

namespace config {

/// Parameter names as small numbers.
class Names {
 public:
  std::uint32_t number(std::string_view name);  // `name` must stay where it is
  std::uint32_t find(std::string_view name) const;
  std::string_view text(std::uint32_t number) const { return texts_[number]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::vector<std::string_view> texts_;
};

struct Piece {
  enum class Kind : std::uint8_t {
    literal,
    use,         // $NAME, ${NAME}
    expression,  // ${…} with more than a name in it: arguments, or parameters that make up the name
  };
  Kind kind = Kind::literal;
  bool braced = false;
  std::uint32_t file = 0;
  std::uint32_t offset = 0;                   // octets from the start of the file
  std::uint32_t name = none;                  // of a use
  std::string_view text = {};                 // as written
  const std::vector<Piece>* inner = nullptr;  // of an expression: what stands between its braces

  // The source this piece had last time: the same again in nearly every turn of a sequence.
  struct Remembered {
    std::uint32_t parent = none, skip = 0, definition = none, source = none;
  };
  mutable Remembered remembered = {};
};

using Pieces = std::vector<Piece>;

/// A problem found while cutting, at an octet of the file.
struct CutProblem {
  enum class Kind : std::uint8_t { unclosed_reference, comment_in_single_quotes };
  Kind kind;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

class Cutter {
 public:
  explicit Cutter(Names& names) : names_(names) {}

  struct Result {
    bool only_comment = false;  // nothing but a comment stood there
    std::vector<CutProblem> problems = {};
  };
  /// Cuts `line`, which starts at octet `offset` of `file`; appends to `out`. Blanks at either end are dropped.
  Result cut(std::string_view line, std::uint32_t file, std::size_t offset, Pieces& out);

 private:
  struct Line;
  bool reference(Line& line);
  bool braced_reference(Line& line);
  void literal_until(Line& line, std::size_t end);

  Names& names_;
  std::deque<Pieces> inner_;  // what expressions point at
};

}  // namespace config
