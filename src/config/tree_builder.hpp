// Expanded lines → words, braces, statements. Knows no keyword but the include words: a block is a block
// because of its braces, so an unknown block cannot close the one around it.
//
//   words     split at blanks; "…" is one word and ends the word before it; '…' means nothing to words
//   braces    every { and } outside double quotes stands alone, with two exceptions that are text: those of a
//   `${…}`
//             nobody could resolve, and those between a ' that begins a word and the next ' on the line, so
//             that script '/bin/echo {a}' keeps its argument
//   comments  are gone before a line arrives here
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "config/reporter.hpp"
#include "config/tree_storage.hpp"

namespace config {

struct IncludeLine {
  std::string_view keyword;  // include, includer …
  std::string_view pattern;
  Place place;  // of the keyword
  Place pattern_place;
  std::size_t length = 0;  // of both
};

class TreeBuilder {
 public:
  using OnInclude = std::function<void(const IncludeLine&)>;
  using OnStatement = std::function<void(const Statement&)>;  // every include_check

  TreeBuilder(Tree::Storage& storage, Reporter& reporter, OnInclude on_include, OnStatement on_include_check);

  /// `text` must outlive the tree; it begins at `place`.
  void line(std::string_view text, Place place);
  /// The input is over: what is open is closed, with an error.
  void finish(Place end_of_input);

 private:
  struct Open {
    Statement header = {};
    Braces braces = {};
    std::size_t first_child = 0;  // index into pending_
    bool nameless = false;        // its lines belong to the enclosing block
  };
  struct Scan {
    std::string_view text;
    Place begin = {};
    std::size_t at = 0;
    std::size_t text_until = 0;  // braces before this octet are text

    Place place_of(std::size_t octet) const {
      return {begin.chunk, begin.offset + static_cast<std::uint32_t>(octet)};
    }
  };

  void word(Scan& scan);
  void quoted_word(Scan& scan);
  void unbalanced_quote(Scan& scan);
  std::size_t end_of_plain_word(Scan& scan) const;
  bool include(Scan& scan);
  void finish_statement(const Scan& scan);
  void open(Place place);
  void close(Place place);
  void surplus_brace(Place place);
  bool in_global_defs_or_top() const;

  Tree::Storage& storage_;
  Reporter& reporter_;
  OnInclude on_include_;
  OnStatement on_include_check_;
  std::vector<Word> words_;         // of the statement being read
  std::size_t tail_begin_ = 0;      // octet after its keyword
  std::vector<Statement> pending_;  // children of all open blocks, innermost last
  std::vector<Open> open_;
  bool may_open_ = false;  // a { now belongs to the last statement
};

}  // namespace config
