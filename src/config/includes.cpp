#include "config/includes.hpp"

#include <array>
#include <utility>

namespace config {

namespace {

struct Named {
  std::string_view name;
  bool IncludeChecks::* check;
};

constexpr std::array<Named, 4> named_checks = {{{"read", &IncludeChecks::readable},
                                                {"match", &IncludeChecks::match},
                                                {"wildcard_match", &IncludeChecks::wildcard_match},
                                                {"brace_match", &IncludeChecks::brace_match}}};

constexpr IncludeChecks every_check = {
    .readable = true, .match = true, .wildcard_match = true, .brace_match = true};

bool IncludeChecks::* check_named(std::string_view name) {
  for (const Named& each : named_checks) {
    if (each.name == name) return each.check;
  }
  return nullptr;
}

}  // namespace

IncludeChecks checks_of(std::string_view keyword, const IncludeChecks& plain) {
  if (keyword == "include") return plain;
  const char letter = keyword.back();
  return {.readable = true,
          .match = letter == 'm' || letter == 'w' || letter == 'a',
          .wildcard_match = letter == 'w' || letter == 'a',
          .brace_match = letter == 'b' || letter == 'a'};
}

IncludeCheckLine include_check(std::span<const Word> words, const IncludeChecks& before) {
  if (words.empty()) return {.checks = every_check, .bad = std::nullopt};
  IncludeCheckLine result{.checks = before, .bad = std::nullopt};
  bool was_set = false;
  for (const Word& word : words) {
    std::string_view name = word.text;
    const char sign = name.empty() ? '\0' : name.front();
    const bool adjusts = sign == '+' || sign == '-';
    if (adjusts) name.remove_prefix(1);
    const auto check = check_named(name);
    if (check == nullptr || (!adjusts && was_set)) {
      result.bad = word;
      return result;
    }
    if (!adjusts) {
      result.checks = {.readable = true};
      was_set = true;
    }
    result.checks.*check = sign != '-';
  }
  return result;
}

namespace {

// Appends what `pattern` stands for; false once there are too many.
bool expand(const std::string& pattern, std::size_t from, std::size_t most, std::vector<std::string>& out) {
  const std::size_t open = pattern.find('{', from);
  std::vector<std::size_t> commas;
  std::size_t close = pattern.npos;
  std::size_t depth = 0;
  for (std::size_t at = open; at < pattern.size(); ++at) {
    if (pattern[at] == '{') ++depth;
    if (pattern[at] == ',' && depth == 1) commas.push_back(at);
    if (pattern[at] == '}' && --depth == 0) {
      close = at;
      break;
    }
  }
  if (close == pattern.npos) {
    out.push_back(pattern);
    return out.size() <= most;
  }
  commas.push_back(close);
  std::size_t begin = open + 1;
  for (const std::size_t end : commas) {
    const std::string one =
        pattern.substr(0, open) + pattern.substr(begin, end - begin) + pattern.substr(close + 1);
    if (!expand(one, open, most, out)) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

std::vector<std::string> brace_alternatives(const std::string& pattern, std::size_t most) {
  std::vector<std::string> result;
  // Each pair of braces costs a level of recursion.
  std::size_t pairs = 0;
  for (const char c : pattern) pairs += c == '{' ? 1 : 0;
  constexpr std::size_t most_pairs = 32;
  if (pairs > most_pairs || !expand(pattern, 0, most, result)) return {};
  return result;
}

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?[") != pattern.npos; }

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return {};
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

std::string in_folder(const std::string& folder, std::string_view path) {
  if (folder.empty() || path.starts_with('/')) return std::string(path);
  return folder + (folder.ends_with('/') ? "" : "/") + std::string(path);
}

}  // namespace config
