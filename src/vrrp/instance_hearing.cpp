// What an advert that passed every check does to a router: RFC 9568, sections 6.4.2 (backup) and 6.4.3 (master).
#include <algorithm>
#include <fmt/format.h>

#include "vrrp/instance.hpp"

namespace vrrp {

using core::Duration;
using core::Time;
using Level = action::Notice::Level;

template <class Text>
void Instance::remark(Level level, std::string_view id, Actions& out, const Text& text) {
  if (first_remark(id)) out.emplace_back(action::Notice{level, id, text()});
}

namespace {

// A stream of adverts that ask for an answer gets one this often in every interval of ours, and no more.
constexpr int answers_per_interval = 8;

std::string who(const event::AdvertReceived& advert) {
  return fmt::format("{} (priority {})", advert.source.to_string(), advert.priority);
}

}  // namespace

void Instance::on(Time now, const event::AdvertReceived& advert, Actions& out) {
  if (!listens(now)) {
    ++counters_.discarded_not_running;
    return;
  }
  ++counters_.adverts_received;
  if (advert.priority == 0) ++counters_.priority_zero_received;
  const bool own = advert.source == source_;
  if (state_ == State::backup) {
    hear_as_backup(now, advert);
  } else if (!own) {
    hear_as_master(now, advert, out);
  }
  if (!own) return;
  ++counters_.own_packets;
  remark(Level::warning, "own_packet", out, [&] {
    return fmt::format(
        "an advert with our own source {} came in: a loop in the network, or a second machine has this "
        "address",
        advert.source.to_string());
  });
}

void Instance::hear_as_backup(Time now, const event::AdvertReceived& advert) {
  woke_late_ = false;
  if (advert.priority == 0) {
    // Said again it does not put the end off: a repeated packet must not keep us from taking over.
    const Time soon = now + skew();
    deadline_ = resigned_ ? std::min(*deadline_, soon) : soon;
    resigned_ = true;
    return;
  }
  bool obeyed = true;
  if (advert.priority >= priority()) {
    preempt_after_.reset();
  } else if (config_.preempt) {
    if (!preempt_after_) preempt_after_ = now + config_.preempt_delay;
    obeyed = now < *preempt_after_;
  }
  follow(now, advert);
  heard_ = now;
  if (obeyed) wants_master_ = false;
  if (!obeyed) return;  // the timer goes on as if nobody had spoken
  resigned_ = false;
  if (config_.version == Version::v3) master_interval_ = advert.interval;
  deadline_ = now + master_down();
}

void Instance::hear_as_master(Time now, const event::AdvertReceived& advert, Actions& out) {
  if (config_.owner() && (config_.owner_ignore_adverts || config_.strict)) return;
  if (advert.priority == 0) return hear_resignation(now, advert, out);
  if (config_.owner() && advert.priority == priority()) return hear_other_owner(now, advert, out);
  if (advert.priority > priority()) return yield(now, advert, Reason::higher_priority_heard, out);
  if (advert.priority == priority() && advert.source > source_) {
    return yield(now, advert, Reason::equal_priority_higher_address, out);
  }
  hear_lower_priority(now, advert, out);
}

// Who was no master cannot resign: there were two. What the other one announced is wrong now.
void Instance::hear_resignation(Time now, const event::AdvertReceived& advert, Actions& out) {
  if (may_answer(now)) advertise(now, out);
  if (expects_handover(now, advert)) return;
  note_second_master(now, advert, out);
  second_master_until_ = reannounced_ ? std::max(now, *reannounced_ + master_down()) : now;
  if (config_.reannounce_after_second_master && now >= *second_master_until_) return reannounce(now, out);
  announce(plan_.lower_priority_heard(now, interval_ / answers_per_interval), out);
}

void Instance::hear_lower_priority(Time now, const event::AdvertReceived& advert, Actions& out) {
  ++counters_.lower_priority_received;
  const bool answered = may_answer(now);
  if (answered && !config_.lower_prio_no_advert) advertise(now, out);
  if (expects_handover(now, advert)) return;
  announce(plan_.lower_priority_heard(now, interval_ / answers_per_interval), out);
  if (answered) out.emplace_back(action::ReportLowerPriority{});
  note_second_master(now, advert, out);
}

void Instance::note_second_master(Time now, const event::AdvertReceived& advert, Actions& out) {
  if (!second_master_until_) {
    ++counters_.second_masters_seen;
    remark(Level::warning, "second_master", out, [&] {
      return fmt::format(
          "{} sends adverts too, but we are master with priority {}: were we cut off from each other?",
          who(advert), priority());
    });
  }
  second_master_ = advert.source;
  if (advert.priority != 0) second_master_priority_ = advert.priority;
  second_master_until_ = now + config_.down_timer_adverts * std::max(interval_, advert.interval) + skew();
}

// The one advert tells the other, who may have heard nothing of us so far, that there were two of us.
void Instance::yield(Time now, const event::AdvertReceived& advert, Reason reason, Actions& out) {
  if (config_.higher_prio_send_advert || config_.reannounce_after_second_master) {
    // Others who listen take it for their master's; they must go on waiting for the one that remains.
    const Duration interval =
        config_.version == Version::v3 ? std::max(interval_, advert.interval) : Duration::zero();
    advertise(now, out, interval == interval_ ? Duration::zero() : interval);
  }
  follow(now, advert);
  master_interval_ = config_.version == Version::v3 ? advert.interval : interval_;
  Transition why;
  why.reason = reason;
  why.peer = advert.source;
  why.peer_priority = advert.priority;
  why.detail = fmt::format("{} is master; our priority is {}", who(advert), priority());
  enter(now, State::backup, std::move(why), out);
  heard_ = now;
}

// Two routers with priority 255 are an error of configuration. The lower address gives way; the higher one waits until the
// other must have heard it twice, and gives way too if that one knows no such rule (FRR ignores all adverts then).
void Instance::hear_other_owner(Time now, const event::AdvertReceived& advert, Actions& out) {
  remark(Level::error, "owner_conflict", out, [&] {
    return fmt::format("{} claims to own the addresses as we do: only one router may have priority 255",
                       advert.source.to_string());
  });
  if (advert.source > source_) return yield(now, advert, Reason::owner_conflict, out);

  const Duration longer = std::max(interval_, advert.interval);
  if (!other_owner_since_ || now - *other_owner_heard_ > config_.down_timer_adverts * longer)
    other_owner_since_ = now;
  other_owner_heard_ = now;
  if (now - *other_owner_since_ > 2 * interval_ + longer * 6 / 5)
    return yield(now, advert, Reason::owner_conflict, out);
  if (may_answer(now)) advertise(now, out);
}

bool Instance::may_answer(Time now) {
  if (last_answer_ && now < *last_answer_ + interval_ / answers_per_interval) return false;
  last_answer_ = now;
  return true;
}

// One master is replaced; whoever else speaks up now is a second one, and then the first is none of our doing either.
bool Instance::expects_handover(Time now, const event::AdvertReceived& advert) {
  if (!handover_until_ || now >= *handover_until_ || second_master_until_) return false;
  if (!replaced_) replaced_ = advert.source;
  return *replaced_ == advert.source;
}

void Instance::follow(Time now, const event::AdvertReceived& advert) {
  constexpr Duration calm = 10s;  // two masters taking turns would have everything remarked again and again
  if (master_ != advert.source && (!remarks_cleared_ || now - *remarks_cleared_ >= calm)) {
    remarks_.clear();
    remarks_cleared_ = now;
  }
  master_ = advert.source;
  master_priority_ = advert.priority;
}

}  // namespace vrrp
