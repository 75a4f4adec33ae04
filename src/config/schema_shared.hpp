// Pieces of the schema that more than one area uses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/drafts.hpp"
#include "config/schema_builder.hpp"

namespace config {

/// A `track_*` block of an instance or a sync group.
template <class T>
auto track_lines(LastingText path, track::Kind kind) {
  return lines_of<ReferenceDraft>(path, [kind](T& object, ReferenceDraft&& line, const Statement&, Words&) {
    line.reference.kind = kind;
    object.tracker_lines.push_back(std::move(line));
  });
}

/// What follows from a whole line: families, what is missing, what excludes what. Empty: refused.
std::optional<net::Route> finish_route(RouteDraft&& draft, Words& words);
std::optional<net::Rule> finish_rule(RuleDraft&& draft, Words& words);

/// The options of a route or rule line that both know.
void set_family(std::optional<net::Family>& family, net::Family wanted, Words& words, const Word& word);

}  // namespace config
