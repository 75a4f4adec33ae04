#include "config/explain.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "config/not_acted_on.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"
#include "config/without_effect.hpp"

namespace config {

namespace {

// "vrrp_instance/authentication" → "vrrp_instance.authentication"; the top level has no name.
std::string dotted(std::string_view path) {
  if (path == "/") return {};
  std::string key(path);
  std::ranges::replace(key, '/', '.');
  return key;
}

std::string key_of(const Block& block, const Keyword& keyword) {
  const std::string path = dotted(block.path);
  return path.empty() ? std::string(keyword.name) : fmt::format("{}.{}", path, keyword.name);
}

std::string_view reload_text(Reload reload) {
  switch (reload) {
    case Reload::yes:
      return "a reload is enough";
    case Reload::partly:
      return "a reload changes part of it";
    case Reload::no:
      return "needs a restart";
  }
  return {};
}

std::string_view repeat_text(const Keyword& keyword) {
  switch (keyword.repeat) {
    case Repeat::last_wins:
      return "the last one counts";
    case Repeat::first_wins:
      return "refused";
    case Repeat::replaces:
      return "the last one counts, with a warning";
    case Repeat::adds:
      return "each counts";
  }
  return {};
}

bool in_line(const Keyword& keyword) {
  return keyword.kind == Keyword::Kind::first_word || keyword.kind == Keyword::Kind::other_word ||
         keyword.kind == Keyword::Kind::explained || keyword.kind == Keyword::Kind::option;
}

std::string keyword_list(const Block& block) {
  std::string text;
  std::size_t widest = 0;
  for (const Keyword& keyword : block.keywords) {
    if (keyword.listed) widest = std::max(widest, keyword.name.size());
  }
  for (const Keyword& keyword : block.keywords) {
    if (keyword.listed) text += fmt::format("  {:<{}}  {}\n", keyword.name, widest, keyword.help.view());
  }
  return text;
}

std::string describe(const Block& block, const Keyword& keyword) {
  std::string text = fmt::format("{}\n\n{}\n\n", key_of(block, keyword), keyword.help.view());
  const auto line = [&](std::string_view label, std::string_view value) {
    if (!value.empty()) text += fmt::format("  {:<14}{}\n", label, value);
  };
  line("write",
       keyword.kind == Keyword::Kind::explained || keyword.name.starts_with('<')
           ? std::string(keyword.syntax)
           : fmt::format("{}{}{}", keyword.name, keyword.syntax.empty() ? "" : " ", keyword.syntax.view()));
  line("in", block.path == "/" ? "the top level" : block.path);
  line("unit", keyword.unit);
  line("range", keyword.range);
  line("default", keyword.default_value);
  line("inherits", keyword.inherits);
  line("also", keyword.seldom->same_as);
  line("old name of", keyword.seldom->preferred);
  if (!in_line(keyword)) line("given again", repeat_text(keyword));
  line("when changed", reload_text(keyword.reload));
  line("example", keyword.seldom->example);
  if (not_acted_on(block.path, keyword.name)) line("state", "accepted, not acted on yet");
  if (const auto why = without_effect(block.path, keyword.name); !why.empty())
    line("state", fmt::format("accepted, without effect: {}", why));
  if (!keyword.child.empty())
    text += fmt::format("\nIn its block:\n{}", keyword_list(schema().at(keyword.child)));
  return text;
}

// The block whose path is `key` or ends in it.
std::vector<const Block*> blocks_named(std::string_view key) {
  std::vector<const Block*> found;
  for (const Block& block : schema().blocks()) {
    const std::string path = dotted(block.path);
    if (path == key) return {&block};
    if (path.ends_with(fmt::format(".{}", key))) found.push_back(&block);
  }
  return found;
}

struct Match {
  const Block* block;
  const Keyword* keyword;
};

std::vector<Match> keywords_named(std::string_view name, const std::vector<const Block*>& blocks) {
  std::vector<Match> found;
  for (const Block* block : blocks) {
    for (const Keyword& keyword : block->keywords) {
      if (keyword.listed && keyword.name == name) found.push_back({block, &keyword});
    }
  }
  return found;
}

std::vector<Match> matches(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  const std::string_view name = dot == key.npos ? key : key.substr(dot + 1);
  if (dot != key.npos) return keywords_named(name, blocks_named(key.substr(0, dot)));
  // A name of the top level means that; any other may be in several blocks.
  if (const auto top = keywords_named(name, {schema().find("/")}); !top.empty()) return top;
  std::vector<const Block*> all;
  for (const Block& block : schema().blocks()) all.push_back(&block);
  return keywords_named(name, all);
}

Explanation suggestions(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  const std::string_view name = dot == key.npos ? key : key.substr(dot + 1);
  std::vector<std::string_view> names;
  for (const Block& block : schema().blocks()) {
    for (const Keyword& keyword : block.keywords) {
      if (keyword.listed) names.push_back(keyword.name);
    }
  }
  std::string text = fmt::format("There is no keyword '{}'.\n", key);
  const auto known_elsewhere = matches(name);
  if (dot != key.npos && !known_elsewhere.empty()) {
    text += "There is:\n";
    for (const Match& match : known_elsewhere)
      text += fmt::format("  {}\n", key_of(*match.block, *match.keyword));
  } else if (const std::string meant = closest(name, names); !meant.empty()) {
    text += fmt::format("Did you mean '{}'?\n", meant);
  }
  return {false, text};
}

void manual_entry(std::string& text, const Block& block, const Keyword& keyword) {
  text += fmt::format("- **`{}{}{}`** {}", keyword.name,
                      keyword.syntax.empty() || keyword.name.starts_with('<') ? "" : " ",
                      keyword.name.starts_with('<') ? "" : keyword.syntax.view(), keyword.help.view());
  std::vector<std::string> facts;
  const auto fact = [&](std::string_view label, std::string_view value) {
    if (!value.empty()) facts.push_back(fmt::format("{} {}", label, value));
  };
  fact("unit:", keyword.unit);
  fact("range:", keyword.range);
  fact("default:", keyword.default_value);
  fact("inherits:", keyword.inherits);
  fact("also:", keyword.seldom->same_as);
  fact("old name of", keyword.seldom->preferred);
  if (keyword.repeat == Repeat::first_wins) facts.emplace_back("once only");
  if (keyword.reload == Reload::no) facts.emplace_back("a change needs a restart");
  if (not_acted_on(block.path, keyword.name)) facts.emplace_back("*accepted, not acted on yet*");
  if (const auto why = without_effect(block.path, keyword.name); !why.empty())
    facts.push_back(fmt::format("*accepted, without effect: {}*", why));
  if (!facts.empty()) text += fmt::format("  \n  {}", fmt::join(facts, "; "));
  if (!keyword.seldom->example.empty())
    text += fmt::format("  \n  example: `{}`", keyword.seldom->example.view());
  text += '\n';
}

}  // namespace

Explanation explain(std::string_view asked) {
  std::string key(asked);
  std::ranges::replace(key, '/', '.');
  const std::vector<Match> found = matches(key);
  if (found.size() == 1) return {true, describe(*found.front().block, *found.front().keyword)};
  if (found.empty()) {
    const auto blocks = blocks_named(key);
    if (blocks.empty()) return suggestions(key);
    std::string text;
    for (const Block* block : blocks)
      text += fmt::format("{}\n\n{}\n\n{}", dotted(block->path), block->help, keyword_list(*block));
    return {true, text};
  }
  std::string text = fmt::format("'{}' is in several blocks:\n", key);
  for (const Match& match : found) {
    text += fmt::format("  {:<60} {}\n", key_of(*match.block, *match.keyword), match.keyword->help.view());
  }
  return {true, text};
}

std::vector<std::string> explain_keys() {
  std::vector<std::string> keys;
  for (const Block& block : schema().blocks()) {
    if (block.path.starts_with('(')) continue;
    for (const Keyword& keyword : block.keywords) {
      const bool plain = keyword.name.find_first_of("<> ") == std::string::npos;
      if (keyword.listed && plain) keys.push_back(key_of(block, keyword));
    }
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::string reference_manual() {
  std::string text =
      "# The configuration language\n\n"
      "Every block and keyword, generated from the schema that also reads the files; `standfast explain "
      "KEYWORD` says the\n"
      "same on a terminal. Not edited by hand: `run_configs --manual docs/REFERENCE.md --rewrite` makes it "
      "anew.\n\n"
      "A switch stands alone or is followed by `on` or `off`. Order does not matter: a name may be used "
      "above the block that\n"
      "defines it, and defaults in `global_defs` count wherever it stands.\n";
  for (const Block& block : schema().blocks()) {
    const std::string title = block.path == "/"             ? "Top level"
                              : block.path.starts_with('(') ? std::string(block.path)
                                                            : fmt::format("`{}`", block.path);
    text += fmt::format("\n## {}\n\n{}\n\n", title, block.help);
    for (const Keyword& keyword : block.keywords) {
      if (keyword.listed) manual_entry(text, block, keyword);
    }
  }
  return text;
}

}  // namespace config
