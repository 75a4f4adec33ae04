// Any text through the reader. It must end, and whatever tree comes out must be sound: every word lies in memory the tree
// owns, every place resolves to a line of a file that was read, blocks nest within reason.
//
// The input is up to four files, separated by a line of `%%`: the main file, then a.conf, b.conf and sub/c.conf, which it may
// include. A first octet of 'L' reads leniently, 'A' with all include checks.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/memory_world.hpp"
#include "config/read.hpp"
#include "config/reading_for_test.hpp"
#include "config/render.hpp"
#include "config/utf8.hpp"
#include "core/check.hpp"

namespace {

constexpr std::size_t expansion_limit = 10'000;  // octets

std::size_t add_octets(std::string_view text) {
  std::size_t sum = text.size();
  for (const char c : text) sum += static_cast<unsigned char>(c);  // reads every octet
  return sum;
}

void check_position(const config::Position& at) {
  SF_CHECK(!at.file.empty());
  SF_CHECK(at.line >= 1);
  SF_CHECK(at.column >= 1);
  const std::size_t characters = config::count_characters(at.source_line);
  SF_CHECK(at.column <= characters + 1);
  SF_CHECK(at.column - 1 + at.length <= characters);
  SF_CHECK(at.source_line.find('\n') == std::string::npos);
}

void check_place(const config::Tree& tree, config::Place place, std::size_t length) {
  check_position(tree.position(place, length));
  for (const auto& each : tree.trail(place)) check_position(each.where);
}

// Positions cost a search each, so of a large tree only so many are looked up.
void check_statements(const config::Tree& tree, std::span<const config::Statement> statements, int depth,
                      int& left) {
  for (const config::Statement& statement : statements) {
    SF_CHECK(depth <= 64);
    SF_CHECK(add_octets(statement.keyword.text) + add_octets(statement.tail()) < SIZE_MAX);
    SF_CHECK(statement.has_block() || statement.children().empty());
    SF_CHECK(statement.keyword_quoted || !statement.keyword.text.empty());
    for (const config::Word& word : statement.arguments()) {
      SF_CHECK(config::quoted(statement, word) || !word.text.empty());
      SF_CHECK(word.text.find_first_of("\n\"") == std::string_view::npos);
      if (left-- > 0) check_place(tree, word.place, word.text.size());
    }
    if (left-- > 0) {
      check_place(tree, statement.keyword.place, statement.keyword.text.size());
      if (!statement.tail().empty()) check_place(tree, statement.tail_place(), statement.tail().size());
      if (statement.has_block()) {
        check_place(tree, statement.block_open(), 1);
        check_place(tree, statement.block_close(), 1);
      }
    }
    check_statements(tree, statement.children(), depth + 1, left);
  }
}

config::MemoryWorld world_of(std::string_view text) {
  constexpr const char* names[] = {"k.conf", "a.conf", "b.conf", "sub/c.conf"};
  constexpr std::string_view separator = "\n%%\n";
  config::MemoryWorld world;
  for (const char* name : names) {
    const std::size_t end = text.find(separator);
    world.write(name, std::string(text.substr(0, end)));
    text = end == text.npos ? std::string_view() : text.substr(end + separator.size());
  }
  world.write("tool", "#!/bin/sh\n", 0755);
  world.variables["HOME"] = "/root \"{#";
  return world;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  config::ReadOptions options;
  options.config_id = "main";
  options.expansion_limit = expansion_limit;
  options.lenient = text.starts_with('L');
  if (text.starts_with('A')) {
    options.include_checks = {.readable = true, .match = true, .wildcard_match = true, .brace_match = true};
  }
  if (options.lenient || text.starts_with('A')) text.remove_prefix(1);
  const config::MemoryWorld world = world_of(text);

  config::Diagnostics diagnostics;
  const config::Tree tree = config::read("k.conf", options, world, diagnostics);
  int left = 100;
  check_statements(tree, tree.statements(), 0, left);
  int shown = 0;
  for (const config::Diagnostic& each : diagnostics.list) {
    check_position(each.where);
    SF_CHECK(!each.message.empty());
    if (++shown < 5) SF_CHECK(!config::render_text(each, {.colour = true}).empty());
  }
  if (diagnostics.list.size() < 10) SF_CHECK(!config::render_json(diagnostics).empty());
  return 0;
}
