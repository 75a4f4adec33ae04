#include "sim/faults.hpp"

#include <algorithm>
#include <utility>

namespace sim {

namespace {

constexpr core::Duration longest_end =
    std::chrono::milliseconds(2100);  // from SIGTERM until SIGKILL has done its work
constexpr core::Duration telling = std::chrono::milliseconds(10);

}  // namespace

Faults::Faults(World& world) : world_(world) {}

void Faults::set_link(HostId from, HostId to, LinkSettings settings) {
  world_.network().set_link(from, to, settings);
  note_network();
}

void Faults::cut(HostId from, HostId to, bool both_ways) {
  LinkSettings settings = world_.network().link(from, to);
  settings.cut = true;
  world_.network().set_link(from, to, settings);
  if (both_ways) world_.network().set_link(to, from, settings);
  note_network();
}

void Faults::isolate(HostId host) {
  for (std::uint32_t segment = 0; segment < 2; ++segment) {
    const auto& hosts = world_.network().hosts(SegmentId{segment});
    if (std::ranges::find(hosts, host) == hosts.end()) continue;
    for (const HostId other : hosts) {
      if (other != host) cut(host, other, true);
    }
  }
}

void Faults::heal_network() {
  world_.network().repair();
  note_network();
}

void Faults::crash(HostId host) {
  set_impaired(host, "kill", false);
  set_impaired(host, "pause", false);
  set_impaired(host, "refusal", false);
  world_.disturb(host, "crash");
  world_.node(host).power_off();
}

void Faults::start(HostId host) {
  if (world_.node(host).running()) return;
  set_impaired(host, "kill", false);
  world_.disturb(host, "start");
  world_.node(host).start();
}

void Faults::stop(HostId host) {
  if (!world_.node(host).running()) return;
  world_.disturb(host, "stop");
  world_.node(host).stop();
}

void Faults::kill(HostId host) {
  if (!world_.node(host).running()) return;
  set_impaired(host, "pause", false);
  set_impaired(host, "kill", true);
  world_.node(host).kill_worker();
}

void Faults::resume(HostId host) {
  if (!impaired_[host].contains("kill")) return;
  world_.node(host).resume_worker();
  set_impaired(host, "kill", false);
}

void Faults::pause(HostId host) {
  if (!world_.node(host).running()) return;
  set_impaired(host, "pause", true);
  world_.node(host).pause();
}

void Faults::proceed(HostId host) {
  if (!world_.node(host).paused()) return;
  world_.node(host).proceed();
  set_impaired(host, "pause", false);
}

void Faults::reload(HostId host, engine::FailoverConfig config) {
  Node& node = world_.node(host);
  if (config != node.config()) world_.disturb(host, "reload");
  node.reload(std::move(config));
}

void Faults::set_carrier(HostId host, const std::string& interface, bool running) {
  world_.disturb(host, "carrier of " + interface + (running ? " is back" : " is lost"));
  world_.node(host).set_carrier(interface, running);
}

void Faults::set_admin(HostId host, const std::string& interface, bool up) {
  world_.disturb(host, interface + (up ? " up" : " down"));
  world_.node(host).set_admin(interface, up);
}

void Faults::remove_interface(HostId host, const std::string& interface) {
  world_.disturb(host, interface + " removed");
  world_.node(host).remove_interface(interface);
}

void Faults::create_interface(HostId host, const std::string& interface) {
  world_.disturb(host, interface + " created");
  world_.node(host).create_interface(interface);
}

void Faults::refuse(HostId host, int error) {
  set_impaired(host, "refusal", true);
  world_.node(host).refuse_addresses(error);
}

void Faults::allow(HostId host) {
  world_.node(host).refuse_addresses(std::nullopt);
  set_impaired(host, "refusal", false);
}

void Faults::heal_everything(const Plan& plan) {
  heal_network();
  for (auto& node : world_.nodes()) {
    const HostId host = node->id();
    allow(host);
    proceed(host);
    resume(host);
    start(host);
    for (const auto& interface : plan.nodes[host.value].interfaces) {
      node->create_interface(interface.name);
      node->set_admin(interface.name, true);
      node->set_carrier(interface.name, true);
    }
    reload(host, plan.nodes[host.value].config);
    heal_trackers(host, plan.nodes[host.value].config);
    world_.disturb(host, "everything is healed");
  }
}

void Faults::heal_trackers(HostId host, const engine::FailoverConfig& config) {
  for (const auto& script : config.trackers.scripts) set_script(host, script.config.name, {});
  for (const auto& file : config.trackers.files) set_file(host, file.name, 0);
  for (const auto& process : config.trackers.processes)
    set_processes(host, process.name, std::max<std::uint32_t>(process.quorum, 1));
  for (const auto& session : config.trackers.bfd_sessions) set_session(host, session, true);
}

// A result is known when the slowest way there is over: the run that hangs now, as many runs as it takes, and their ends.
void Faults::set_script(HostId host, const std::string& script, ScriptManner manner) {
  core::Duration until_known = manner.takes + longest_end;
  for (const auto& each : world_.node(host).config().trackers.scripts) {
    if (each.config.name != script) continue;
    const core::Duration run = std::max(each.config.interval, each.config.timeout + longest_end);
    until_known += run * (each.config.rise + each.config.fall);
  }
  unsettle(host, "script " + script, until_known);
  world_.node(host).watcher().set_script(script, std::move(manner));
  world_.node(host).publish();
}

void Faults::set_file(HostId host, const std::string& file, std::int64_t value) {
  unsettle(host, "file " + file, telling);
  world_.node(host).watcher().set_file(file, value);
  world_.node(host).publish();
}

void Faults::set_processes(HostId host, const std::string& tracker, std::uint32_t count) {
  core::Duration until_known = telling;
  for (const auto& each : world_.node(host).config().trackers.processes) {
    if (each.name == tracker) until_known += std::max(each.fork_delay, each.terminate_delay);
  }
  unsettle(host, "process " + tracker, until_known);
  world_.node(host).watcher().set_processes(tracker, count);
  world_.node(host).publish();
}

void Faults::set_session(HostId host, const std::string& session, bool up) {
  unsettle(host, "bfd " + session, telling);
  world_.node(host).watcher().set_session(session, up);
  world_.node(host).publish();
}

void Faults::restart_watcher(HostId host) {
  unsettle(host, "watcher", telling);
  world_.node(host).watcher().restart();
}

void Faults::unsettle(HostId host, const std::string& what, core::Duration until_known) {
  set_impaired(host, what, true);
  const core::Time known = world_.now() + until_known;
  known_at_[{host, what}] = known;
  world_.queue().at(known, [this, host, what, known] {
    if (known_at_[{host, what}] == known) set_impaired(host, what, false);
  });
}

void Faults::note_network() {
  const bool now = !world_.network().healthy();
  if (now == network_impaired_) return;
  network_impaired_ = now;
  now ? world_.impair(HostId{}, "network", true) : world_.repair(HostId{}, "network", true);
}

void Faults::set_impaired(HostId host, const std::string& what, bool now) {
  const bool changed = now ? impaired_[host].insert(what).second : impaired_[host].erase(what) > 0;
  if (!changed) return;
  now ? world_.impair(host, what, false) : world_.repair(host, what, false);
}

}  // namespace sim
