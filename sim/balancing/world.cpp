#include "sim/balancing/world.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "core/overload.hpp"
#include "engine/deadlines.hpp"

namespace sim::balancing {

namespace {

using core::Time;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
namespace action = engine::action;

// The balancer looks at the table every ten seconds, and waits no longer after a refusal.
constexpr core::Duration repair_takes = 21s;
constexpr std::uint64_t most_timeouts_at_once = 10'000;

}  // namespace

World::World(engine::BalancerConfig config, std::uint64_t seed, Audit& audit, std::size_t tail)
    : queue_(beginning), random_(seed), audit_(audit), config_(std::move(config)), tail_size_(tail) {}

// ---- what is done to it

void World::start() { begin(); }

void World::run_for(core::Duration time) {
  const Time until = now() + time;
  while (now() < until && audit_.clean()) {
    queue_.run_until(std::min(until, now() + 100ms));
    look();
  }
}

void World::set_alive(const Endpoint& target, bool alive, bool slow) {
  slow_[target] = slow;
  Truth& truth = truths_[target];
  if (truth.alive == alive) return;
  truth = {alive, now()};
  note(fmt::format("{} {}", to_string(target), alive ? "comes back" : slow ? "falls silent" : "dies"));
}

void World::reload(engine::BalancerConfig config) {
  note("reload");
  config_ = std::move(config);
  disturbed();
  if (!balancer_) return;
  if (knows_the_table_) configured();
  deliver(engine::event::ServicesReconfigured{config_});
  snapshot_ = balancer_->snapshot(now());
}

// The worker goes by the configuration: what was of servers that it does not name is over.
void World::configured() {
  std::erase_if(orders_, [&](const auto& order) {
    for (const lvs::ServicePlan& plan : config_.director.services) {
      if (lvs::id_of(plan.service) != order.first.service) continue;
      return std::ranges::find(plan.servers, order.first.server, &lvs::ServerConfig::endpoint) ==
             plan.servers.end();
    }
    return true;
  });
  audit_.configured(config_);
}

void World::order(const engine::CheckedServer& server, std::optional<std::uint32_t> weight) {
  // One that is given before the table was seen does not survive the worker: nobody promised that.
  if (!balancer_ || !knows_the_table_) return;
  note(fmt::format("{} of {} shall weigh {}", to_string(server.server), lvs::to_string(server.service),
                   weight ? std::to_string(*weight) : "what is configured"));
  if (weight) {
    orders_[server] = *weight;
  } else {
    orders_.erase(server);
  }
  deliver(lvs::event::WeightOrdered{server.service, server.server, weight});
  snapshot_ = balancer_->snapshot(now());
}

void World::kill(core::Duration away) {
  note("the worker is killed");
  ++worker_;
  balancer_.reset();
  tasks_.clear();
  running_.clear();
  refused_.clear();
  armed_.reset();
  disturbed(away + 100ms);
  queue_.after(away, [this, worker = worker_] {
    if (worker == worker_) begin();
  });
}

void World::stop() {
  note("stop");
  stopping_ = true;
  if (balancer_) deliver(engine::event::StopRequested{});
}

void World::refuse(int percent) {
  note(fmt::format("the plane refuses {} % of all commands", percent));
  refused_percent_ = percent;
  disturbed(repair_takes);
  table_ours_since_ = now() + repair_takes;
}

void World::fail_listings(bool fail) {
  note(fail ? "the table cannot be listed" : "the table can be listed");
  listings_fail_ = fail;
  disturbed(repair_takes);
  table_ours_since_ = std::max(table_ours_since_, now() + repair_takes);
}

void World::exhaust(bool exhausted) {
  note(exhausted ? "no descriptors are left" : "there are descriptors again");
  exhausted_ = exhausted;
  disturbed();
}

void World::meddle(const std::string& words, const std::function<void(lvs::Table&)>& edit) {
  note("somebody else: " + words);
  edit(table_);
  std::erase_if(foreign_, [&](const auto& each) { return !table_.contains(each.first); });
  for (auto& [key, entry] : foreign_) entry = table_.at(key);
  disturbed(repair_takes);
  table_ours_since_ = now() + repair_takes;
}

void World::add_foreign(const ServiceKey& key, const lvs::Entry& entry) {
  table_[key] = foreign_[key] = entry;
}

std::string World::tail() const {
  std::string out;
  for (const std::string& line : tail_) out += line + "\n";
  return out;
}

// ---- the host

void World::begin() {
  ++worker_;
  knows_the_table_ = false;
  const std::uint64_t seed = random_.next();
  if (snapshot_) {
    balancer_.emplace(config_, seed, *snapshot_);
  } else {
    balancer_.emplace(config_, seed);
  }
  note("the worker begins");
  perform(balancer_->start(now()));
  // When what came of that is done, which is at once unless the table is late.
  later({}, [this] {
    perform(balancer_->start_checks(now()));
    hear_of_refusals();
    arm();
  });
}

void World::deliver(engine::BalancerEvent event) {
  if (!balancer_) return;
  worth_a_snapshot_ = false;
  perform(balancer_->handle(now(), std::move(event)));
  hear_of_refusals();
  // The host leaves one after whatever is worth it, and others not at once.
  if (worth_a_snapshot_ || random_.chance(70)) snapshot_ = balancer_->snapshot(now());
  arm();
}

void World::perform(engine::BalancerActions&& actions) {
  for (auto& wish : actions) {
    std::visit(core::Overload{
                   [&](action::DefineChecks& define) {
                     for (const auto& [check, task] : define.definitions)
                       tasks_.insert_or_assign(check, task);
                   },
                   [&](const action::ForgetCheck& forget) {
                     tasks_.erase(forget.check);
                     running_.erase(forget.check);
                   },
                   [&](const action::StartProbe& started) { probe(started); },
                   [&](const action::StopProbe& stopped) {
                     if (const auto found = running_.find(stopped.check);
                         found != running_.end() && found->second == stopped.run)
                       running_.erase(found);
                   },
                   [&](lvs::action::Program& programs) { program(std::move(programs.commands)); },
                   [&](const lvs::action::ListTable& wanted) { list(wanted.generation); },
                   [&](const lvs::action::CountConnections&) {
                     later(random_.between(0, 5) * 1ms,
                           [this] { deliver(lvs::event::ConnectionsCounted{listing()}); });
                   },
                   [&](const action::Tell& told) {
                     worth_a_snapshot_ = true;
                     note(fmt::format("tells: {} {}{}",
                                      told.event.subject.service.empty()
                                          ? told.event.subject.name
                                          : told.event.subject.name + " of " + told.event.subject.service,
                                      notify::hook_word(told.event.state), told.event.gone ? ", gone" : ""));
                     audit_.told(told.event);
                   },
                   [&](const action::Notice& notice) { note("says: " + notice.text); },
                   [&](const action::Stopped&) { stopped_ = true; },
                   [](const auto&) {},
               },
               wish);
  }
}

void World::program(net::ipvs::Commands&& commands) {
  worth_a_snapshot_ = true;
  const lvs::Fit fit = fit_of(balancer_->snapshot(now()).director);
  for (net::ipvs::Command& command : commands) {
    lvs::Table after = table_;
    if (random_.chance(refused_percent_) || !lvs::apply(after, command)) {
      note("refused: " + net::ipvs::to_string(command));
      refused_.push_back(std::move(command));
      continue;
    }
    note(net::ipvs::to_string(command));
    if (now() >= table_ours_since_ && refused_percent_ == 0 && !stopping_)
      audit_.commanded(now(), table_, command, after, fit);
    table_ = std::move(after);
    commands_.push_back(std::move(command));
  }
}

// Before anything else happens, as from its host.
void World::hear_of_refusals() {
  while (!refused_.empty())
    perform(balancer_->handle(now(), lvs::event::CommandsRefused{std::exchange(refused_, {})}));
}

void World::list(std::uint64_t generation) {
  // The plane of this kernel answers at once; a module that is loaded first, later.
  later(random_.chance(80) ? core::Duration{} : random_.between(1, 500) * 1ms, [this, generation] {
    if (listings_fail_) {
      deliver(lvs::event::ListingFailed{});
    } else {
      // Until then a worker goes on from what its predecessor left, whatever is configured meanwhile.
      if (!std::exchange(knows_the_table_, true)) configured();
      deliver(lvs::event::TableListed{generation, listing()});
    }
  });
}

net::ipvs::Listing World::listing() {
  net::ipvs::Listing result = lvs::listing_of(table_);
  for (auto& service : result) {
    for (auto& listed : service.destinations)
      listed.active = static_cast<std::uint32_t>(random_.between(0, 2));
  }
  return result;
}

void World::probe(const action::StartProbe& started) {
  const auto task = tasks_.find(started.check);
  audit_.demand(now(), task != tasks_.end(), "checks are defined before they begin",
                fmt::format("check {} is not defined", started.check));
  if (task == tasks_.end()) return;
  running_[started.check] = started.run;
  const Endpoint target{task->second->target.address, task->second->target.port};
  const auto truth = truths_.find(target);
  const bool alive = truth == truths_.end() || truth->second.alive;
  const core::Duration limit = task->second->config->limit();
  const core::Duration takes =
      !exhausted_ && !alive && slow_[target] ? limit : random_.between(0, limit / 4ms) * 1ms;
  check::ProbeResult result = check::Answer{"connected", {}, {}};
  if (exhausted_) {
    result = std::unexpected(check::ProbeError{check::Stage::local, "Too many open files"});
  } else if (!alive) {
    result = std::unexpected(check::ProbeError{check::Stage::connect, "Connection refused"});
  }
  later(takes, [this, started, result = std::move(result)] {
    const auto running = running_.find(started.check);
    if (running == running_.end() || running->second != started.run) return;
    running_.erase(running);
    deliver(engine::event::ProbeFinished{started.check, started.run, result});
  });
}

void World::arm() {
  if (!balancer_) return;
  const auto next = balancer_->next_timeout();
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = *next;
  queue_.at(*next, [this, worker = worker_] {
    if (worker != worker_ || !balancer_) return;
    armed_.reset();
    timeouts_now_ = std::exchange(last_timeout_, now()) == now() ? timeouts_now_ + 1 : 0;
    audit_.demand(now(), timeouts_now_ < most_timeouts_at_once, "time goes on",
                  "one timeout after the other, without end");
    if (timeouts_now_ >= most_timeouts_at_once) return;
    worth_a_snapshot_ = false;
    perform(balancer_->handle_timeout(now()));
    hear_of_refusals();
    if (worth_a_snapshot_) snapshot_ = balancer_->snapshot(now());
    arm();
  });
}

void World::later(core::Duration delay, std::function<void()> what) {
  queue_.after(delay, [this, worker = worker_, what = std::move(what)] {
    if (worker == worker_ && balancer_) what();
  });
}

void World::note(const std::string& text) {
  tail_.push_back(fmt::format("{:10.4f} {}", seconds(now()), text));
  if (tail_.size() > tail_size_) tail_.pop_front();
}

void World::disturbed(core::Duration until_over) { calm_since_ = std::max(calm_since_, now() + until_over); }

void World::look() {
  if (exhausted_ || refused_percent_ != 0 || listings_fail_ || stopping_) {
    disturbed(listings_fail_ || refused_percent_ != 0 ? repair_takes : core::Duration{});
    if (listings_fail_ || refused_percent_ != 0) table_ours_since_ = now() + repair_takes;
    return;
  }
  audit_.looked(now(), table_, config_, truths_, calm_since_);
}

}  // namespace sim::balancing
