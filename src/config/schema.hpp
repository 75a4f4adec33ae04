// The schema: every block and keyword of the language as data. Each entry knows its syntax, unit, range, default, inheritance
// and meaning, and carries the function that puts its value into the field it is bound to. The interpreter, `explain`, shell
// completion and the reference manual all read this one table; schema_*.cpp hold its contents, area by area.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/diagnostic.hpp"

namespace config {

class Words;

/// What a second occurrence in the same block does.
enum class Repeat : std::uint8_t {
  last_wins,   // noted
  first_wins,  // refused
  replaces,    // last wins, with a warning
  adds,        // each counts
};

/// What a reload makes of a changed value.
enum class Reload : std::uint8_t { yes, partly, no };

struct Keyword {
  enum class Kind : std::uint8_t {
    setting,     // a line
    block,       // a block of keywords
    lines,       // a block whose lines are entries
    option,      // a word within a line
    first_word,  // stands for the first word of every line
    other_word,  // stands for a word that is no option
    explained,   // described here, read elsewhere: headers, preprocessor, parts of other values
  };

  std::string name;
  Kind kind = Kind::setting;
  std::string syntax, unit, range, default_value, inherits, help, example;
  std::string same_as;    // other names of the same setting
  std::string preferred;  // set when this name is an old one
  Repeat repeat = Repeat::last_wins;
  Reload reload = Reload::yes;
  bool listed = true;  // false: an alias, in no manual
  bool early = false;  // other settings of the same block depend on it, wherever it stands
  bool bare = false;   // its block may be left out
  std::string child;   // path of the block it opens
  std::function<void(Words&, void*)> apply;
  const struct Block* child_block = nullptr;  // filled in by Schema
};

struct Block {
  std::string path;  // "vrrp_instance/authentication"; "/" is the top level
  std::string help;
  std::deque<Keyword> keywords;
  std::unordered_map<std::string_view, const Keyword*> by_name;
  bool has_early = false;
  const Keyword* first_word = nullptr;
  const Keyword* other_word = nullptr;

  const Keyword* find(std::string_view name) const;
  std::vector<std::string_view> names() const;
  /// A word the block reads but that has no description of its own: another spelling within a line.
  void add_alias(std::string_view name, std::function<void(Words&, void*)> apply);
};

class Schema {
 public:
  Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  const Block* find(std::string_view path) const;
  const Block& at(std::string_view path) const;  // of a path that exists
  const std::deque<Block>& blocks() const { return blocks_; }
  /// Paths of the blocks that know the keyword.
  const std::vector<const Block*>& knowing(std::string_view keyword) const;

 private:
  void add(Block block);

  std::deque<Block> blocks_;
  std::unordered_map<std::string_view, const Block*> by_path_;
  std::unordered_map<std::string_view, std::vector<const Block*>> by_keyword_;
};

/// The one table. Built at first use, never changed.
const Schema& schema();

/// "global_defs", "vrrp_instance", "real_server" …: what a person calls the block.
std::string_view block_title(std::string_view path);

}  // namespace config
