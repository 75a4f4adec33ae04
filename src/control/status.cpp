#include "control/status.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <nlohmann/json.hpp>

#include "control/bfd_view.hpp"
#include "control/tracker_status.hpp"

namespace control {
namespace {

using Json = nlohmann::ordered_json;

std::string lower(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string state_id(vrrp::State state) {
  return state == vrrp::State::initialize ? "initialize" : lower(vrrp::state_word(state));
}

std::string_view worker_word(DaemonStatus::Worker worker) {
  switch (worker) {
    case DaemonStatus::Worker::none:
      return "none";
    case DaemonStatus::Worker::starting:
      return "starting";
    case DaemonStatus::Worker::running:
      return "running";
    case DaemonStatus::Worker::waiting:
      return "waiting to be restarted";
    case DaemonStatus::Worker::stopping:
      break;
  }
  return "stopping";
}

const config::Instance* find(const config::Model& model, const std::string& name) {
  const auto found =
      std::ranges::find(model.instances, name, [](const config::Instance& i) { return i.vrrp.name; });
  return found == model.instances.end() ? nullptr : &*found;
}

Json counters(const vrrp::Counters& c) {
  return {{"adverts_received", c.adverts_received},
          {"adverts_sent", c.adverts_sent},
          {"became_master", c.became_master},
          {"released_master", c.released_master},
          {"packet_length_errors", c.packet_length_errors},
          {"version_errors", c.version_errors},
          {"ttl_errors", c.ttl_errors},
          {"checksum_errors", c.checksum_errors},
          {"invalid_type_received", c.invalid_type_received},
          {"advert_interval_errors", c.advert_interval_errors},
          {"address_list_errors", c.address_list_errors},
          {"invalid_auth_type", c.invalid_auth_type},
          {"auth_type_mismatch", c.auth_type_mismatch},
          {"auth_failures", c.auth_failures},
          {"signature_missing", c.signature_missing},
          {"signature_malformed", c.signature_malformed},
          {"signature_stale", c.signature_stale},
          {"signature_unknown_key", c.signature_unknown_key},
          {"signature_wrong", c.signature_wrong},
          {"signature_replayed", c.signature_replayed},
          {"unexpected_source", c.unexpected_source},
          {"own_packets", c.own_packets},
          {"priority_zero_received", c.priority_zero_received},
          {"priority_zero_sent", c.priority_zero_sent},
          {"lower_priority_received", c.lower_priority_received},
          {"second_masters_seen", c.second_masters_seen},
          {"discarded_not_running", c.discarded_not_running},
          {"send_errors", c.send_errors},
          {"addresses_restored", c.addresses_restored}};
}

std::string interface_of(const vrrp::VirtualAddress& address, const config::Instance& instance) {
  return address.interface.empty() ? instance.vrrp.interface : address.interface;
}

// The half of a vrrp_instance with addresses of both families that has those of the other one.
const vrrp::Snapshot* twin_of(const engine::FailoverSnapshot& snapshot, const vrrp::Snapshot& router) {
  const auto found = std::ranges::find(snapshot.instances, router.name, &vrrp::Snapshot::twin_of);
  return found == snapshot.instances.end() ? nullptr : &*found;
}

Json addresses(const config::Instance* instance, bool installed) {
  Json list = Json::array();
  if (instance == nullptr) return list;
  const auto add = [&](const std::vector<vrrp::VirtualAddress>& some, bool advertised) {
    for (const auto& address : some) {
      list.push_back({{"address", address.address.address.to_string()},
                      {"interface", interface_of(address, *instance)},
                      {"advertised", advertised},
                      {"installed", installed}});
    }
  };
  add(instance->vrrp.addresses, true);
  add(instance->vrrp.excluded_addresses, false);
  return list;
}

Json transition(const vrrp::Transition& last, const Moment& moment) {
  Json why{{"id", vrrp::reason_id(last.reason)}, {"text", vrrp::reason_text(last.reason)}};
  if (!last.detail.empty()) why["detail"] = last.detail;
  if (last.peer) {
    why["peer"] = last.peer->to_string();
    why["peer_priority"] = last.peer_priority;
  }
  return {{"from", state_id(last.from)},
          {"to", state_id(last.to)},
          {"at", iso_time(moment.wall_of(last.when))},
          {"age_seconds", seconds(moment.now - last.when)},
          {"priority", last.priority},
          {"reason", std::move(why)}};
}

Json priority(const vrrp::Snapshot& router) {
  Json parts = Json::array();
  for (const auto& part : router.priority_parts)
    parts.push_back({{"points", part.points}, {"what", part.what}});
  return {
      {"effective", router.effective_priority}, {"base", router.base_priority}, {"parts", std::move(parts)}};
}

Json router_json(const vrrp::Snapshot& router, const config::Instance* instance, const Moment& moment) {
  Json out{{"name", router.name},
           {"interface", router.interface},
           {"family", router.family == net::Family::v4 ? "ipv4" : "ipv6"},
           {"vrid", router.vrid},
           {"version", router.version},
           {"state", state_id(router.state)},
           {"wanted", state_id(router.wanted)},
           {"last_transition", transition(router.last, moment)},
           {"priority", priority(router)}};
  Json faults = Json::array();
  for (const auto& fault : router.faults)
    faults.push_back({{"object", fault.object}, {"text", vrrp::fault_text(fault)}});
  out["faults"] = std::move(faults);
  const bool self = router.state == vrrp::State::master;
  Json master{{"self", self}};
  if (!self && router.master) master["address"] = router.master->to_string();
  if (!self && router.master) master["priority"] = router.master_priority;
  if (self && router.source) master["address"] = router.source->to_string();
  if (self) master["priority"] = router.effective_priority;
  master["second_master_heard"] = router.second_master_until && *router.second_master_until > moment.now;
  out["master"] = std::move(master);
  out["source"] = router.source ? Json(router.source->to_string()) : Json();
  out["advert_interval_seconds"] = seconds(router.advert_interval);
  out["master_advert_interval_seconds"] = seconds(router.master_interval);
  out["master_down_seconds"] = seconds(router.master_down);
  out["deadline_in_seconds"] = router.deadline ? Json(seconds(*router.deadline - moment.now)) : Json();
  out["addresses_installed"] = router.addresses_installed;
  out["addresses"] = addresses(instance, router.addresses_installed);
  out["counters"] = counters(router.counters);
  return out;
}

// Names come from a configuration file and may hold octets that are no UTF-8; those are shown as U+FFFD.
std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string master_text(const vrrp::Snapshot& router) {
  if (router.state == vrrp::State::master) return "this node";
  if (router.master) return fmt::format("{} ({})", router.master->to_string(), router.master_priority);
  return "-";
}

std::string why_text(const vrrp::Transition& last) {
  std::string text(vrrp::reason_text(last.reason));
  if (last.peer) text += fmt::format(" ({}, priority {})", last.peer->to_string(), last.peer_priority);
  if (!last.detail.empty()) text += ": " + last.detail;
  return text;
}

void addresses_text(std::string& out, const vrrp::Snapshot& router, const config::Instance* instance,
                    const std::string& pad) {
  if (instance == nullptr) return;
  const std::size_t count = instance->vrrp.addresses.size() + instance->vrrp.excluded_addresses.size();
  if (count == 0) return;
  const auto& first =
      instance->vrrp.addresses.empty() ? instance->vrrp.excluded_addresses[0] : instance->vrrp.addresses[0];
  fmt::format_to(std::back_inserter(out), "{}addresses: {}{} {}\n", pad, first.address.address.to_string(),
                 count > 1 ? fmt::format(" and {} more", count - 1) : "",
                 router.addresses_installed ? "installed" : "not installed");
}

void router_text(std::string& out, const vrrp::Snapshot& router, const config::Instance* instance,
                 std::size_t width, const Moment& moment) {
  const auto line = std::back_inserter(out);
  const std::string pad(width + 2, ' ');
  fmt::format_to(line, "{:<{}}  {:<6}  {:>8}  {:<14}  {:<10}  {:>4}  {}\n", router.name, width,
                 vrrp::state_word(router.state), router.effective_priority,
                 age_text(moment.now - router.last.when), router.interface.empty() ? "-" : router.interface,
                 router.vrid, master_text(router));
  fmt::format_to(line, "{}why: {}\n", pad, why_text(router.last));
  if (router.priority_parts.size() > 1) {
    std::vector<std::string> parts;
    for (const auto& part : router.priority_parts)
      parts.push_back(fmt::format("{:+} {}", part.points, part.what));
    fmt::format_to(line, "{}priority: {}\n", pad, fmt::join(parts, ", "));
  }
  for (const auto& fault : router.faults) fmt::format_to(line, "{}fault: {}\n", pad, vrrp::fault_text(fault));
  if (router.second_master_until && *router.second_master_until > moment.now) {
    fmt::format_to(line, "{}warning: a second master is heard on this segment\n", pad);
  }
  addresses_text(out, router, instance, pad);
}

// As a router of its own it would be shown with the same state twice; it has its own faults and its own word with the others.
void other_family_text(std::string& out, const vrrp::Snapshot& twin, const config::Instance* instance,
                       std::size_t width) {
  const auto line = std::back_inserter(out);
  const std::string pad(width + 2, ' ');
  const std::string_view family = twin.family == net::Family::v4 ? "IPv4" : "IPv6";
  fmt::format_to(line, "{}{} too, VRRP version {}, master: {}\n", pad, family, twin.version,
                 master_text(twin));
  for (const auto& fault : twin.faults) fmt::format_to(line, "{}fault: {}\n", pad, vrrp::fault_text(fault));
  addresses_text(out, twin, instance, pad);
}

}  // namespace

std::string status_json(const DaemonStatus& daemon, const config::Model& model,
                        const std::optional<engine::FailoverSnapshot>& snapshot, const Moment& moment) {
  Json configuration{{"files", daemon.files},
                     {"generation", daemon.generation},
                     {"loaded_at", iso_time(moment.wall_of(daemon.loaded))}};
  if (daemon.refused) {
    configuration["refused"] = {{"at", iso_time(moment.wall_of(daemon.refused->when))},
                                {"errors", daemon.refused->errors},
                                {"first", daemon.refused->first}};
  }
  Json out{{"version", daemon.version},
           {"node", daemon.node},
           {"time", iso_time(moment.wall)},
           {"pid", daemon.pid},
           {"uptime_seconds", seconds(moment.now - daemon.started)},
           {"configuration", std::move(configuration)},
           {"failover_worker",
            {{"state", worker_word(daemon.worker)},
             {"pid", daemon.worker_pid},
             {"restarts", daemon.worker_restarts}}}};
  Json routers = Json::array();
  if (snapshot) {
    out["snapshot"] = {{"live", daemon.snapshot_is_live},
                       {"age_seconds", seconds(moment.now - snapshot->taken)}};
    out["last_sequence"] = snapshot->last_sequence;
    out["unknown_vrid_packets"] = snapshot->unknown_vrid_packets;
    out["malformed_packets"] = snapshot->malformed_packets;
    for (const auto& router : snapshot->instances) {
      if (!router.twin_of.empty()) continue;
      Json one = router_json(router, find(model, router.name), moment);
      if (const auto* twin = twin_of(*snapshot, router))
        one["other_family"] = router_json(*twin, find(model, twin->name), moment);
      routers.push_back(std::move(one));
    }
  }
  out["routers"] = std::move(routers);
  if (snapshot) out["bfd"] = bfd_json(*snapshot, moment);
  if (snapshot) {
    out["groups"] = groups_json(*snapshot, moment);
    out["trackers"] = trackers_json(snapshot->trackers);
  }
  return dump(out);
}

std::string status_text(const DaemonStatus& daemon, const config::Model& model,
                        const std::optional<engine::FailoverSnapshot>& snapshot, const Moment& moment) {
  std::string out;
  const auto line = std::back_inserter(out);
  fmt::format_to(line, "standfast {} on {}, process {}, up {}\n", daemon.version, daemon.node, daemon.pid,
                 age_text(moment.now - daemon.started));
  fmt::format_to(line, "configuration {}: {}, loaded {} ago\n", daemon.generation,
                 fmt::join(daemon.files, " "), age_text(moment.now - daemon.loaded));
  if (daemon.refused) {
    fmt::format_to(line, "a reload {} ago was refused, {} error{}: {}\n",
                   age_text(moment.now - daemon.refused->when), daemon.refused->errors,
                   daemon.refused->errors == 1 ? "" : "s", daemon.refused->first);
  }
  if (daemon.worker != DaemonStatus::Worker::running || daemon.worker_restarts > 0) {
    fmt::format_to(line, "failover worker: {}, restarted {} times\n", worker_word(daemon.worker),
                   daemon.worker_restarts);
  }
  if (!snapshot) {
    out += "no virtual router or BFD session is configured, or none has started yet\n";
    return out;
  }
  if (!daemon.snapshot_is_live) {
    fmt::format_to(line, "the worker does not answer; this is what it left {} ago\n",
                   age_text(moment.now - snapshot->taken));
  }
  std::size_t width = 6;
  for (const auto& router : snapshot->instances) width = std::max(width, router.name.size());
  fmt::format_to(line, "\n{:<{}}  {:<6}  {:>8}  {:<14}  {:<10}  {:>4}  {}\n", "ROUTER", width, "STATE",
                 "PRIORITY", "SINCE", "INTERFACE", "VRID", "MASTER");
  for (const auto& router : snapshot->instances) {
    if (!router.twin_of.empty()) continue;
    router_text(out, router, find(model, router.name), width, moment);
    if (const auto* twin = twin_of(*snapshot, router))
      other_family_text(out, *twin, find(model, twin->name), width);
  }
  out += groups_text(*snapshot, moment);
  out += trackers_text(snapshot->trackers);
  return out + bfd_text(*snapshot, moment);
}

std::string error_json(std::string_view text) { return dump(Json{{"error", text}}); }
std::string version_json(std::string_view version) {
  return dump(Json{{"name", "standfast"}, {"version", version}});
}

}  // namespace control
