#include "control/service_view.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

namespace control {
namespace {

using Json = nlohmann::ordered_json;
using net::ipvs::Endpoint;

// Each lookup once, for ten thousand servers are shown at one time.
struct View {
  explicit View(const engine::BalancerSnapshot& snapshot) {
    for (const auto& check : snapshot.checks) {
      for (const auto& server : check.servers) checks[server].push_back(&check);
    }
    for (const auto& service : snapshot.listing) listed.emplace(service.key, &service);
  }

  std::map<engine::CheckedServer, std::vector<const engine::CheckSnapshot*>> checks;
  std::map<net::ipvs::ServiceKey, const net::ipvs::ListedService*> listed;
};

// Of a group all its addresses together.
struct Connections {
  bool known = false;
  std::uint64_t active = 0, inactive = 0, total = 0, octets_in = 0, octets_out = 0;
};

Connections connections_of(const View& view, const std::vector<net::ipvs::ServiceKey>& keys,
                           const Endpoint& server) {
  Connections sum;
  for (const auto& key : keys) {
    const auto service = view.listed.find(key);
    if (service == view.listed.end()) continue;
    for (const auto& listed : service->second->destinations) {
      if (listed.destination.endpoint != server) continue;
      sum.known = true;
      sum.active += listed.active;
      sum.inactive += listed.inactive;
      sum.total += listed.statistics.connections;
      sum.octets_in += listed.statistics.octets_in;
      sum.octets_out += listed.statistics.octets_out;
    }
  }
  return sum;
}

template <class Change>
Json change_json(const Change& last, const std::string& detail, const Moment& moment) {
  if (last.reason == lvs::Reason::none) return nullptr;
  return {
      {"at", iso_time(moment.wall_of(last.when))},
      {"age_seconds", seconds(moment.now - last.when)},
      {"reason",
       {{"id", lvs::reason_id(last.reason)}, {"text", lvs::reason_text(last.reason)}, {"detail", detail}}}};
}

Json check_json(const engine::CheckSnapshot& check, const Moment& moment) {
  const auto& state = check.state;
  Json out{{"type", check::keyword(check.task->config->probe)},
           {"state", check::to_string(state.state)},
           {"suspended", state.suspended},
           {"result", state.reason.to_string()},
           {"failures_in_a_row", state.failures},
           {"probes", state.probes},
           {"failed_probes", state.failed_probes}};
  if (state.state_since) out["since"] = iso_time(moment.wall_of(*state.state_since));
  if (state.next_probe) out["next_in_seconds"] = seconds(*state.next_probe - moment.now);
  if (check.servers.size() > 1) out["shared_by"] = check.servers.size();
  if (state.warned) out["warning"] = *state.warned;
  return out;
}

Json server_json(const View& view, const lvs::ServiceSnapshot& service, const lvs::ServiceId& id,
                 const std::vector<net::ipvs::ServiceKey>& keys, const lvs::ServerSnapshot& server,
                 const Moment& moment) {
  const Endpoint& endpoint = server.config.endpoint;
  Json out{{"name", lvs::to_string(endpoint, id)},
           {"address", endpoint.address.to_string()},
           {"port", endpoint.port},
           {"method", net::ipvs::to_string(server.config.forwarding.method)},
           {"up", server.health.up},
           {"weight", server.weight},
           {"configured_weight", server.config.weight},
           {"serves", server.health.up && server.weight > 0 && !server.leaving && !service.sorry_serves},
           {"draining", server.drain.has_value()},
           {"last_change", change_json(server.last, server.last.detail, moment)}};
  const Connections sum = connections_of(view, keys, endpoint);
  if (sum.known) {
    out["connections"] = {{"active", sum.active}, {"inactive", sum.inactive}, {"total", sum.total}};
    out["octets"] = {{"in", sum.octets_in}, {"out", sum.octets_out}};
  }
  Json checks = Json::array();
  if (const auto found = view.checks.find({id, endpoint}); found != view.checks.end()) {
    for (const auto* check : found->second) checks.push_back(check_json(*check, moment));
  }
  out["checks"] = std::move(checks);
  return out;
}

Json service_json(const View& view, const lvs::ServiceSnapshot& service, const Moment& moment) {
  const lvs::ServiceConfig& config = service.plan.service;
  const lvs::ServiceId id = lvs::id_of(config);
  const auto keys = lvs::expand(service.plan);
  Json servers = Json::array();
  for (const auto& server : service.servers)
    servers.push_back(server_json(view, service, id, keys, server, moment));
  Json out{{"name", lvs::to_string(id)},
           {"up", service.up},
           {"scheduler", config.scheduler},
           {"method", net::ipvs::to_string(config.forwarding.method)},
           {"weight", service.weight},
           {"quorum", config.quorum},
           {"hysteresis", config.hysteresis},
           {"suspended", service.suspended},
           {"leaving", service.leaving},
           {"sorry_serves", service.sorry_serves},
           {"last_change", change_json(service.last, lvs::quorum_text(service.last), moment)},
           {"servers", std::move(servers)}};
  if (config.sorry) out["sorry_server"] = lvs::to_string(config.sorry->endpoint, id);
  return out;
}

// What has not changed yet has no age.
template <class Change>
std::string since(const Change& last, const Moment& moment) {
  return last.reason == lvs::Reason::none ? "-" : age_text(moment.now - last.when);
}

std::string_view server_word(const lvs::ServerSnapshot& server) {
  if (server.drain) return "DRAIN";
  return server.health.up ? "UP" : "DOWN";
}

// The last result of each check that did not pass, in one line.
std::string why_down(const View& view, const lvs::ServiceId& id, const lvs::ServerSnapshot& server) {
  std::string why;
  const auto found = view.checks.find({id, server.config.endpoint});
  if (found == view.checks.end()) return why;
  for (const auto* check : found->second) {
    const auto& state = check->state;
    if (state.state == check::State::up) continue;
    why += fmt::format("{}{} {}", why.empty() ? "" : "; ", check::keyword(check->task->config->probe),
                       state.reason.to_string());
  }
  return why;
}

}  // namespace

Json services_json(const engine::BalancerSnapshot& snapshot, const Moment& moment) {
  const View view(snapshot);
  Json services = Json::array();
  for (const auto& service : snapshot.director.services)
    services.push_back(service_json(view, service, moment));
  return {{"plane", snapshot.plane},
          {"repaired", snapshot.director.repaired},
          {"virtual_servers", std::move(services)}};
}

std::string services_text(const engine::BalancerSnapshot& snapshot, const Moment& moment) {
  std::string out;
  if (snapshot.director.services.empty()) return out;
  const View view(snapshot);
  const auto line = std::back_inserter(out);
  std::size_t width = 14;
  for (const auto& service : snapshot.director.services) {
    const lvs::ServiceId id = lvs::id_of(service.plan.service);
    width = std::max(width, lvs::to_string(id).size());
    for (const auto& server : service.servers)
      width = std::max(width, 2 + lvs::to_string(server.config.endpoint, id).size());
  }
  fmt::format_to(line, "\n{:<{}}  {:<5}  {:>6}  {:<14}  {:>7}  {}\n", "VIRTUAL SERVER", width, "STATE",
                 "WEIGHT", "SINCE", "CONNS",
                 snapshot.plane.empty() ? "no data plane yet" : "by " + snapshot.plane);
  for (const auto& service : snapshot.director.services) {
    const lvs::ServiceConfig& config = service.plan.service;
    const lvs::ServiceId id = lvs::id_of(config);
    const auto keys = lvs::expand(service.plan);
    std::string notes =
        fmt::format("{} {}", config.scheduler, net::ipvs::to_string(config.forwarding.method));
    if (config.quorum > 1) notes += fmt::format(", quorum {}", config.quorum);
    if (service.sorry_serves) notes += ", the sorry server serves";
    if (service.suspended) notes += ", suspended: its address is not here";
    if (service.leaving) notes += ", leaving";
    fmt::format_to(line, "{:<{}}  {:<5}  {:>6}  {:<14}  {:>7}  {}\n", lvs::to_string(id), width,
                   service.up ? "UP" : "DOWN", service.weight, since(service.last, moment), "", notes);
    for (const auto& server : service.servers) {
      const Connections sum = connections_of(view, keys, server.config.endpoint);
      fmt::format_to(line, "  {:<{}}  {:<5}  {:>6}  {:<14}  {:>7}  {}\n",
                     lvs::to_string(server.config.endpoint, id), width - 2, server_word(server),
                     server.weight, since(server.last, moment), sum.known ? std::to_string(sum.active) : "-",
                     why_down(view, id, server));
    }
  }
  return out;
}

std::string legacy_check_data(const engine::BalancerSnapshot& snapshot, const Moment& moment) {
  const View view(snapshot);
  std::string out =
      "------< LVS Topology >------\n data plane = " + (snapshot.plane.empty() ? "none" : snapshot.plane) +
      "\n";
  const auto put = [&](std::string_view key, const auto& value) {
    fmt::format_to(std::back_inserter(out), "   {} = {}\n", key, value);
  };
  for (const auto& service : snapshot.director.services) {
    const lvs::ServiceConfig& config = service.plan.service;
    const lvs::ServiceId id = lvs::id_of(config);
    fmt::format_to(std::back_inserter(out), " ------< Virtual server >------\n VS = {}\n",
                   lvs::to_string(id));
    put("lb_algo", config.scheduler);
    put("protocol", net::ipvs::to_string(config.protocol));
    put("alpha", config.alpha ? "ON" : "OFF");
    put("omega", config.omega ? "ON" : "OFF");
    put("quorum", config.quorum);
    put("hysteresis", config.hysteresis);
    put("quorum state", service.up ? "up" : "down");
    put("default forwarding method", net::ipvs::to_string(config.forwarding.method));
    if (config.sorry) put("sorry server", lvs::to_string(config.sorry->endpoint, id));
    for (const auto& server : service.servers) {
      put("RIP", fmt::format("{}, Status = {}, Weight = {}", lvs::to_string(server.config.endpoint, id),
                             server.health.up ? "UP" : "DOWN", server.weight));
      put("last change", fmt::format("{:.6f}", seconds(moment.wall_of(server.last.when).time_since_epoch())));
    }
  }
  out += "------< Health checkers >------\n";
  for (const auto& check : snapshot.checks) {
    const auto& first = check.servers.front();
    fmt::format_to(std::back_inserter(out), " [{}]\n", lvs::to_string(first.server, first.service));
    put("Keepalive method", check::keyword(check.task->config->probe));
    put("Enabled", check.state.suspended ? "no" : "yes");
    put("State", check::to_string(check.state.state));
    put("Last result", check.state.reason.to_string());
  }
  return out;
}

}  // namespace control
