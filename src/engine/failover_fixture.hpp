// A test bench for the failover engine: one node on eth0, a kernel that does as it is told, and words for what happens.
#pragma once

#include <gmock/gmock.h>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/failover.hpp"
#include "net/frames.hpp"
#include "vrrp/advert.hpp"

namespace engine::testing {

using namespace std::chrono_literals;
using core::Duration;
using core::Time;
using net::IpAddress;

inline IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
inline constexpr net::InterfaceIndex eth0{2};

inline net::Interface interface(std::string name = "eth0", std::uint32_t index = 2) {
  net::Interface interface;
  interface.index = {index};
  interface.name = std::move(name);
  interface.mac = {{2, 0, 0, 0, 0, static_cast<std::uint8_t>(index)}};
  interface.has_mac = true;
  interface.admin_up = true;
  interface.running = true;
  return interface;
}

inline net::InterfaceAddress on(net::InterfaceIndex interface, std::string_view prefix) {
  net::InterfaceAddress address;
  address.interface = interface;
  address.address = net::Prefix::parse(prefix).value();
  return address;
}

inline vrrp::VirtualAddress virtual_address(std::string_view prefix) {
  vrrp::VirtualAddress address;
  address.address.address = net::Prefix::parse(prefix).value();
  return address;
}

inline notify::Command command(std::string path) {
  notify::Command command;
  command.argv = {std::move(path)};
  return command;
}

/// VI on eth0, VRID 51, priority 100, one address, version 3; hooks for everything.
inline InstanceConfig router(std::string name = "VI", std::uint8_t vrid = 51) {
  InstanceConfig config;
  config.vrrp.name = std::move(name);
  config.vrrp.interface = "eth0";
  config.vrrp.vrid = vrid;
  config.vrrp.version = vrrp::Version::v3;
  config.vrrp.multicast_group = ip("224.0.0.18");
  config.vrrp.addresses = {virtual_address("10.9.0.100/24")};
  config.hooks.master = command("/m");
  config.hooks.backup = command("/b");
  config.hooks.fault = command("/f");
  config.hooks.stop = command("/s");
  return config;
}

inline FailoverConfig node(std::vector<InstanceConfig> instances) {
  FailoverConfig config;
  config.instances = std::move(instances);
  return config;
}

template <class T>
std::vector<T> all(const Actions& actions) {
  std::vector<T> found;
  for (const Action& action : actions) {
    if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
  }
  return found;
}

/// The actions as words, one each: "advert 100", "add 10.9.0.100/24", "announce 10.9.0.100", "hooks /m", "BACKUP>MASTER
/// master_silent" … in their order.
inline std::vector<std::string> words(const Actions& actions) {
  std::vector<std::string> words;
  const auto addresses = [&](const std::string& verb, const std::vector<net::InterfaceAddress>& list) {
    for (const auto& address : list) words.push_back(verb + " " + address.address.to_string());
  };
  for (const Action& action : actions) {
    if (const auto* send = std::get_if<action::SendPacket>(&action)) {
      const std::size_t at = send->source.is_v4() ? 20 : 0;
      words.push_back("advert " + std::to_string(send->packet.at(at + 2)));
    } else if (const auto* frame = std::get_if<action::SendFrame>(&action)) {
      words.push_back("announce " + net::decode_announcement(frame->frame).value().address.to_string());
    } else if (const auto* add = std::get_if<action::AddAddresses>(&action)) {
      addresses("add", add->addresses);
    } else if (const auto* remove = std::get_if<action::RemoveAddresses>(&action)) {
      addresses("remove", remove->addresses);
    } else if (const auto* more = std::get_if<action::AddRoutes>(&action)) {
      for (const auto& route : more->routes) words.push_back("route " + net::to_string(route.route));
    } else if (const auto* fewer = std::get_if<action::RemoveRoutes>(&action)) {
      for (const auto& route : fewer->routes) words.push_back("no route " + net::to_string(route.route));
    } else if (const auto* rules = std::get_if<action::AddRules>(&action)) {
      for (const auto& rule : rules->rules) words.push_back("rule " + net::to_string(rule));
    } else if (const auto* no_rules = std::get_if<action::RemoveRules>(&action)) {
      for (const auto& rule : no_rules->rules) words.push_back("no rule " + net::to_string(rule));
    } else if (const auto* made = std::get_if<action::CreateLink>(&action)) {
      words.push_back("create " + made->link.name + " on " + made->link.parent);
    } else if (const auto* raised = std::get_if<action::RaiseLink>(&action)) {
      words.push_back("raise " + raised->name);
    } else if (const auto* unmade = std::get_if<action::RemoveLink>(&action)) {
      words.push_back("remove link " + unmade->name);
    } else if (std::holds_alternative<action::RelaxReversePath>(action)) {
      words.emplace_back("relax reverse path");
    } else if (std::holds_alternative<action::Listen>(action)) {
      words.emplace_back("listen");
    } else if (const auto* sysctl = std::get_if<action::SetInterfaceSysctl>(&action)) {
      words.push_back("sysctl " + sysctl->interface + " " + sysctl->key + "=" + sysctl->value);
    } else if (const auto* hooks = std::get_if<action::RunHooks>(&action)) {
      std::string line = "hooks";
      for (const auto& one : hooks->commands) line += " " + one.argv.front();
      words.push_back(line);
    } else if (const auto* report = std::get_if<action::ReportTransition>(&action)) {
      const auto& transition = report->transition;
      words.push_back(std::string(vrrp::state_word(transition.from)) + ">" +
                      std::string(vrrp::state_word(transition.to)) + " " +
                      std::string(vrrp::reason_id(transition.reason)));
    } else if (const auto* notice = std::get_if<action::Notice>(&action)) {
      words.push_back("notice " + notice->id);
    } else if (const auto* group = std::get_if<action::ReportGroupTransition>(&action)) {
      words.push_back("group " + group->group + " " + std::string(vrrp::state_word(group->transition.to)));
    } else if (std::holds_alternative<action::Watch>(action)) {
      words.emplace_back("watch");
    } else if (const auto* run = std::get_if<action::RunScript>(&action)) {
      words.push_back("run " + run->script);
    } else if (const auto* end = std::get_if<action::EndScript>(&action)) {
      words.push_back((end->kill ? "kill " : "terminate ") + end->script);
    } else if (const auto* built = std::get_if<action::BuildFirewall>(&action)) {
      std::string line = "build firewall " + built->table.name;
      for (const auto& one : built->blocked) line += " " + one.address.to_string();
      words.push_back(line);
    } else if (const auto* filter = std::get_if<action::ChangeFirewall>(&action)) {
      for (const auto& one : filter->added) words.push_back("block " + one.address.to_string());
      for (const auto& one : filter->removed) words.push_back("unblock " + one.address.to_string());
    } else if (const auto* unbuilt = std::get_if<action::RemoveFirewall>(&action)) {
      words.push_back("remove firewall " + unbuilt->table);
    } else if (!std::holds_alternative<action::Tell>(action)) {  // has tests of its own
      words.emplace_back("stopped");
    }
  }
  return words;
}

/// The words of a kind, by their beginning.
inline std::vector<std::string> only(const std::vector<std::string>& words, std::string_view beginning) {
  std::vector<std::string> found;
  for (const auto& word : words) {
    if (word.starts_with(beginning)) found.push_back(word);
  }
  return found;
}

class Node {
 public:
  explicit Node(FailoverConfig config) : engine_(std::move(config), 1) {}
  Node(FailoverConfig config, FailoverSnapshot previous, Time last_alive)
      : engine_(std::move(config), 1, std::move(previous), last_alive) {}

  Time now{1000s};
  std::vector<net::Interface> interfaces{interface()};
  std::vector<net::InterfaceAddress> addresses{on(eth0, "10.9.0.1/24"), on(eth0, "fe80::1/64")};
  std::vector<net::KernelRoute> routes;
  std::vector<net::Rule> rules;

  /// Tells it; the kernel obeys and its echoes are delivered. Everything that was asked for is returned.
  Actions tell(const Event& event) { return obey(engine_.handle(now, event)); }
  Actions start() { return tell(event::KernelListed{interfaces, addresses, routes, rules}); }
  Actions stop() { return tell(event::StopRequested{}); }
  Actions reload(FailoverConfig config) { return tell(event::Reconfigured{std::move(config)}); }

  /// Runs the clock, timeout by timeout.
  Actions run(Duration duration) {
    const Time end = now + duration;
    Actions out;
    while (const auto next = engine_.next_timeout()) {
      if (*next > end) break;
      now = std::max(now, *next);
      append(out, obey(engine_.handle_timeout(now)));
      EXPECT_TRUE(words(engine_.handle_timeout(now)).empty()) << "the second call does nothing";
      EXPECT_GT(engine_.next_timeout().value_or(Time::max()), now) << "the next timeout lies in the future";
    }
    now = end;
    return out;
  }
  /// The machine sleeps, and what was due is late.
  Actions pause(Duration duration) {
    now += duration;
    return obey(engine_.handle_timeout(now));
  }

  Actions hear(std::uint8_t priority, std::string_view source = "10.9.0.2",
               const vrrp::Config& as = router().vrrp) {
    vrrp::Outgoing outgoing;
    outgoing.source = ip(source);
    outgoing.destination = as.multicast() ? as.multicast_group : ip("10.9.0.1");
    outgoing.priority = priority;
    return receive(vrrp::encode(as, outgoing), outgoing.source, outgoing.destination);
  }
  Actions receive(std::vector<std::uint8_t> packet, const IpAddress& source, const IpAddress& destination) {
    event::PacketReceived received;
    received.interface = eth0;
    received.source = source;
    received.destination = destination;
    received.hop_limit = 255;
    const std::span<const std::uint8_t> bytes(packet);
    received.ipv4_header = source.is_v4() ? bytes.first(20) : bytes.first(0);
    received.payload = source.is_v4() ? bytes.subspan(20) : bytes;
    return tell(received);
  }
  /// Somebody else removes an address.
  Actions lose(std::string_view prefix) {
    const auto address = on(eth0, prefix);
    std::erase_if(addresses, [&](const auto& one) { return one.address == address.address; });
    return tell(event::AddressRemoved{address});
  }
  Actions gain(const net::InterfaceAddress& address) {
    addresses.push_back(address);
    return tell(event::AddressAdded{address});
  }
  Actions link(bool up) {
    interfaces.front().running = up;
    return tell(event::InterfaceChanged{interfaces.front()});
  }

  bool has(std::string_view prefix) const {
    const auto wanted = net::Prefix::parse(prefix).value();
    return std::ranges::any_of(addresses, [&](const auto& one) { return one.address == wanted; });
  }
  vrrp::Snapshot shown(std::size_t index = 0) const { return engine_.snapshot(now).instances.at(index); }
  vrrp::State state(std::size_t index = 0) const { return shown(index).state; }
  FailoverSnapshot snapshot() const { return engine_.snapshot(now); }
  std::optional<Time> next_timeout() const { return engine_.next_timeout(); }
  /// Addresses, routes and rules that the kernel will refuse, as words() has them.
  std::set<std::string> refused;

 private:
  static void append(Actions& to, Actions from) {
    for (Action& action : from) to.push_back(std::move(action));
  }

  Actions obey(Actions actions) {
    Actions echoes;
    for (const Action& action : actions) {
      if (const auto* add = std::get_if<action::AddAddresses>(&action)) {
        for (const auto& address : add->addresses) append(echoes, install(address));
      } else if (const auto* remove = std::get_if<action::RemoveAddresses>(&action)) {
        for (const auto& address : remove->addresses) append(echoes, uninstall(address));
      } else if (const auto* more = std::get_if<action::AddRoutes>(&action)) {
        for (const auto& route : more->routes) append(echoes, install(route));
      } else if (const auto* fewer = std::get_if<action::RemoveRoutes>(&action)) {
        for (const auto& route : fewer->routes) {
          if (std::erase(routes, route) != 0) append(echoes, tell(event::RouteRemoved{route}));
        }
      } else if (const auto* more_rules = std::get_if<action::AddRules>(&action)) {
        for (const auto& rule : more_rules->rules) append(echoes, install(rule));
      } else if (const auto* fewer_rules = std::get_if<action::RemoveRules>(&action)) {
        for (const auto& rule : fewer_rules->rules) {
          if (std::erase(rules, rule) != 0) append(echoes, tell(event::RuleRemoved{rule}));
        }
      }
    }
    append(actions, std::move(echoes));
    return actions;
  }
  Actions install(const net::InterfaceAddress& address) {
    if (refused.contains(address.address.to_string())) {
      return tell(event::InstallFailed{address, {1, "Operation not permitted"}});
    }
    if (has(address.address.to_string())) return {};
    addresses.push_back(address);
    return tell(event::AddressAdded{address});
  }
  Actions install(const net::KernelRoute& route) {
    if (refused.contains(net::to_string(route.route)))
      return tell(event::RouteRefused{route, {101, "Network is unreachable"}});
    if (std::ranges::find(routes, route) != routes.end()) return {};
    routes.push_back(route);
    return tell(event::RouteAdded{route});
  }
  Actions install(const net::Rule& rule) {
    if (refused.contains(net::to_string(rule)))
      return tell(event::RuleRefused{rule, {95, "Operation not supported"}});
    if (std::ranges::find(rules, rule) != rules.end()) return {};
    rules.push_back(rule);
    return tell(event::RuleAdded{rule});
  }
  Actions uninstall(const net::InterfaceAddress& address) {
    const auto gone =
        std::erase_if(addresses, [&](const auto& one) { return one.address == address.address; });
    return gone == 0 ? Actions{} : tell(event::AddressRemoved{address});
  }

  Failover engine_;
};

}  // namespace engine::testing
