#include "config/reporter.hpp"

#include <fmt/core.h>
#include <iterator>
#include <utility>

namespace config {

void Reporter::error(Place place, std::size_t length, Problem problem) {
  report(lenient_ ? Severity::warning : Severity::error, place, length, std::move(problem));
}

void Reporter::strict_error(Place place, std::size_t length, Problem problem) {
  report(Severity::error, place, length, std::move(problem));
}

void Reporter::warning(Place place, std::size_t length, Problem problem) {
  report(Severity::warning, place, length, std::move(problem));
}

void Reporter::report(Severity severity, Place place, std::size_t length, Problem&& problem) {
  if (lenient_ && !problem.assumed.empty()) problem.message += "; " + problem.assumed;
  Position where = storage_.position(place, length);
  if (!first_time(where, problem)) return;
  auto trail = storage_.trail(place);
  problem.related.insert(problem.related.end(), std::make_move_iterator(trail.begin()),
                         std::make_move_iterator(trail.end()));
  add(severity, std::move(where), std::move(problem));
}

void Reporter::failure(Position where, Problem problem) {
  if (first_time(where, problem)) add(Severity::error, std::move(where), std::move(problem));
}

bool Reporter::first_time(const Position& where, const Problem& problem) {
  return said_.insert(fmt::format("{}:{}:{}:{}", where.file, where.line, where.column, problem.message))
      .second;
}

void Reporter::add(Severity severity, Position where, Problem&& problem) {
  diagnostics_.add({.severity = severity,
                    .id = problem.id,
                    .where = std::move(where),
                    .message = std::move(problem.message),
                    .hint = std::move(problem.hint),
                    .related = std::move(problem.related)});
}

}  // namespace config
