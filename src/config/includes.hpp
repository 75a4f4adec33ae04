// The rules of include lines that need no file: which problems count, what a pattern means, where it starts from.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/read.hpp"
#include "config/tree.hpp"

namespace config {

/// What `includer`, `includem` … ask for; `plain` for a bare `include`.
IncludeChecks checks_of(std::string_view keyword, const IncludeChecks& plain);

/// What an `include_check` line makes of the checks; `bad` is the first word that makes no sense, if one does.
struct IncludeCheckLine {
  IncludeChecks checks;
  std::optional<Word> bad;
};
IncludeCheckLine include_check(std::span<const Word> words, const IncludeChecks& before);

/// `a{b,c}d` → `abd`, `acd`; nested ones too. Empty if there are more than `most`.
std::vector<std::string> brace_alternatives(const std::string& pattern, std::size_t most);

bool has_wildcard(std::string_view pattern);

/// The folder a file lies in, "" for the working directory.
std::string folder_of(std::string_view path);
/// A path as seen from a folder.
std::string in_folder(const std::string& folder, std::string_view path);

}  // namespace config
