// When to try what again, for one destination (a mail server, a URL): items of a lane go out in their order, one at a time;
// lanes do not wait for each other. A destination that cannot be reached is left alone for a while, longer each time, and then
// tried with one item. What is too old or refused for good is given up, and so is the oldest when too much waits. Knows
// neither mail nor HTTP, and keeps no contents: an item is a number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.hpp"

namespace notify {

struct DeliveryConfig {
  core::Duration retry = std::chrono::seconds(1);  // after the first failure, doubled each time
  core::Duration longest_retry = std::chrono::minutes(1);
  core::Duration lifetime = std::chrono::hours(1);
  std::size_t capacity = 1000;  // items that wait
  std::size_t parallel = 4;     // lanes served at a time

  friend bool operator==(const DeliveryConfig&, const DeliveryConfig&) = default;
};

enum class Outcome : std::uint8_t {
  delivered,
  unreachable,  // nothing can be said to the destination now
  deferred,     // it wants to hear this item later
  refused,      // it will never want it
};

namespace delivery_event {
struct Queued {
  std::uint64_t item = 0;
  std::string lane;
  core::Time since{};  // when it happened: its age counts from here
};
struct Attempted {
  std::uint64_t item = 0;
  Outcome outcome = Outcome::delivered;
};
struct Reconfigured {
  DeliveryConfig config;
};
}  // namespace delivery_event
using DeliveryEvent =
    std::variant<delivery_event::Queued, delivery_event::Attempted, delivery_event::Reconfigured>;

namespace delivery_action {
struct Attempt {
  std::uint64_t item = 0;
  friend bool operator==(const Attempt&, const Attempt&) = default;
};
/// Nothing more will be done about it.
struct Forget {
  enum class Why : std::uint8_t { delivered, refused, too_old, no_room };
  std::uint64_t item = 0;
  Why why = Why::delivered;
  friend bool operator==(const Forget&, const Forget&) = default;
};
}  // namespace delivery_action
using DeliveryAction = std::variant<delivery_action::Attempt, delivery_action::Forget>;
using DeliveryActions = std::vector<DeliveryAction>;

class Delivery {
 public:
  explicit Delivery(DeliveryConfig config) : config_(config) {}

  DeliveryActions handle(core::Time now, const DeliveryEvent& event);
  DeliveryActions handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const;

  struct Snapshot {
    std::size_t waiting = 0;  // under way included
    std::size_t under_way = 0;
    std::uint32_t failures = 0;  // of the destination, in a row
  };
  Snapshot snapshot() const { return {items_, under_way_, failures_}; }

 private:
  struct Item {
    std::uint64_t number = 0;
    core::Time since{};
  };
  struct Lane {
    std::deque<Item> items;
    bool under_way = false;           // its first item
    std::uint32_t deferrals = 0;      // of its first item
    std::optional<core::Time> again;  // not before
  };
  using Lanes = std::map<std::string, Lane>;

  void on(core::Time now, const delivery_event::Queued& queued, DeliveryActions& out);
  void on(core::Time now, const delivery_event::Attempted& attempted, DeliveryActions& out);
  void on(core::Time now, const delivery_event::Reconfigured& changed, DeliveryActions& out);
  void expire(core::Time now, DeliveryActions& out);
  void make_room(DeliveryActions& out);
  void start(core::Time now, DeliveryActions& out);
  void drop_first(Lane& lane, delivery_action::Forget::Why why, DeliveryActions& out);
  core::Duration pause(std::uint32_t failures) const;

  DeliveryConfig config_;
  Lanes lanes_;
  std::string last_served_;
  std::size_t items_ = 0;
  std::size_t under_way_ = 0;
  std::uint32_t failures_ = 0;
  std::optional<core::Time> rest_until_;  // the destination is left alone
};

}  // namespace notify
