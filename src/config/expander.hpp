// Definitions, conditions and sequences: a line as written → the lines it stands for, handed to the tree builder one by one.
// Reads no files; an include word in a line is the builder's to see.
//
// Text is replaced when it is used, and what comes out is interpreted like text of a file: a parameter may begin with @ID,
// with ~SEQ or with a definition. What a definition refers to is looked up at that time too, so order does not matter.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "config/pieces.hpp"
#include "config/predefined.hpp"
#include "config/reporter.hpp"
#include "config/sequence.hpp"
#include "config/tree_builder.hpp"
#include "config/tree_storage.hpp"

namespace config {

class Expander {
 public:
  /// Sequences, definitions and includes inside one another.
  static constexpr std::size_t deepest = 64;

  Expander(Tree::Storage& storage, Reporter& reporter, TreeBuilder& builder, Names& names,
           Predefined& predefined, std::size_t limit);

  /// One line of a file, read because of `frame`; `further` are the other lines of a multi-line definition it begins.
  void line(const Pieces& pieces, std::span<const Pieces> further, std::uint32_t frame);

  void set_directory(std::string directory) { directory_ = std::move(directory); }
  const std::string& directory() const { return directory_; }

  bool enter();  // one level deeper; false if that is too deep
  void leave() { --depth_; }
  /// The text has grown past the limit; nothing more is read.
  bool exhausted() const { return spent_ > limit_; }

 private:
  // What a turn or a use costs besides the text it makes, so that empty ones are not free.
  static constexpr std::size_t cost_of_turn = 16;
  static constexpr std::size_t cost_of_use = 1;

  /// The rest of a line: pieces, of which `skip` octets are done, and what stands after them.
  struct Run {
    std::span<const Piece> pieces;
    std::uint32_t skip = 0;
    std::uint32_t parent = none;  // the use whose definition the pieces are the text of
    const Run* next = nullptr;
  };
  struct Definition {
    std::uint32_t site = Source::value;
    std::vector<Pieces> lines = {};  // none: a value
    std::string_view value = {};
  };

  static bool settle(Run& run);
  template <class Stop>
  bool take(Run& run, std::string& out, Stop stop);

  void interpret(Run run, bool may_be_conditional);
  const Definition* defined_at(const Run& run);
  bool skip_empty(Run& run, const Definition& definition);
  void splice(const Run& run, const Definition& definition, bool may_be_conditional);
  void condition(Run run);
  bool define(const Run& run);
  void sequence(Run run);
  void turns(const Sequence& sequence, const Run& rest, Place place, std::uint32_t length);
  bool define_with_blank(const Run& run);

  void emit(const Run& run);
  bool is_plain(const Run& run) const;
  void emit_plain(const Piece& piece, std::uint32_t skip);
  void emit_pieces(std::span<const Piece> pieces, std::uint32_t skip, std::uint32_t parent);
  void use(const Piece& piece, std::uint32_t parent);
  void use_predefined(const Piece& piece, std::string_view content, std::uint32_t parent);
  void use_definition(const Definition& definition, const Piece& piece, std::uint32_t parent);
  bool refers_to_itself(const Definition& definition, const Piece& piece, std::uint32_t parent);
  void undefined(const Piece& piece, std::string_view name, std::uint32_t parent);
  void append(std::string_view text, std::uint32_t source);
  void end_line();
  std::string text_of(const Piece& piece, std::uint32_t parent);
  std::string text_of(std::span<const Piece> pieces, std::uint32_t parent);

  const Definition* find(std::uint32_t name) const;
  void bind(std::uint32_t name, const Definition* definition);
  std::uint32_t source_of(const Piece& piece, std::uint32_t skip, std::uint32_t parent,
                          std::uint32_t definition);
  Place place_of(const Piece& piece, std::uint32_t skip, std::uint32_t parent);
  void spend(std::size_t octets);

  Tree::Storage& storage_;
  Reporter& reporter_;
  TreeBuilder& builder_;
  Names& names_;
  Predefined& predefined_;
  std::size_t limit_;
  std::size_t spent_ = 0;
  std::size_t depth_ = 0;
  std::string directory_;

  std::deque<Definition> definitions_;
  std::vector<const Definition*> current_;                              // by name
  std::unordered_map<std::uint64_t, const Definition*> by_origin_;      // by file and octet
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> uses_;  // sources by parent and octet

  std::unordered_set<std::uint32_t> undefined_;  // sources already complained about
  struct {
    std::uint32_t file = 0, offset = 0;
  } line_;  // being read, for what cannot say where it is
  std::uint32_t frame_ = 0;
  std::span<const Pieces> further_;
  std::string* captured_ = nullptr;  // text goes here rather than into a line

  // The line being glued together.
  std::vector<Segment> segments_;
  std::string_view only_;  // its text while it is one piece
  std::string glued_;
  std::uint32_t length_ = 0;
};

}  // namespace config
