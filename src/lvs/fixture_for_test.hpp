// What tests of services and directors share: short words for configurations, and a plane that does as it is told.
#pragma once

#include <gmock/gmock.h>
#include <string>
#include <utility>
#include <vector>

#include "lvs/director.hpp"
#include "lvs/table_audit.hpp"

namespace lvs {

using std::chrono_literals::operator""s;
using net::ipvs::ServiceKey;
namespace command = net::ipvs::command;

inline Endpoint at(unsigned host, std::uint16_t port = 80) {
  return {net::IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(host)), port};
}

inline ServerConfig server(unsigned host, std::uint32_t weight = 1) {
  ServerConfig config;
  config.endpoint = at(host);
  config.weight = weight;
  return config;
}

inline ServicePlan plan(std::vector<ServerConfig> servers, unsigned host = 100) {
  ServicePlan result;
  result.service.key = at(host);
  result.service.family = net::Family::v4;
  result.service.protocol = Protocol::tcp;
  result.service.scheduler = "wrr";
  result.servers = std::move(servers);
  return result;
}

inline ServiceKey key(unsigned host = 100) { return ServiceKey::of(Protocol::tcp, at(host)); }
inline ServiceId id(unsigned host = 100) { return id_of(plan({}, host).service); }

inline Destination entry(unsigned host, std::uint32_t weight) {
  Destination destination;
  destination.endpoint = at(host);
  destination.weight = weight;
  return destination;
}

/// A director and a table that holds what it asks for; every command passes the audit.
class Rig {
 public:
  explicit Rig(DirectorConfig config, Table before = {})
      : director(std::move(config)), table(std::move(before)) {}

  void start() {
    handle(event::Started{});
    list();
  }
  void list() { handle(event::TableListed{generation, listing()}); }

  void handle(const Event& event) { perform(director.handle(now, event)); }
  void pass(core::Duration time) {
    const core::Time until = now + time;
    for (;;) {
      const auto next = director.next_timeout();
      if (!next || *next > until) break;
      now = std::max(now, *next);
      perform(director.handle_timeout(now));
    }
    now = until;
  }
  void health(unsigned host, bool up, std::optional<std::uint32_t> weight = {}) {
    Health health;
    health.up = up;
    health.weight = weight;
    handle(event::HealthChanged{id(), at(host), health});
  }

  net::ipvs::Listing listing() const {
    net::ipvs::Listing result = listing_of(table);
    for (auto& service : result) {
      for (auto& listed : service.destinations) {
        const auto found = active.find(listed.destination.endpoint);
        if (found != active.end()) listed.active = found->second;
      }
    }
    return result;
  }

  std::vector<Destination> held(const ServiceKey& which = key()) const {
    const auto found = table.find(which);
    return found == table.end() ? std::vector<Destination>{} : found->second.destinations;
  }

  /// Empties what was seen since the last call.
  Commands commands() { return std::exchange(commands_, {}); }
  std::vector<std::string> told() { return std::exchange(told_, {}); }

  Director director;
  Table table;
  core::Time now{1000s};
  std::map<Endpoint, std::uint32_t> active;  // connections
  std::uint64_t generation = 0;
  bool answers_listings = true;
  bool stopped = false;

 private:
  void perform(const Actions& actions) {
    bool to_list = false;
    bool to_count = false;
    for (const Action& action : actions) {
      if (const auto* program = std::get_if<action::Program>(&action)) {
        EXPECT_EQ(audit(table, program->commands, director.fit()), std::nullopt);
        commands_.insert(commands_.end(), program->commands.begin(), program->commands.end());
      } else if (const auto* list = std::get_if<action::ListTable>(&action)) {
        generation = list->generation;
        to_list = begun_ && answers_listings;
        begun_ = true;
      } else if (std::holds_alternative<action::CountConnections>(action)) {
        to_count = true;
      } else if (const auto* hook = std::get_if<action::RunHook>(&action)) {
        static const char* names[] = {"notify_up", "notify_down", "quorum_up", "quorum_down"};
        std::string text = names[static_cast<int>(hook->hook)];
        if (hook->server) text += " " + to_string(*hook->server);
        told_.push_back(text);
      } else if (const auto* repair = std::get_if<action::ReportRepair>(&action)) {
        told_.push_back("repaired " + std::to_string(repair->commands.size()));
      } else if (const auto* notice = std::get_if<action::Notice>(&action)) {
        told_.push_back(notice->text);
      } else if (const auto* suspend = std::get_if<action::SuspendChecks>(&action)) {
        told_.push_back(suspend->suspended ? "checks rest" : "checks run");
      } else if (std::holds_alternative<action::Stopped>(action)) {
        stopped = true;
      }
    }
    if (to_list) list();
    if (to_count) handle(event::ConnectionsCounted{listing()});
  }

  Commands commands_;
  std::vector<std::string> told_;
  bool begun_ = false;
};

inline DirectorConfig config(std::vector<ServicePlan> plans) {
  DirectorConfig result;
  result.services = std::move(plans);
  return result;
}

}  // namespace lvs
