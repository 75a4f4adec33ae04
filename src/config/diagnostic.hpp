// What is wrong with a configuration, where, and what to write instead. Nothing here prints: render.hpp makes text or JSON of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace config {

/// error: the meaning is unknown, or it cannot work. warning: works differently from what it says. note: harmless.
enum class Severity : std::uint8_t { note, warning, error };

/// A place in a file as a person counts: lines and columns (characters, not octets) from 1; `length` characters are meant.
struct Position {
  std::string file;
  std::uint32_t line = 0;  // 0: the file as a whole
  std::uint32_t column = 0;
  std::uint32_t length = 0;
  std::string source_line = {};  // the line as it stands in the file

  friend bool operator==(const Position&, const Position&) = default;
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string id;  // stable, for programs: "unknown-keyword", "out-of-range" …
  Position where;
  std::string message;
  std::string hint = {};  // what to write instead; empty if there is nothing to say
  struct Related {
    Position where;
    std::string message;  // "included from here", "$X is defined here", "first defined here"
    friend bool operator==(const Related&, const Related&) = default;
  };
  std::vector<Related> related = {};

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

struct Diagnostics {
  std::vector<Diagnostic> list;  // in the order found

  void add(Diagnostic diagnostic) { list.push_back(std::move(diagnostic)); }
  std::size_t count(Severity severity) const;
  bool usable() const { return count(Severity::error) == 0; }
};

}  // namespace config
