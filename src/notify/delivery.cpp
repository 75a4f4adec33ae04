#include "notify/delivery.hpp"

#include <algorithm>

namespace notify {

using core::Duration;
using core::Time;
using delivery_action::Forget;

DeliveryActions Delivery::handle(Time now, const DeliveryEvent& event) {
  DeliveryActions out;
  std::visit([&](const auto& happened) { on(now, happened, out); }, event);
  expire(now, out);
  start(now, out);
  return out;
}

DeliveryActions Delivery::handle_timeout(Time now) {
  DeliveryActions out;
  expire(now, out);
  start(now, out);
  return out;
}

std::optional<Time> Delivery::next_timeout() const {
  std::optional<Time> next;
  const auto also = [&](Time time) {
    if (!next || time < *next) next = time;
  };
  for (const auto& [name, lane] : lanes_) {
    if (lane.under_way) continue;
    also(lane.items.front().since + config_.lifetime);
    const Time ready = std::max(lane.again.value_or(Time{}), rest_until_.value_or(Time{}));
    if (under_way_ < (failures_ == 0 ? config_.parallel : 1)) also(ready);
  }
  return next;
}

void Delivery::on(Time, const delivery_event::Queued& queued, DeliveryActions& out) {
  lanes_[queued.lane].items.push_back({queued.item, queued.since});
  ++items_;
  make_room(out);
}

void Delivery::on(Time now, const delivery_event::Attempted& attempted, DeliveryActions& out) {
  const auto found = std::ranges::find_if(lanes_, [&](const auto& entry) {
    return entry.second.under_way && entry.second.items.front().number == attempted.item;
  });
  if (found == lanes_.end()) return;
  Lane& lane = found->second;
  lane.under_way = false;
  --under_way_;
  if (attempted.outcome == Outcome::unreachable) {
    ++failures_;
    rest_until_ = now + pause(failures_);
    return;
  }
  failures_ = 0;
  rest_until_.reset();
  if (attempted.outcome == Outcome::deferred) {
    lane.again = now + pause(++lane.deferrals);
    return;
  }
  drop_first(lane, attempted.outcome == Outcome::delivered ? Forget::Why::delivered : Forget::Why::refused,
             out);
  if (lane.items.empty()) lanes_.erase(found);
}

void Delivery::on(Time, const delivery_event::Reconfigured& changed, DeliveryActions& out) {
  config_ = changed.config;
  // What was wrong may have been put right.
  failures_ = 0;
  rest_until_.reset();
  make_room(out);
}

void Delivery::expire(Time now, DeliveryActions& out) {
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    auto& items = lane->second.items;
    while (!items.empty() && !lane->second.under_way && now - items.front().since >= config_.lifetime)
      drop_first(lane->second, Forget::Why::too_old, out);
    lane = items.empty() ? lanes_.erase(lane) : std::next(lane);
  }
}

// The oldest that is not being tried just now.
void Delivery::make_room(DeliveryActions& out) {
  while (items_ > config_.capacity) {
    Lanes::iterator victim = lanes_.end();
    for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
      if (lane->second.under_way) continue;
      if (victim == lanes_.end() || lane->second.items.front().since < victim->second.items.front().since)
        victim = lane;
    }
    if (victim == lanes_.end()) return;
    drop_first(victim->second, Forget::Why::no_room, out);
    if (victim->second.items.empty()) lanes_.erase(victim);
  }
}

// Round the lanes, so that none waits for ever behind busy ones.
void Delivery::start(Time now, DeliveryActions& out) {
  if (lanes_.empty() || (rest_until_ && now < *rest_until_)) return;
  const std::size_t most = failures_ == 0 ? config_.parallel : 1;
  auto lane = lanes_.upper_bound(last_served_);
  for (std::size_t looked = 0; looked < lanes_.size() && under_way_ < most; ++looked) {
    if (lane == lanes_.end()) lane = lanes_.begin();
    auto& [name, queue] = *lane++;
    if (queue.under_way || (queue.again && now < *queue.again)) continue;
    queue.under_way = true;
    queue.again.reset();
    ++under_way_;
    last_served_ = name;
    out.emplace_back(delivery_action::Attempt{queue.items.front().number});
  }
}

void Delivery::drop_first(Lane& lane, Forget::Why why, DeliveryActions& out) {
  out.emplace_back(Forget{lane.items.front().number, why});
  lane.items.pop_front();
  lane.deferrals = 0;
  lane.again.reset();
  --items_;
}

Duration Delivery::pause(std::uint32_t failures) const {
  Duration pause = config_.retry;
  for (std::uint32_t i = 1; i < failures && pause < config_.longest_retry; ++i) pause *= 2;
  return std::min(pause, config_.longest_retry);
}

}  // namespace notify
