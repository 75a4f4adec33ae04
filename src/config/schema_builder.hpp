// How the tables of schema_*.cpp are written: one braced line a keyword, bound to the field it fills.
//
//   {"priority", number(1, 255), &Draft::priority, "Election priority.", {by_default("100")}},
//
// The type of a block's object is checked here and erased behind Keyword::apply.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/schema.hpp"
#include "config/schema_values.hpp"

namespace config {

/// A further property of an entry.
struct Trait {
  enum class Field : std::uint8_t {
    syntax,
    unit,
    range,
    by_default,
    inherits,
    same_as,
    old_name_of,
    example,
    repeat,
    reload,
    early,
    block_optional,
  };
  LastingText text;
  Field field;
  std::uint8_t number = 0;
};

constexpr Trait syntax(LastingText text) { return {text, Trait::Field::syntax}; }
constexpr Trait unit(LastingText text) { return {text, Trait::Field::unit}; }
constexpr Trait range(LastingText text) { return {text, Trait::Field::range}; }
constexpr Trait by_default(LastingText text) { return {text, Trait::Field::by_default}; }
constexpr Trait inherits(LastingText text) { return {text, Trait::Field::inherits}; }
constexpr Trait same_as(LastingText text) { return {text, Trait::Field::same_as}; }
constexpr Trait old_name_of(LastingText text) { return {text, Trait::Field::old_name_of}; }
constexpr Trait example(LastingText text) { return {text, Trait::Field::example}; }
inline constexpr Trait first_wins{{}, Trait::Field::repeat, static_cast<std::uint8_t>(Repeat::first_wins)};
inline constexpr Trait replaces{{}, Trait::Field::repeat, static_cast<std::uint8_t>(Repeat::replaces)};
inline constexpr Trait adds{{}, Trait::Field::repeat, static_cast<std::uint8_t>(Repeat::adds)};
inline constexpr Trait reload_partly{{}, Trait::Field::reload, static_cast<std::uint8_t>(Reload::partly)};
inline constexpr Trait reload_no{{}, Trait::Field::reload, static_cast<std::uint8_t>(Reload::no)};
inline constexpr Trait block_optional{{}, Trait::Field::block_optional};
inline constexpr Trait early{{}, Trait::Field::early};

void apply_traits(Keyword& keyword, std::initializer_list<Trait> traits);

/// A field of a field: in(&Globals::mail, &notify::MailConfig::port).
template <class Outer, class Inner>
auto in(Outer outer, Inner inner) {
  return [outer, inner](auto& object) -> auto& { return object.*outer.*inner; };
}

/// A value that is the opposite of what the field says.
struct Negated {
  Flag flag;
  std::optional<bool> read(Words& words) const {
    const auto value = flag.read(words);
    return value ? std::optional(!*value) : std::nullopt;
  }
  void describe(Keyword&) const {}
};
constexpr Negated negated_flag() { return {}; }

/// A setting that no single value describes: the function reads its words itself.
template <class Function>
struct Reads {
  Function function;  // void(T&, Words&)
};
template <class Function>
Reads<Function> reads(Function function) {
  return {std::move(function)};
}

/// A block of keywords read into the child that `find` gives for the header; a null pointer: read it, keep nothing.
template <class Child, class Find>
struct Opens {
  LastingText path;
  Find find;  // Child*(T&, Words&)
};
template <class Child, class Find>
Opens<Child, Find> opens(LastingText path, Find find) {
  return {path, std::move(find)};
}

/// A block whose lines are entries: `add` takes each line's value, read by the options of the block at `path`.
template <class Line, class Add>
struct LinesOf {
  LastingText path;
  Add add;  // void(T&, Line&&, const Statement&, Words&); not called for a line that was refused
};
template <class Line, class Add>
LinesOf<Line, Add> lines_of(LastingText path, Add add) {
  return {path, std::move(add)};
}

/// A block of words, any number on a line.
template <class Value, class Target>
struct WordsOf {
  LastingText path;
  Value value;
  Target target;
};
template <class Value, class Target>
WordsOf<Value, Target> words_of(LastingText path, Value value, Target target) {
  return {path, value, target};
}

/// A top-level block that is read once everything it may refer to is known.
template <class Member>
struct Later {
  LastingText path;
  Keyword::Kind kind;
  Member member;
};
template <class Member>
Later<Member> later_block(LastingText path, Member member) {
  return {path, Keyword::Kind::block, member};
}
template <class Member>
Later<Member> later_lines(LastingText path, Member member) {
  return {path, Keyword::Kind::lines, member};
}

/// Described here, read elsewhere.
struct Explained {
  Keyword::Kind kind = Keyword::Kind::explained;
};
inline constexpr Explained explained{};

namespace builder_detail {

template <class Field, class Value>
void assign(Field& field, Value&& value) {
  using Plain = std::remove_cvref_t<Value>;
  if constexpr (std::is_assignable_v<Field&, Value&&> && !std::is_arithmetic_v<Plain>) {
    field = std::forward<Value>(value);
  } else if constexpr (requires {
                         typename Field::value_type;
                         field.push_back(typename Field::value_type(value));
                       }) {
    field.push_back(typename Field::value_type(std::forward<Value>(value)));
  } else if constexpr (requires {
                         typename Field::value_type;
                         field.emplace();
                       }) {
    field = static_cast<typename Field::value_type>(value);
  } else {
    field = static_cast<Field>(value);
  }
}

template <class T, class Target, class Value>
void put(T& object, const Target& target, Value&& value, Words& words) {
  if constexpr (std::is_member_object_pointer_v<Target>) {
    assign(object.*target, std::forward<Value>(value));
  } else if constexpr (std::is_invocable_v<const Target&, T&, Value&&, Words&>) {
    target(object, std::forward<Value>(value), words);
  } else if constexpr (std::is_invocable_v<const Target&, T&, Value&&>) {
    target(object, std::forward<Value>(value));
  } else {
    assign(target(object), std::forward<Value>(value));
  }
}

}  // namespace builder_detail

template <class T>
struct Entry {
  using Traits = std::initializer_list<Trait>;

  /// One value, one field.
  template <class Value, class Target>
    requires requires(const Value& value, Words& words) { value.read(words); }
  Entry(LastingText name, Value value, Target target, LastingText help, Traits traits = {}) {
    start(name, help, Keyword::Kind::setting);
    value.describe(keyword);
    keyword.apply = [value = std::move(value), target](Words& words, void* object) {
      if (auto read = value.read(words)) {
        builder_detail::put(*static_cast<T*>(object), target, std::move(*read), words);
      }
    };
    apply_traits(keyword, traits);
  }

  template <class Function>
  Entry(LastingText name, Reads<Function> reader, LastingText help, Traits traits = {}) {
    start(name, help, Keyword::Kind::setting);
    keyword.apply = [function = std::move(reader.function)](Words& words, void* object) {
      function(*static_cast<T*>(object), words);
    };
    apply_traits(keyword, traits);
  }

  template <class Child, class Find>
  Entry(LastingText name, Opens<Child, Find> block, LastingText help, Traits traits = {}) {
    start(name, help, Keyword::Kind::block);
    keyword.child = block.path;
    keyword.syntax = "{ ... }";
    keyword.apply = [path = block.path, find = std::move(block.find)](Words& words, void* object) {
      // A `user` within the block counts for the commands of that block only.
      const Interpreter::BlockAccount account(words.interpreter());
      Child* child = find(*static_cast<T*>(object), words);
      Child unused{};
      Child* read_into = child != nullptr ? child : &unused;
      Given given =
          words.interpreter().read_block(schema().at(path), words.statement()->children(), read_into);
      if constexpr (requires { read_into->given; }) read_into->given = std::move(given);
    };
    apply_traits(keyword, traits);
  }

  template <class Line, class Add>
  Entry(LastingText name, LinesOf<Line, Add> lines, LastingText help, Traits traits = {}) {
    start(name, help, Keyword::Kind::lines);
    keyword.child = lines.path;
    keyword.syntax = "{ <LINE>... }";
    keyword.apply = [path = lines.path, add = std::move(lines.add)](Words& words, void* object) {
      const Block& block = schema().at(path);
      for (const Statement& line : words.statement()->children()) {
        Line value{};
        Words of_line{words.interpreter(), line.keyword, {}, &line};
        if (words.interpreter().read_line(block, line, &value))
          add(*static_cast<T*>(object), std::move(value), line, of_line);
      }
    };
    apply_traits(keyword, traits);
  }

  template <class Member>
  Entry(LastingText name, Later<Member> later, LastingText help, Traits traits = {}) {
    start(name, help, later.kind);
    keyword.child = later.path;
    keyword.apply = [member = later.member](Words& words, void* object) {
      (static_cast<T*>(object)->*member).push_back(words.statement());
      words.drop_rest();  // the header is read with the block
    };
    apply_traits(keyword, traits);
  }

  template <class Value, class Target>
  Entry(LastingText name, WordsOf<Value, Target> list, LastingText help, Traits traits = {}) {
    start(name, help, Keyword::Kind::lines);
    keyword.child = list.path;
    keyword.apply = [list](Words& words, void* object) {
      if (words.statement()->has_block() && words.statement()->children().empty()) {
        words.refuse(words.keyword(), "empty-block", "this block is empty", {}, "it is ignored");
      }
      for (const Statement& line : words.statement()->children()) {
        std::vector<Word> all{line.keyword};
        all.insert(all.end(), line.arguments().begin(), line.arguments().end());
        Words of_line{words.interpreter(), words.keyword(), all, &line};
        while (!of_line.empty()) {
          if (auto read = list.value.read(of_line)) {
            builder_detail::put(*static_cast<T*>(object), list.target, std::move(*read), of_line);
          }
        }
      }
    };
    apply_traits(keyword, traits);
  }

  Entry(LastingText name, Explained what, LastingText help, Traits traits = {}) {
    start(name, help, what.kind);
    apply_traits(keyword, traits);
  }

  Keyword keyword;

 private:
  void start(LastingText name, LastingText help, Keyword::Kind kind) {
    keyword.name = name;
    keyword.help = help;
    keyword.kind = kind;
  }
};

/// The keywords of a table whose objects are of type T.
template <class T>
struct Rows {
  Rows() = default;
  Rows(std::initializer_list<Entry<T>> entries) {
    keywords.reserve(entries.size());
    for (const Entry<T>& entry : entries) keywords.push_back(entry.keyword);
  }

  std::vector<Keyword> keywords;
};

/// To a block, or to other rows.
template <class Table, class T>
void append(Table& table, const Rows<T>& rows) {
  table.keywords.insert(table.keywords.end(), rows.keywords.begin(), rows.keywords.end());
}

template <class T>
Block make_block(LastingText path, LastingText help, Rows<T> rows) {
  Block block;
  block.path = path;
  block.help = help;
  block.keywords = std::move(rows.keywords);
  for (Keyword& keyword : block.keywords) {
    if (keyword.name.starts_with('<') && keyword.apply && keyword.kind == Keyword::Kind::setting) {
      keyword.kind = Keyword::Kind::first_word;
    }
  }
  return block;
}

/// A block that is only described: its words are read by the entry that opens it.
Block explained_block(LastingText path, LastingText help, const Rows<int>& rows);

}  // namespace config
