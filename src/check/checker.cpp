#include "check/checker.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace check {

using core::Duration;
using core::Time;

namespace {

// After a worker's death all its checks are overdue at once.
constexpr Duration most_catching_up = std::chrono::seconds(1);
constexpr Duration least_pause = std::chrono::milliseconds(100);
// A file's number times its weight down to here is bad in itself, not a smaller weight.
constexpr std::int64_t down_by_weight = std::numeric_limits<std::int32_t>::min();

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::up:
      return "up";
    case State::failing:
      return "failing";
    case State::down:
      return "down";
    case State::rising:
      break;
  }
  return "rising";
}

std::string Reason::to_string() const {
  if (cause == Cause::unchecked) return "not checked yet";
  return cause == Cause::passed ? detail : check::to_string(ProbeError{stage, detail});
}

Checker::Checker(std::shared_ptr<const Config> config, std::uint64_t seed)
    : config_(std::move(config)), random_(seed), state_(config_->alpha ? State::rising : State::up) {}

Actions Checker::handle(Time now, const Event& event) {
  Actions out;
  std::visit([&](const auto& happened) { on(now, happened, out); }, event);
  return out;
}

Actions Checker::handle_timeout(Time now) {
  Actions out;
  if (!next_probe_ || now < *next_probe_) return out;
  next_probe_.reset();  // one probe at a time
  running_since_ = now;
  out.emplace_back(action::StartProbe{++run_, part_});
  return out;
}

// The only writer of state_.
void Checker::enter(Time now, State next, Actions& out) {
  if (next == state_) return;
  const bool was_up = up();
  const State before = std::exchange(state_, next);
  if (next != State::failing) failures_ = 0;
  if (next == State::rising && before == State::down) part_ = passes_ = 0;
  if (next == State::up || next == State::down) passes_ = 0;
  state_since_ = now;
  if (was_up == up()) return;
  report(out);
  out.emplace_back(
      up() ? action::Remark{false, "check_succeeded",
                            fmt::format("{} succeeded: {}", keyword(config_->probe), reason_.to_string())}
           : action::Remark{true, "check_failed",
                            fmt::format("{} failed: {}", keyword(config_->probe), reason_.to_string())});
}

void Checker::report(Actions& out) const {
  out.emplace_back(action::ReportHealth{up(), weight_, weight_change_, reason_});
}

bool Checker::has_schedule() const {
  return !std::holds_alternative<File>(config_->probe) && !std::holds_alternative<Bfd>(config_->probe);
}

Duration Checker::random_part_of(Duration whole) {
  return Duration(random_.between(0, std::max<Duration::rep>(whole.count(), 0)));
}

void Checker::warm_up(Time now) {
  if (started_ && !suspended_ && has_schedule()) next_probe_ = now + random_part_of(config_->timing.warmup);
}

void Checker::on(Time now, const event::Started& started, Actions&) {
  if (std::exchange(started_, true)) return;
  tried_ = !started.first_failure_decides;
  state_since_ = now;
  warm_up(now);
}

void Checker::on(Time now, const event::ProbeFinished& finished, Actions& out) {
  if (!running_since_ || finished.run != run_) return;
  running_since_.reset();
  if (!finished.result && finished.result.error().stage == Stage::local)
    return not_asked(now, finished.result.error(), out);
  not_asked_said_ = false;
  if (finished.result) {
    passed(now, *finished.result, out);
  } else {
    failed(now, finished.result.error(), out);
  }
  tried_ = true;
  next_probe_ = now + next_delay();
}

void Checker::passed(Time now, const Answer& answer, Actions& out) {
  reason_ = {Reason::Cause::passed, Stage::verdict, answer.detail};
  const bool other_weight = answer.weight && answer.weight != std::exchange(weight_, answer.weight);
  const bool was_up = up();
  switch (state_) {
    case State::up:
    case State::failing:
      part_ = static_cast<std::uint32_t>((part_ + 1) % config_->parts());
      enter(now, State::up, out);
      break;
    case State::down:
      // The page that failed is good again: that is no pass yet, unless it is the only one.
      enter(now, State::rising, out);
      if (config_->parts() == 1) advance(now, out);
      break;
    case State::rising:
      advance(now, out);
      break;
  }
  if (other_weight && was_up == up()) report(out);
  warn(answer.warning, out);
}

void Checker::advance(Time now, Actions& out) {
  if (++part_ < config_->parts()) return;
  part_ = 0;
  if (++passes_ >= config_->timing.rise) enter(now, State::up, out);
}

void Checker::failed(Time now, const ProbeError& error, Actions& out) {
  ++failed_probes_;
  reason_ = {Reason::Cause::failed, error.stage, error.detail};
  const bool was_up = up();
  const std::uint32_t budget = tried_ ? config_->timing.retry : 0;
  if (was_up && failures_ < budget) {
    ++failures_;
    enter(now, State::failing, out);
  } else {
    enter(now, State::down, out);
  }
  if (!config_->log_all_failures || was_up != up()) return;
  out.emplace_back(
      action::Remark{true, "check_fails",
                     up() ? fmt::format("{} failed, {} of {}: {}", keyword(config_->probe), failures_,
                                        budget + 1, reason_.to_string())
                          : fmt::format("{} fails: {}", keyword(config_->probe), reason_.to_string())});
}

// Taking servers away because this machine ran out of something would make it worse.
void Checker::not_asked(Time now, const ProbeError& error, Actions& out) {
  const Duration soon = std::max<Duration>(config_->timing.delay_before_retry, least_pause);
  next_probe_ = now + std::min(config_->timing.delay_loop, soon);
  if (std::exchange(not_asked_said_, true)) return;
  out.emplace_back(action::Remark{true, "check_not_made",
                                  fmt::format("{} cannot be made, the server counts as before: {}",
                                              keyword(config_->probe), check::to_string(error))});
}

void Checker::warn(const std::string& warning, Actions& out) {
  auto next = core::unless_empty(warning);
  if (next == warned_) return;
  warned_ = std::move(next);
  if (warned_)
    out.emplace_back(
        action::Remark{true, "check_warns", fmt::format("{}: {}", keyword(config_->probe), warning)});
}

Duration Checker::next_delay() const {
  const Timing& timing = config_->timing;
  const auto* http = http_of(config_->probe);
  switch (state_) {
    case State::failing:
      return timing.delay_unconfirmed.value_or(timing.delay_before_retry);
    case State::down:
      return http != nullptr ? std::max(timing.delay_loop, timing.delay_before_retry) : timing.delay_loop;
    case State::rising:
      if (http != nullptr && http->fast_recovery) return {};
      return timing.delay_unconfirmed.value_or(timing.delay_loop);
    case State::up:
      break;
  }
  return timing.delay_loop;
}

void Checker::on(Time now, const event::FileRead& read, Actions& out) {
  const auto* file = std::get_if<File>(&config_->probe);
  if (file == nullptr) return;
  const std::int64_t factor = file->weight.value_or(1) * (file->reverse ? -1 : 1);
  if (factor == 0) return observed(now, read.value == 0, 0, fmt::format("the file says {}", read.value), out);
  // A number of 32 bits times another: fits.
  const std::int64_t product = std::clamp<std::int64_t>(read.value, std::numeric_limits<std::int32_t>::min(),
                                                        std::numeric_limits<std::int32_t>::max()) *
                               factor;
  const bool well = product > down_by_weight;
  observed(now, well, well ? product : 0, fmt::format("the file says {}, times {}", read.value, factor), out);
}

void Checker::on(Time now, const event::BfdReported& reported, Actions& out) {
  if (std::holds_alternative<Bfd>(config_->probe)) observed(now, reported.up, 0, reported.detail, out);
}

// Whoever watches a file or a session has decided already: no retries here.
void Checker::observed(Time now, bool well, std::int64_t weight_change, std::string detail, Actions& out) {
  reason_ = {well ? Reason::Cause::passed : Reason::Cause::failed, Stage::verdict, std::move(detail)};
  const bool turned = well != up();
  const bool other_weight = weight_change != std::exchange(weight_change_, weight_change);
  tried_ = true;
  if (!well) ++failed_probes_;
  enter(now, well ? State::up : State::down, out);
  if (other_weight && !turned) report(out);
}

void Checker::on(Time now, const event::Suspended&, Actions& out) {
  if (std::exchange(suspended_, true)) return;
  if (std::exchange(running_since_, std::nullopt)) out.emplace_back(action::StopProbe{run_});
  next_probe_.reset();
  if (state_ == State::failing) enter(now, State::up, out);
  if (state_ == State::rising) part_ = passes_ = 0;
}

void Checker::on(Time now, const event::Resumed&, Actions&) {
  if (std::exchange(suspended_, false)) warm_up(now);
}

void Checker::on(Time now, const event::Restored& restored, Actions&) {
  const CheckerSnapshot& previous = restored.previous;
  started_ = true;
  state_ = previous.state;
  state_since_ = previous.state_since;
  tried_ = previous.tried;
  suspended_ = previous.suspended;
  part_ = previous.part < config_->parts() ? previous.part : 0;
  failures_ = previous.failures;
  passes_ = previous.passes;
  weight_ = previous.weight;
  weight_change_ = previous.weight_change;
  reason_ = previous.reason;
  warned_ = previous.warned;
  run_ = previous.probes;
  failed_probes_ = previous.failed_probes;
  if (suspended_ || !has_schedule()) return;
  next_probe_ = previous.next_probe.value_or(now);
  if (*next_probe_ <= now)
    next_probe_ = now + random_part_of(std::min(config_->timing.delay_loop, most_catching_up));
}

void Checker::on(Time now, const event::Reconfigured& reconfigured, Actions& /*out*/) {
  config_ = reconfigured.config;
  failures_ = std::min(failures_, config_->timing.retry);
  if (next_probe_) next_probe_ = std::min(*next_probe_, now + next_delay());
}

CheckerSnapshot Checker::snapshot() const {
  return {.state = state_,
          .tried = tried_,
          .suspended = suspended_,
          .part = part_,
          .failures = failures_,
          .passes = passes_,
          .weight = weight_,
          .weight_change = weight_change_,
          .reason = reason_,
          .warned = warned_,
          .next_probe = next_probe_,
          .running_since = running_since_,
          .state_since = state_since_,
          .probes = run_,
          .failed_probes = failed_probes_};
}

}  // namespace check
