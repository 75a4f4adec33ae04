// What FIFOs, mail, webhooks and owner hooks are told: the same changes of state that run the scripts, each with a number.
#include <utility>

#include "engine/failover_implementation.hpp"

namespace engine {

using core::Time;

namespace {

std::optional<notify::HookState> hook_state(vrrp::State state) {
  switch (state) {
    case vrrp::State::master:
      return notify::HookState::master;
    case vrrp::State::backup:
      return notify::HookState::backup;
    case vrrp::State::fault:
      return notify::HookState::fault;
    case vrrp::State::initialize:
      break;
  }
  return std::nullopt;
}

// In initialize: stopped, or taken away by a reload, which without notify_deleted is called FAULT. Empty: no news.
std::optional<notify::HookState> last_word(const notify::Hooks& hooks, const vrrp::Transition& transition) {
  if (transition.reason == vrrp::Reason::stopped) return notify::HookState::stop;
  if (hooks.notify_deleted || hooks.deleted) return notify::HookState::deleted;
  if (transition.from == vrrp::State::fault) return std::nullopt;
  return notify::HookState::fault;
}

}  // namespace

void Failover::Implementation::tell(notify::Event event, Actions& out) {
  if (event.what == notify::Event::What::state) ++last_event_;
  event.sequence = last_event_;
  out.emplace_back(action::Tell{std::move(event)});
}

notify::Event Failover::Implementation::event_of(notify::Subject subject, const notify::Hooks& hooks,
                                                 const vrrp::Transition& transition,
                                                 notify::HookState state) {
  notify::Event event;
  event.subject = std::move(subject);
  event.state = state;
  event.previous = vrrp::state_word(transition.from);
  event.gone = transition.to == vrrp::State::initialize;
  event.alert = hooks.smtp_alert.value_or(false);
  event.when = transition.when;
  event.reason = vrrp::reason_id(transition.reason);
  event.reason_text = vrrp::reason_text(transition.reason);
  event.detail = transition.detail;
  if (transition.peer) event.peer = transition.peer->to_string();
  return event;
}

void Failover::Implementation::tell_transition(const Router& router, const vrrp::Transition& transition,
                                               Actions& out) {
  if (!router.twin_of.empty()) return;
  const auto state = transition.to == vrrp::State::initialize ? last_word(router.hooks, transition)
                                                              : hook_state(transition.to);
  if (!state) return;
  tell(event_of({notify::Subject::Kind::instance, router.instance.config().name, transition.priority},
                router.hooks, transition, *state),
       out);
}

// What has not begun is no news; a group that a reload takes away says nothing, its members do.
void Failover::Implementation::tell_transition(const Group& group, const vrrp::Transition& transition,
                                               Actions& out) {
  const bool stopped = transition.to == vrrp::State::initialize && transition.reason == vrrp::Reason::stopped;
  const auto state = stopped ? notify::HookState::stop : hook_state(transition.to);
  if (state)
    tell(event_of({notify::Subject::Kind::group, group.machine.name(), 0}, group.hooks, transition, *state),
         out);
}

// A priority that changes while the router cannot use it is said when it can: before the state it then has.
void Failover::Implementation::tell_priority(Time now, Router& router, Actions& out) {
  const vrrp::Instance& instance = router.instance;
  const std::uint8_t priority = instance.priority();
  const vrrp::State state = instance.state();
  if (priority == router.told_priority || (state != vrrp::State::master && state != vrrp::State::backup))
    return;
  router.told_priority = priority;
  if (!router.twin_of.empty() || !router.hooks->priority_changes.value_or(false)) return;
  notify::Event event;
  event.subject = {notify::Subject::Kind::instance, instance.config().name, priority};
  event.what = notify::Event::What::priority;
  event.state = *hook_state(state);
  event.when = now;
  tell(std::move(event), out);
}

void Failover::Implementation::tell_lower_priority(Time now, const Router& router, Actions& out) {
  if (!router.twin_of.empty()) return;  // its other half hears it as well
  notify::Event event;
  event.subject = {notify::Subject::Kind::instance, router.instance.config().name,
                   router.instance.priority()};
  event.what = notify::Event::What::lower_priority_heard;
  event.state = notify::HookState::master;
  event.when = now;
  tell(std::move(event), out);
}

void Failover::Implementation::on(Time, const event::StatesWanted& wanted, Actions& out) {
  const auto repeat = [&](notify::Event event) {
    event.gone = false;
    event.repeated = true;
    event.sequence = last_event_;
    out.emplace_back(action::Tell{std::move(event), wanted.listeners});
  };
  // What has not begun will say so itself.
  for (const Number number : order_) {
    const Router& router = *routers_[number];
    if (!router.twin_of.empty()) continue;
    const vrrp::Instance& instance = router.instance;
    if (const auto state = hook_state(instance.state()))
      repeat(event_of({notify::Subject::Kind::instance, instance.config().name, instance.priority()},
                      router.hooks, instance.last(), *state));
  }
  for (const Group& group : groups_) {
    if (group.silent) continue;
    if (const auto state = hook_state(group.machine.state()))
      repeat(event_of({notify::Subject::Kind::group, group.machine.name(), 0}, group.hooks,
                      group.machine.last(), *state));
  }
}

}  // namespace engine
