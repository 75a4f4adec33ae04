#include "control/legacy_dump.hpp"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <iterator>
#include <nlohmann/json.hpp>

#include "control/legacy_text.hpp"

namespace control {
namespace {

using Json = nlohmann::ordered_json;

const config::Instance* find(const config::Model& model, const std::string& name) {
  const auto found =
      std::ranges::find(model.instances, name, [](const config::Instance& i) { return i.vrrp.name; });
  return found == model.instances.end() ? nullptr : &*found;
}

std::int64_t whole_seconds(core::Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// A whole number of seconds is written as one.
Json interval(core::Duration duration) {
  if (duration % std::chrono::seconds(1) == core::Duration::zero()) return whole_seconds(duration);
  return seconds(duration);
}

int flag(bool value) { return value ? 1 : 0; }

Json address_list(const std::vector<vrrp::VirtualAddress>& addresses, const std::string& interface,
                  bool installed) {
  Json list = Json::array();
  for (const auto& address : addresses) list.push_back(legacy_address(address, interface, installed));
  return list;
}

void add_scripts(Json& data, const notify::Hooks& hooks) {
  const auto add = [&](const char* key, const std::optional<notify::Command>& command) {
    if (command) data[key] = legacy_command(*command);
  };
  add("script_backup", hooks.backup);
  add("script_master", hooks.master);
  add("script_fault", hooks.fault);
  add("script_stop", hooks.stop);
  add("script_deleted", hooks.deleted);
  add("script", hooks.any);
  add("script_master_rx_lower_pri", hooks.master_rx_lower_priority);
}

std::vector<std::string> tracked(const config::Model& model, const config::Instance& instance,
                                 track::Kind kind) {
  std::vector<std::string> names;
  for (const auto& reference : instance.trackers) {
    if (reference.kind != kind) continue;
    const auto script = std::ranges::find(model.scripts, reference.name,
                                          [](const config::Script& s) { return s.config.name; });
    const bool command_line = kind == track::Kind::script && script != model.scripts.end();
    names.push_back(command_line ? legacy_command(script->command) : reference.name);
  }
  return names;
}

// Of an instance with addresses of both families: those that readers of these files expect to belong to it, one list after the other.
std::vector<vrrp::VirtualAddress> with_other_family(const config::Model& model,
                                                    const config::Instance& instance,
                                                    std::vector<vrrp::VirtualAddress> vrrp::Config::* list) {
  std::vector<vrrp::VirtualAddress> addresses = instance.vrrp.*list;
  const auto twin = std::ranges::find(model.instances, instance.vrrp.name, &config::Instance::twin_of);
  if (twin != model.instances.end())
    addresses.insert(addresses.end(), (twin->vrrp.*list).begin(), (twin->vrrp.*list).end());
  return addresses;
}

void add_lists(Json& data, const config::Model& model, const config::Instance& instance, bool installed) {
  const auto add = [&](const char* key, Json list) {
    if (!list.empty()) data[key] = std::move(list);
  };
  const auto& interface = instance.vrrp.interface;
  const auto list_of = [&](std::vector<vrrp::VirtualAddress> vrrp::Config::* list) {
    return address_list(with_other_family(model, instance, list), interface, installed);
  };
  add("vips", list_of(&vrrp::Config::addresses));
  add("evips", list_of(&vrrp::Config::excluded_addresses));
  Json routes = Json::array();
  for (const auto& route : instance.routes) routes.push_back(legacy_route(route));
  add("vroutes", std::move(routes));
  Json rules = Json::array();
  for (const auto& rule : instance.rules) rules.push_back(legacy_rule(rule));
  add("vrules", std::move(rules));
  add("track_ifp", tracked(model, instance, track::Kind::interface));
  add("track_script", tracked(model, instance, track::Kind::script));
  add("track_process", tracked(model, instance, track::Kind::process));
}

Json data_object(const config::Model& model, const config::Instance& instance, const vrrp::Snapshot& router,
                 const Moment& moment) {
  const auto& c = instance.vrrp;
  const auto& garp = c.announcements;
  const double last = static_cast<double>(moment.wall_of(router.last.when).time_since_epoch().count()) / 1e6;
  const bool follows = router.state != vrrp::State::master && router.master.has_value();
  Json data{
      {"iname", router.name},
      {"dont_track_primary", flag(!c.track_primary)},
      {"skip_check_adv_addr", flag(c.skip_check_advert_addresses)},
      {"strict_mode", flag(c.strict)},
      {"vmac_ifname",
       instance.virtual_interface.kind == config::VirtualLink::none ? "" : instance.virtual_interface.name},
      {"ifp_ifname", router.interface},
      {"master_priority", follows ? router.master_priority : 0},
      {"last_transition", last},
      {"garp_delay", whole_seconds(garp.master_delay)},
      {"garp_refresh", whole_seconds(garp.master_refresh)},
      {"garp_rep", garp.master_repeat},
      {"garp_refresh_rep", garp.master_refresh_repeat},
      {"garp_lower_prio_delay", whole_seconds(garp.lower_prio_delay)},
      {"garp_lower_prio_rep", garp.lower_prio_repeat},
      {"lower_prio_no_advert", flag(c.lower_prio_no_advert)},
      {"higher_prio_send_advert", flag(c.higher_prio_send_advert)},
      {"vrid", router.vrid},
      {"base_priority", router.base_priority},
      {"effective_priority", router.effective_priority},
      {"vipset", router.addresses_installed},
      {"promote_secondaries", c.promote_secondaries},
      {"adver_int", interval(c.advert_interval)},
      {"master_adver_int", interval(router.master_interval)},
      {"accept", flag(c.accept)},
      {"nopreempt", !c.preempt},
      {"preempt_delay", whole_seconds(c.preempt_delay)},
      {"state", static_cast<int>(router.state)},
      {"wantstate", static_cast<int>(router.wanted)},
      {"version", router.version},
      {"smtp_alert", instance.hooks.smtp_alert.value_or(false)},
      {"notify_deleted", instance.hooks.notify_deleted}};
  add_scripts(data, instance.hooks);
  add_lists(data, model, instance, router.addresses_installed);
  data["auth_type"] = static_cast<int>(c.auth_type);
  if (c.auth_type != vrrp::AuthType::none) data["auth_data"] = "********";
  return data;
}

Json stats_object(const vrrp::Counters& c) {
  return {{"advert_rcvd", c.adverts_received},
          {"advert_sent", c.adverts_sent},
          {"become_master", c.became_master},
          {"release_master", c.released_master},
          {"packet_len_err", c.packet_length_errors},
          {"advert_interval_err", c.advert_interval_errors},
          {"ip_ttl_err", c.ttl_errors},
          {"invalid_type_rcvd", c.invalid_type_received},
          {"addr_list_err", c.address_list_errors},
          {"invalid_authtype", c.invalid_auth_type},
          {"authtype_mismatch", c.auth_type_mismatch},
          {"auth_failure", c.auth_failures},
          {"auth_ext_missing", c.signature_missing},
          {"auth_ext_malformed", c.signature_malformed},
          {"auth_ext_unknown_key", c.signature_unknown_key},
          {"auth_ext_invalid_hmac", c.signature_wrong},
          {"auth_ext_stale", c.signature_stale},
          {"auth_ext_replay", c.signature_replayed},
          {"pri_zero_rcvd", c.priority_zero_received},
          {"pri_zero_sent", c.priority_zero_sent}};
}

// A slash stands only in strings, so all of them may be escaped as the readers of these files are used to.
std::string with_escaped_slashes(const std::string& text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (const char c : text) {
    if (c == '/') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

class TextBlock {
 public:
  explicit TextBlock(std::string& out) : out_(out) {}

  void heading(std::string_view text) { append("------< {} >------\n", text); }
  void object(std::string_view kind, std::string_view name) { append(" {} = {}\n", kind, name); }
  template <class Value>
  void line(std::string_view key, const Value& value) {
    append("   {} = {}\n", key, value);
  }
  void list(std::string_view key, const std::vector<std::string>& members) {
    if (members.empty()) return;
    append("   {} ({}):\n", key, members.size());
    for (const auto& member : members) append("     {}\n", member);
  }

 private:
  template <class... Args>
  void append(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  std::string& out_;
};

Json process_object(const track::ProcessConfig& config, const engine::ProcessSnapshot* shown) {
  std::string parameters;
  for (const auto& word : config.parameters) parameters += (parameters.empty() ? "" : " ") + word;
  static constexpr std::string_view matches[] = {"none", "exact", "initial", "partial"};
  const bool changing = shown != nullptr && shown->changing;
  return {{"process", config.process},
          {"parameters", parameters},
          {"param_match", matches[static_cast<std::size_t>(config.match)]},
          {"min_processes", config.quorum},
          {"max_processes", config.quorum_max.value_or(UINT32_MAX)},
          {"current_processes", shown == nullptr ? 0 : shown->count},
          {"have_quorum", shown != nullptr && shown->up},
          {"weight", config.weight.points},
          {"terminate_delay", seconds(config.terminate_delay)},
          {"fork_delay", seconds(config.fork_delay)},
          {"fork_delay_timer_running", changing && shown->quorum},
          {"terminate_delay_timer_running", changing && !shown->quorum},
          {"full_command", config.full_command}};
}

Json process_list(const config::Model& model, const engine::FailoverSnapshot& snapshot) {
  Json list = Json::array();
  const auto& known = snapshot.trackers.processes;
  for (const auto& process : model.track_processes) {
    const auto shown = std::ranges::find(known, process.name, &engine::ProcessSnapshot::name);
    list.push_back(process_object(process, shown == known.end() ? nullptr : &*shown));
  }
  return list;
}

std::string_view yes(bool value) { return value ? "yes" : "no"; }

void global_text(TextBlock& text, const config::Globals& globals) {
  text.heading("Global definitions");
  if (!globals.router_id.empty()) text.object("Router ID", globals.router_id);
  if (!globals.daemon.instance.empty()) text.object("Instance", globals.daemon.instance);
  if (!globals.daemon.net_namespace.empty()) text.object("Network namespace", globals.daemon.net_namespace);
  text.object("Default interface", globals.default_interface);
  text.object("VRRP default protocol version", std::to_string(static_cast<int>(globals.vrrp.version)));
  text.object("VRRP strict mode", yes(globals.vrrp.strict));
  text.object("Script security", globals.script_security ? "enabled" : "disabled");
}

std::vector<std::string> address_lines(const std::vector<vrrp::VirtualAddress>& addresses,
                                       const std::string& interface, bool installed) {
  std::vector<std::string> lines;
  for (const auto& address : addresses) lines.push_back(legacy_address(address, interface, installed));
  return lines;
}

void instance_text(TextBlock& text, const config::Model& model, const config::Instance& instance,
                   const vrrp::Snapshot& router, const Moment& moment) {
  const auto& c = instance.vrrp;
  const auto last = moment.wall_of(router.last.when);
  text.object("VRRP Instance", router.name);
  text.line("VRRP Version", static_cast<int>(router.version));
  text.line("State", vrrp::state_word(router.state));
  text.line("Wantstate", vrrp::state_word(router.wanted));
  text.line(
      "Last transition",
      fmt::format("{} ({:%a %b %d %H:%M:%S %Y})", unix_time(last),
                  fmt::localtime(static_cast<std::time_t>(last.time_since_epoch().count() / 1'000'000))));
  if (!router.interface.empty()) text.line("Interface", router.interface);
  text.line("Virtual Router ID", static_cast<int>(router.vrid));
  text.line("Priority", static_cast<int>(router.base_priority));
  text.line("Effective priority", static_cast<int>(router.effective_priority));
  text.line("Advert interval", fmt::format("{} sec", seconds(c.advert_interval)));
  text.line("Master advert interval", fmt::format("{} sec", seconds(router.master_interval)));
  text.line("Master priority",
            static_cast<int>(router.state == vrrp::State::master ? 0 : router.master_priority));
  if (router.source) text.line("Using src_ip", router.source->to_string());
  text.line("Gratuitous ARP delay", whole_seconds(c.announcements.master_delay));
  text.line("Gratuitous ARP repeat", c.announcements.master_repeat);
  text.line("Gratuitous ARP refresh", whole_seconds(c.announcements.master_refresh));
  text.line("Gratuitous ARP refresh repeat", c.announcements.master_refresh_repeat);
  text.line("Gratuitous ARP lower priority delay", whole_seconds(c.announcements.lower_prio_delay));
  text.line("Gratuitous ARP lower priority repeat", c.announcements.lower_prio_repeat);
  text.line("Preempt", c.preempt ? "enabled" : "disabled");
  if (c.preempt_delay != core::Duration::zero())
    text.line("Preempt delay", fmt::format("{} secs", seconds(c.preempt_delay)));
  text.line("Accept", c.accept ? "enabled" : "disabled");
  text.line("Promote_secondaries", c.promote_secondaries ? "enabled" : "disabled");
  if (c.auth_type != vrrp::AuthType::none) {
    text.line("Authentication type", c.auth_type == vrrp::AuthType::pass ? "SIMPLE_PASSWORD" : "IPSEC_AH");
  }
  const auto lines_of = [&](std::vector<vrrp::VirtualAddress> vrrp::Config::* list) {
    return address_lines(with_other_family(model, instance, list), c.interface, router.addresses_installed);
  };
  text.list("Virtual IP", lines_of(&vrrp::Config::addresses));
  text.list("Virtual IP Excluded", lines_of(&vrrp::Config::excluded_addresses));
  std::vector<std::string> peers;
  for (const auto& peer : c.peers) peers.push_back(peer.address.to_string());
  text.list("Unicast Peer", peers);
  std::vector<std::string> faults;
  for (const auto& fault : router.faults) faults.push_back(vrrp::fault_text(fault));
  text.list("Fault", faults);
}

void group_text(TextBlock& text, const config::SyncGroup& group, const engine::FailoverSnapshot& snapshot) {
  const auto shown = std::ranges::find(snapshot.groups, group.name, &vrrp::GroupSnapshot::name);
  const auto state = shown == snapshot.groups.end() ? vrrp::State::initialize : shown->state;
  text.object("VRRP Sync Group", fmt::format("{}, {}", group.name, vrrp::state_word(state)));
  text.list("VRRP member instances", group.members);
  text.line("sync_group_tracking_weight", yes(group.tracking_weight));
}

void script_text(TextBlock& text, const config::Script& script, const engine::FailoverSnapshot& snapshot) {
  const auto& known = snapshot.trackers.scripts;
  const auto found = std::ranges::find(known, script.config.name, &track::ScriptSnapshot::name);
  const track::ScriptSnapshot none;
  const track::ScriptSnapshot& shown = found == known.end() ? none : *found;
  text.object("VRRP Script", script.config.name);
  text.line("Command", legacy_command(script.command));
  text.line("Interval", fmt::format("{} sec", seconds(script.config.interval)));
  text.line("Timeout", fmt::format("{} sec", seconds(script.config.timeout)));
  text.line("Weight",
            fmt::format("{}{}", script.config.weight.points, script.config.weight.reverse ? " reverse" : ""));
  text.line("Rise", script.config.rise);
  text.line("Fall", script.config.fall);
  text.line("Result", shown.counter);
  text.line("Status", shown.up ? "GOOD" : "BAD");
  text.line("State", !shown.running_since      ? "idle"
                     : shown.signals_sent == 0 ? "running"
                     : shown.signals_sent == 1 ? "requested termination"
                                               : "forcing termination");
}

void file_text(TextBlock& text, const track::FileConfig& file, const engine::FailoverSnapshot& snapshot) {
  const auto& known = snapshot.trackers.files;
  const auto shown = std::ranges::find(known, file.name, &engine::FileSnapshot::name);
  text.object("Track file", file.name);
  text.line("File", file.path);
  text.line("Status", shown == known.end() ? 0 : shown->value);
  text.line("Weight", fmt::format("{}{}", file.weight.points, file.weight.reverse ? " reverse" : ""));
}

}  // namespace

std::string legacy_json(const config::Model& model, const engine::FailoverSnapshot& snapshot,
                        const Moment& moment) {
  Json list = Json::array();
  for (const auto& router : snapshot.instances) {
    if (!router.twin_of.empty()) continue;  // shown with its other half
    if (const auto* instance = find(model, router.name)) {
      list.push_back({{"data", data_object(model, *instance, router, moment)},
                      {"stats", stats_object(router.counters)}});
    }
  }
  if (model.globals.daemon.json_version == 2)
    list = Json{{"vrrp", std::move(list)}, {"track_process", process_list(model, snapshot)}};
  return with_escaped_slashes(list.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string legacy_stats(const engine::FailoverSnapshot& snapshot) {
  std::string out;
  for (const auto& router : snapshot.instances) {
    if (!router.twin_of.empty()) continue;  // shown with its other half
    const auto& c = router.counters;
    fmt::format_to(
        std::back_inserter(out),
        "VRRP Instance: {}\n"
        "  Advertisements:\n    Received: {}\n    Sent: {}\n"
        "  Became master: {}\n  Released master: {}\n"
        "  Packet Errors:\n    Length: {}\n    TTL: {}\n    Invalid Type: {}\n"
        "    Advertisement Interval: {}\n    Address List: {}\n"
        "  Authentication Errors:\n    Invalid Type: {}\n    Type Mismatch: {}\n    Failure: {}\n"
        "  Authentication Extension Errors:\n    Missing: {}\n    Malformed: {}\n    Unknown Key: {}\n"
        "    Invalid HMAC: {}\n    Stale: {}\n    Replay: {}\n"
        "  Priority Zero:\n    Received: {}\n    Sent: {}\n",
        router.name, c.adverts_received, c.adverts_sent, c.became_master, c.released_master,
        c.packet_length_errors, c.ttl_errors, c.invalid_type_received, c.advert_interval_errors,
        c.address_list_errors, c.invalid_auth_type, c.auth_type_mismatch, c.auth_failures,
        c.signature_missing, c.signature_malformed, c.signature_unknown_key, c.signature_wrong,
        c.signature_stale, c.signature_replayed, c.priority_zero_received, c.priority_zero_sent);
  }
  return out;
}

std::string legacy_data(const config::Model& model, const engine::FailoverSnapshot& snapshot,
                        const Moment& moment) {
  std::string out;
  TextBlock text(out);
  global_text(text, model.globals);
  text.heading("VRRP Topology");
  for (const auto& router : snapshot.instances) {
    if (!router.twin_of.empty()) continue;  // shown with its other half
    if (const auto* instance = find(model, router.name))
      instance_text(text, model, *instance, router, moment);
  }
  for (const auto& group : model.sync_groups) group_text(text, group, snapshot);
  if (!model.scripts.empty()) text.heading("VRRP Scripts");
  for (const auto& script : model.scripts) script_text(text, script, snapshot);
  if (!model.track_files.empty()) text.heading("VRRP Track files");
  for (const auto& file : model.track_files) file_text(text, file, snapshot);
  return out;
}

std::string legacy_parent_data(const config::Model& model) {
  std::string out;
  TextBlock text(out);
  global_text(text, model.globals);
  return out;
}

}  // namespace control
