// For tests of the model: a configuration text in a small made-up machine, read and checked.
#pragma once

#include <string>
#include <utility>

#include "config/load.hpp"
#include "config/memory_world.hpp"

namespace config {

struct Loading {
  MemoryWorld world;
  LoadOptions options;

  Loading() {
    options.file = "/etc/keepalived/k.conf";
    options.read.config_id = "main";
    world.interfaces["eth0"] = world.interfaces["eth1"] = "";
    world.write("/opt/notify.sh", "", 0755);
    world.users["scripts"] = {998, 997, {998, 27}};
    world.groups["adm"] = 4;
  }

  Loaded load(std::string text) {
    world.write(options.file, std::move(text));
    return config::load(options, world);
  }
};

/// "!id" for errors, "?id" for warnings, "id" for notes, in order.
inline std::string ids(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& each : diagnostics.list) {
    if (!text.empty()) text += ' ';
    text += each.severity == Severity::error ? "!" : each.severity == Severity::warning ? "?" : "";
    text += each.id;
  }
  return text;
}

/// A vrrp_instance VI on eth0 with VRID 51, one address, and whatever else is said.
inline std::string instance(const std::string& more, const std::string& address = "192.0.2.10/24") {
  return "vrrp_instance VI {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n " + address +
         "\n }\n" + more + "\n}\n";
}

}  // namespace config
