#include "track/script.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace track {

using core::Duration;
using core::Time;

namespace {

constexpr Duration until_kill = std::chrono::seconds(2);
constexpr Duration remark_gap = std::chrono::seconds(1);
constexpr std::uint8_t term_sent = 1;
constexpr std::uint8_t kill_sent = 2;

std::string seconds(Duration duration) {
  return fmt::format("{} s", std::chrono::duration<double>(duration).count());
}

}  // namespace

Script::Script(ScriptConfig config) : config_(std::move(config)), known_(config_.init_fail) {}

ScriptActions Script::handle(Time now, const ScriptEvent& event) {
  ScriptActions out;
  std::visit([&](const auto& happened) { on(now, happened, out); }, event);
  return out;
}

// An end that is overdue comes first: with a timeout as long as the interval both are due at once, and the slot is skipped for
// a reason that was told already.
ScriptActions Script::handle_timeout(Time now) {
  ScriptActions out;
  end_if_overdue(now, out);
  run_if_due(now, out);
  return out;
}

std::optional<Time> Script::next_timeout() const {
  if (!signal_at_ || !next_run_) return signal_at_ ? signal_at_ : next_run_;
  return std::min(*signal_at_, *next_run_);
}

void Script::run_if_due(Time now, ScriptActions& out) {
  if (!next_run_ || now < *next_run_) return;
  // From the slot, not from now: lateness does not add up. Whole intervals slept through are gone.
  const Duration interval = std::max<Duration>(config_.interval, std::chrono::milliseconds(1));
  *next_run_ += (1 + (now - *next_run_) / interval) * interval;
  if (!running_since_) {
    ++runs_;
    running_since_ = now;
    signals_sent_ = 0;
    signal_at_ = now + config_.timeout;
    out.emplace_back(action::Run{});
    return;
  }
  ++skipped_;
  overlapped_ = true;
  // Where the timeout is no longer than the interval it is the timeout that tells.
  if (signals_sent_ != 0 || config_.timeout <= config_.interval || std::exchange(overlap_said_, true)) return;
  out.emplace_back(action::Remark{
      true, "script_overlap",
      fmt::format("Script {} is still running after {}, its interval: runs are skipped until it ends",
                  config_.name, seconds(now - *running_since_))});
}

void Script::end_if_overdue(Time now, ScriptActions& out) {
  if (!signal_at_ || now < *signal_at_) return;
  signal_at_ = now + until_kill;
  if (signals_sent_ == 0) {
    ++timeouts_;
    signals_sent_ = term_sent;
    out.emplace_back(action::Terminate{});
    return;
  }
  const bool again = std::exchange(signals_sent_, kill_sent) == kill_sent;
  out.emplace_back(action::Kill{});
  if (!again) return;
  // Not even SIGKILL ends it: it sleeps in the kernel. It counts as failed, and nothing is started over it.
  remark(now, true, "script_stuck",
         fmt::format("VRRP_Script({}) timed_out and SIGKILL does not end it: it hangs in the kernel",
                     config_.name),
         out);
  if (known_ && up()) judge(now, {.exit_status = -1, .signal = 9, .error = {}}, out);
}

void Script::on(Time, const event::ScriptScheduled& scheduled, ScriptActions&) {
  next_run_ = scheduled.first;
}

void Script::on(Time now, const event::ScriptResumed& resumed, ScriptActions&) {
  const ScriptSnapshot& previous = resumed.previous;
  known_ = previous.known;
  tried_ = previous.tried;
  counter_ = std::min(previous.counter, config_.rise + config_.fall - 1);
  in_a_row_ = previous.in_a_row;
  last_well_ = previous.last_well;
  last_end_ = previous.last_end;
  runs_ = previous.runs;
  failures_ = previous.failures;
  timeouts_ = previous.timeouts;
  skipped_ = previous.skipped;
  // A run that was under way may have ended unheard. If it has not, asking for the next one starts nothing, and its result is
  // that one's.
  next_run_ = std::max(now, previous.next_run.value_or(now));
}

void Script::on(Time now, const event::ScriptFinished& finished, ScriptActions& out) {
  judge(now, finished.end, out);
  running_since_.reset();
  signal_at_.reset();
  signals_sent_ = 0;
  if (!std::exchange(overlapped_, false)) overlap_said_ = false;
}

void Script::on(Time, const event::ScriptLost&, ScriptActions&) {
  running_since_.reset();
  signal_at_.reset();
  signals_sent_ = 0;
}

void Script::on(Time now, const event::ScriptReconfigured& reconfigured, ScriptActions&) {
  const bool was_up = up();
  const ScriptConfig before = std::exchange(config_, reconfigured.config);
  // The verdict stays; how far it was from changing is kept as far as the new counts allow.
  if (was_up) {
    const std::uint32_t failed = before.rise + before.fall - 1 - counter_;
    counter_ = config_.rise + config_.fall - 1 - std::min(failed, config_.fall - 1);
  } else {
    counter_ = std::min(counter_, config_.rise - 1);
  }
  if (next_run_ && before.interval != config_.interval)
    next_run_ = std::max(now, std::min(*next_run_, now + config_.interval));
  if (running_since_ && signals_sent_ == 0) signal_at_ = *running_since_ + config_.timeout;
}

void Script::count(bool well) {
  if (!std::exchange(tried_, true)) {
    counter_ = well ? config_.rise + config_.fall - 1 : 0;
  } else if (well) {
    // Below the threshold it climbs a step at a time; over it, or on arriving there, it is all well again.
    counter_ = counter_ + 1 < config_.rise ? counter_ + 1 : config_.rise + config_.fall - 1;
  } else {
    counter_ = counter_ > config_.rise ? counter_ - 1 : 0;
  }
  known_ = true;
}

void Script::judge(Time now, const ScriptEnd& end, ScriptActions& out) {
  const bool well = end.well();
  const bool was_up = up();
  const bool was_known = tried_;
  const std::string before = last_end_;
  in_a_row_ = tried_ && last_well_ == well ? std::min(in_a_row_, UINT32_MAX - 1) + 1 : 1;
  last_well_ = well;
  last_end_ = words_of(end);
  if (!well) ++failures_;
  count(well);
  const bool turned = !was_known || was_up != up();
  if (turned && up()) {
    remark(now, false, "script_succeeded", fmt::format("VRRP_Script({}) succeeded", config_.name), out);
  } else if (turned) {
    remark(now, true, "script_failed", fmt::format("VRRP_Script({}) {}", config_.name, failure_words(end)),
           out);
  } else if (last_end_ != before) {
    const bool exited = end.error.empty() && end.signal == 0;
    remark(now, !well, "script_returns",
           exited ? fmt::format("Script `{}` now returning {}", config_.name, end.exit_status)
                  : fmt::format("Script `{}` {}", config_.name, last_end_),
           out);
  } else if (unsaid_) {
    const action::Remark late = *unsaid_;
    remark(now, late.bad, late.id, late.text, out);
  }
}

std::string Script::failure_words(const ScriptEnd& end) const {
  if (end.error.empty() && end.signal == 0)
    return fmt::format("failed (exited with status {})", end.exit_status);
  if (signals_sent_ != 0 && end.error.empty()) return fmt::format("timed_out ({})", last_end_);
  return fmt::format("failed ({})", last_end_);
}

std::string Script::words_of(const ScriptEnd& end) const {
  if (!end.error.empty()) return end.error;
  if (end.signal == 0) return fmt::format("exit {}", end.exit_status);
  if (signals_sent_ != 0) {
    return fmt::format("timed out after {}{}", seconds(config_.timeout),
                       signals_sent_ == kill_sent ? ", ignored SIGTERM" : "");
  }
  return fmt::format("ended by signal {}", end.signal);
}

// Of a script that says something else every time, one thing a second; the last one is said in the end.
void Script::remark(Time now, bool bad, std::string_view id, std::string text, ScriptActions& out) {
  unsaid_.reset();
  if (text == said_) return;
  action::Remark remark{bad, std::string(id), std::move(text)};
  if (said_at_ && now - *said_at_ < remark_gap) {
    unsaid_ = std::move(remark);
    return;
  }
  said_ = remark.text;
  said_at_ = now;
  out.emplace_back(std::move(remark));
}

std::string Script::detail() const {
  if (!tried_) return "no result yet";
  const std::uint32_t needed = last_well_ ? config_.rise : config_.fall;
  if (needed <= 1) return last_end_;
  return fmt::format("{}, {} of {}", last_end_, std::min(in_a_row_, needed), needed);
}

ScriptSnapshot Script::snapshot() const {
  ScriptSnapshot shown;
  shown.name = config_.name;
  shown.known = known_;
  shown.tried = tried_;
  shown.counter = counter_;
  shown.in_a_row = in_a_row_;
  shown.last_well = last_well_;
  shown.last_end = last_end_;
  shown.next_run = next_run_;
  shown.running_since = running_since_;
  shown.signals_sent = signals_sent_;
  shown.runs = runs_;
  shown.failures = failures_;
  shown.timeouts = timeouts_;
  shown.skipped = skipped_;
  shown.up = up();
  shown.rise = config_.rise;
  shown.fall = config_.fall;
  return shown;
}

}  // namespace track
