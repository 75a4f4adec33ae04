#include "lvs/director.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace lvs {

using net::ipvs::Daemon;
using net::ipvs::DaemonRole;
using net::ipvs::ServiceKey;
using std::chrono_literals::operator""s;
namespace command = net::ipvs::command;

namespace {

constexpr core::Duration between_looks = 10s;  // the kernel tells nobody when its table is edited
constexpr core::Duration first_patience = 1s;  // after a refusal; doubles up to between_looks

}  // namespace

Director::Director(DirectorConfig config) : settings_(std::move(config)), patience_(first_patience) {
  put_plans({}, std::exchange(settings_.services, {}), unsaid_);
}

Director::Director(DirectorConfig config, const DirectorSnapshot& previous)
    : settings_(std::move(config)),
      plans_(std::exchange(settings_.services, {})),
      resumes_(true),
      ours_(previous.held.begin(), previous.held.end()),
      is_master_(previous.is_master),
      daemons_(previous.daemons),
      repaired_(previous.repaired),
      patience_(first_patience) {
  std::set<ServiceKey> claimed;
  Actions none;
  for (const ServiceSnapshot& service : previous.services)
    adopt(std::make_unique<Service>(service, claim(service.plan, claimed, none)));
}

Actions Director::handle(core::Time now, Event event) {
  Actions out;
  if (stopped_) return out;
  std::visit([&](auto& which) { on(now, which, out); }, event);
  return out;
}

Actions Director::handle_timeout(core::Time now) {
  Actions out;
  if (stopped_) return out;
  for (const auto& each : services_) {
    if (const auto next = each->next_timeout(); next && *next <= now) take(each->handle_timeout(now), out);
  }
  forget_gone();
  if (list_at_ && now >= *list_at_) {
    list_at_.reset();
    out.emplace_back(action::ListTable{generation_});
  }
  return out;
}

std::optional<core::Time> Director::next_timeout() const {
  std::optional<core::Time> next = list_at_;
  for (const auto& each : services_) {
    const auto of_service = each->next_timeout();
    if (of_service && (!next || *of_service < *next)) next = of_service;
  }
  return next;
}

DirectorSnapshot Director::snapshot() const {
  DirectorSnapshot result;
  for (const auto& each : services_) result.services.push_back(each->snapshot());
  result.held.assign(ours_.begin(), ours_.end());
  result.daemons = daemons_;
  result.is_master = is_master_;
  result.repaired = repaired_;
  return result;
}

const Service* Director::find(const ServiceId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Service* Director::service(const ServiceId& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

TableView Director::wanted_view() const {
  TableView view;
  if (stopped_) return view;
  for (const auto& each : services_) {
    if (each->wanted() == nullptr) continue;
    for (const ServiceKey& key : each->keys()) view.emplace(key, each->wanted());
  }
  return view;
}

Table Director::wanted() const {
  Table table;
  for (const auto& [key, entry] : wanted_view()) table.emplace_hint(table.end(), key, *entry);
  return table;
}

Fit Director::fit() const {
  Fit fit;
  if (stopped_) return fit;
  for (const auto& each : services_) {
    const auto servers = each->fit();
    for (const ServiceKey& key : each->keys()) fit.emplace(key, servers);
  }
  return fit;
}

void Director::program(Commands commands, Actions& out, std::size_t at) {
  if (commands.empty()) return;
  ++generation_;
  for (const Command& each : commands) {
    if (const auto* add = std::get_if<command::AddService>(&each)) ours_.insert(add->key);
    if (const auto* gone = std::get_if<command::RemoveService>(&each)) ours_.erase(gone->key);
  }
  out.insert(std::next(out.begin(), static_cast<std::ptrdiff_t>(at)), action::Program{std::move(commands)});
}

void Director::take(ServiceActions&& actions, Actions& out) {
  for (ServiceAction& each : actions) {
    if (auto* programs = std::get_if<action::Program>(&each)) {
      program(std::move(programs->commands), out);
    } else if (const auto* report = std::get_if<action::ReportServer>(&each);
               report == nullptr || !report->change.initial || !report->change.up ||
               settings_.initial_server_states) {
      std::visit([&](auto& which) { out.emplace_back(std::move(which)); }, each);
    }
  }
}

// ---- the configuration

void Director::adopt(std::unique_ptr<Service> next) {
  by_id_[next->id()] = next.get();
  services_.push_back(std::move(next));
}

std::vector<ServiceKey> Director::claim(const ServicePlan& plan, std::set<ServiceKey>& claimed,
                                        Actions& out) const {
  std::vector<ServiceKey> keys = expand(plan);
  std::erase_if(keys, [&](const ServiceKey& key) {
    if (claimed.insert(key).second) return false;
    out.emplace_back(action::Notice{
        fmt::format("{} is in more than one virtual_server; that of {} comes later and is left out",
                    to_string(key), to_string(id_of(plan.service)))});
    return true;
  });
  return keys;
}

std::set<net::IpAddress> Director::present_of(const ServicePlan& plan) const {
  std::set<net::IpAddress> result;
  if (!plan.service.suspend_without_address) return result;
  for (const ServiceKey& key : expand(plan)) {
    if (key.mark == 0 && present_.contains(key.endpoint.address)) result.insert(key.endpoint.address);
  }
  return result;
}

void Director::put_plans(core::Time now, std::vector<ServicePlan> plans, Actions& out) {
  std::map<ServiceId, std::unique_ptr<Service>> before;
  for (auto& each : std::exchange(services_, {})) {
    const ServiceId id = each->id();
    before.emplace(id, std::move(each));
  }
  by_id_.clear();
  std::set<ServiceKey> claimed;
  ServiceActions said;
  const auto say = [&](ServiceActions&& more) {
    said.insert(said.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  for (ServicePlan& plan : plans) {
    const ServiceId id = id_of(plan.service);
    if (by_id_.contains(id)) {
      out.emplace_back(
          action::Notice{fmt::format("{} is configured twice; the first one counts", to_string(id))});
      continue;
    }
    auto keys = claim(plan, claimed, out);
    const auto old = before.find(id);
    std::unique_ptr<Service> next;
    if (old == before.end()) {
      auto present = present_of(plan);
      next = std::make_unique<Service>(std::move(plan), std::move(keys), std::move(present));
      if (begun_) say(next->start(now));
    } else {
      next = std::move(old->second);
      before.erase(old);
      if (!next->is_as(plan) || next->keys() != keys)
        say(next->reconfigure(now, std::move(plan), std::move(keys)));
    }
    adopt(std::move(next));
  }
  for (auto& [id, each] : before) {
    for (const ServiceKey& key : std::vector(each->keys())) {
      if (claimed.contains(key)) each->lose_key(key);  // its successor takes it over as it is
    }
    say(each->leave(now));
    adopt(std::move(each));
  }
  take(std::move(said), out);
  forget_gone();
}

void Director::forget_gone() {
  std::erase_if(services_, [&](const std::unique_ptr<Service>& each) {
    if (!each->gone()) return false;
    by_id_.erase(each->id());
    return true;
  });
}

// ---- synchronisation daemons

std::vector<Daemon> Director::wanted_daemons() const {
  std::vector<Daemon> result;
  if (!settings_.sync) return result;
  const SyncDaemon& sync = *settings_.sync;
  Daemon daemon{DaemonRole::backup, sync.interface, sync.id.value_or(settings_.sync_id.value_or(0)),
                sync.max_length,    sync.port,      sync.ttl,
                sync.group};
  const auto master = is_master_.find(sync.instance);
  const bool is_master = master != is_master_.end() && master->second;
  for (const DaemonRole role : {DaemonRole::master, DaemonRole::backup}) {
    daemon.role = role;
    if (sync.instance.empty() || is_master == (role == DaemonRole::master)) result.push_back(daemon);
  }
  return result;
}

void Director::append_daemons(Commands& commands) {
  const std::vector<Daemon> wanted = wanted_daemons();
  for (const Daemon& daemon : daemons_) {
    if (std::ranges::find(wanted, daemon) == wanted.end()) commands.emplace_back(command::StopDaemon{daemon});
  }
  for (const Daemon& daemon : wanted) {
    if (std::ranges::find(daemons_, daemon) == daemons_.end())
      commands.emplace_back(command::StartDaemon{daemon});
  }
  daemons_ = wanted;
}

// ---- events

void Director::on(core::Time /*now*/, const event::Started& /*started*/, Actions& out) {
  out.emplace_back(action::ListTable{generation_});
}

void Director::begin(core::Time now, const Table& actual, Actions& out) {
  begun_ = true;
  const std::size_t first = out.size();
  // Each has a word and a script for its quorum; the program comes before them.
  out.reserve(first + unsaid_.size() + (2 * services_.size()) + 1);
  for (Action& notice : std::exchange(unsaid_, {})) out.push_back(std::move(notice));
  for (const auto& each : services_) take(each->start(now), out);
  if (resumes_) put_plans(now, std::exchange(plans_, {}), out);
  hear_again(now, out);
  const TableView should = wanted_view();
  Commands commands =
      diff(should, actual, ours_, settings_.flush && !resumes_ ? Foreign::remove : Foreign::keep);
  if (settings_.timeouts != Timeouts{} && !resumes_)
    commands.emplace_back(command::SetTimeouts{settings_.timeouts});
  if (!resumes_) {
    // Daemons that a predecessor left would be in the way of ours.
    for (const Daemon& daemon : wanted_daemons()) commands.emplace_back(command::StopDaemon{daemon});
  }
  append_daemons(commands);
  ours_.clear();  // what was ours before and is not wanted was there, and is removed now, or is gone
  for (const auto& [key, entry] : should) ours_.insert(ours_.end(), key);
  program(std::move(commands), out, first);
}

// What it takes is not done by itself: the whole table is compared afterwards.
template <class ServiceEvent>
void Director::hear(core::Time now, const ServiceEvent& event, Actions& out) {
  Service* const which = service(event.service);
  if (which == nullptr) return;
  ServiceActions said = which->handle(now, event);
  std::erase_if(said,
                [](const ServiceAction& each) { return std::holds_alternative<action::Program>(each); });
  take(std::move(said), out);
}

// To services that knew it already it says nothing new.
void Director::hear_again(core::Time now, Actions& out) {
  for (const auto& [server, weight] : std::exchange(ordered_, {}))
    hear(now, event::WeightOrdered{server.first, server.second, weight}, out);
  for (const auto& [server, health] : std::exchange(heard_, {}))
    hear(now, event::HealthChanged{server.first, server.second, health}, out);
}

void Director::on(core::Time now, const event::TableListed& listed, Actions& out) {
  if (listed.generation != generation_) {
    list_at_ = now + first_patience;
    return;
  }
  list_at_ = now + between_looks;
  const Table actual = table_of(listed.listing);
  if (!begun_) {
    begin(now, actual, out);
    return;
  }
  Commands commands = diff(wanted_view(), actual, ours_);
  if (commands.empty()) {
    refused_ = false;
    patience_ = first_patience;
    return;
  }
  const Commands again = commands;
  program(std::move(commands), out);
  if (refused_) return;  // what the plane would not do, once more
  repaired_ += again.size();
  out.emplace_back(action::ReportRepair{again});
}

void Director::on(core::Time now, const event::ListingFailed& /*failed*/, Actions& /*out*/) {
  list_at_ = now + patience_;
  patience_ = std::min(patience_ * 2, between_looks);
}

void Director::on(core::Time now, const event::CommandsRefused& refused, Actions& /*out*/) {
  for (const Command& each : refused.commands) {
    if (const auto* still_there = std::get_if<command::RemoveService>(&each)) ours_.insert(still_there->key);
  }
  refused_ = true;
  const core::Time again = now + patience_;
  patience_ = std::min(patience_ * 2, between_looks);
  if (!list_at_ || again < *list_at_) list_at_ = again;
}

void Director::on(core::Time now, const event::HealthChanged& changed, Actions& out) {
  if (!begun_) heard_.insert_or_assign({changed.service, changed.server}, changed.health);
  if (Service* const which = service(changed.service)) take(which->handle(now, changed), out);
}

void Director::on(core::Time now, const event::WeightOrdered& ordered, Actions& out) {
  if (!begun_) ordered_.insert_or_assign({ordered.service, ordered.server}, ordered.weight);
  if (Service* const which = service(ordered.service)) take(which->handle(now, ordered), out);
}

void Director::on(core::Time now, const event::AddressChanged& changed, Actions& out) {
  if (changed.present) {
    present_.insert(changed.address);
  } else {
    present_.erase(changed.address);
  }
  for (const auto& each : services_) {
    if (each->config().suspend_without_address) take(each->handle(now, changed), out);
  }
}

void Director::on(core::Time now, const event::ConnectionsCounted& counted, Actions& out) {
  for (const auto& each : services_) {
    if (each->next_timeout()) take(each->handle(now, counted), out);
  }
  forget_gone();
}

void Director::on(core::Time /*now*/, const event::HolderChanged& changed, Actions& out) {
  is_master_[changed.instance] = changed.master;
  if (!begun_) return;
  Commands commands;
  append_daemons(commands);
  program(std::move(commands), out);
}

void Director::on(core::Time now, event::Reconfigured& reconfigured, Actions& out) {
  const Timeouts timeouts = settings_.timeouts;
  settings_ = std::move(reconfigured.config);
  std::vector<ServicePlan> plans = std::exchange(settings_.services, {});
  if (!begun_) {
    if (resumes_) {
      plans_ = std::move(plans);
    } else {
      put_plans(now, std::move(plans), out);
    }
    for (const auto& each : reconfigured.found) on(now, each, out);
    return;
  }
  const Table before = wanted();
  const std::size_t first = out.size();
  put_plans(now, std::move(plans), out);
  for (const auto& each : reconfigured.found) hear(now, each, out);
  std::set<ServiceKey> unwanted;
  for (const auto& [key, entry] : before) unwanted.insert(key);
  Commands commands = diff(wanted_view(), before, unwanted);
  if (settings_.timeouts != timeouts && settings_.timeouts != Timeouts{})
    commands.emplace_back(command::SetTimeouts{settings_.timeouts});
  append_daemons(commands);
  program(std::move(commands), out, first);
}

void Director::on(core::Time now, const event::StopRequested& /*stop*/, Actions& out) {
  Commands commands;
  for (const Daemon& daemon : daemons_) commands.emplace_back(command::StopDaemon{daemon});
  daemons_.clear();
  if (settings_.flush_on_stop == FlushOnStop::everything) {
    commands.emplace_back(command::Flush{});
  } else {
    // With a service go its destinations.
    for (const ServiceKey& key : ours_) commands.emplace_back(command::RemoveService{key});
  }
  program(std::move(commands), out);
  for (const auto& each : services_) take(each->stop(now), out);
  stopped_ = true;
  out.emplace_back(action::Stopped{});
}

}  // namespace lvs
