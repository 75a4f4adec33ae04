#include "vrrp/announcement_plan.hpp"

#include <algorithm>

namespace vrrp {

using core::Duration;
using core::Time;

namespace {

std::optional<Time> after(Time now, Duration delay) {
  return delay > Duration::zero() ? std::optional(now + delay) : std::nullopt;
}

// True once, when the time has come.
bool take(std::optional<Time>& timer, Time now) {
  if (!timer || now < *timer) return false;
  timer.reset();
  return true;
}

// The next of a series. One that was missed by more than a period is not made up for.
Time following(Time scheduled, Duration period, Time now) {
  const Time next = scheduled + period;
  return next > now ? next : now + period;
}

}  // namespace

AnnouncementPlan::Rounds AnnouncementPlan::announce(Time now) {
  second_burst_ = after(now, config_.master_delay);
  refresh_ = config_.master_refresh > Duration::zero()
                 ? std::optional(now + config_.master_delay + config_.master_refresh)
                 : std::nullopt;
  extra_ = after(now, config_.extra_interfaces_every);
  return {config_.master_repeat, 0};
}

void AnnouncementPlan::resume(Time now, Time became_master) {
  second_burst_ = after(became_master, config_.master_delay);
  if (second_burst_ && *second_burst_ <= now) second_burst_.reset();
  refresh_ = after(now, config_.master_refresh);
  extra_ = after(now, config_.extra_interfaces_every);
}

AnnouncementPlan::Rounds AnnouncementPlan::lower_priority_heard(Time now, Duration least_gap) {
  if (config_.lower_prio_repeat == 0) return {};
  if (lower_heard_ && now < *lower_heard_ + least_gap) {
    lower_put_off_ = *lower_heard_ + least_gap;
    return {};
  }
  lower_heard_ = now;
  lower_put_off_.reset();
  // A second burst that is already due stays where it is, or a stream of such adverts would put it off for ever.
  if (!lower_second_) lower_second_ = after(now, config_.lower_prio_delay);
  return {config_.lower_prio_repeat, 0};
}

void AnnouncementPlan::cancel() {
  second_burst_.reset();
  refresh_.reset();
  extra_.reset();
  lower_heard_.reset();
  lower_put_off_.reset();
  lower_second_.reset();
}

AnnouncementPlan::Rounds AnnouncementPlan::handle_timeout(Time now) {
  Rounds due;
  if (take(second_burst_, now)) due.all += config_.master_repeat;
  if (take(lower_put_off_, now)) {
    lower_heard_ = now;
    due.all += config_.lower_prio_repeat;
  }
  if (take(lower_second_, now)) due.all += config_.lower_prio_repeat;
  if (const auto scheduled = refresh_; take(refresh_, now)) {
    due.all += config_.master_refresh_repeat;
    if (config_.master_refresh > Duration::zero())
      refresh_ = following(*scheduled, config_.master_refresh, now);
  }
  if (const auto scheduled = extra_; take(extra_, now)) {
    ++due.extra;
    if (config_.extra_interfaces_every > Duration::zero()) {
      extra_ = following(*scheduled, config_.extra_interfaces_every, now);
    }
  }
  return due;
}

std::optional<Time> AnnouncementPlan::next_timeout() const {
  std::optional<Time> next;
  for (const auto& timer : {second_burst_, refresh_, extra_, lower_put_off_, lower_second_}) {
    if (timer && (!next || *timer < *next)) next = timer;
  }
  return next;
}

}  // namespace vrrp
