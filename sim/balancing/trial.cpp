#include "sim/balancing/trial.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <iterator>
#include <set>

#include "lvs/service_id.hpp"
#include "sim/balancing/world.hpp"

namespace sim::balancing {

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
namespace command = net::ipvs::command;

// The slowest check that can be generated needs half of it, a look at the table ten seconds, and a drain twenty.
constexpr core::Duration settling_takes = 60s;

Endpoint endpoint(int subnet, std::int64_t host, int port = 80) {
  return {net::IpAddress::v4(10, 0, static_cast<std::uint8_t>(subnet), static_cast<std::uint8_t>(host)),
          static_cast<std::uint16_t>(port)};
}
constexpr int of_servers = 0, of_services = 9, of_others = 8;
constexpr std::int64_t server_count = 6;

class Generator {
 public:
  explicit Generator(core::Random random) : random_(random) {
    for (int i = 0; i < 2; ++i) timings_.push_back(timing());
    for (std::int64_t server = 1; server <= server_count; ++server) {
      if (random_.chance(20)) alpha_.insert(endpoint(of_servers, server));
    }
  }

  engine::BalancerConfig config() {
    engine::BalancerConfig config;
    const std::int64_t services = random_.between(1, 4);
    for (std::int64_t i = 0; i < services; ++i) {
      if (config.services.empty() || random_.chance(85)) add_service(config, 100 + 2 * i);
    }
    config.director.initial_server_states = random_.chance(30);
    return config;
  }

 private:
  check::Timing timing() {
    check::Timing timing;
    timing.delay_loop = random_.between(1, 4) * 1s;
    timing.warmup = random_.chance(50) ? timing.delay_loop : core::Duration{};
    timing.delay_before_retry = random_.between(1, 4) * 500ms;
    timing.connect_timeout = random_.between(1, 3) * 500ms;
    timing.retry = static_cast<std::uint32_t>(random_.between(0, 2));
    timing.rise = random_.chance(70) ? 1 : 2;
    return timing;
  }

  void add_service(engine::BalancerConfig& config, std::int64_t host) {
    lvs::ServicePlan plan;
    engine::ServiceTasks tasks;
    plan.service.protocol = net::ipvs::Protocol::tcp;
    plan.service.family = net::Family::v4;
    plan.service.scheduler = random_.chance(50) ? "rr" : "wlc";
    plan.service.key = endpoint(of_services, host);
    if (random_.chance(20)) {
      const std::string name = fmt::format("G{}", host);
      plan.service.key = lvs::GroupName{name};
      plan.group = lvs::Group{
          name, {{endpoint(of_services, host).address, endpoint(of_services, host + 1).address, 80}}, {}};
    }
    if (random_.chance(40)) {
      plan.service.quorum = static_cast<std::uint32_t>(random_.between(1, 6));
      plan.service.hysteresis = static_cast<std::uint32_t>(random_.between(0, plan.service.quorum - 1));
    }
    if (random_.chance(60)) {
      const Endpoint sorry = random_.chance(80) ? endpoint(of_servers, 50)
                                                : endpoint(of_servers, random_.between(1, server_count));
      plan.service.sorry = lvs::SorryServer{sorry, {}, random_.chance(30)};
    }
    for (std::int64_t server = 1; server <= server_count; ++server) {
      if (random_.chance(55)) add_server(plan, tasks, endpoint(of_servers, server));
    }
    if (plan.servers.empty()) add_server(plan, tasks, endpoint(of_servers, 1));
    config.director.services.push_back(std::move(plan));
    config.services.push_back(std::move(tasks));
  }

  void add_server(lvs::ServicePlan& plan, engine::ServiceTasks& tasks, const Endpoint& where) {
    lvs::ServerConfig server;
    server.endpoint = where;
    server.weight = static_cast<std::uint32_t>(random_.between(random_.chance(10) ? 0 : 1, 4));
    server.inhibit_on_failure = random_.chance(25);
    if (random_.chance(30)) server.drain_timeout = random_.between(1, 20) * 1s;
    engine::ServerTasks own;
    const int checks = random_.chance(10) && !alpha_.contains(where) ? 0 : random_.chance(75) ? 1 : 2;
    for (int i = 0; i < checks; ++i) {
      check::Config config;
      config.timing = timings_[random_.chance(80) ? 0 : 1];
      config.alpha = alpha_.contains(where);
      server.alpha |= config.alpha;
      engine::CheckTask task;
      task.config = config;
      task.target = {where.address, static_cast<std::uint16_t>(80 + i), {}};
      own.checks.push_back(std::move(task));
    }
    plan.servers.push_back(server);
    tasks.servers.push_back(std::move(own));
  }

  core::Random random_;
  std::vector<check::Timing> timings_;  // few, so that services share checks
  std::set<Endpoint> alpha_;            // in each configuration: they begin to be down
};

class Trial {
 public:
  explicit Trial(const TrialOptions& options)
      : options_(options),
        random_(options.seed),
        generator_(core::Random(random_.next())),
        world_(generator_.config(), random_.next(), audit_, options.tail) {}

  TrialResult run() {
    lvs::Entry theirs;
    theirs.settings.scheduler = "rr";
    theirs.destinations.emplace_back().endpoint = endpoint(of_others, 2);
    world_.add_foreign(net::ipvs::ServiceKey::of(net::ipvs::Protocol::tcp, endpoint(of_others, 1)), theirs);
    world_.start();
    settle() && rage() && settle() && drill_same_reload() && drill_weight() && drill_kill() && drill_stop();
    TrialResult result{audit_.findings(), {}, world_.now() - beginning, world_.steps()};
    if (!audit_.clean()) result.report = report();
    return result;
  }

 private:
  template <class Values>
  auto& any(Values& values) {
    return values.at(static_cast<std::size_t>(random_.between(0, std::ssize(values) - 1)));
  }

  // ---- chaos

  bool rage() {
    for (std::uint32_t step = 0; step < options_.steps && audit_.clean(); ++step) {
      disturb();
      world_.run_for(random_.between(0, 6000) * 1ms);
    }
    world_.refuse(0);
    world_.fail_listings(false);
    world_.exhaust(false);
    return audit_.clean();
  }

  void disturb() {
    const std::int64_t kind = random_.between(0, 99);
    if (kind < 55) {
      world_.set_alive(endpoint(of_servers, random_.between(1, server_count), random_.chance(80) ? 80 : 81),
                       random_.chance(50), random_.chance(40));
    } else if (kind < 63) {
      world_.reload(random_.chance(30) ? world_.config() : generator_.config());
    } else if (kind < 71) {
      order();
    } else if (kind < 77) {
      world_.kill(random_.between(10, 3000) * 1ms);
    } else if (kind < 82) {
      world_.refuse(random_.chance(50) ? 0 : 40);
    } else if (kind < 86) {
      world_.fail_listings(random_.chance(50));
    } else if (kind < 90) {
      world_.exhaust(random_.chance(50));
    } else {
      meddle();
    }
  }

  void order() {
    const auto& plans = world_.config().director.services;
    const lvs::ServicePlan& plan = any(plans);
    std::optional<std::uint32_t> weight;
    if (random_.chance(60)) weight = static_cast<std::uint32_t>(random_.between(0, 5));
    world_.order({lvs::id_of(plan.service), any(plan.servers).endpoint}, weight);
  }

  void meddle() {
    const auto pick = [this](lvs::Table& table) {
      return std::next(table.begin(), random_.between(0, std::ssize(table) - 1));
    };
    const auto any_server = [this, pick](lvs::Table& table) -> lvs::Destination* {
      if (table.empty()) return nullptr;
      auto& destinations = pick(table)->second.destinations;
      return destinations.empty() ? nullptr : &any(destinations);
    };
    switch (random_.between(0, 4)) {
      case 0:
        return world_.meddle("ipvsadm -C", [](lvs::Table& table) { table.clear(); });
      case 1:
        return world_.meddle("ipvsadm -D", [&](lvs::Table& table) {
          if (!table.empty()) table.erase(pick(table));
        });
      case 2:
        return world_.meddle("ipvsadm -e", [&](lvs::Table& table) {
          if (auto* server = any_server(table)) server->weight = server->weight == 0 ? 7 : 0;
        });
      case 3:
        return world_.meddle("ipvsadm -d", [&](lvs::Table& table) {
          if (table.empty()) return;
          auto& destinations = pick(table)->second.destinations;
          if (!destinations.empty()) destinations.pop_back();
        });
      default:
        return world_.meddle("ipvsadm -a", [&](lvs::Table& table) {
          if (table.empty()) return;
          auto& destinations = pick(table)->second.destinations;
          const Endpoint stray = endpoint(of_servers, 99);
          if (std::ranges::find(destinations, stray, &lvs::Destination::endpoint) == destinations.end())
            destinations.emplace_back().endpoint = stray;
        });
    }
  }

  // ---- calm

  bool settle() {
    world_.run_for(settling_takes);
    if (!audit_.clean()) return false;
    audit_.settled(world_.now(), world_.table(), world_.config(), world_.truths(), world_.orders());
    audit_.news_settled(world_.now(), world_.config(), world_.truths());
    audit_.others(world_.now(), world_.table(), world_.foreign());
    world_.commands();
    return audit_.clean();
  }

  void demand(bool kept, std::string promise, std::string text) {
    audit_.demand(world_.now(), kept, std::move(promise), std::move(text));
  }

  bool drill_same_reload() {
    world_.reload(world_.config());
    demand(world_.commands().empty(), "a reload is a difference", "a reload of the same needed commands");
    return settle();
  }

  // One server more of weight, where it serves already and no order says otherwise.
  bool drill_weight() {
    engine::BalancerConfig config = world_.config();
    for (lvs::ServicePlan& plan : config.director.services) {
      const auto keys = lvs::expand(plan);
      const auto serves = serving(world_.table(), keys.front());
      for (lvs::ServerConfig& server : plan.servers) {
        const bool is_sorry = plan.service.sorry && plan.service.sorry->endpoint == server.endpoint;
        if (is_sorry || !serves.contains(server.endpoint)) continue;
        if (world_.orders().contains({lvs::id_of(plan.service), server.endpoint})) continue;
        ++server.weight;
        world_.reload(config);
        const auto commands = world_.commands();
        const bool edits = std::ranges::all_of(commands, [](const auto& each) {
          return std::holds_alternative<command::EditDestination>(each);
        });
        demand(commands.size() == keys.size() && edits, "a reload is a difference",
               fmt::format("one weight of {} needed {} commands", to_string(keys.front()), commands.size()));
        return settle();
      }
    }
    return true;
  }

  bool drill_kill() {
    world_.kill(500ms);
    world_.run_for(10s);
    demand(world_.commands().empty(), "a new worker goes on", "a killed worker's successor needed commands");
    return settle();
  }

  bool drill_stop() {
    world_.stop();
    world_.run_for(1s);
    demand(world_.stopped(), "a stop ends", "it has not stopped");
    demand(world_.table() == world_.foreign(), "a stop leaves nothing behind",
           fmt::format("{} services are left", world_.table().size() - world_.foreign().size()));
    return audit_.clean();
  }

  std::string report() const {
    std::string out;
    for (std::size_t i = 0; i < world_.config().services.size(); ++i) {
      const lvs::ServicePlan& plan = world_.config().director.services[i];
      out += fmt::format("{} quorum {} hysteresis {}{}\n", lvs::to_string(lvs::id_of(plan.service)),
                         plan.service.quorum, plan.service.hysteresis,
                         plan.service.sorry ? " sorry " + to_string(plan.service.sorry->endpoint) : "");
      for (std::size_t j = 0; j < plan.servers.size(); ++j) {
        const lvs::ServerConfig& server = plan.servers[j];
        out += fmt::format("  {} weight {}{}{}{} checks {}\n", to_string(server.endpoint), server.weight,
                           server.alpha ? " alpha" : "", server.inhibit_on_failure ? " inhibit" : "",
                           server.drain_timeout != core::Duration{} ? " drain" : "",
                           world_.config().services[i].servers[j].checks.size());
      }
    }
    out += world_.tail();
    for (const Finding& finding : audit_.findings()) out += line_of(finding);
    return out;
  }

  TrialOptions options_;
  core::Random random_;
  Generator generator_;
  Audit audit_;
  World world_;
};

}  // namespace

TrialResult run_trial(const TrialOptions& options) { return Trial(options).run(); }

}  // namespace sim::balancing
