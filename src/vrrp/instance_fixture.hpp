// A test bench for one virtual router, and words for what it asks for.
#pragma once

#include <gmock/gmock.h>
#include <string>
#include <string_view>
#include <vector>

#include "vrrp/instance.hpp"

namespace vrrp::testing {

using namespace std::chrono_literals;
using core::Duration;
using core::Time;

inline net::IpAddress ip(std::string_view text) { return net::IpAddress::parse(text).value(); }

inline Config config(std::uint8_t priority = 100) {
  Config config;
  config.name = "VI";
  config.interface = "eth0";
  config.vrid = 51;
  config.version = Version::v3;
  config.priority = priority;
  config.multicast_group = ip("224.0.0.18");
  VirtualAddress address;
  address.address.address = net::Prefix::parse("10.9.0.100/24").value();
  config.addresses = {address};
  return config;
}

/// "advert 100", "install", "withdraw", "announce 5", "BACKUP>MASTER master_silent" …
inline std::vector<std::string> words(const Actions& actions) {
  std::vector<std::string> words;
  for (const Action& action : actions) {
    if (const auto* send = std::get_if<action::SendAdvert>(&action)) {
      words.push_back("advert " + std::to_string(send->priority));
    } else if (std::holds_alternative<action::InstallAddresses>(action)) {
      words.emplace_back("install");
    } else if (std::holds_alternative<action::WithdrawAddresses>(action)) {
      words.emplace_back("withdraw");
    } else if (const auto* due = std::get_if<action::Announce>(&action)) {
      words.push_back("announce " + std::to_string(due->rounds.all) +
                      (due->rounds.extra == 0 ? "" : "+" + std::to_string(due->rounds.extra)));
    } else if (std::holds_alternative<action::AnnounceSource>(action)) {
      words.emplace_back("announce source");
    } else if (const auto* report = std::get_if<action::ReportTransition>(&action)) {
      words.push_back(std::string(state_word(report->transition.from)) + ">" +
                      std::string(state_word(report->transition.to)) + " " +
                      std::string(reason_id(report->transition.reason)));
    } else if (const auto* changed = std::get_if<action::ReportPriority>(&action)) {
      words.push_back("priority " + std::to_string(changed->before) + ">" + std::to_string(changed->now));
    } else if (const auto* notice = std::get_if<action::Notice>(&action)) {
      words.push_back("notice " + std::string(notice->id));
    } else {
      words.emplace_back("lower priority heard");
    }
  }
  return words;
}

/// One router with the address 10.9.0.1, and a clock.
class Router {
 public:
  explicit Router(Config config = testing::config()) : instance(std::move(config)) {
    instance.handle(now, event::SourceChanged{ip("10.9.0.1")});
  }

  Time now{1000s};
  Instance instance;

  std::vector<std::string> tell(const Event& event) { return words(instance.handle(now, event)); }
  std::vector<std::string> start() { return tell(event::Started{}); }
  std::vector<std::string> hear(int priority, std::string_view source = "10.9.0.2", Duration interval = 1s) {
    return tell(event::AdvertReceived{ip(source), static_cast<std::uint8_t>(priority), interval});
  }
  std::vector<std::string> fault(FaultKind kind = FaultKind::tracker, std::string object = "chk") {
    return tell(event::FaultsChanged{{{kind, std::move(object)}}});
  }
  std::vector<std::string> repair() { return tell(event::FaultsChanged{}); }
  std::vector<std::string> reload(Config config, bool addresses_added = false) {
    return tell(event::Reconfigured{std::move(config), addresses_added});
  }

  /// Every timeout of the next `duration`, each at its time.
  std::vector<std::string> run(Duration duration) {
    const Time end = now + duration;
    std::vector<std::string> all;
    while (const auto next = instance.next_timeout()) {
      if (*next > end) break;
      now = std::max(now, *next);
      const auto some = words(instance.handle_timeout(now));
      all.insert(all.end(), some.begin(), some.end());
    }
    now = end;
    return all;
  }
  /// Not run at all for so long.
  std::vector<std::string> sleep(Duration duration) {
    now += duration;
    return words(instance.handle_timeout(now));
  }

  Router& as_backup() {
    start();
    return *this;
  }
  Router& as_master() {
    start();
    run(instance.next_timeout().value() - now);
    EXPECT_EQ(state(), State::master);
    return *this;
  }
  /// Master, with everything that follows a takeover behind it.
  Router& as_settled_master() {
    as_master();
    run(8s + 500ms);
    return *this;
  }

  State state() const { return instance.state(); }
  Duration until_timeout() const { return instance.next_timeout().value() - now; }
  Duration until_deadline() const { return instance.snapshot().deadline.value() - now; }
  Snapshot shown() const { return instance.snapshot(); }
};

}  // namespace vrrp::testing
