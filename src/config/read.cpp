#include "config/read.hpp"

#include <fmt/core.h>
#include <memory>
#include <utility>

#include "config/reporter.hpp"
#include "config/scan.hpp"
#include "config/tree_builder.hpp"
#include "config/tree_storage.hpp"
#include "config/utf8.hpp"

namespace config {

Tree read(const std::string& path, const ReadOptions& options, const World& world, Diagnostics& diagnostics) {
  auto storage = std::make_unique<Tree::Storage>();
  Reporter reporter(*storage, diagnostics, options.lenient);
  auto text = world.read_file(path);
  if (!text) {
    reporter.failure({.file = path}, {.id = "missing-file", .message = text.error().message});
    return Tree(std::move(storage));
  }
  storage->sources_of_text.push_back({.name = path, .text = std::move(*text)});
  storage->names.push_back(path);
  storage->frames.push_back({});
  storage->frames.back().from.chunk = none;
  TreeBuilder builder(*storage, reporter, [](const IncludeLine&) {}, [](const Statement&) {});
  const std::string_view whole = storage->sources_of_text.front().text;
  for (std::size_t at = 0; at < whole.size();) {
    const std::string_view line = line_at(whole, at);
    bool quoted = false;
    std::size_t end = 0;
    for (; end < line.size(); ++end) {
      if (line[end] == '"') quoted = !quoted;
      if (!quoted && (line[end] == '#' || line[end] == '!')) break;
    }
    const Place place = storage->place_in_file(0, at, line.size(), 0);
    builder.line(line.substr(0, end), place.chunk);
    const std::size_t next = whole.find('\n', at);
    at = next == whole.npos ? whole.size() : next + 1;
  }
  builder.finish({.file = path});
  return Tree(std::move(storage));
}

}  // namespace config
