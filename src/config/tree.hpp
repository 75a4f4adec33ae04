// The configuration after includes, definitions, conditions and sequences: statements in blocks, each word knowing where it
// was written. What the words mean is the schema's business (schema.hpp).
//
// A tree of 65,024 instances must be cheap: texts are views into storage the tree owns, places are small numbers that
// `position()` turns into file, line and column only when a diagnostic asks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"

namespace config {

/// Where a word was written: opaque, cheap to copy; resolved by Tree::position().
struct Place {
  std::uint32_t chunk = 0;   // index into the tree's table of source lines as expanded
  std::uint32_t offset = 0;  // octet within that line, or those lines
};

struct Word {
  std::string_view text;  // quotes removed
  Place place = {};       // of the opening quote, if it stands in quotes
};
static_assert(sizeof(Word) == 24);

struct Statement;

/// What stands in braces.
struct Braces {
  Place open = {}, close = {};  // of the braces
  std::span<const Statement> children = {};
};

/// Each line of a configuration is one of these, so its size is what a large tree costs.
struct Statement {
  Word keyword = {};  // for the lines of value blocks: the first word
  const Word* first_argument = nullptr;
  std::uint32_t argument_count : 31 = 0;
  bool keyword_quoted : 1 = false;
  std::uint32_t tail_size = 0;     // octets
  const Braces* braces = nullptr;  // most lines have none

  /// The words after the keyword.
  std::span<const Word> arguments() const { return {first_argument, argument_count}; }
  /// Everything after the keyword as written, quotes kept: scripts split it by rules of their own.
  std::string_view tail() const;
  /// Of a tail that is not empty.
  Place tail_place() const;

  bool has_block() const { return braces != nullptr; }
  Place block_open() const { return braces != nullptr ? braces->open : Place{}; }
  Place block_close() const { return braces != nullptr ? braces->close : Place{}; }
  std::span<const Statement> children() const;
};
static_assert(sizeof(Statement) == 48);

inline std::span<const Statement> Statement::children() const {
  return braces != nullptr ? braces->children : std::span<const Statement>();
}

class Tree {
 public:
  Tree();
  ~Tree();
  Tree(Tree&&) noexcept;
  Tree& operator=(Tree&&) noexcept;

  std::span<const Statement> statements() const;
  /// File, line, column and source line of `length` octets from `place`.
  Position position(Place place, std::size_t length) const;
  /// "included from", "$X is defined here", "in this ~SEQ": how the place came to be read, nearest first.
  std::vector<Diagnostic::Related> trail(Place place) const;
  /// Every file that was read, in order.
  const std::vector<std::string>& files() const;

  struct Storage;
  explicit Tree(std::unique_ptr<Storage> storage);

 private:
  std::unique_ptr<Storage> storage_;
};

}  // namespace config
