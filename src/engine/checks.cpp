#include "engine/checks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>
#include <utility>

#include "core/overload.hpp"

namespace engine {

namespace {

using core::Time;

// The command is not hashed: checks that differ only there are few. Thousands may ask one agent for different things, so what they
// ask counts; but it is looked at once where it is shared. For as long as those it has seen live.
class TaskHash {
 public:
  std::size_t operator()(const CheckTask& task) {
    const auto [known, is_new] = of_config_.try_emplace(task.config.pointer().get());
    if (is_new) known->second = std::hash<check::Config>{}(*task.config);
    return (known->second * 31 + std::hash<net::IpAddress>{}(task.target.address)) * 31 + task.target.port;
  }

 private:
  std::unordered_map<const check::Config*, std::size_t> of_config_;
};

// Asks the same thing of the same server, however often.
bool same_question(const CheckTask& a, const CheckTask& b) {
  return a.config->probe == b.config->probe && a.target == b.target && a.command == b.command;
}

const check::File* file_of(const CheckTask& task) { return std::get_if<check::File>(&task.config->probe); }
const check::Bfd* session_of(const CheckTask& task) { return std::get_if<check::Bfd>(&task.config->probe); }

}  // namespace

std::vector<Checks::Wanted> Checks::wanted_of(BalancerConfig& config) {
  std::vector<Wanted> wanted;
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    std::vector<ServerTasks> tasks = std::move(config.services[i].servers);
    if (std::ranges::all_of(tasks, [](const ServerTasks& server) { return server.checks.empty(); })) continue;
    const lvs::ServicePlan& plan = config.director.services[i];
    std::vector<net::ipvs::Endpoint> servers;
    servers.reserve(plan.servers.size());
    for (const lvs::ServerConfig& server : plan.servers) servers.push_back(server.endpoint);
    wanted.push_back({lvs::id_of(plan.service), std::move(servers), std::move(tasks)});
  }
  return wanted;
}

std::vector<Checks::Wish> Checks::wishes_of(std::vector<Wanted> wanted) {
  std::size_t count = 0;
  for (const Wanted& service : wanted) {
    for (const ServerTasks& server : service.tasks) count += server.checks.size();
  }
  std::vector<Wish> wishes;
  wishes.reserve(count);
  TaskHash hash_of;
  std::unordered_multimap<std::size_t, std::size_t> by_task;
  by_task.reserve(count);
  for (Wanted& each : wanted) {
    std::vector<ServerTasks> tasks = std::move(each.tasks);  // gone with each service
    for (std::size_t j = 0; j < tasks.size(); ++j) {
      const CheckedServer server{each.service, each.servers[j]};
      for (CheckTask& task : tasks[j].checks) {
        const std::size_t hash = hash_of(task);
        auto [at, end] = by_task.equal_range(hash);
        at = std::find_if(at, end, [&](const auto& entry) { return *wishes[entry.second].task == task; });
        if (at == end) {
          at = by_task.emplace(hash, wishes.size());
          wishes.push_back({std::move(task), hash, {}});
        }
        auto& servers = wishes[at->second].servers;
        if (servers.empty() || servers.back() != server) servers.push_back(server);
      }
    }
  }
  return wishes;
}

void Checks::remember(std::vector<CheckSnapshot> previous) {
  resumes_ = true;
  TaskHash hash_of;
  for (CheckSnapshot& check : previous) remembered_.emplace(hash_of(*check.task), std::move(check));
}

void Checks::configure(Time now, std::vector<Wanted> wanted, BalancerActions& out, Changed& changed) {
  const auto before = unusual_health();
  by_server_.clear();
  std::vector<bool> kept(slots_.size());
  std::vector<Wish> wishes = without_those_kept(wishes_of(std::move(wanted)), kept);

  // Another timing is no reason to forget what was found.
  std::multimap<CheckedServer, CheckId> left;
  for (CheckId id = 0; id < slots_.size(); ++id) {
    if (slots_[id] && !kept[id]) left.emplace(slots_[id]->servers.front(), id);
  }
  std::vector<std::optional<CheckId>> ids(wishes.size());
  for (std::size_t i = 0; i < wishes.size() && !left.empty(); ++i) {
    const auto [first, last] = left.equal_range(wishes[i].servers.front());
    const auto same = std::find_if(first, last, [&](const auto& at) {
      return same_question(*slots_[at.second]->task, *wishes[i].task);
    });
    if (same == last) continue;
    ids[i] = same->second;
    left.erase(same);
  }
  for (const auto& [server, id] : left) remove(id, out);

  if (!wishes.empty()) {
    action::DefineChecks define;
    define.definitions.reserve(wishes.size());
    slots_.reserve(slots_.size() + wishes.size());
    for (std::size_t i = 0; i < wishes.size(); ++i) {
      if (!ids[i]) ids[i] = take_id();
      define.definitions.push_back({*ids[i], wishes[i].task});
    }
    out.emplace_back(std::move(define));
  }
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    if (const CheckId id = *ids[i]; slots_[id]) {
      retime(now, id, std::move(wishes[i]), out, changed);
    } else {
      add(now, id, std::move(wishes[i]), out, changed);
    }
  }
  // What a server was found to be by a check that it has no longer does not hold any more.
  for (const auto& [hash, check] : remembered_)
    changed.insert(changed.end(), check.servers.begin(), check.servers.end());
  remembered_.clear();
  started_ = true;
  find_servers();
  for (CheckId id = 0; id < slots_.size(); ++id) {
    if (slots_[id]) rest_or_resume(now, id, out, changed);
  }
  compare_health(before, changed);
  if (std::exchange(resumes_, false)) {
    for (const ServerCheck& entry : by_server_) changed.push_back(*entry.server);
  }
}

// A wish that a check fulfils as it is: the check goes on for the wish's servers.
std::vector<Checks::Wish> Checks::without_those_kept(std::vector<Wish> wishes, std::vector<bool>& kept) {
  std::unordered_multimap<std::size_t, CheckId> by_task;
  for (CheckId id = 0; id < slots_.size(); ++id) {
    if (slots_[id]) by_task.emplace(slots_[id]->hash, id);
  }
  if (by_task.empty()) return wishes;
  std::erase_if(wishes, [&](Wish& wish) {
    const auto [first, last] = by_task.equal_range(wish.hash);
    const auto same =
        std::find_if(first, last, [&](const auto& at) { return slots_[at.second]->task == wish.task; });
    if (same == last) return false;
    kept[same->second] = true;
    slots_[same->second]->servers = std::move(wish.servers);
    return true;
  });
  return wishes;
}

CheckId Checks::take_id() {
  if (!free_.empty()) {
    const CheckId id = free_.back();
    free_.pop_back();
    return id;
  }
  slots_.emplace_back();
  return static_cast<CheckId>(slots_.size() - 1);
}

void Checks::retime(Time now, CheckId id, Wish&& wish, BalancerActions& out, Changed& changed) {
  Slot& slot = *slots_[id];
  slot.task = wish.task;
  slot.hash = wish.hash;
  slot.servers = std::move(wish.servers);
  tell(now, id, check::event::Reconfigured{slot.task->config.pointer()}, out, changed);
}

void Checks::add(Time now, CheckId id, Wish&& wish, BalancerActions& out, Changed& changed) {
  const core::Shared<CheckTask> task = wish.task;
  slots_[id].emplace(Slot{task, wish.hash, check::Checker(task->config.pointer(), seed_ + ++added_),
                          std::move(wish.servers), false});
  const auto [low, high] = remembered_.equal_range(wish.hash);
  const auto previous = std::find_if(low, high, [&](const auto& entry) { return entry.second.task == task; });
  if (previous != high) {
    tell(now, id, check::event::Restored{std::move(previous->second.state)}, out, changed);
  } else {
    tell(now, id, check::event::Started{!started_}, out, changed);
  }
  // What was heard before somebody asked.
  if (const auto* file = file_of(*task)) {
    if (const auto heard = files_.find(file->track_file); heard != files_.end())
      tell(now, id, check::event::FileRead{heard->second}, out, changed);
  }
  if (const auto* session = session_of(*task)) {
    if (const auto heard = sessions_.find(session->session); heard != sessions_.end())
      tell(now, id, check::event::BfdReported{heard->second, {}}, out, changed);
  }
}

void Checks::remove(CheckId id, BalancerActions& out) {
  slots_[id].reset();
  deadlines_.clear(id);
  free_.push_back(id);
  out.emplace_back(action::ForgetCheck{id});
}

void Checks::find_servers() {
  std::size_t count = 0;
  for (const auto& slot : slots_) count += slot ? slot->servers.size() : 0;
  by_server_.reserve(count);
  for (CheckId id = 0; id < slots_.size(); ++id) {
    if (!slots_[id]) continue;
    for (const CheckedServer& server : slots_[id]->servers) by_server_.push_back({&server, id});
  }
  std::ranges::sort(by_server_, [](const ServerCheck& a, const ServerCheck& b) {
    return std::tie(*a.server, a.check) < std::tie(*b.server, b.check);
  });
}

std::span<const Checks::ServerCheck> Checks::checks_of(const CheckedServer& server) const {
  const auto first = std::ranges::lower_bound(
      by_server_, server, {}, [](const ServerCheck& entry) -> const CheckedServer& { return *entry.server; });
  auto last = first;
  while (last != by_server_.end() && *last->server == server) ++last;
  return {first, last};
}

std::map<CheckedServer, lvs::Health> Checks::unusual_health() const {
  std::map<CheckedServer, lvs::Health> found;
  for (const ServerCheck& entry : by_server_) {
    if (const lvs::Health now = health(*entry.server); now != lvs::Health{})
      found.emplace(*entry.server, now);
  }
  return found;
}

void Checks::compare_health(const std::map<CheckedServer, lvs::Health>& before, Changed& changed) const {
  const CheckedServer* last = nullptr;
  for (const auto& [server, id] : by_server_) {
    if (last != nullptr && *last == *server) continue;
    last = server;
    const auto old = before.find(*server);
    // One that is not to be up until proven may have a check that has proven it long ago, for another service.
    const bool may_be_unproven = std::ranges::any_of(checks_of(*server), [&](const ServerCheck& entry) {
      return slots_[entry.check]->task->config->alpha;
    });
    if (may_be_unproven || health(*server) != (old == before.end() ? lvs::Health{} : old->second))
      changed.push_back(*server);
  }
  for (const auto& [server, old] : before) {
    if (checks_of(server).empty()) changed.push_back(server);  // checked no more
  }
}

void Checks::tell(Time now, CheckId id, const check::Event& event, BalancerActions& out, Changed& changed) {
  take(id, slots_[id]->machine.handle(now, event), out, changed);
}

void Checks::take(CheckId id, check::Actions&& actions, BalancerActions& out, Changed& changed) {
  Slot& slot = *slots_[id];
  for (check::Action& wish : actions) {
    std::visit(core::Overload{
                   [&](const check::action::StartProbe& probe) {
                     out.emplace_back(action::StartProbe{id, probe.run, probe.part});
                   },
                   [&](const check::action::StopProbe& probe) {
                     out.emplace_back(action::StopProbe{id, probe.run});
                   },
                   [&](const check::action::ReportHealth&) {
                     changed.insert(changed.end(), slot.servers.begin(), slot.servers.end());
                   },
                   [&](check::action::Remark& remark) {
                     using Level = action::Notice::Level;
                     out.emplace_back(action::Notice{remark.bad ? Level::warning : Level::info,
                                                     {},
                                                     std::move(remark.id),
                                                     fmt::format("{}: {}", name_of(slot), remark.text)});
                   },
               },
               wish);
  }
  deadlines_.update(id, slot.machine.next_timeout(), timer_slack(slot.task->config->timing.delay_loop));
}

std::string Checks::name_of(const Slot& slot) {
  const auto& [service, server] = slot.servers.front();
  const std::string first = fmt::format("{} of {}", lvs::to_string(server, service), lvs::to_string(service));
  return slot.servers.size() == 1 ? first : fmt::format("{} and {} more", first, slot.servers.size() - 1);
}

void Checks::finished(Time now, const event::ProbeFinished& finished, BalancerActions& out,
                      Changed& changed) {
  if (finished.check >= slots_.size() || !slots_[finished.check]) return;  // forgotten meanwhile
  tell(now, finished.check, check::event::ProbeFinished{finished.run, finished.result}, out, changed);
}

void Checks::file_changed(Time now, const std::string& file, std::int64_t value, BalancerActions& out,
                          Changed& changed) {
  files_.insert_or_assign(file, value);
  for (CheckId id = 0; id < slots_.size(); ++id) {
    if (!slots_[id]) continue;
    const auto* checked = file_of(*slots_[id]->task);
    if (checked != nullptr && checked->track_file == file)
      tell(now, id, check::event::FileRead{value}, out, changed);
  }
}

void Checks::bfd_changed(Time now, const std::string& session, bool up, BalancerActions& out,
                         Changed& changed) {
  sessions_.insert_or_assign(session, up);
  for (CheckId id = 0; id < slots_.size(); ++id) {
    if (!slots_[id]) continue;
    const auto* checked = session_of(*slots_[id]->task);
    if (checked != nullptr && checked->session == session)
      tell(now, id, check::event::BfdReported{up, {}}, out, changed);
  }
}

void Checks::suspend(Time now, const lvs::ServiceId& service, bool suspended, BalancerActions& out,
                     Changed& changed) {
  if (suspended) {
    suspended_.insert(service);
  } else {
    suspended_.erase(service);
  }
  for (CheckId id = 0; id < slots_.size(); ++id) {
    if (slots_[id]) rest_or_resume(now, id, out, changed);
  }
}

void Checks::rest_or_resume(Time now, CheckId id, BalancerActions& out, Changed& changed) {
  Slot& slot = *slots_[id];
  const bool rest = std::ranges::all_of(
      slot.servers, [&](const CheckedServer& server) { return suspended_.contains(server.service); });
  if (rest == slot.resting) return;
  slot.resting = rest;
  if (rest) {
    tell(now, id, check::event::Suspended{}, out, changed);
  } else {
    tell(now, id, check::event::Resumed{}, out, changed);
  }
}

void Checks::handle_timeout(Time now, BalancerActions& out, Changed& changed) {
  while (const auto id = deadlines_.pop_due(now))
    take(*id, slots_[*id]->machine.handle_timeout(now), out, changed);
}

lvs::Health Checks::health(const CheckedServer& server) const {
  lvs::Health health;
  for (const auto& [_, id] : checks_of(server)) {
    const check::Checker& machine = slots_[id]->machine;
    if (!machine.up()) {
      if (health.up) {
        health.detail = fmt::format("{}: {}", check::keyword(slots_[id]->task->config->probe),
                                    machine.reason().to_string());
      }
      health.up = false;
    }
    if (machine.weight()) health.weight = machine.weight();
    health.weight_added += machine.weight_change();
  }
  return health;
}

std::vector<CheckSnapshot> Checks::snapshot() const {
  std::vector<CheckSnapshot> shown;
  for (const auto& [hash, check] : remembered_) shown.push_back(check);  // nobody has asked for them yet
  for (const auto& slot : slots_) {
    if (slot) shown.push_back({slot->task, slot->servers, slot->machine.snapshot()});
  }
  return shown;
}

}  // namespace engine
