#include "engine/firewall.hpp"

#include <fmt/format.h>
#include <utility>

namespace engine {

using core::Duration;
using core::Time;
using namespace std::chrono_literals;
using Level = action::Notice::Level;

namespace {

constexpr Duration rebuild_gap = 100ms;  // who touches it again and again finds it back ten times a second
constexpr Duration refused_patience = 10s;
constexpr Duration notice_gap = 60s;

}  // namespace

void Firewall::configure(Time now, const net::FirewallTable& table, bool needed, Actions& out) {
  const net::FirewallTable before = std::exchange(table_, table);
  needed_ = needed;
  refusal_said_.clear();
  if (!begun_) return;
  if (built_ && (!needed_ || before.name != table_.name)) {
    out.emplace_back(action::RemoveFirewall{before.name});
    built_ = false;
  }
  if (needed_ && (!built_ || before != table_)) build(now, out);
}

void Firewall::begin(Time now, const std::string& left_behind, Actions& out) {
  begun_ = true;
  if (!left_behind.empty() && (!needed_ || left_behind != table_.name))
    out.emplace_back(action::RemoveFirewall{left_behind});
  if (needed_) build(now, out);
}

void Firewall::block(Owner owner, std::vector<net::BlockedAddress> addresses, Actions& out) {
  const auto known = by_owner_.find(owner);
  if (known == by_owner_.end() && addresses.empty()) return;
  action::ChangeFirewall change{table_.name, {}, {}};
  for (const auto& address : addresses) {
    if (blocked_[address]++ == 0) change.added.push_back(address);
  }
  if (known != by_owner_.end()) {
    for (const auto& address : known->second) {
      const auto counted = blocked_.find(address);
      if (--counted->second != 0) continue;
      blocked_.erase(counted);
      change.removed.push_back(address);
    }
  }
  if (addresses.empty()) {
    by_owner_.erase(owner);
  } else {
    by_owner_[owner] = std::move(addresses);
  }
  if (built_ && !(change.added.empty() && change.removed.empty())) out.emplace_back(std::move(change));
}

void Firewall::build(Time now, Actions& out) {
  build_at_.reset();
  built_when_ = now;
  built_ = true;
  action::BuildFirewall wanted{table_, {}};
  wanted.blocked.reserve(blocked_.size());
  for (const auto& [address, count] : blocked_) wanted.blocked.push_back(address);
  out.emplace_back(std::move(wanted));
}

void Firewall::touched(Time now, Actions& out) {
  if (!built_) return;
  if (!touched_said_ || now - *touched_said_ >= notice_gap) {
    touched_said_ = now;
    out.emplace_back(action::Notice{
        Level::warning,
        {},
        "firewall_touched",
        fmt::format(
            "somebody changed our nftables table '{}', which keeps packets from addresses with no_accept; "
            "putting it back",
            table_.name)});
  }
  if (now - *built_when_ >= rebuild_gap) return build(now, out);
  if (!build_at_) build_at_ = *built_when_ + rebuild_gap;
}

void Firewall::refused(Time now, const core::Error& error, Actions& out) {
  if (!built_) return;
  build_at_ = now + refused_patience;
  if (std::exchange(refusal_said_, error.message) == error.message) return;
  out.emplace_back(action::Notice{Level::error,
                                  {},
                                  "firewall_refused",
                                  fmt::format("addresses with no_accept ANSWER: the kernel refuses the "
                                              "nftables table '{}': {}; trying again every "
                                              "10 s",
                                              table_.name, error.message)});
}

void Firewall::stop(Actions& out) {
  if (std::exchange(built_, false)) out.emplace_back(action::RemoveFirewall{table_.name});
  build_at_.reset();
}

void Firewall::handle_timeout(Time now, Actions& out) {
  if (build_at_ && now >= *build_at_) build(now, out);
}

}  // namespace engine
