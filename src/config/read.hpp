// First half of reading a configuration: files → lines → tree. Includes, definitions, conditions, sequences, quotes, comments
// and braces happen here; no keyword but the include words and $NAME=, @ID, ~SEQ, ~LST is known.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/tree.hpp"
#include "config/world.hpp"

namespace config {

/// Which include problems are errors rather than warnings (`include_check`, -e).
struct IncludeChecks {
  bool readable = false;        // a match that is no readable plain file
  bool match = false;           // nothing matches a pattern without wildcards
  bool wildcard_match = false;  // nothing matches a pattern with wildcards
  bool brace_match = false;     // a brace alternative without a match
};

struct ReadOptions {
  std::string config_id;  // for @ID lines; empty = the host name up to its first dot
  IncludeChecks include_checks;
  bool lenient = false;  // --compat: what the old reader skipped with a message is a warning, not an error
  std::size_t expansion_limit =
      64'000'000;  // octets after replacing parameters; more is an error, not an endless run
};

/// `path` may be a pattern. Problems go to `diagnostics`; the tree holds whatever could be read.
Tree read(const std::string& path, const ReadOptions& options, const World& world, Diagnostics& diagnostics);

}  // namespace config
