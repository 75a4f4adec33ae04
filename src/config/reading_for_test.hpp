// For the reader's tests: read a text, see the tree as one line and the diagnostics as they are printed.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/memory_world.hpp"
#include "config/read.hpp"
#include "config/render.hpp"

namespace config {

/// True if that word of the statement stands in double quotes: then its place is the opening one.
inline bool quoted(const Statement& statement, const Word& word) {
  const std::size_t opening = statement.keyword_quoted ? 1 : 0;
  const char* line = statement.keyword.text.data() - opening - statement.keyword.place.offset;
  return line[word.place.offset] == '"';
}

/// `vrrp_instance V { interface eth0; track { } }`; words in quotes if they were quoted.
inline std::string shape(std::span<const Statement> statements) {
  std::string result;
  const auto add = [&](const Statement& statement, const Word& word) {
    result += quoted(statement, word) ? "\"" + std::string(word.text) + "\"" : std::string(word.text);
  };
  for (const Statement& statement : statements) {
    if (!result.empty()) result += "; ";
    add(statement, statement.keyword);
    for (const Word& word : statement.arguments()) {
      result += ' ';
      add(statement, word);
    }
    if (!statement.has_block()) continue;
    const std::string children = shape(statement.children());
    result += children.empty() ? " { }" : " { " + children + " }";
  }
  return result;
}

/// Reads `k.conf` of a world in memory whose configuration id is `main`.
struct Reading {
  MemoryWorld world;
  ReadOptions options;
  Diagnostics diagnostics;
  Tree tree;

  Reading() { options.config_id = "main"; }
  explicit Reading(std::string text, bool lenient = false) : Reading() {
    options.lenient = lenient;
    world.write("k.conf", std::move(text));
    read();
  }
  void read(const std::string& path = "k.conf") {
    diagnostics = {};
    tree = config::read(path, options, world, diagnostics);
  }
  std::string shape() const { return config::shape(tree.statements()); }
  /// Every diagnostic as printed, without the summary.
  std::string problems() const {
    std::string text;
    for (const Diagnostic& each : diagnostics.list) text += render_text(each);
    return text;
  }
  /// The ids of the diagnostics, `!` before those of errors.
  std::string ids() const {
    std::string text;
    for (const Diagnostic& each : diagnostics.list) {
      text += (text.empty() ? "" : " ") + std::string(each.severity == Severity::error ? "!" : "") + each.id;
    }
    return text;
  }
};

/// The tree of a text that has nothing wrong; otherwise what is wrong.
inline std::string tree_of(std::string text) {
  const Reading reading(std::move(text));
  return reading.diagnostics.list.empty() ? reading.shape() : reading.problems();
}

/// What is wrong with a text, as printed.
inline std::string problems_of(std::string text, bool lenient = false) {
  return Reading(std::move(text), lenient).problems();
}

/// The tree although something is wrong.
inline std::string recovered(std::string text, bool lenient = false) {
  const Reading reading(std::move(text), lenient);
  return reading.diagnostics.list.empty() ? "nothing is wrong" : reading.shape();
}

/// `file:line:column+length` of so many octets from the start of a word.
inline std::string where(const Tree& tree, const Word& word, std::size_t octets) {
  const Position at = tree.position(word.place, octets);
  return at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + "+" +
         std::to_string(at.length);
}

/// The same of its text; the quotes of a quoted word are two octets more.
inline std::string where(const Tree& tree, const Word& word) { return where(tree, word, word.text.size()); }

/// Its trail, a line each.
inline std::string trail(const Tree& tree, const Word& word) {
  std::string text;
  for (const auto& each : tree.trail(word.place)) {
    text += each.where.file + ":" + std::to_string(each.where.line) + ":" +
            std::to_string(each.where.column) + "+" + std::to_string(each.where.length) + " " + each.message +
            "\n";
  }
  return text;
}

}  // namespace config
