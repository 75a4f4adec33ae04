#include "sim/balancing/audit.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/deadlines.hpp"
#include "lvs/service_id.hpp"

namespace sim::balancing {

namespace {

using core::Time;
using std::chrono_literals::operator""ms;

constexpr core::Duration command_takes = 50ms;

bool is_dead(const engine::CheckTask& task, const Truths& truths) {
  const auto truth = truths.find({task.target.address, task.target.port});
  return truth != truths.end() && !truth->second.alive;
}

bool is_fit(const engine::ServerTasks& tasks, const Truths& truths) {
  return std::ranges::none_of(tasks.checks, [&](const auto& task) { return is_dead(task, truths); });
}

std::string text_of(const std::set<Endpoint>& servers) {
  if (servers.empty()) return "nobody";
  std::vector<std::string> names;
  for (const Endpoint& server : servers) names.push_back(net::ipvs::to_string(server));
  return fmt::format("{}", fmt::join(names, " and "));
}

}  // namespace

std::set<Endpoint> serving(const lvs::Table& table, const ServiceKey& key) {
  std::set<Endpoint> result;
  const auto entry = table.find(key);
  if (entry == table.end()) return result;
  for (const auto& destination : entry->second.destinations) {
    if (destination.weight > 0) result.insert(destination.endpoint);
  }
  return result;
}

std::vector<std::set<Endpoint>> may_serve(const lvs::ServicePlan& plan, const engine::ServiceTasks& tasks,
                                          const Truths& truths, const Orders& orders) {
  std::set<Endpoint> fit;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < plan.servers.size(); ++i) {
    const lvs::ServerConfig& server = plan.servers[i];
    if (!is_fit(tasks.servers[i], truths)) continue;
    const auto order = orders.find({lvs::id_of(plan.service), server.endpoint});
    const std::uint32_t weight = order == orders.end() ? server.weight : order->second;
    total += weight;
    if (weight > 0) fit.insert(server.endpoint);
  }
  const std::uint64_t quorum = plan.service.quorum;
  const std::uint64_t band = plan.service.hysteresis;
  std::vector<std::set<Endpoint>> result;
  if (total > 0 && total + band >= quorum) result.push_back(fit);
  if (total == 0 || total < quorum + band) {
    if (plan.service.sorry) fit = {plan.service.sorry->endpoint};
    result.push_back(fit);
  }
  return result;
}

core::Duration promised(const engine::ServerTasks& tasks) {
  core::Duration longest{};
  for (const engine::CheckTask& task : tasks.checks) {
    const check::Timing& timing = task.config->timing;
    const core::Duration pause = std::max(timing.delay_loop, timing.warmup);
    const core::Duration once = task.config->limit() + engine::timer_slack(timing.delay_loop);
    // One that is under way when the server dies may still succeed.
    longest = std::max(longest, pause + (timing.retry + 2) * once + timing.retry * timing.delay_before_retry);
  }
  return longest + command_takes;
}

lvs::Fit fit_of(const lvs::DirectorSnapshot& director) {
  lvs::Fit fit;
  for (const lvs::ServiceSnapshot& service : director.services) {
    if (service.leaving) continue;
    std::vector<Endpoint> servers;
    for (const lvs::ServerSnapshot& server : service.servers) {
      if (server.health.up && !server.leaving && server.weight > 0) servers.push_back(server.config.endpoint);
    }
    if (service.sorry_serves) servers.push_back(service.plan.service.sorry->endpoint);
    for (const ServiceKey& key : lvs::expand(service.plan)) fit.emplace(key, servers);
  }
  return fit;
}

void Audit::demand(Time now, bool kept, std::string promise, std::string text) {
  if (!kept) findings_.push_back({std::move(promise), now, std::move(text)});
}

void Audit::commanded(Time now, const lvs::Table& before, const net::ipvs::Command& command,
                      const lvs::Table& after, const lvs::Fit& fit) {
  for (const auto& [key, servers] : fit) {
    demand(now, servers.empty() || serving(before, key).empty() || !serving(after, key).empty(),
           "never an empty service",
           fmt::format("'{}' left {} with nobody while {} could serve", net::ipvs::to_string(command),
                       net::ipvs::to_string(key), servers.empty() ? "" : to_string(servers.front())));
  }
}

void Audit::looked(Time now, const lvs::Table& table, const engine::BalancerConfig& config,
                   const Truths& truths, Time calm_since) {
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    const lvs::ServicePlan& plan = config.director.services[i];
    for (std::size_t j = 0; j < plan.servers.size(); ++j) {
      const Endpoint& server = plan.servers[j].endpoint;
      if (plan.service.sorry && plan.service.sorry->endpoint == server) continue;
      const engine::ServerTasks& tasks = config.services[i].servers[j];
      for (const engine::CheckTask& task : tasks.checks) {
        if (!is_dead(task, truths)) continue;
        const Time since = std::max(truths.at({task.target.address, task.target.port}).since, calm_since);
        if (now <= since + promised(tasks)) continue;
        for (const ServiceKey& key : lvs::expand(plan)) {
          demand(now, !serving(table, key).contains(server), "dead servers leave in time",
                 fmt::format("{} is dead for {} ms and still serves {}", to_string(server),
                             std::chrono::duration_cast<std::chrono::milliseconds>(now - since).count(),
                             to_string(key)));
        }
      }
    }
  }
}

void Audit::settled(Time now, const lvs::Table& table, const engine::BalancerConfig& config,
                    const Truths& truths, const Orders& orders) {
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    const lvs::ServicePlan& plan = config.director.services[i];
    const auto allowed = may_serve(plan, config.services[i], truths, orders);
    for (const ServiceKey& key : lvs::expand(plan)) {
      demand(now, table.contains(key), "the truth prevails", to_string(key) + " is not there");
      const auto found = serving(table, key);
      demand(now, std::ranges::find(allowed, found) != allowed.end(), "the truth prevails",
             fmt::format("{} is served by {} instead of {}", to_string(key), text_of(found),
                         text_of(allowed.front())));
    }
  }
}

void Audit::told(const notify::Event& event) {
  if (event.subject.kind != notify::Subject::Kind::real_server) return;
  const std::pair server{event.subject.name, event.subject.service};
  if (event.gone) {
    told_.erase(server);
  } else {
    told_[server] = event.state == notify::HookState::up;
  }
}

void Audit::configured(const engine::BalancerConfig& config) {
  std::set<std::pair<std::string, std::string>> there;
  for (const lvs::ServicePlan& plan : config.director.services) {
    const lvs::ServiceId service = lvs::id_of(plan.service);
    for (const lvs::ServerConfig& server : plan.servers)
      there.emplace(lvs::to_string(server.endpoint, service), lvs::to_string(service));
  }
  std::erase_if(told_, [&](const auto& each) { return !there.contains(each.first); });
}

void Audit::news_settled(Time now, const engine::BalancerConfig& config, const Truths& truths) {
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    const lvs::ServiceId service = lvs::id_of(config.director.services[i].service);
    for (std::size_t j = 0; j < config.services[i].servers.size(); ++j) {
      const std::string name = lvs::to_string(config.director.services[i].servers[j].endpoint, service);
      const bool fit = is_fit(config.services[i].servers[j], truths);
      const auto last = told_.find({name, lvs::to_string(service)});
      // Of one that was well from the start nobody is told, nor of one that was not to be until proven.
      const bool start = !config.director.services[i].servers[j].alpha;
      demand(now, (last == told_.end() ? start : last->second) == fit, "news are true",
             fmt::format("{} of {} is {}, but {}", name, lvs::to_string(service), fit ? "well" : "dead",
                         last == told_.end() ? "nobody was told"
                         : last->second      ? "the last news were that it is up"
                                             : "the last news were that it is down"));
    }
  }
}

void Audit::others(Time now, const lvs::Table& table, const lvs::Table& foreign) {
  for (const auto& [key, entry] : foreign) {
    const auto found = table.find(key);
    demand(now, found != table.end() && found->second == entry, "others' services are left alone",
           to_string(key) + " is not as it was");
  }
}

}  // namespace sim::balancing
