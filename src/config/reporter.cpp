#include "config/reporter.hpp"

#include <algorithm>
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

void Reporter::failure(Position where, Problem problem) {
  add(Severity::error, std::move(where), std::move(problem));
}

void Reporter::report(Severity severity, Place place, std::size_t length, Problem&& problem) {
  if (full()) return leave_out(severity, place);
  if (lenient_ && !problem.assumed.empty()) problem.message += "; " + problem.assumed;
  if (const auto found = storage_.find(place)) {
    const Source& source = found->source;
    const std::string key = fmt::format("{}:{}:{}:{}:{}:{}", source.parent, source.file, source.offset,
                                        source.definition, found->delta, problem.message);
    if (!said_of_a_source_.insert(key).second) return;
  }
  Position where = storage_.position(place, length);
  if (!said_.insert(fmt::format("{}:{}:{}:{}", where.file, where.line, where.column, problem.message))
           .second) {
    return;
  }
  octets_ += where.source_line.size();
  auto trail = storage_.trail(place);
  problem.related.insert(problem.related.end(), std::make_move_iterator(trail.begin()),
                         std::make_move_iterator(trail.end()));
  add(severity, std::move(where), std::move(problem));
}

// One line stands for all that is left out, and is as severe as the worst of it.
void Reporter::leave_out(Severity severity, Place place) {
  if (!left_out_) {
    left_out_ = diagnostics_.list.size();
    add(Severity::note, storage_.position(place, 0),
        {.id = "too-many-problems",
         .message = fmt::format("from here on there are more problems than the {} shown", said_.size())});
  }
  Severity& worst = diagnostics_.list[*left_out_].severity;
  worst = std::max(worst, severity);
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
