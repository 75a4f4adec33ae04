#include "lvs/service.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace lvs {

using net::ipvs::ServiceKey;
using std::chrono_literals::operator""s;

namespace {

constexpr core::Duration between_counts = 1s;
constexpr std::int64_t most_weight = 0x7fffffff;
constexpr std::uint32_t usual_persistence = 360;  // seconds

Reason reason_of_turn(bool up) { return up ? Reason::check_succeeded : Reason::check_failed; }

bool has_sessions(Protocol protocol) { return protocol == Protocol::tcp || protocol == Protocol::sctp; }

}  // namespace

Service::Service(ServicePlan plan, std::vector<ServiceKey> keys, std::set<net::IpAddress> present)
    : plan_(std::move(plan)),
      id_(id_of(plan_.service)),
      keys_(std::move(keys)),
      present_(std::move(present)) {
  servers_.reserve(plan_.servers.size());
  for (const ServerConfig& config : std::exchange(plan_.servers, {})) servers_.push_back(fresh(config));
}

Service::Service(const ServiceSnapshot& previous, std::vector<ServiceKey> keys)
    : plan_(previous.plan),
      id_(id_of(plan_.service)),
      keys_(std::move(keys)),
      quorum_(previous.up ? Quorum::up : Quorum::down),
      resumed_(true),
      leaving_(previous.leaving),
      suspended_(previous.suspended),
      last_(previous.last) {
  servers_.reserve(previous.servers.size());
  for (const ServerSnapshot& server : previous.servers) {
    const ServerChange& last = server.last;
    servers_.push_back(
        {server.config,
         server.health,
         server.ordered_weight,
         server.leaving,
         server.drained,
         server.drain,
         {last.up, last.initial, last.reason, last.weight, last.when, core::unless_empty(last.detail)}});
  }
}

bool Service::is_as(const ServicePlan& plan) const {
  const auto is_configured = [](const Server& server) { return !server.leaving; };
  const auto config_of = [](const Server& server) -> const ServerConfig& { return server.config; };
  return !leaving_ && plan_.service == plan.service && plan_.group == plan.group &&
         std::ranges::equal(servers_ | std::views::filter(is_configured) | std::views::transform(config_of),
                            plan.servers);
}

Service::Server Service::fresh(const ServerConfig& config) {
  Server server;
  server.config = config;
  server.health.up = !config.alpha;
  return server;
}

std::uint32_t Service::weight_of(const Server& server) {
  if (server.ordered_weight) return *server.ordered_weight;
  const std::int64_t base = server.health.weight.value_or(server.config.weight);
  // What is added may be anything; what it is added to is below 2^32.
  const std::int64_t added = std::clamp(server.health.weight_added, -2 * most_weight, 2 * most_weight);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(base + added, 0, most_weight));
}

std::uint64_t Service::total_weight() const {
  std::uint64_t total = 0;
  for (const Server& server : servers_) total += counts(server) ? weight_of(server) : 0;
  return total;
}

Service::Server* Service::find(const Endpoint& endpoint) {
  const auto found =
      std::ranges::find(servers_, endpoint, [](const Server& server) { return server.config.endpoint; });
  return found == servers_.end() ? nullptr : &*found;
}

bool Service::in_table(const Endpoint& endpoint) const {
  return wanted_ && std::ranges::find(wanted_->destinations, endpoint, &Destination::endpoint) !=
                        wanted_->destinations.end();
}

std::vector<Endpoint> Service::fit() const {
  std::vector<Endpoint> result;
  if (leaving_) return result;
  for (const Server& server : servers_) {
    if (counts(server) && weight_of(server) > 0) result.push_back(server.config.endpoint);
  }
  // A sorry server stands in when the quorum is lost, and only then: it may hold on while few are fit.
  if (sorry_serves()) result.push_back(stand_in()->endpoint);
  return result;
}

// ---- transitions

Service::Quorum Service::judged() const {
  const std::uint64_t weight = total_weight();
  const std::uint64_t quorum = plan_.service.quorum;
  const std::uint64_t band = plan_.service.hysteresis;
  if (leaving_ || weight == 0) return Quorum::down;
  if (quorum_ == Quorum::up) return weight + band < quorum ? Quorum::down : Quorum::up;
  return weight >= quorum + band ? Quorum::up : Quorum::down;
}

void Service::enter(core::Time now, Quorum next, Reason reason, bool initial, ServiceActions& out) {
  if (next == quorum_) return;
  quorum_ = next;
  const bool up = next == Quorum::up;
  last_ = {
      id_,    up, initial, total_weight(), plan_.service.quorum, plan_.service.hysteresis, sorry_serves(),
      reason, now};
  out.emplace_back(action::ReportQuorum{last_});
  run(up ? Hook::quorum_up : Hook::quorum_down, {}, out);
}

void Service::settle(core::Time now, Reason reason, bool initial, ServiceActions& out) {
  for (Server& server : servers_) update_drain(now, server);
  enter(now, judged(), reason, initial, out);
  wanted_ = entry();
  const bool drains = std::ranges::any_of(servers_, [](const Server& s) { return s.drain.has_value(); });
  if (!drains) count_at_.reset();
  if (drains && !count_at_) count_at_ = now + between_counts;
}

void Service::settle_and_program(core::Time now, Reason reason, ServiceActions& out) {
  const std::optional<Entry> before = std::move(wanted_);
  wanted_ = before;
  settle(now, reason, false, out);
  if (wanted_ == before) return;
  action::Program program;
  for (const Step& step : steps(wanted(), before ? &*before : nullptr)) {
    for (const ServiceKey& key : keys_) program.commands.push_back(step.of(key));
  }
  // The kernel is told before scripts are: who is told that a service is down must not find it up.
  out.insert(out.begin(), std::move(program));
}

// A server drains while it is fit but may have no new connections, or while it leaves.
void Service::update_drain(core::Time now, Server& server) {
  if (server.leaving) return;
  const core::Duration patience = server.config.drain_timeout;
  if (patience <= core::Duration{} || !server.health.up || weight_of(server) > 0) {
    server.drain.reset();
    server.drained = false;
  } else if (!server.drained && !server.drain) {
    server.drain = Drain{now, now + patience};
  }
}

void Service::end_drain(core::Time now, const Endpoint& endpoint, Reason reason, ServiceActions& out) {
  Server* const server = find(endpoint);
  if (server == nullptr || !server->drain) return;
  server->drain.reset();
  server->drained = true;
  report(now, *server, reason, false, out);
  if (server->leaving)
    std::erase_if(servers_, [&](const Server& each) { return each.config.endpoint == endpoint; });
}

// ---- what the kernel shall hold

net::ipvs::ServiceSettings Service::settings() const {
  const ServiceConfig& service = plan_.service;
  const bool any_port = std::ranges::any_of(
      keys_, [](const ServiceKey& key) { return key.mark == 0 && key.endpoint.port == 0; });
  net::ipvs::ServiceSettings result;
  result.scheduler = service.scheduler;
  result.one_packet = service.one_packet;
  result.flag_1 = service.flag_1;
  result.flag_2 = service.flag_2;
  result.flag_3 = service.flag_3;
  result.timeout_seconds = service.persistence_seconds;
  // A service of every port must be persistent, or the connections of one client would go anywhere.
  if (any_port && result.timeout_seconds == 0) result.timeout_seconds = usual_persistence;
  result.persistent = result.timeout_seconds > 0;
  if (result.persistent && service.persistence_granularity) {
    const std::uint8_t length = service.persistence_granularity->length;
    const bool v6 = !keys_.empty() && keys_.front().family == net::Family::v6;
    if (length != (v6 ? 128 : 32)) result.mask_length = length;
  }
  result.persistence_engine = service.persistence_engine;
  return result;
}

std::optional<Destination> Service::destination_of(const Server& server) const {
  Destination destination{server.config.endpoint, server.config.forwarding, 0, server.config.upper_threshold,
                          server.config.lower_threshold};
  if (server.leaving) return server.drain ? std::optional(destination) : std::nullopt;
  const bool replaced = sorry_serves();
  if (server.health.up && !replaced) destination.weight = weight_of(server);
  if (destination.weight > 0 || server.drain) return destination;
  if (server.health.up && !replaced) return server.drained ? std::nullopt : std::optional(destination);
  return server.config.inhibit_on_failure ? std::optional(destination) : std::nullopt;
}

std::optional<Destination> Service::stand_in() const {
  const auto& sorry = plan_.service.sorry;
  if (!sorry || leaving_) return std::nullopt;
  Destination destination;
  destination.endpoint = sorry->endpoint;
  const auto* own = std::get_if<Endpoint>(&plan_.service.key);
  if (destination.endpoint.port == 0 && own != nullptr) destination.endpoint.port = own->port;
  destination.forwarding = sorry->forwarding.value_or(plan_.service.forwarding);
  destination.weight = sorry_serves() ? 1 : 0;
  return destination;
}

std::optional<Entry> Service::entry() const {
  Entry result;
  result.destinations.reserve(servers_.size());
  for (const Server& server : servers_) {
    if (auto destination = destination_of(server)) result.destinations.push_back(*destination);
  }
  if (leaving_ && result.destinations.empty()) return std::nullopt;
  result.settings = settings();
  const auto sorry = stand_in();
  if (!sorry || (sorry->weight == 0 && !plan_.service.sorry->inhibit)) return result;
  // The sorry server may be one of the servers: it has one entry, and what it is needed for decides.
  const auto same = std::ranges::find(result.destinations, sorry->endpoint, &Destination::endpoint);
  if (same == result.destinations.end()) {
    result.destinations.push_back(*sorry);
  } else if (sorry->weight > 0) {
    *same = *sorry;
  }
  return result;
}

// ---- what others are told

void Service::report(core::Time now, Server& server, Reason reason, bool initial, ServiceActions& out) const {
  const bool up = server.health.up && !server.leaving;
  server.last = {up, initial, reason, up ? weight_of(server) : 0, now, server.health.detail};
  out.emplace_back(action::ReportServer{last_change(server)});
}

ServerChange Service::last_change(const Server& server) const {
  if (server.last.reason == Reason::none) return {};  // nothing was said
  const auto& [up, initial, reason, weight, when, detail] = server.last;
  return {id_,    server.config.endpoint,           up,  initial, server.leaving, weight,
          reason, detail ? *detail : std::string(), when};
}

void Service::tell_turn(core::Time now, Server& server, bool was_up, ServiceActions& out) const {
  const bool up = server.health.up;
  if (up == was_up) return;
  report(now, server, reason_of_turn(up), false, out);
  run(up ? Hook::notify_up : Hook::notify_down, server.config.endpoint, out);
}

void Service::run(Hook hook, const std::optional<Endpoint>& server, ServiceActions& out) const {
  out.emplace_back(action::RunHook{hook, id_, server});
}

void Service::look_at_addresses(ServiceActions& out) {
  const bool suspended =
      plan_.service.suspend_without_address && std::ranges::none_of(keys_, [&](const ServiceKey& key) {
        return key.mark == 0 && present_.contains(key.endpoint.address);
      });
  if (suspended == suspended_) return;
  suspended_ = suspended;
  out.emplace_back(action::SuspendChecks{id_, suspended});
}

// ---- the doors

ServiceActions Service::start(core::Time now) {
  ServiceActions out;
  started_ = true;
  if (resumed_) {
    if (suspended_) out.emplace_back(action::SuspendChecks{id_, true});
    for (Server& server : servers_) {
      const bool was_up = server.last.reason == Reason::none ? !server.config.alpha : server.last.up;
      if (!server.leaving) tell_turn(now, server, was_up, out);
    }
    settle(now, Reason::resumed, false, out);
    return out;
  }
  look_at_addresses(out);
  // What checks have found meanwhile is a change: scripts are to run.
  std::vector<Health> found;
  found.reserve(servers_.size());
  for (Server& server : servers_) {
    found.push_back(std::exchange(server.health, fresh(server.config).health));
    report(now, server, server.health.up ? Reason::started : Reason::started_alpha, true, out);
  }
  settle(now, Reason::started, true, out);
  bool other = false;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    Server& server = servers_[i];
    const bool was_up = server.health.up;
    if (found[i] == server.health) continue;
    other = true;
    server.health = std::move(found[i]);
    tell_turn(now, server, was_up, out);
  }
  if (other) settle(now, Reason::started, false, out);
  return out;
}

void Service::replace_servers(core::Time now, const std::vector<ServerConfig>& configs, ServiceActions& out) {
  std::vector<Server> before = std::exchange(servers_, {});
  servers_.reserve(configs.size());
  const auto has_endpoint = [](const Endpoint& endpoint) {
    return [&](const Server& server) { return server.config.endpoint == endpoint; };
  };
  for (const ServerConfig& config : configs) {
    const auto old = std::ranges::find_if(before, has_endpoint(config.endpoint));
    if (old == before.end() || old->leaving) {
      // One that is put back while it drains is as good as new; its connections never ended.
      servers_.push_back(fresh(config));
    } else {
      const std::uint32_t weight = weight_of(*old);
      old->config = config;
      Server& kept = servers_.emplace_back(std::move(*old));
      if (kept.health.up && weight_of(kept) != weight) report(now, kept, Reason::reconfigured, false, out);
    }
    if (old != before.end()) before.erase(old);
  }
  for (Server& server : before) {
    if (!server.leaving) {
      server.leaving = true;
      const core::Duration patience = server.config.drain_timeout;
      const bool stays = server.health.up && !server.drained && patience > core::Duration{} &&
                         in_table(server.config.endpoint);
      server.drain = stays ? std::optional(Drain{now, now + patience}) : std::nullopt;
      if (server.health.up) {
        report(now, server, Reason::removed, false, out);
        run(Hook::notify_down, server.config.endpoint, out);
      }
    }
    if (server.drain) servers_.push_back(std::move(server));
  }
}

ServiceActions Service::reconfigure(core::Time now, ServicePlan plan, std::vector<ServiceKey> keys) {
  ServiceActions out;
  leaving_ = false;
  plan_ = std::move(plan);
  keys_ = std::move(keys);
  replace_servers(now, std::exchange(plan_.servers, {}), out);
  if (!started_) return {};  // nobody has heard of it yet
  look_at_addresses(out);
  settle(now, Reason::reconfigured, false, out);
  return out;
}

ServiceActions Service::leave(core::Time now) {
  ServiceActions out;
  if (leaving_) return out;
  leaving_ = true;
  if (!started_) return out;
  replace_servers(now, {}, out);
  settle(now, Reason::removed, false, out);
  return out;
}

ServiceActions Service::stop(core::Time now) {
  ServiceActions out;
  if (!plan_.service.omega || leaving_) return out;
  for (Server& server : servers_) {
    if (!counts(server)) continue;
    server.health.up = false;
    report(now, server, Reason::stopped, false, out);
    run(Hook::notify_down, server.config.endpoint, out);
  }
  enter(now, Quorum::down, Reason::stopped, false, out);
  return out;
}

ServiceActions Service::handle(core::Time now, const event::HealthChanged& changed) {
  ServiceActions out;
  Server* const server = find(changed.server);
  if (server == nullptr || server->leaving) return out;
  const bool was_up = server->health.up;
  const std::uint32_t weight = weight_of(*server);
  server->health = changed.health;
  if (!started_) return out;
  const bool up = server->health.up;
  Reason reason = Reason::weight_changed;
  if (up != was_up) {
    reason = reason_of_turn(up);
    tell_turn(now, *server, was_up, out);
  } else if (up && weight_of(*server) != weight) {
    report(now, *server, reason, false, out);
  } else {
    return out;
  }
  settle_and_program(now, reason, out);
  return out;
}

ServiceActions Service::handle(core::Time now, const event::WeightOrdered& ordered) {
  ServiceActions out;
  Server* const server = find(ordered.server);
  if (server == nullptr || server->leaving || server->ordered_weight == ordered.weight) return out;
  const std::uint32_t weight = weight_of(*server);
  server->ordered_weight = ordered.weight;
  if (!started_) return out;
  if (server->health.up && weight_of(*server) != weight)
    report(now, *server, Reason::weight_changed, false, out);
  settle_and_program(now, Reason::weight_changed, out);
  return out;
}

ServiceActions Service::handle(core::Time /*now*/, const event::AddressChanged& changed) {
  ServiceActions out;
  if (!changed.present) {
    present_.erase(changed.address);
  } else {
    present_.insert(changed.address);
  }
  if (started_) look_at_addresses(out);
  return out;
}

ServiceActions Service::handle(core::Time now, const event::ConnectionsCounted& counted) {
  ServiceActions out;
  std::vector<Endpoint> finished;
  for (const Server& server : servers_) {
    // A count from before the weight was taken says nothing.
    if (!server.drain || now < server.drain->since + between_counts) continue;
    std::size_t listed = 0;
    std::uint64_t connections = 0;
    for (const auto& service : counted.listing) {
      if (std::ranges::find(keys_, service.key) == keys_.end()) continue;
      ++listed;
      for (const auto& each : service.destinations) {
        if (each.destination.endpoint != server.config.endpoint) continue;
        connections += each.active;
        // Without sessions the kernel calls none active: silence for as long as its timeout is the end there.
        if (!has_sessions(service.key.protocol)) connections += each.inactive;
      }
    }
    if (listed >= keys_.size() && connections == 0) finished.push_back(server.config.endpoint);
  }
  if (finished.empty()) return out;
  for (const Endpoint& endpoint : finished) end_drain(now, endpoint, Reason::drained, out);
  settle_and_program(now, Reason::drained, out);
  return out;
}

ServiceActions Service::handle_timeout(core::Time now) {
  ServiceActions out;
  if (!started_) return out;
  std::vector<Endpoint> finished;
  for (const Server& server : servers_) {
    if (server.drain && now >= server.drain->until) finished.push_back(server.config.endpoint);
  }
  for (const Endpoint& endpoint : finished) end_drain(now, endpoint, Reason::drain_time_over, out);
  if (!finished.empty()) settle_and_program(now, Reason::drain_time_over, out);
  if (count_at_ && now >= *count_at_) {
    out.emplace_back(action::CountConnections{keys_});
    count_at_ = now + between_counts;
  }
  return out;
}

std::optional<core::Time> Service::next_timeout() const {
  if (!count_at_) return std::nullopt;  // nobody drains
  std::optional<core::Time> next = count_at_;
  for (const Server& server : servers_) {
    if (server.drain && (!next || server.drain->until < *next)) next = server.drain->until;
  }
  return next;
}

ServiceSnapshot Service::snapshot() const {
  ServiceSnapshot result{plan_, up(), leaving_, suspended_, total_weight(), sorry_serves(), {}, last_};
  result.servers.reserve(servers_.size());
  for (const Server& server : servers_) {
    const auto drain = server.drain ? std::optional(*server.drain) : std::nullopt;
    result.servers.push_back({server.config, server.health, server.ordered_weight, weight_of(server),
                              server.leaving, server.drained, drain, last_change(server)});
  }
  return result;
}

}  // namespace lvs
