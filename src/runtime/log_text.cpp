#include "runtime/log_text.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <iterator>

namespace runtime {
namespace {

std::string lower(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string headline(const engine::action::ReportTransition& report) {
  const auto& [from, to, reason, when, priority, peer, peer_priority, detail] = report.transition;
  if (from == to)
    return fmt::format("({}) Still {}, {}", report.instance, vrrp::state_word(to), vrrp::reason_text(reason));
  if (to == vrrp::State::initialize) {
    return fmt::format("({}) {}{}", report.instance, reason == vrrp::Reason::removed ? "Removed" : "Stopped",
                       from == vrrp::State::master ? ", sent 0 priority" : "");
  }
  const bool first = from == vrrp::State::initialize && to == vrrp::State::backup;
  return fmt::format("({}) Entering {} STATE{}", report.instance, vrrp::state_word(to),
                     first ? " (init)" : "");
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", octet);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string log_value(std::string_view value) {
  const std::string clean = printable(value);
  if (!clean.empty() && clean.find_first_of(" \"=\\") == std::string::npos) return clean;
  std::string out = "\"";
  for (const char c : clean) {
    if (c == '"') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

std::string transition_line(const engine::action::ReportTransition& report) {
  const auto& transition = report.transition;
  std::string line = printable(headline(report));
  fmt::format_to(std::back_inserter(line),
                 " event=transition sequence={} instance={} from={} to={} reason={} priority={}",
                 report.sequence, log_value(report.instance), lower(vrrp::state_word(transition.from)),
                 lower(vrrp::state_word(transition.to)), vrrp::reason_id(transition.reason),
                 transition.priority);
  if (transition.peer) {
    fmt::format_to(std::back_inserter(line), " peer={} peer_priority={}", transition.peer->to_string(),
                   transition.peer_priority);
  }
  if (!transition.detail.empty()) line += " detail=" + log_value(transition.detail);
  return line;
}

std::string bfd_line(const engine::action::ReportBfdChange& report) {
  const bfd::Change& change = report.change;
  std::string line = printable(fmt::format("BFD_Instance({}) {} {} state, {}", report.session,
                                           change.from == change.to ? "Still in" : "Entering",
                                           bfd::state_word(change.to), bfd::reason_text(change.reason)));
  fmt::format_to(std::back_inserter(line),
                 " event=bfd_change session={} from={} to={} reason={} reachable={}",
                 log_value(report.session), bfd::state_id(change.from), bfd::state_id(change.to),
                 bfd::reason_id(change.reason), change.reachable);
  if (change.reason == bfd::Reason::neighbour_silent) {
    fmt::format_to(std::back_inserter(line), " detection_ms={}",
                   std::chrono::duration<double, std::milli>(change.detection).count());
  }
  if (change.neighbour_diagnostic != bfd::Diagnostic::none)
    line += " neighbour_diagnostic=" + log_value(bfd::diagnostic_text(change.neighbour_diagnostic));
  return line;
}

std::string server_line(const lvs::ServerChange& change) {
  const std::string server = lvs::to_string(change.server, change.service);
  const std::string service = lvs::to_string(change.service);
  std::string why(lvs::reason_text(change.reason));
  if (!change.detail.empty()) why += ": " + change.detail;
  std::string line = printable(fmt::format("{} service {} {} VS {}, {}", change.up ? "Adding" : "Removing",
                                           server, change.up ? "to" : "from", service, why));
  fmt::format_to(std::back_inserter(line),
                 " event=server_change service={} server={} up={} reason={} weight={}", log_value(service),
                 log_value(server), change.up, lvs::reason_id(change.reason), change.weight);
  return line;
}

std::string quorum_line(const lvs::QuorumChange& change) {
  const std::string service = lvs::to_string(change.service);
  std::string line = printable(fmt::format("{} for VS {}{}", lvs::quorum_text(change), service,
                                           change.sorry_serves ? ", the sorry server stands in" : ""));
  fmt::format_to(std::back_inserter(line),
                 " event=quorum_change service={} up={} reason={} weight={} quorum={} hysteresis={}",
                 log_value(service), change.up, lvs::reason_id(change.reason), change.weight, change.quorum,
                 change.hysteresis);
  return line;
}

std::string transition_line(const engine::action::ReportGroupTransition& report) {
  const auto& transition = report.transition;
  const bool stopped = transition.to == vrrp::State::initialize;
  std::string line = fmt::format(
      "VRRP_Group({}) {}", printable(report.group),
      stopped ? "stopped" : fmt::format("Syncing instances to {} state", vrrp::state_word(transition.to)));
  fmt::format_to(std::back_inserter(line),
                 " event=group_transition sequence={} group={} from={} to={} reason={}", report.sequence,
                 log_value(report.group), lower(vrrp::state_word(transition.from)),
                 lower(vrrp::state_word(transition.to)), vrrp::reason_id(transition.reason));
  if (!transition.detail.empty()) line += " member=" + log_value(transition.detail);
  return line;
}

std::string notice_line(const engine::action::Notice& notice) {
  std::string line;
  if (!notice.instance.empty()) line = "(" + printable(notice.instance) + ") ";
  line += printable(notice.text);
  line += " event=" + log_value(notice.id);
  if (!notice.instance.empty()) line += " instance=" + log_value(notice.instance);
  return line;
}

}  // namespace runtime
