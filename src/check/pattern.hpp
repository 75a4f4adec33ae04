// The regular expression a body must (or must not) match, and the search through a body that comes in pieces. PCRE2 does the
// matching, within bounds: steps, memory, and how much of the body may have to be kept at once. A pattern is compiled once and
// shared by all searches.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "check/config.hpp"

namespace check {

class Pattern {
 public:
  /// An error names the place in the pattern.
  static std::expected<std::shared_ptr<const Pattern>, std::string> compile(const Regex& regex);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

 private:
  friend class PatternSearch;
  struct Parts;
  explicit Pattern(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

class PatternSearch {
 public:
  /// Of the body, kept because a match may have begun in it.
  static constexpr std::size_t most_kept = 1024 * 1024;

  explicit PatternSearch(std::shared_ptr<const Pattern> pattern);

  /// True once the pattern was found, or cannot be found any more; what comes after does not matter.
  bool decided() const { return decided_; }
  bool found() const { return found_; }
  /// An error: the search had to be given up.
  std::expected<void, std::string> add(std::string_view piece);
  std::expected<void, std::string> end();

 private:
  std::expected<void, std::string> search(bool last);
  void forget(std::size_t octets);

  std::shared_ptr<const Pattern> pattern_;
  std::string kept_;
  std::uint64_t kept_from_ = 0;  // where in the body kept_ begins
  std::size_t next_search_ = 0;  // once kept_ is as long
  std::size_t search_from_ = 0;  // in kept_
  bool decided_ = false;
  bool found_ = false;
};

}  // namespace check
