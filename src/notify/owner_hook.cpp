#include "notify/owner_hook.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace notify {

using core::Duration;
using core::Time;

std::string_view owner_word(OwnerStep step) {
  switch (step) {
    case OwnerStep::acquire:
      return "acquire";
    case OwnerStep::verify:
      return "verify";
    case OwnerStep::release:
      return "release";
  }
  std::unreachable();
}

OwnerActions OwnerHook::handle(Time now, const OwnerEvent& event) {
  OwnerActions out;
  std::visit([&](const auto& happened) { on(now, happened, out); }, event);
  return out;
}

OwnerActions OwnerHook::handle_timeout(Time now) {
  OwnerActions out;
  if (!deadline_ || now < *deadline_ || running_) return out;
  // A look first when all was well; otherwise what failed is done again.
  if (*master_ && in_order_) {
    enter(OwnerStep::verify, out);
  } else {
    begin(out);
  }
  return out;
}

void OwnerHook::on(Time, const owner_event::Stated& stated, OwnerActions& out) {
  if (master_ == stated.master) return;
  master_ = stated.master;
  in_order_ = trouble_said_ = false;
  failures_ = 0;
  deadline_.reset();
  if (!running_) return begin(out);
  if (!std::exchange(outdated_, true)) out.emplace_back(owner_action::StopScript{});
}

void OwnerHook::on(Time now, const owner_event::ScriptEnded& ended, OwnerActions& out) {
  if (!running_) return;
  const OwnerStep step = *std::exchange(running_, std::nullopt);
  if (std::exchange(outdated_, false)) return begin(out);
  if (ended.succeeded) {
    succeeded(now, step, out);
  } else {
    failed(now, step, ended.how, out);
  }
}

void OwnerHook::on(Time now, const owner_event::Reconfigured& changed, OwnerActions& out) {
  const bool other_script = changed.config.command != config_.command;
  config_ = changed.config;
  if (deadline_) deadline_ = std::min(*deadline_, now + config_.interval);
  if (!other_script || !master_) return;
  in_order_ = false;
  deadline_.reset();
  if (!running_) return begin(out);
  if (!std::exchange(outdated_, true)) out.emplace_back(owner_action::StopScript{});
}

void OwnerHook::enter(OwnerStep step, OwnerActions& out) {
  running_ = step;
  deadline_.reset();
  out.emplace_back(owner_action::RunScript{step, config_.timeout});
}

void OwnerHook::begin(OwnerActions& out) { enter(*master_ ? OwnerStep::acquire : OwnerStep::release, out); }

void OwnerHook::succeeded(Time now, OwnerStep step, OwnerActions& out) {
  // That a request was accepted does not say that it had an effect.
  if (step == OwnerStep::acquire) return enter(OwnerStep::verify, out);
  if (std::exchange(trouble_said_, false))
    out.emplace_back(owner_action::Say{false, fmt::format("{} succeeds now", owner_word(step))});
  failures_ = 0;
  in_order_ = true;
  if (step == OwnerStep::verify) deadline_ = now + config_.interval;
}

void OwnerHook::failed(Time now, OwnerStep step, const std::string& how, OwnerActions& out) {
  // All was well: somebody else took it, or removed it. That is news, and what to do about it is to be done at once.
  if (step == OwnerStep::verify && std::exchange(in_order_, false)) {
    out.emplace_back(
        owner_action::Say{true, fmt::format("verify {}: it is no longer ours; acquiring it again", how)});
    trouble_said_ = true;
    return begin(out);
  }
  in_order_ = false;
  ++failures_;
  deadline_ = now + patience();
  if (!std::exchange(trouble_said_, true)) {
    out.emplace_back(
        owner_action::Say{true, fmt::format("{} {}; trying again until it succeeds", owner_word(step), how)});
  }
}

Duration OwnerHook::patience() const {
  Duration pause = config_.retry;
  for (std::uint32_t i = 1; i < failures_ && pause < config_.interval; ++i) pause *= 2;
  return std::min(pause, config_.interval);
}

}  // namespace notify
