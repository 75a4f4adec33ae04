#include "config/schema.hpp"

#include <algorithm>

#include "config/schema_areas.hpp"
#include "core/check.hpp"

namespace config {

Arena& schema_memory() {
  static Arena memory;
  return memory;
}

LastingText keep(const std::string& text) {
  return schema_memory().store(std::string_view(text.c_str(), text.size() + 1)).data();
}

const Keyword* Block::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(by_name, name, {}, &Keyword::name);
  return found == by_name.end() || (*found)->name != name ? nullptr : *found;
}

std::vector<std::string_view> Block::names() const {
  std::vector<std::string_view> names;
  for (const Keyword& keyword : keywords) names.push_back(keyword.name);
  return names;
}

void Block::add_alias(LastingText name, Apply apply) {
  Keyword& keyword = keywords.emplace_back();
  keyword.name = name;
  keyword.kind = Keyword::Kind::option;
  keyword.listed = false;
  keyword.apply = apply;
}

Schema::Schema() {
  for (auto* area :
       {top_level_blocks, global_blocks, instance_blocks, tracking_blocks, address_blocks, route_blocks,
        rule_blocks, bfd_blocks, virtual_server_blocks, checker_blocks, language_blocks}) {
    for (Block& block : area()) add(std::move(block));
  }
  for (const Block& block : blocks_) {
    for (const Keyword& keyword : block.keywords) SF_CHECK(keyword.child.empty() || find(keyword.child));
  }
}

void Schema::add(Block block) {
  Block& kept = blocks_.emplace_back(std::move(block));
  by_path_.emplace(kept.path, &kept);
  kept.keywords.shrink_to_fit();
  kept.by_name.reserve(kept.keywords.size());
  for (const Keyword& keyword : kept.keywords) {
    if (keyword.kind == Keyword::Kind::first_word) {
      kept.first_word = &keyword;
    } else if (keyword.kind == Keyword::Kind::other_word) {
      kept.other_word = &keyword;
    } else if (keyword.apply) {
      kept.by_name.push_back(&keyword);
    }
    kept.has_early = kept.has_early || keyword.early;
  }
  std::ranges::sort(kept.by_name, {}, &Keyword::name);
  SF_CHECK(std::ranges::adjacent_find(kept.by_name, {}, &Keyword::name) == kept.by_name.end());
}

const Block* Schema::find(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

const Block& Schema::at(std::string_view path) const {
  const Block* block = find(path);
  SF_CHECK(block != nullptr);
  return *block;
}

std::vector<const Block*> Schema::knowing(std::string_view keyword) const {
  std::vector<const Block*> knowing;
  for (const Block& block : blocks_) {
    for (const Keyword& known : block.keywords) {
      if (known.listed && known.name == keyword) knowing.push_back(&block);
    }
  }
  return knowing;
}

const Schema& schema() {
  static const Schema table;
  return table;
}

std::string_view block_title(std::string_view path) {
  if (path == "/") return "the top level";
  return path.substr(path.rfind('/') + 1);
}

}  // namespace config
