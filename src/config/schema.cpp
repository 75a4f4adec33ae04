#include "config/schema.hpp"

#include "config/schema_areas.hpp"
#include "core/check.hpp"

namespace config {

const Keyword* Block::find(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

std::vector<std::string_view> Block::names() const {
  std::vector<std::string_view> names;
  for (const Keyword& keyword : keywords) names.push_back(keyword.name);
  return names;
}

void Block::add_alias(std::string_view name, std::function<void(Words&, void*)> apply) {
  Keyword& keyword = keywords.emplace_back();
  keyword.name = name;
  keyword.kind = Keyword::Kind::option;
  keyword.listed = false;
  keyword.apply = std::move(apply);
}

Schema::Schema() {
  for (auto* area :
       {top_level_blocks, global_blocks, instance_blocks, tracking_blocks, address_blocks, route_blocks,
        rule_blocks, bfd_blocks, virtual_server_blocks, checker_blocks, language_blocks}) {
    for (Block& block : area()) add(std::move(block));
  }
  for (Block& block : blocks_) {
    for (Keyword& keyword : block.keywords) {
      if (keyword.child.empty()) continue;
      keyword.child_block = find(keyword.child);
      SF_CHECK(keyword.child_block != nullptr);
    }
  }
}

void Schema::add(Block block) {
  Block& kept = blocks_.emplace_back(std::move(block));
  by_path_.emplace(kept.path, &kept);
  for (const Keyword& keyword : kept.keywords) {
    if (keyword.kind == Keyword::Kind::first_word) {
      kept.first_word = &keyword;
    } else if (keyword.kind == Keyword::Kind::other_word) {
      kept.other_word = &keyword;
    } else if (keyword.apply) {
      SF_CHECK(kept.by_name.emplace(keyword.name, &keyword).second);
    }
    kept.has_early = kept.has_early || keyword.early;
    if (keyword.listed) by_keyword_[keyword.name].push_back(&kept);
  }
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

const std::vector<const Block*>& Schema::knowing(std::string_view keyword) const {
  static const std::vector<const Block*> nobody;
  const auto found = by_keyword_.find(keyword);
  return found == by_keyword_.end() ? nobody : found->second;
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
