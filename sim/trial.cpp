#include "sim/trial.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "sim/chaos.hpp"
#include "sim/generate.hpp"
#include "sim/world.hpp"

namespace sim {

namespace {

class Trial {
 public:
  explicit Trial(const TrialOptions& options)
      : options_(options),
        random_(options.seed),
        plan_(generate_plan(random_, options.nodes)),
        layout_(layout_of(plan_)),
        audit_(layout_),
        tail_(options.tail, layout_.node_names),
        world_(plan_, random_.next()),
        chaos_(world_, plan_, layout_, core::Random(random_.next())) {
    world_.add_watcher(tail_);
    world_.add_watcher(audit_);
  }

  TrialResult run() {
    world_.disturb(HostId{}, "beginning");
    world_.start();
    settle() && rage() && converge() && drill_reload() && drill_removal() && drill_kill() &&
        drill_partition() && drill_pause();
    audit_.finish(world_.now());
    TrialResult result{audit_.findings(), {}, world_.now() - beginning, world_.queue().steps()};
    if (!result.findings.empty()) result.report = report(result.findings);
    return result;
  }

 private:
  bool rage() {
    for (std::uint32_t step = 0; step < options_.steps && audit_.clean(); ++step) chaos_.rage(1);
    return audit_.clean();
  }

  bool converge() {
    chaos_.heal();
    world_.run_for(refusal_patience);
    return settle();
  }

  /// As long as the contract allows everything to take, and somewhat longer to see that it stays so.
  bool settle() {
    core::Duration longest{};
    for (const Group& group : layout_.groups)
      longest = std::max(longest, group.takeover + 2 * group.interval);
    const core::Time until = world_.now() + longest + layout_.startup_delay + 4 * layout_.slack;
    while (world_.now() < until && audit_.clean()) world_.run_for(longest / 4);
    if (audit_.clean()) {
      for (auto& node : world_.nodes()) node->observe_states(true);
    }
    return audit_.clean();
  }

  std::optional<HostId> owner_of(const Group& group) {
    for (auto& node : world_.nodes()) {
      const auto answered = node->kernel().answered(group.segment);
      if (std::ranges::find(answered, group.addresses.front()) != answered.end()) return node->id();
    }
    return std::nullopt;
  }
  const Group& any_group() {
    return layout_.groups[static_cast<std::size_t>(random_.between(0, std::ssize(layout_.groups) - 1))];
  }

  bool drill_reload() {
    for (auto& node : world_.nodes()) chaos_.faults().reload(node->id(), node->config());
    return settle();
  }

  bool drill_removal() {
    const Group& group = any_group();
    if (const auto owner = owner_of(group)) {
      for (const auto& address : group.addresses) chaos_.faults().take(*owner, address);
    }
    return settle();
  }

  bool drill_kill() {
    const Group& group = any_group();
    const HostId host = owner_of(group).value_or(HostId{});
    chaos_.faults().kill(host);
    world_.run_for(group.shortest_interval / 3);
    chaos_.faults().resume(host);
    return settle();
  }

  bool drill_partition() {
    const HostId host = owner_of(any_group()).value_or(HostId{});
    for (auto& node : world_.nodes()) {
      if (node->id() != host) chaos_.faults().cut(host, node->id(), true);
    }
    if (!settle()) return false;
    chaos_.faults().heal_network();
    return settle();
  }

  bool drill_pause() {
    const Group& group = any_group();
    const HostId host = owner_of(group).value_or(HostId{});
    chaos_.faults().pause(host);
    world_.run_for(3 * group.takeover);
    chaos_.faults().proceed(host);
    return settle();
  }

  std::string report(const std::vector<Finding>& findings) const {
    std::string out = fmt::format("{} nodes", plan_.nodes.size());
    for (const NodePlan& node : plan_.nodes) {
      for (const auto& each : node.config.instances) {
        const vrrp::Config& c = each.vrrp;
        out += fmt::format("\n  {} {} v{} {} {} priority {} interval {} ms down {}{}{}{}", node.name, c.name,
                           static_cast<int>(c.version), c.family == net::Family::v4 ? "IPv4" : "IPv6",
                           c.unicast ? "unicast" : "multicast", c.priority,
                           std::chrono::duration_cast<std::chrono::milliseconds>(c.advert_interval).count(),
                           c.down_timer_adverts, c.preempt ? "" : " nopreempt",
                           c.preempt_delay.count() != 0 ? " preempt_delay" : "",
                           c.state_backup_written ? " state BACKUP" : "");
      }
    }
    out += "\n" + tail_.text();
    for (const Finding& finding : findings) out += line_of(finding);
    return out;
  }

  TrialOptions options_;
  core::Random random_;
  Plan plan_;
  Layout layout_;
  Audit audit_;
  Tail tail_;
  World world_;
  Chaos chaos_;
};

}  // namespace

void Tail::record(const Observation& observation) {
  if (std::holds_alternative<fact::TimeoutHandled>(observation.fact)) return;
  kept_.push_back(observation);
  if (kept_.size() > size_) kept_.pop_front();
}

std::string Tail::text() const {
  std::string out;
  for (const Observation& each : kept_) {
    const std::string who =
        each.host.value < names_.size() ? names_[each.host.value] : "host " + std::to_string(each.host.value);
    out += fmt::format("{:10.4f} {} {}\n", seconds(each.when), who, describe(each.fact));
  }
  return out;
}

TrialResult run_trial(const TrialOptions& options) { return Trial(options).run(); }

}  // namespace sim
