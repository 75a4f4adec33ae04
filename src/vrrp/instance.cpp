#include "vrrp/instance.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "core/check.hpp"
#include "core/overload.hpp"
#include "vrrp/advert.hpp"

namespace vrrp {

using core::Duration;
using core::Time;

namespace {

std::string seconds(Duration duration) {
  return fmt::format("{:.2f} s", std::chrono::duration<double>(duration).count());
}

std::string who(const net::IpAddress& address, std::uint8_t priority) {
  return fmt::format("{} (priority {})", address.to_string(), priority);
}

Transition because(Reason reason, std::string detail = {}) {
  Transition why;
  why.reason = reason;
  why.detail = std::move(detail);
  return why;
}

}  // namespace

Instance::Instance(Config config)
    : config_(std::move(config)),
      interval_(interval_on_wire(config_.version, config_.advert_interval)),
      priority_(config_.priority),
      master_interval_(interval_),
      plan_(config_.announcements) {}

Actions Instance::handle(Time now, const Event& event) {
  Actions out;
  listen_again_if_paused(now, out);
  std::visit([&](const auto& happened) { on(now, happened, out); }, event);
  return out;
}

Actions Instance::handle_timeout(Time now) {
  Actions out;
  listen_again_if_paused(now, out);
  if (deadline_ && now >= *deadline_) {
    if (state_ == State::master) {
      send_scheduled(now, out);
    } else if (config_.in_sync_group) {
      want_master(now);
    } else {
      take_over(now, out);
    }
  }
  if (state_ != State::master) return out;
  if (second_master_until_ && now >= *second_master_until_) reannounce(now, out);
  announce(plan_.handle_timeout(now), out);
  return out;
}

Actions Instance::wake(Time now) {
  Actions out;
  listen_again_if_paused(now, out);
  return out;
}

std::optional<Time> Instance::next_timeout() const {
  std::optional<Time> next = deadline_;
  for (const auto& timer : {second_master_until_, plan_.next_timeout()}) {
    if (timer && (!next || *timer < *next)) next = timer;
  }
  return next;
}

// The transition table, by the state that is entered.
void Instance::enter(Time now, State next, Transition why, Actions& out) {
  const State from = std::exchange(state_, next);
  if (from == State::master) leave_master(why.reason, out);
  remarks_.clear();
  deadline_.reset();
  preempt_after_.reset();
  resigned_ = false;
  woke_late_ = false;
  wants_master_ = false;
  switch (next) {
    case State::initialize:
    case State::fault:
      forget_master();
      break;
    case State::backup:
      deadline_ = std::max(now, hold_until_) + master_down();
      break;
    case State::master:
      forget_master();
      ++counters_.became_master;
      advertise(now, out);
      out.emplace_back(action::InstallAddresses{});
      announce(plan_.announce(now), out);
      break;
  }
  report(now, from, std::move(why), out);
}

// Whoever leaves for a reason that no other router knows says so with priority 0; after a better advert or a pause somebody
// else is master already.
void Instance::leave_master(Reason reason, Actions& out) {
  const bool resigns = reason == Reason::fault || reason == Reason::stopped || reason == Reason::removed ||
                       reason == Reason::reconfigured;
  if (resigns && can_send() && !leaves_no_trace_) {
    ++counters_.adverts_sent;
    ++counters_.priority_zero_sent;
    out.emplace_back(action::SendAdvert{0, {}});
  }
  if (!leaves_no_trace_) out.emplace_back(action::WithdrawAddresses{});
  ++counters_.released_master;
  plan_.cancel();
  last_sent_.reset();
  last_answer_.reset();
  handover_until_.reset();
  replaced_.reset();
  reannounced_.reset();
  other_owner_since_.reset();
  other_owner_heard_.reset();
  forget_second_master();
}

void Instance::on(Time now, const event::Started& started, Actions& out) {
  SF_CHECK(state_ == State::initialize);
  hold_until_ = started.hold_until;
  begin(now, started.beside_master, out);
}

void Instance::begin(Time now, bool beside_master, Actions& out) {
  if (!faults_.empty()) {
    out.emplace_back(action::WithdrawAddresses{});
    enter(now, State::fault, because(Reason::fault, fault_list()), out);
    return;
  }
  if (beside_master && now >= hold_until_) {
    enter(now, State::master, because(Reason::started), out);
    handover_until_ = now + handover_time();
    return;
  }
  const bool as_owner = config_.owner() && !config_.state_backup_written;
  if (as_owner && now >= hold_until_ && !config_.in_sync_group) {
    enter(now, State::master, because(Reason::started_as_owner), out);
    handover_until_ = now + handover_time();
    return;
  }
  out.emplace_back(action::WithdrawAddresses{});  // what an earlier run may have left behind
  enter(now, State::backup, because(Reason::started), out);
  if (config_.in_sync_group && (as_owner || config_.start_as_master)) {
    deadline_ = std::max(now, hold_until_) + group_patience();
  } else if (as_owner) {
    deadline_ = hold_until_ + interval_;
  }
}

void Instance::on(Time now, const event::Resumed& resumed, Actions& out) {
  SF_CHECK(state_ == State::initialize);
  const Snapshot& previous = resumed.previous;
  counters_ = previous.counters;
  last_ = previous.last;
  old_unicast_checksum_ = previous.old_unicast_checksum;
  // More may have been sent since that was written; a gap harms nobody.
  constexpr std::uint32_t more_than_were_sent = 1024;
  if (previous.ah_sequence != 0) ah_sequence_ = previous.ah_sequence + more_than_were_sent;
  signatures_ = previous.signatures;
  if (signatures_.sent != 0) signatures_.sent += more_than_were_sent;
  if (previous.state == State::initialize) return begin(now, false, out);

  state_ = previous.state;
  if (state_ != State::master) out.emplace_back(action::WithdrawAddresses{});
  if (state_ == State::backup) {
    master_ = previous.master;
    master_priority_ = previous.master_priority;
    if (config_.version == Version::v3 && previous.master_interval > Duration::zero()) {
      master_interval_ = previous.master_interval;
    }
    deadline_ = now + master_down();  // what was sent while we were away we have not heard
  }
  if (!faults_.empty()) {
    if (state_ != State::fault) enter(now, State::fault, because(Reason::fault, fault_list()), out);
    return;
  }
  if (state_ == State::fault) return enter(now, State::backup, because(Reason::fault_cleared), out);
  if (state_ != State::master) return;
  if (resumed.away >= config_.down_timer_adverts * interval_) {
    auto detail = fmt::format("nothing of us ran for {}", seconds(resumed.away));
    return enter(now, State::backup, because(Reason::paused, std::move(detail)), out);
  }
  second_master_until_ = previous.second_master_until;
  advertise(now, out);
  out.emplace_back(action::InstallAddresses{});
  plan_.resume(now, last_.when);
}

void Instance::on(Time now, const event::FaultsChanged& changed, Actions& out) {
  faults_ = changed.faults;
  std::ranges::sort(faults_);
  if (!faults_.empty() && (state_ == State::backup || state_ == State::master)) {
    enter(now, State::fault, because(Reason::fault, fault_list()), out);
  } else if (faults_.empty() && state_ == State::fault) {
    if (!config_.multicast()) out.emplace_back(action::AnnounceSource{});
    enter(now, State::backup, because(Reason::fault_cleared), out);
  }
}

void Instance::on(Time, const event::SourceChanged& changed, Actions&) { source_ = changed.source; }

void Instance::on(Time now, const event::PriorityChanged& changed, Actions& out) {
  const Duration skew_before = skew();
  parts_ = changed.parts;
  set_priority(now, out);
  // What a backup waits for depends on what it is worth.
  if (state_ == State::backup && deadline_ && !wants_master_)
    deadline_ = std::max(now, *deadline_ + (skew() - skew_before));
}

void Instance::set_priority(Time, Actions& out) {
  std::int64_t total = config_.priority;
  for (const PriorityPart& part : parts_) total += part.points;
  const std::int64_t held = std::clamp<std::int64_t>(total, 1, 254);
  const auto next = static_cast<std::uint8_t>(config_.owner() ? config_.priority : held);
  const std::uint8_t before = std::exchange(priority_, next);
  if (before != next && state_ != State::initialize) out.emplace_back(action::ReportPriority{before, next});
}

void Instance::on(Time now, const event::GroupTakesOver&, Actions& out) {
  if (state_ == State::backup && wants_master_) take_over(now, out);
}

void Instance::on(Time now, const event::GroupYields& group, Actions& out) {
  if (state_ != State::master) return;
  // As in yield(): who is master beside us may not have heard of us yet, and must announce again.
  if (config_.higher_prio_send_advert || config_.reannounce_after_second_master) advertise(now, out);
  enter(now, State::backup, because(Reason::group_member_left, group.member), out);
}

void Instance::on(Time now, const event::GroupHeardLowerPriority&, Actions& out) {
  if (state_ == State::master) announce(plan_.lower_priority_heard(now, interval_ / 8), out);
}

void Instance::on(Time now, const event::Stopped& stopped, Actions& out) {
  if (state_ == State::initialize) return;
  leaves_no_trace_ = !stopped.withdraw;
  enter(now, State::initialize, because(stopped.reason), out);
}

void Instance::on(Time now, const event::Reconfigured& reconfigured, Actions& out) {
  const Duration skew_before = skew();
  const Duration down_before = master_down();
  const Config before = std::exchange(config_, reconfigured.config);
  set_priority(now, out);
  const Duration interval_before =
      std::exchange(interval_, interval_on_wire(config_.version, config_.advert_interval));
  plan_.reconfigure(config_.announcements);
  // In version 3 a backup follows what its master says, and a reload of ours does not change that.
  if (config_.version == Version::v2 || state_ != State::backup || !heard_) master_interval_ = interval_;

  if (state_ == State::backup && deadline_) {
    deadline_ = std::max(now, *deadline_ + (resigned_ ? skew() - skew_before : master_down() - down_before));
  }
  if (state_ != State::master) return;
  const bool addresses_changed =
      before.addresses != config_.addresses || before.excluded_addresses != config_.excluded_addresses;
  // Who waits for us learns of another interval at once, or it would take the first longer one for our end.
  if (before.addresses != config_.addresses || interval_ != interval_before) advertise(now, out);
  if (addresses_changed) out.emplace_back(action::InstallAddresses{});
  if (reconfigured.addresses_added) announce(plan_.announce(now), out);
}

// It goes on listening: an advert that it obeys takes the wish away.
void Instance::want_master(Time now) {
  wants_master_ = true;
  deadline_ = now + group_patience();
}

// Section 6.4.2 (100), the Backup timer, and 6.4.3 (700), the Active one.
void Instance::take_over(Time now, Actions& out) {
  Transition why = because(Reason::master_silent);
  why.peer = master_;
  why.peer_priority = master_priority_;
  const Duration silence = heard_ ? now - *heard_ : Duration::zero();
  if (resigned_) {
    why.reason = Reason::master_resigned;
  } else if (master_ && heard_ && master_priority_ < priority() &&
             silence < config_.down_timer_adverts * master_interval_) {
    why.reason = Reason::preempted;
    why.detail = fmt::format("{} has been master", who(*master_, master_priority_));
  } else if (master_ && heard_) {
    why.detail = fmt::format("no advert from {} for {}", who(*master_, master_priority_), seconds(silence));
  } else {
    why.detail = fmt::format("no advert from anybody for {}", seconds(master_down()));
  }
  const bool replaces = why.reason == Reason::preempted;
  const auto before = why.peer;
  enter(now, State::master, std::move(why), out);
  if (!replaces) return;
  handover_until_ = now + handover_time();
  replaced_ = before;
}

// The next advert is due an interval after this one was, not after it was sent: lateness does not add up.
void Instance::send_scheduled(Time now, Actions& out) {
  const Time scheduled = *deadline_;
  advertise(now, out);
  if (scheduled + interval_ > now) deadline_ = scheduled + interval_;
}

bool Instance::fell_behind(Time now) const {
  return state_ == State::master && last_sent_ && now - *last_sent_ >= patience_of_others();
}

// The timer of a backup that ran out while it slept says nothing of the master: its adverts may lie unread, or were dropped. But
// who is late a second time must have slept longer, or a machine that is always a little late would never take over.
bool Instance::overslept(Time now) const {
  if (state_ != State::backup || !deadline_) return false;
  return now - *deadline_ >= (woke_late_ ? master_down() : master_interval_);
}

void Instance::listen_again_if_paused(Time now, Actions& out) {
  if (overslept(now)) {
    woke_late_ = true;
    deadline_ = now + master_down();
  }
  if (!fell_behind(now)) return;
  auto detail = fmt::format("no advert sent for {}; the others wait a little over {}",
                            seconds(now - *last_sent_), seconds(patience_of_others()));
  master_interval_ = interval_;
  enter(now, State::backup, because(Reason::paused, std::move(detail)), out);
}

void Instance::advertise(Time now, Actions& out, Duration interval) {
  ++counters_.adverts_sent;
  last_sent_ = now;
  deadline_ = now + interval_;
  out.emplace_back(action::SendAdvert{priority(), interval});
}

void Instance::announce(AnnouncementPlan::Rounds rounds, Actions& out) {
  if (rounds != AnnouncementPlan::Rounds{}) out.emplace_back(action::Announce{rounds});
}

void Instance::reannounce(Time now, Actions& out) {
  const auto peer = second_master_;
  const auto peer_priority = second_master_priority_;
  forget_second_master();
  if (!config_.reannounce_after_second_master) return;
  reannounced_ = now;
  announce(plan_.announce(now), out);
  Transition why = because(Reason::second_master_gone);
  why.peer = peer;
  why.peer_priority = peer_priority;
  if (peer) why.detail = fmt::format("{} no longer sends adverts", who(*peer, peer_priority));
  report(now, State::master, std::move(why), out);
}

void Instance::report(Time now, State from, Transition why, Actions& out) {
  why.from = from;
  why.to = state_;
  why.when = now;
  why.priority = priority();
  last_ = why;
  out.emplace_back(action::ReportTransition{std::move(why)});
}

bool Instance::first_remark(std::string_view id) {
  if (std::ranges::find(remarks_, id) != remarks_.end()) return false;
  remarks_.push_back(id);
  return true;
}

void Instance::forget_master() {
  master_.reset();
  master_priority_ = 0;
  heard_.reset();
  master_interval_ = interval_;
}

void Instance::forget_second_master() {
  second_master_until_.reset();
  second_master_.reset();
  second_master_priority_ = 0;
}

bool Instance::listens(Time now) const {
  return (state_ == State::backup || state_ == State::master) && now >= hold_until_;
}

bool Instance::can_send() const {
  return std::ranges::none_of(faults_, [&](const Fault& fault) {
    const bool link = fault.kind == FaultKind::interface_missing || fault.kind == FaultKind::interface_down;
    return link && fault.object == config_.interface;
  });
}

Duration Instance::skew() const {
  const Duration whole = config_.version == Version::v2 ? Duration(1s) : master_interval_;
  return (256 - priority()) * whole / 256;
}

// Then somebody else must have taken over. `timer_expired_backup` says that nobody has a higher priority than that, and so what
// they wait for beyond the adverts that are missing.
Duration Instance::patience_of_others() const {
  const Duration missed = config_.down_timer_adverts * interval_;
  if (!config_.timer_expired_backup) return missed;
  return missed + (256 - *config_.timer_expired_backup) *
                      (config_.version == Version::v2 ? Duration(1s) : interval_) / 256;
}

Duration Instance::group_patience() const {
  return master_interval_ + (config_.version == Version::v2 ? Duration(1s) : master_interval_) / 256;
}

Duration Instance::master_down() const { return config_.down_timer_adverts * master_interval_ + skew(); }

std::string Instance::fault_list() const {
  std::string list;
  for (const Fault& fault : faults_) {
    if (!list.empty()) list += "; ";
    list += fault_text(fault);
  }
  return list;
}

Snapshot Instance::snapshot() const {
  Snapshot shown;
  shown.name = config_.name;
  shown.interface = config_.interface;
  shown.family = config_.family;
  shown.vrid = config_.vrid;
  shown.version = static_cast<std::uint8_t>(config_.version);
  shown.state = state_;
  shown.wanted = state_;
  if (wants_master_) shown.wanted = State::master;
  if (state_ == State::fault) shown.wanted = config_.owner() ? State::master : State::backup;
  shown.last = last_;
  shown.base_priority = config_.priority;
  shown.effective_priority = priority();
  shown.priority_parts = {{config_.priority, "base"}};
  shown.priority_parts.insert(shown.priority_parts.end(), parts_.begin(), parts_.end());
  shown.faults = faults_;
  shown.source = source_;
  shown.master = master_;
  shown.master_priority = master_priority_;
  shown.master_interval = master_interval_;
  shown.advert_interval = interval_;
  shown.master_down = master_down();
  shown.deadline = deadline_;
  shown.second_master_until = second_master_until_;
  shown.old_unicast_checksum = old_unicast_checksum_;
  shown.ah_sequence = ah_sequence_;
  shown.signatures = signatures_;
  shown.counters = counters_;
  return shown;
}

std::uint32_t Instance::next_ah_sequence() {
  constexpr std::uint32_t last = 0xfffffffd;
  if (ah_sequence_ >= last) ah_sequence_ = 0;
  return ++ah_sequence_;
}

void Instance::learn_signature(const net::IpAddress& sender, SignatureNumber accepted) {
  constexpr std::size_t most_on_a_link = 16;
  remember_signature(signatures_, sender, accepted, std::max(most_on_a_link, config_.peers.size()));
}

SignatureNumber Instance::next_signature(core::WallTime wall) {
  return next_signature_number(signatures_, *config_.signature, wall);
}

}  // namespace vrrp
