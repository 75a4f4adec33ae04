#include <fmt/format.h>
#include <utility>

#include "lvs/service.hpp"

namespace lvs {

std::string_view reason_text(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "nothing has happened yet";
    case Reason::started:
      return "it counts as fit until a check fails";
    case Reason::started_alpha:
      return "it counts as unfit until a check succeeds (alpha)";
    case Reason::resumed:
      return "a new process goes on where the last one was";
    case Reason::check_failed:
      return "a check failed";
    case Reason::check_succeeded:
      return "its checks succeed";
    case Reason::weight_changed:
      return "its weight changed";
    case Reason::reconfigured:
      return "the configuration changed";
    case Reason::removed:
      return "it was removed from the configuration";
    case Reason::drained:
      return "its last connection has ended";
    case Reason::drain_time_over:
      return "drain_timeout is over; connections that were left are cut";
    case Reason::stopped:
      return "the daemon stops";
  }
  std::unreachable();
}

std::string_view reason_id(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "none";
    case Reason::started:
      return "started";
    case Reason::started_alpha:
      return "started_alpha";
    case Reason::resumed:
      return "resumed";
    case Reason::check_failed:
      return "check_failed";
    case Reason::check_succeeded:
      return "check_succeeded";
    case Reason::weight_changed:
      return "weight_changed";
    case Reason::reconfigured:
      return "reconfigured";
    case Reason::removed:
      return "removed";
    case Reason::drained:
      return "drained";
    case Reason::drain_time_over:
      return "drain_time_over";
    case Reason::stopped:
      return "stopped";
  }
  std::unreachable();
}

std::string quorum_text(const QuorumChange& change) {
  const std::uint64_t quorum = change.quorum, hysteresis = change.hysteresis;
  if (change.up)
    return fmt::format("Gained quorum {}+{}={} <= {}", quorum, hysteresis, quorum + hysteresis,
                       change.weight);
  return fmt::format("Lost quorum {}-{}={} > {}", quorum, hysteresis, quorum - hysteresis, change.weight);
}

}  // namespace lvs
