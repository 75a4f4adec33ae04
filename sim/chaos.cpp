#include "sim/chaos.hpp"

#include <algorithm>

#include "sim/generate.hpp"

namespace sim {

Chaos::Chaos(World& world, const Plan& plan, const Layout& layout, core::Random random)
    : world_(world), plan_(plan), random_(random), faults_(world), unit_{} {
  for (const Group& group : layout.groups) unit_ = std::max(unit_, group.interval);
}

void Chaos::rage(std::uint32_t steps) {
  for (std::uint32_t step = 0; step < steps; ++step) {
    one();
    // Mostly hasty, now and then long enough for everything to settle, so that bounds are checked in the middle, too.
    world_.run_for(time_up_to(random_.chance(15) ? 12 : 3));
  }
}

void Chaos::heal() {
  ++era_;
  faults_.heal_everything(plan_);
}

void Chaos::one() {
  const HostId host = any_node();
  const bool tracks = plan_.nodes.front().config.trackers != engine::TrackersConfig{};
  switch (random_.between(tracks ? -2 : 0, 9)) {
    case -2:
    case -1:
      return trouble_trackers(host);
    case 0:
    case 1:
    case 2:
      return trouble_wire();
    case 3:
    case 4:
    case 5:
      return trouble_process(host);
    case 6:
      return trouble_interface(host);
    case 7:
      return trouble_addresses(host);
    case 8:
      return trouble_configuration(host);
    default:
      return send_junk();
  }
}

void Chaos::trouble_wire() {
  const HostId from = any_host();
  const HostId to = any_host();
  if (from == to) return;
  LinkSettings settings = plan_.wire;
  switch (random_.between(0, 5)) {
    case 0:
      settings.loss = static_cast<double>(random_.between(5, 80));
      faults_.set_link(from, to, settings);
      break;
    case 1:
      settings.duplicate = static_cast<double>(random_.between(5, 50));
      settings.reorder = static_cast<double>(random_.between(5, 50));
      faults_.set_link(from, to, settings);
      break;
    case 2:
      settings.delay_max = unit_ * random_.between(1, 4) / 2;
      faults_.set_link(from, to, settings);
      break;
    case 3:
      faults_.cut(from, to, false);
      break;
    case 4:
      faults_.cut(from, to, true);
      break;
    default:
      faults_.isolate(any_node());
      break;
  }
  later(10, [this] { faults_.heal_network(); });
}

void Chaos::trouble_process(HostId host) {
  switch (random_.between(0, 4)) {
    case 0:
      faults_.crash(host);
      return later(8, [this, host] { faults_.start(host); });
    case 1:
      faults_.stop(host);
      return later(8, [this, host] { faults_.start(host); });
    case 2:
      faults_.kill(host);
      if (random_.chance(60)) {
        const core::Duration soon{random_.between(0, unit_.count() / 10)};
        return world_.queue().after(soon, [this, host, era = era_] {
          if (era == era_) faults_.resume(host);
        });
      }
      return later(8, [this, host] { faults_.resume(host); });
    default:
      faults_.pause(host);
      return later(random_.chance(50) ? 12 : 2, [this, host] { faults_.proceed(host); });
  }
}

void Chaos::trouble_interface(HostId host) {
  const std::string interface = any_interface();
  switch (random_.between(0, 3)) {
    case 0:
      faults_.set_admin(host, interface, false);
      return later(5, [=, this] { faults_.set_admin(host, interface, true); });
    case 1:
      faults_.remove_interface(host, interface);
      return later(5, [=, this] { faults_.create_interface(host, interface); });
    default:
      faults_.set_carrier(host, interface, false);
      return later(random_.chance(50) ? 5 : 1, [=, this] { faults_.set_carrier(host, interface, true); });
  }
}

// One of whatever the plan has is set to something, good or bad; it stays so until it is set again.
void Chaos::trouble_trackers(HostId host) {
  const auto& trackers = plan_.nodes[host.value].config.trackers;
  const bool bad = random_.chance(60);
  if (random_.chance(15)) faults_.restart_watcher(host);
  for (const auto& script : trackers.scripts) {
    ScriptManner manner;
    if (bad) manner.end.exit_status = 1;
    if (bad && random_.chance(30)) manner.hangs = true;
    if (manner.hangs && random_.chance(50)) manner.ignores_term = true;
    faults_.set_script(host, script.config.name, std::move(manner));
  }
  for (const auto& file : trackers.files)
    faults_.set_file(host, file.name, bad ? random_.between(-300, 300) : 0);
  for (const auto& process : trackers.processes) faults_.set_processes(host, process.name, bad ? 0 : 1);
  for (const auto& session : trackers.bfd_sessions) faults_.set_session(host, session, !bad);
}

void Chaos::trouble_addresses(HostId host) {
  const auto& instances = plan_.nodes[host.value].config.instances;
  const auto& instance = instances[static_cast<std::size_t>(random_.between(0, std::ssize(instances) - 1))];
  const auto address = instance.vrrp.addresses.front().address.address.address;
  switch (random_.between(0, 5)) {
    case 4:
      return faults_.take_route(host);
    case 5:
      return faults_.take_rule(host);
    case 0:
      faults_.refuse(host, random_.chance(50) ? errno_no_buffers : errno_no_access);
      return later(6, [this, host] { faults_.allow(host); });
    case 1:
      return faults_.overrun(host);
    default:
      return faults_.take(host, address);
  }
}

void Chaos::trouble_configuration(HostId host) {
  engine::FailoverConfig config = world_.node(host).config();
  if (random_.chance(40) || config.instances.empty()) return faults_.reload(host, config);
  auto& instance =
      config.instances[static_cast<std::size_t>(random_.between(0, std::ssize(config.instances) - 1))];
  switch (random_.between(0, 5)) {
    case 5:  // another interval, as some other node has it
      if (instance.vrrp.version == vrrp::Version::v3)
        instance.vrrp.advert_interval = interval_of_another(instance.vrrp);
      break;
    case 0:
      if (!instance.vrrp.owner()) instance.vrrp.priority = static_cast<std::uint8_t>(random_.between(1, 254));
      break;
    case 1:
      instance.vrrp.preempt = !instance.vrrp.preempt;
      break;
    case 2: {  // one address more, or that one less
      const net::IpAddress extra =
          virtual_address(instance.vrrp.family, SegmentId{0},
                          static_cast<std::uint8_t>(instance.vrrp.vrid + 200), host.value);
      const auto erased = std::erase_if(instance.vrrp.excluded_addresses, [&](const auto& line) {
        return line.address.address.address == extra;
      });
      if (erased == 0) add_address(instance, extra, true);
      break;
    }
    case 3:
      instance.hooks.fault.reset();
      if (!instance.routes.empty()) instance.routes.pop_back();
      break;
    default: {
      const std::string gone = instance.vrrp.name;
      std::erase_if(config.instances, [&](const auto& each) { return each.vrrp.name == gone; });
      later(6, [this, host] { faults_.reload(host, plan_.nodes[host.value].config); });
      break;
    }
  }
  faults_.reload(host, std::move(config));
}

core::Duration Chaos::interval_of_another(const vrrp::Config& config) {
  for (const auto& each : plan_.nodes[any_node().value].config.instances) {
    if (each.vrrp.name == config.name) return each.vrrp.advert_interval;
  }
  return config.advert_interval;
}

void Chaos::send_junk() {
  const auto& config = plan_.nodes.front().config.instances.front().vrrp;
  IpPacket packet;
  packet.destination = config.unicast ? own_address(config.family, SegmentId{0}, 0) : config.multicast_group;
  packet.source = own_address(config.family, SegmentId{0}, 77);
  const auto count = random_.between(1, 20);
  for (std::int64_t i = 0; i < count; ++i) {
    packet.bytes.clear();
    const auto size = random_.between(0, 60);
    for (std::int64_t byte = 0; byte < size; ++byte)
      packet.bytes.push_back(static_cast<std::uint8_t>(random_.next()));
    const std::size_t vrrp = config.family == net::Family::v4 ? 20 : 0;
    if (packet.bytes.size() > vrrp + 1) {  // near enough to the real thing to reach every check
      packet.bytes[vrrp] = static_cast<std::uint8_t>(static_cast<unsigned>(config.version) << 4 | 1);
      packet.bytes[vrrp + 1] = config.vrid;
    }
    world_.inject(SegmentId{0}, packet);
  }
}

void Chaos::later(int intervals, std::function<void()> what) {
  world_.queue().after(time_up_to(intervals), [this, era = era_, what = std::move(what)] {
    if (era == era_) what();
  });
}

core::Duration Chaos::time_up_to(int intervals) {
  return core::Duration{random_.between(0, intervals * unit_.count())};
}

HostId Chaos::any_node() {
  return HostId{static_cast<std::uint32_t>(random_.between(0, std::ssize(plan_.nodes) - 1))};
}

HostId Chaos::any_host() {
  const auto& hosts = world_.network().hosts(SegmentId{0});
  return hosts[static_cast<std::size_t>(random_.between(0, std::ssize(hosts) - 1))];
}

std::string Chaos::any_interface() { return "eth" + std::to_string(random_.between(0, plan_.segments - 1)); }

}  // namespace sim
