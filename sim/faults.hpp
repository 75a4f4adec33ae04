// Everything that can be done to a world, each told to the watchers in the words the auditors understand: what lasts is an
// impairment until it is repaired, what is over at once a disturbance. The random chaos and the text scenarios both go
// through here.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/world.hpp"

namespace sim {

class Faults {
 public:
  explicit Faults(World& world);

  // The wire.
  void set_link(HostId from, HostId to, LinkSettings settings);
  void cut(HostId from, HostId to, bool both_ways);
  /// From everybody else, neighbours included.
  void isolate(HostId host);
  void heal_network();

  // The machine.
  void crash(HostId host);
  void start(HostId host);
  void stop(HostId host);
  void kill(HostId host);
  void resume(HostId host);
  void pause(HostId host);
  void proceed(HostId host);
  void reload(HostId host, engine::FailoverConfig config);

  // Its kernel.
  void set_carrier(HostId host, const std::string& interface, bool running);
  void set_admin(HostId host, const std::string& interface, bool up);
  void remove_interface(HostId host, const std::string& interface);
  void create_interface(HostId host, const std::string& interface);
  void refuse(HostId host, int error);
  void allow(HostId host);
  void take(HostId host, const net::IpAddress& address) { world_.node(host).take_address(address); }
  void take_route(HostId host) { world_.node(host).take_route(); }
  void take_rule(HostId host) { world_.node(host).take_rule(); }
  void overrun(HostId host) { world_.node(host).overrun(); }

  // What it tracks. The contract promises little before a script's verdict can be known again.
  void set_script(HostId host, const std::string& script, ScriptManner manner);
  void set_file(HostId host, const std::string& file, std::int64_t value);
  void set_processes(HostId host, const std::string& tracker, std::uint32_t count);
  void set_session(HostId host, const std::string& session, bool up);
  void restart_watcher(HostId host);

  /// Everything works again, everybody runs.
  void heal_everything(const Plan& plan);

 private:
  void heal_trackers(HostId host, const engine::FailoverConfig& config);
  void note_network();
  void set_impaired(HostId host, const std::string& what, bool now);
  void unsettle(HostId host, const std::string& what, core::Duration until_known);

  World& world_;
  bool network_impaired_ = false;
  std::map<HostId, std::set<std::string>> impaired_;
  std::map<std::pair<HostId, std::string>, core::Time> known_at_;
};

}  // namespace sim
