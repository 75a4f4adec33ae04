// How the reader says what is wrong: places become positions with their trail, and one problem in text that
// is read again and again (a sequence, a file included twice) is said once.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_set>

#include "config/diagnostic.hpp"
#include "config/tree_storage.hpp"

namespace config {

struct Problem {
  const char* id;
  std::string message;
  std::string hint = {};
  std::string assumed = {};  // what lenient reading makes of it
  std::vector<Diagnostic::Related> related = {};
};

class Reporter {
 public:
  static constexpr std::size_t most_problems = 1000;
  static constexpr std::size_t most_octets = 16'000'000;  // of source lines shown: they may be long

  Reporter(const Tree::Storage& storage, Diagnostics& diagnostics, bool lenient)
      : storage_(storage), diagnostics_(diagnostics), lenient_(lenient) {}

  bool lenient() const { return lenient_; }
  /// So much is wrong that nobody reads on; what is found now is left out.
  bool full() const { return said_.size() >= most_problems || octets_ >= most_octets; }

  /// Something the old reader skipped with a message: an error, or in lenient reading a warning that says
  /// what is assumed.
  void error(Place place, std::size_t length, Problem problem);
  /// An error in lenient reading too.
  void strict_error(Place place, std::size_t length, Problem problem);
  void warning(Place place, std::size_t length, Problem problem);
  /// The same for what has no place in a line.
  void failure(Position where, Problem problem);

 private:
  void report(Severity severity, Place place, std::size_t length, Problem&& problem);
  void leave_out(Severity severity, Place place);
  void add(Severity severity, Position where, Problem&& problem);

  const Tree::Storage& storage_;
  Diagnostics& diagnostics_;
  bool lenient_;
  std::size_t octets_ = 0;
  std::optional<std::size_t> left_out_;               // the diagnostic that says so
  std::unordered_set<std::string> said_;              // by position and message
  std::unordered_set<std::string> said_of_a_source_;  // the same, known before the position is worked out
};

}  // namespace config
