// How the reader says what is wrong: places become positions with their trail, and one problem in text that
// is read again and again (a sequence, a file included twice) is said once.
#pragma once

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
  Reporter(const Tree::Storage& storage, Diagnostics& diagnostics, bool lenient)
      : storage_(storage), diagnostics_(diagnostics), lenient_(lenient) {}

  bool lenient() const { return lenient_; }

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
  bool first_time(const Position& where, const Problem& problem);
  void add(Severity severity, Position where, Problem&& problem);

  const Tree::Storage& storage_;
  Diagnostics& diagnostics_;
  bool lenient_;
  std::unordered_set<std::string> said_;
};

}  // namespace config
