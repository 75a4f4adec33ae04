#include "engine/balancer.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <type_traits>

#include "core/overload.hpp"
#include "engine/checks.hpp"

namespace engine {

namespace {

using core::Time;
using net::ipvs::Endpoint;
using Subject = notify::Subject;

// The scripts of a service and its servers, found by name: the director speaks in names, and of those that a reload took away too.
class ServiceHooks {
 public:
  struct Commands {
    core::Rare<notify::Command> up, down;
  };

  ServiceHooks(const lvs::ServicePlan& plan, const ServiceTasks& tasks)
      : quorum_up(tasks.quorum_up), quorum_down(tasks.quorum_down), alert(plan.service.smtp_alert) {
    servers_.reserve(plan.servers.size());
    for (std::size_t i = 0; i < plan.servers.size(); ++i) {
      const ServerTasks& server = tasks.servers[i];
      Server one{plan.servers[i].endpoint, plan.servers[i].smtp_alert};
      if (server.notify_up || server.notify_down) {
        one.commands = static_cast<std::uint32_t>(commands_.size());
        commands_.push_back({server.notify_up, server.notify_down});
      }
      servers_.push_back(one);
    }
    std::ranges::sort(servers_, {}, &Server::endpoint);
  }

  bool has(const Endpoint& server) const { return find(server) != nullptr; }
  bool alerts(const Endpoint& server) const {
    const Server* found = find(server);
    return found != nullptr && found->alert;
  }
  const core::Rare<notify::Command>& command(const Endpoint& server, bool up) const {
    static const Commands none;
    const Server* found = find(server);
    const bool any = found != nullptr && found->commands != no_commands;
    const Commands& commands = any ? commands_[found->commands] : none;
    return up ? commands.up : commands.down;
  }

  core::Rare<notify::Command> quorum_up, quorum_down;
  bool alert = false;

 private:
  static constexpr std::uint32_t no_commands = std::numeric_limits<std::uint32_t>::max();

  struct Server {
    Endpoint endpoint;
    bool alert = false;
    std::uint32_t commands = no_commands;  // in commands_: few have any, of thousands
  };

  const Server* find(const Endpoint& server) const {
    const auto found = std::ranges::lower_bound(servers_, server, {}, &Server::endpoint);
    return found != servers_.end() && found->endpoint == server ? &*found : nullptr;
  }

  std::vector<Server> servers_;  // by endpoint
  std::vector<Commands> commands_;
};

std::map<lvs::ServiceId, ServiceHooks> hooks_of(const BalancerConfig& config) {
  std::map<lvs::ServiceId, ServiceHooks> hooks;
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    const lvs::ServicePlan& plan = config.director.services[i];
    // Of a service that is configured twice the first one counts, as for the director.
    hooks.try_emplace(lvs::id_of(plan.service), plan, config.services[i]);
  }
  return hooks;
}

}  // namespace

class Balancer::Implementation {
 public:
  Implementation(BalancerConfig&& config, std::uint64_t seed)
      : watched_(std::move(config.watched)),
        initial_server_states_(config.director.initial_server_states),
        hooks_(hooks_of(config)),
        wanted_checks_(Checks::wanted_of(config)),
        checks_(seed),
        director_(std::move(config.director)) {}

  Implementation(BalancerConfig&& config, std::uint64_t seed, BalancerSnapshot&& previous)
      : watched_(std::move(config.watched)),
        initial_server_states_(config.director.initial_server_states),
        hooks_(hooks_of(config)),
        wanted_checks_(Checks::wanted_of(config)),
        checks_(seed),
        director_(std::move(config.director), previous.director),
        last_event_(previous.last_event) {
    checks_.remember(std::move(previous.checks));
  }

  BalancerActions start(Time now) {
    BalancerActions out;
    out.emplace_back(action::Watch{watched_});
    take(now, director_.handle(now, lvs::event::Started{}), out);
    return out;
  }

  BalancerActions start_checks(Time now) {
    BalancerActions out;
    started_ = true;
    take(now, std::exchange(unsaid_, {}), out);
    configure_checks(now, std::exchange(wanted_checks_, {}), out);
    return out;
  }

  BalancerActions handle(Time now, BalancerEvent&& event) {
    BalancerActions out;
    std::visit([&](auto& known) { on(now, known, out); }, event);
    return out;
  }

  BalancerActions handle_timeout(Time now) {
    BalancerActions out;
    if (stopped_) return out;
    Checks::Changed changed;
    checks_.handle_timeout(now, out, changed);
    tell_health(now, changed, out);
    take(now, director_.handle_timeout(now), out);
    return out;
  }

  std::optional<Time> next_timeout() const {
    if (stopped_) return std::nullopt;
    auto next = checks_.next_timeout();
    if (const auto also = director_.next_timeout(); also && (!next || *also < *next)) next = also;
    return next;
  }

  BalancerSnapshot snapshot(Time now) const {
    return {now, last_event_, director_.snapshot(), checks_.snapshot(), {}, {}};
  }

 private:
  void on(Time now, event::ProbeFinished& finished, BalancerActions& out) {
    if (stopped_) return;
    Checks::Changed changed;
    checks_.finished(now, finished, out, changed);
    tell_health(now, changed, out);
  }

  void on(Time now, event::TrackedFileChanged& file, BalancerActions& out) {
    Checks::Changed changed;
    checks_.file_changed(now, file.file, file.value, out, changed);
    if (!file.problem.empty()) {
      out.emplace_back(action::Notice{
          action::Notice::Level::warning, {}, "file_check", fmt::format("FILE_CHECK: {}", file.problem)});
    }
    tell_health(now, changed, out);
  }

  void on(Time now, event::BfdStateChanged& session, BalancerActions& out) {
    Checks::Changed changed;
    checks_.bfd_changed(now, session.session, session.up, out, changed);
    tell_health(now, changed, out);
  }

  void on(Time now, event::ServicesReconfigured& reconfigured, BalancerActions& out) {
    if (stopped_) return;
    BalancerConfig& config = reconfigured.config;
    if (config.watched != watched_) out.emplace_back(action::Watch{config.watched});
    watched_ = std::move(config.watched);
    initial_server_states_ = config.director.initial_server_states;
    former_hooks_ = std::exchange(hooks_, hooks_of(config));
    Checks::Changed changed;
    BalancerActions of_checks;
    checks_.configure(now, Checks::wanted_of(config), of_checks, changed);
    lvs::event::Reconfigured told{std::move(config.director)};
    for (const auto& [service, server] : std::set<CheckedServer>(changed.begin(), changed.end()))
      told.found.push_back({service, server, checks_.health({service, server})});
    take(now, director_.handle(now, std::move(told)), out);
    std::ranges::move(of_checks, std::back_inserter(out));
  }

  void on(Time now, event::StopRequested&, BalancerActions& out) {
    take(now, director_.handle(now, lvs::event::StopRequested{}), out);
  }

  template <class DirectorEvent>
  void on(Time now, DirectorEvent& event, BalancerActions& out) {
    take(now, director_.handle(now, std::move(event)), out);
  }

  void on(Time, event::StatesWanted& wanted, BalancerActions& out) {
    const auto repeat = [&](notify::Event event) {
      event.gone = false;
      event.repeated = true;
      event.sequence = last_event_;
      out.emplace_back(action::Tell{std::move(event), wanted.listeners});
    };
    for (const lvs::ServiceSnapshot& service : director_.snapshot().services) {
      if (service.leaving) continue;  // all was said of it, as of its servers
      if (service.last.reason != lvs::Reason::none) repeat(event_of(service.last));
      for (const lvs::ServerSnapshot& server : service.servers) {
        if (!server.leaving && server.last.reason != lvs::Reason::none &&
            (!server.last.initial || initial_server_states_))
          repeat(event_of(server.last));
      }
    }
  }

  void configure_checks(Time now, std::vector<Checks::Wanted> wanted, BalancerActions& out) {
    Checks::Changed changed;
    checks_.configure(now, std::move(wanted), out, changed);
    tell_health(now, changed, out);
  }

  void tell_health(Time now, const Checks::Changed& changed, BalancerActions& out) {
    for (const auto& [service, server] : std::set<CheckedServer>(changed.begin(), changed.end())) {
      const lvs::Health health = checks_.health({service, server});
      take(now, director_.handle(now, lvs::event::HealthChanged{service, server, health}), out);
    }
  }

  // Of ten thousand servers there is much to say: that waits for start_checks(), what is for the data plane does not.
  void hold_back(lvs::Actions& actions) {
    const auto can_wait = [](const lvs::Action& wish) {
      return std::visit(
          []<class Kind>(const Kind&) {
            return std::is_same_v<Kind, lvs::action::ReportServer> ||
                   std::is_same_v<Kind, lvs::action::ReportQuorum> ||
                   std::is_same_v<Kind, lvs::action::RunHook> ||
                   std::is_same_v<Kind, lvs::action::SuspendChecks> ||
                   std::is_same_v<Kind, lvs::action::Notice>;
          },
          wish);
    };
    lvs::Actions others;
    for (lvs::Action& wish : actions) {
      if (!can_wait(wish)) others.push_back(std::move(wish));
    }
    std::erase_if(actions, [&](const lvs::Action& wish) { return !can_wait(wish); });
    if (unsaid_.empty()) {
      unsaid_ = std::move(actions);
    } else {
      std::ranges::move(actions, std::back_inserter(unsaid_));
    }
    actions = std::move(others);
  }

  void take(Time now, lvs::Actions&& actions, BalancerActions& out) {
    if (!started_) hold_back(actions);
    if (out.empty()) out.reserve(2 * actions.size());  // a change of the quorum is told, too
    for (lvs::Action& wish : actions) {
      std::visit(core::Overload{
                     [&](lvs::action::SuspendChecks& rest) {
                       Checks::Changed changed;
                       checks_.suspend(now, rest.service, rest.suspended, out, changed);
                       tell_health(now, changed, out);
                     },
                     [&](lvs::action::RunHook& hook) { run(hook, out); },
                     [&](lvs::action::ReportServer& report) {
                       // Of one that was taken away all was said then, also while its connections end.
                       const bool over = report.change.gone && report.change.reason != lvs::Reason::removed;
                       if (!over && (!report.change.initial || initial_server_states_))
                         tell(event_of(report.change), out);
                       out.emplace_back(std::move(report));
                     },
                     [&](lvs::action::ReportQuorum& report) {
                       tell(event_of(report.change), out);
                       out.emplace_back(std::move(report));
                     },
                     [&](lvs::action::Notice& notice) {
                       out.emplace_back(action::Notice{
                           action::Notice::Level::warning, {}, "services", std::move(notice.text)});
                     },
                     [&](lvs::action::Stopped&) {
                       stopped_ = true;
                       out.emplace_back(action::Stopped{});
                     },
                     [&](auto& programmed) { out.emplace_back(std::move(programmed)); },
                 },
                 wish);
    }
  }

  const ServiceHooks* hooks_for(const lvs::ServiceId& service, const std::optional<Endpoint>& server) const {
    for (const auto* hooks : {&hooks_, &former_hooks_}) {
      const auto found = hooks->find(service);
      if (found != hooks->end() && (!server || found->second.has(*server))) return &found->second;
    }
    return nullptr;
  }

  void run(const lvs::action::RunHook& hook, BalancerActions& out) const {
    const ServiceHooks* hooks = hooks_for(hook.service, hook.server);
    if (hooks == nullptr) return;
    const auto& command = [&]() -> const core::Rare<notify::Command>& {
      switch (hook.hook) {
        case lvs::Hook::notify_up:
          return hooks->command(hook.server.value(), true);
        case lvs::Hook::notify_down:
          return hooks->command(hook.server.value(), false);
        case lvs::Hook::quorum_up:
          return hooks->quorum_up;
        case lvs::Hook::quorum_down:
          break;
      }
      return hooks->quorum_down;
    }();
    if (command) out.emplace_back(action::RunHooks{lvs::to_string(hook.service), {*command}});
  }

  void tell(notify::Event event, BalancerActions& out) {
    event.sequence = ++last_event_;
    out.emplace_back(action::Tell{std::move(event)});
  }

  notify::Event event_of(const lvs::ServerChange& change) const {
    notify::Event event;
    event.subject = {Subject::Kind::real_server, lvs::to_string(change.server, change.service), 0,
                     lvs::to_string(change.service)};
    event.state = change.up ? notify::HookState::up : notify::HookState::down;
    event.previous = change.up ? "DOWN" : "UP";
    event.gone = change.gone || change.reason == lvs::Reason::stopped;
    const ServiceHooks* hooks = hooks_for(change.service, change.server);
    event.alert = hooks != nullptr && !change.initial && hooks->alerts(change.server);
    event.when = change.when;
    event.reason = lvs::reason_id(change.reason);
    event.reason_text = lvs::reason_text(change.reason);
    event.detail = change.detail;
    return event;
  }

  notify::Event event_of(const lvs::QuorumChange& change) const {
    notify::Event event;
    event.subject = {Subject::Kind::virtual_server, lvs::to_string(change.service), 0, {}};
    event.state = change.up ? notify::HookState::up : notify::HookState::down;
    if (!change.initial) event.previous = change.up ? "DOWN" : "UP";
    event.gone = change.reason == lvs::Reason::removed || change.reason == lvs::Reason::stopped;
    const ServiceHooks* hooks = hooks_for(change.service, {});
    event.alert = hooks != nullptr && !change.initial && hooks->alert;
    event.when = change.when;
    event.reason = lvs::reason_id(change.reason);
    event.reason_text = lvs::reason_text(change.reason);
    event.detail = lvs::quorum_text(change);
    return event;
  }

  TrackersConfig watched_;
  bool initial_server_states_;
  std::map<lvs::ServiceId, ServiceHooks> hooks_, former_hooks_;
  bool started_ = false;                       // start_checks() was called
  lvs::Actions unsaid_;                        // until then
  std::vector<Checks::Wanted> wanted_checks_;  // until then
  Checks checks_;
  lvs::Director director_;
  std::uint64_t last_event_ = 0;
  bool stopped_ = false;
};

Balancer::Balancer(BalancerConfig config, std::uint64_t seed)
    : inside_(std::make_unique<Implementation>(std::move(config), seed)) {}
Balancer::Balancer(BalancerConfig config, std::uint64_t seed, BalancerSnapshot previous)
    : inside_(std::make_unique<Implementation>(std::move(config), seed, std::move(previous))) {}
Balancer::~Balancer() = default;
Balancer::Balancer(Balancer&&) noexcept = default;
Balancer& Balancer::operator=(Balancer&&) noexcept = default;

BalancerActions Balancer::start(Time now) { return inside_->start(now); }
BalancerActions Balancer::start_checks(Time now) { return inside_->start_checks(now); }
BalancerActions Balancer::handle(Time now, BalancerEvent event) {
  return inside_->handle(now, std::move(event));
}
BalancerActions Balancer::handle_timeout(Time now) { return inside_->handle_timeout(now); }
std::optional<Time> Balancer::next_timeout() const { return inside_->next_timeout(); }
BalancerSnapshot Balancer::snapshot(Time now) const { return inside_->snapshot(now); }

}  // namespace engine
