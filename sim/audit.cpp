#include "sim/audit.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "sim/event_queue.hpp"

namespace sim {

std::string line_of(const Finding& finding) {
  return fmt::format("{:10.4f} VIOLATION of {}: {}\n", seconds(finding.when), finding.auditor, finding.text);
}

std::string Auditor::node_name(HostId host) const {
  return host.value < layout_.node_names.size() ? layout_.node_names[host.value]
                                                : "host " + std::to_string(host.value);
}

void Calm::watch(const Observation& observation) {
  const auto change = [&](int step, bool network) {
    impairments_ += step;
    since_ = observation.when;
    if (network) return;
    machine_impairments_ += step;
    machines_well_since_ = observation.when;
  };
  if (const auto* impaired = std::get_if<fact::Impaired>(&observation.fact)) change(1, impaired->network);
  if (const auto* repaired = std::get_if<fact::Repaired>(&observation.fact)) change(-1, repaired->network);
  if (std::holds_alternative<fact::Disturbed>(observation.fact)) change(0, false);
}

Audit::Audit(const Layout& layout) {
  for (const auto make :
       {audit_single_owner, audit_healing, audit_reports, audit_reload, audit_resume, audit_listening,
        audit_convergence, audit_restoring, audit_routes, audit_local_rules, audit_groups}) {
    auditors_.push_back(make(layout));
  }
}

void Audit::record(const Observation& observation) {
  for (auto& auditor : auditors_) auditor->observe(observation);
}

void Audit::finish(core::Time now) {
  for (auto& auditor : auditors_) auditor->finish(now);
}

std::vector<Finding> Audit::findings() const {
  std::vector<Finding> out;
  for (const auto& auditor : auditors_) {
    out.insert(out.end(), auditor->findings().begin(), auditor->findings().end());
  }
  std::ranges::sort(out, {},
                    [](const Finding& each) { return std::tie(each.when, each.auditor, each.text); });
  return out;
}

bool Audit::clean() const {
  return std::ranges::all_of(auditors_, [](const auto& auditor) { return auditor->findings().empty(); });
}

}  // namespace sim
