#include "engine/checks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "core/overload.hpp"

namespace engine {

namespace {

using core::Time;

// The command is not hashed: checks that differ only there are few.
std::size_t hash_of(const CheckTask& task) { return std::hash<check::Config>{}(task.config); }

// Asks the same thing of the same server, however often.
bool same_question(const CheckTask& a, const CheckTask& b) {
  return a.config.probe == b.config.probe && a.config.target == b.config.target && a.command == b.command;
}

// What a checker and whoever asks for it look at, and what keeps it alive.
std::shared_ptr<const check::Config> config_of(const std::shared_ptr<const CheckTask>& task) {
  return {task, &task->config};
}

const check::File* file_of(const CheckTask& task) { return std::get_if<check::File>(&task.config.probe); }
const check::Bfd* session_of(const CheckTask& task) { return std::get_if<check::Bfd>(&task.config.probe); }

}  // namespace

std::vector<Checks::Wish> Checks::wishes_of(BalancerConfig& config) {
  std::vector<Wish> wishes;
  std::unordered_multimap<std::size_t, std::size_t> by_task;
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    const lvs::ServicePlan& plan = config.director.services[i];
    const lvs::ServiceId service = lvs::id_of(plan.service);
    for (std::size_t j = 0; j < config.services[i].servers.size(); ++j) {
      const CheckedServer server{service, plan.servers[j].endpoint};
      for (CheckTask& task : config.services[i].servers[j].checks) {
        const std::size_t hash = hash_of(task);
        auto [at, end] = by_task.equal_range(hash);
        at = std::find_if(at, end, [&](const auto& entry) { return *wishes[entry.second].task == task; });
        if (at == end) {
          at = by_task.emplace(hash, wishes.size());
          wishes.push_back({std::make_shared<const CheckTask>(std::move(task)), {}});
        }
        auto& servers = wishes[at->second].servers;
        if (servers.empty() || servers.back() != server) servers.push_back(server);
      }
    }
  }
  return wishes;
}

void Checks::remember(std::vector<CheckSnapshot> previous) {
  for (CheckSnapshot& check : previous) remembered_.emplace(hash_of(check.task), std::move(check));
}

void Checks::configure(Time now, std::vector<Wish> wishes, BalancerActions& out, Changed& changed) {
  std::map<CheckedServer, lvs::Health> before;
  for (const auto& [server, ids] : by_server_) before.emplace(server, health(server));
  std::vector<bool> kept(slots_.size());
  // Of a wish that is fulfilled nothing is left.
  const auto keep = [&](CheckId id, Wish& wish) {
    kept[id] = true;
    slots_[id]->task = std::exchange(wish.task, nullptr);
    slots_[id]->servers = std::move(wish.servers);
  };
  for (Wish& wish : wishes) {
    const auto [first, last] = by_task_.equal_range(hash_of(*wish.task));
    const auto same = std::find_if(first, last, [&](const auto& at) {
      return !kept[at.second] && *slots_[at.second]->task == *wish.task;
    });
    if (same == last) continue;
    wish.task = slots_[same->second]->task;  // those who look at it go on with it
    keep(same->second, wish);
  }
  // Another timing is no reason to forget what was found.
  std::multimap<CheckedServer, CheckId> left;
  for (CheckId id = 0; id < slots_.size(); ++id) {
    if (slots_[id] && !kept[id]) left.emplace(slots_[id]->servers.front(), id);
  }
  for (Wish& wish : wishes) {
    if (!wish.task || left.empty()) continue;
    const auto [first, last] = left.equal_range(wish.servers.front());
    const auto same = std::find_if(
        first, last, [&](const auto& at) { return same_question(*slots_[at.second]->task, *wish.task); });
    if (same == last) continue;
    const CheckId id = same->second;
    left.erase(same);
    const auto [low, high] = by_task_.equal_range(hash_of(*slots_[id]->task));
    by_task_.erase(std::find_if(low, high, [&](const auto& at) { return at.second == id; }));
    by_task_.emplace(hash_of(*wish.task), id);
    keep(id, wish);
    const auto& task = slots_[id]->task;
    out.emplace_back(action::DefineCheck{id, task});
    tell(now, id, check::event::Reconfigured{config_of(task)}, out, changed);
  }
  for (const auto& [server, id] : left) remove(id, out);
  for (Wish& wish : wishes) {
    if (wish.task) add(now, std::move(wish), out, changed);
  }
  remembered_.clear();
  started_ = true;

  by_server_.clear();
  for (CheckId id = 0; id < slots_.size(); ++id) {
    if (!slots_[id]) continue;
    for (const CheckedServer& server : slots_[id]->servers) by_server_[server].push_back(id);
    rest_or_resume(now, id, out, changed);
  }
  for (const auto& [server, ids] : by_server_) {
    const auto old = before.find(server);
    if (health(server) != (old == before.end() ? lvs::Health{} : old->second)) changed.push_back(server);
  }
  for (const auto& [server, old] : before) {
    if (!by_server_.contains(server) && old != lvs::Health{}) changed.push_back(server);  // checked no more
  }
}

void Checks::add(Time now, Wish&& wish, BalancerActions& out, Changed& changed) {
  const auto shared = std::move(wish.task);
  const CheckTask& task = *shared;
  CheckId id = static_cast<CheckId>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  slots_[id].emplace(
      Slot{shared, check::Checker(config_of(shared), seed_ + ++added_), std::move(wish.servers), false});
  by_task_.emplace(hash_of(task), id);
  out.emplace_back(action::DefineCheck{id, shared});
  const auto [low, high] = remembered_.equal_range(hash_of(task));
  const auto previous = std::find_if(low, high, [&](const auto& entry) { return entry.second.task == task; });
  if (previous != high) {
    tell(now, id, check::event::Restored{std::move(previous->second.state)}, out, changed);
  } else {
    tell(now, id, check::event::Started{!started_}, out, changed);
  }
  // What was heard before somebody asked.
  if (const auto* file = file_of(task)) {
    if (const auto heard = files_.find(file->track_file); heard != files_.end())
      tell(now, id, check::event::FileRead{heard->second}, out, changed);
  }
  if (const auto* session = session_of(task)) {
    if (const auto heard = sessions_.find(session->session); heard != sessions_.end())
      tell(now, id, check::event::BfdReported{heard->second, {}}, out, changed);
  }
}

void Checks::remove(CheckId id, BalancerActions& out) {
  const auto [low, high] = by_task_.equal_range(hash_of(*slots_[id]->task));
  by_task_.erase(std::find_if(low, high, [&](const auto& at) { return at.second == id; }));
  slots_[id].reset();
  deadlines_.clear(id);
  free_.push_back(id);
  out.emplace_back(action::ForgetCheck{id});
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
  deadlines_.update(id, slot.machine.next_timeout(), timer_slack(slot.task->config.timing.delay_loop));
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
  const auto found = by_server_.find(server);
  if (found == by_server_.end()) return health;
  for (const CheckId id : found->second) {
    const check::Checker& machine = slots_[id]->machine;
    if (!machine.up()) {
      if (health.up) {
        health.detail = fmt::format("{}: {}", check::keyword(slots_[id]->task->config.probe),
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
  for (const auto& slot : slots_) {
    if (slot) shown.push_back({*slot->task, slot->servers, slot->machine.snapshot()});
  }
  return shown;
}

}  // namespace engine
