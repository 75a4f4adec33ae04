// The schema: every block and keyword of the language as data. Each entry knows its syntax, unit, range, default, inheritance
// and meaning, and carries the function that puts its value into the field it is bound to. The interpreter, `explain`, shell
// completion and the reference manual all read this one table; schema_*.cpp hold its contents, area by area.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/arena.hpp"
#include "config/diagnostic.hpp"

namespace config {

class Words;

/// What the schema computes while it is built: such texts and states live as long as the program.
Arena& schema_memory();

/// A text that lives as long as the program, in eight octets: a literal, or one that keep() holds.
class LastingText {
 public:
  constexpr LastingText() = default;
  constexpr LastingText(const char* text) : text_(text) {}       // NOLINT: as a literal
  constexpr operator std::string_view() const { return text_; }  // NOLINT: as a literal
  constexpr std::string_view view() const { return text_; }
  constexpr bool empty() const { return *text_ == '\0'; }

 private:
  const char* text_ = "";
};
LastingText keep(const std::string& text);

/// The function that reads a keyword's words into an object. What it captures lies in schema_memory().
class Apply {
 public:
  Apply() = default;
  template <class Function>
  Apply(const Function& function)  // NOLINT: as a function
      : call_([](const void* state, Words& words, void* object) {
          (*static_cast<const Function*>(state))(words, object);
        }),
        state_(schema_memory().store(std::span(&function, 1)).data()) {}

  void operator()(Words& words, void* object) const { call_(state_, words, object); }
  explicit operator bool() const { return call_ != nullptr; }

 private:
  void (*call_)(const void* state, Words& words, void* object) = nullptr;
  const void* state_ = nullptr;
};

/// What a second occurrence in the same block does.
enum class Repeat : std::uint8_t {
  last_wins,   // noted
  first_wins,  // refused
  replaces,    // last wins, with a warning
  adds,        // each counts
};

/// What a reload makes of a changed value.
enum class Reload : std::uint8_t { yes, partly, no };

/// Texts that few keywords have.
struct SeldomTexts {
  LastingText same_as;    // other names of the same setting
  LastingText preferred;  // set when this name is an old one
  LastingText example;
};
inline constexpr SeldomTexts no_seldom_texts{};

/// Only pointers and small values: a thousand of them are built at every start.
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

  std::string_view name;
  LastingText syntax, unit, range, default_value, inherits, help;
  const SeldomTexts* seldom = &no_seldom_texts;
  LastingText child;  // path of the block it opens
  Apply apply;
  Kind kind = Kind::setting;
  Repeat repeat = Repeat::last_wins;
  Reload reload = Reload::yes;
  bool listed = true;  // false: an alias, in no manual
  bool early = false;  // other settings of the same block depend on it, wherever it stands
  bool bare = false;   // its block may be left out
};

struct Block {
  std::string_view path;  // "vrrp_instance/authentication"; "/" is the top level
  std::string_view help;
  std::vector<Keyword> keywords;
  std::vector<const Keyword*> by_name;  // those that are read, in the order of their names
  bool has_early = false;
  const Keyword* first_word = nullptr;
  const Keyword* other_word = nullptr;

  const Keyword* find(std::string_view name) const;
  std::vector<std::string_view> names() const;
  /// A word the block reads but that has no description of its own: another spelling within a line.
  void add_alias(LastingText name, Apply apply);
};

class Schema {
 public:
  Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  const Block* find(std::string_view path) const;
  const Block& at(std::string_view path) const;  // of a path that exists
  const std::deque<Block>& blocks() const { return blocks_; }
  /// The blocks that know the keyword.
  std::vector<const Block*> knowing(std::string_view keyword) const;

 private:
  void add(Block block);

  std::deque<Block> blocks_;
  std::unordered_map<std::string_view, const Block*> by_path_;
};

/// The one table. Built at first use, never changed.
const Schema& schema();

/// "global_defs", "vrrp_instance", "real_server" …: what a person calls the block.
std::string_view block_title(std::string_view path);

}  // namespace config
