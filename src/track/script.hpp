// One tracked script: when to run it, when to end it, and what its results mean. Decides; whoever performs Run, Terminate and
// Kill tells of the end with ScriptFinished. Runs are due at exact intervals from the first one, however late a call comes; a
// slot that finds the script still running is skipped. Past its timeout the script is asked to end (SIGTERM) and made to two
// seconds later (SIGKILL); how it ended is judged when it has, so one that catches the signal and exits with 0 was well.
//
// rise R, fall F: one counter in 0 .. R+F-1, "up" from R on. The first result decides alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "track/config.hpp"

namespace track {

/// How a run ended.
struct ScriptEnd {
  std::int32_t exit_status = -1;  // of a normal exit
  std::int32_t signal = 0;        // that ended it; 0 = none
  std::string error;              // could not be started: why

  bool well() const { return error.empty() && signal == 0 && exit_status == 0; }
  friend bool operator==(const ScriptEnd&, const ScriptEnd&) = default;
};

/// What the operator may see, and what the next worker goes on from.
struct ScriptSnapshot {
  std::string name;
  bool known = false;         // there was a result, or init_fail stands for one
  bool tried = false;         // there was a result
  std::uint32_t counter = 0;  // 0 .. rise + fall - 1
  std::uint32_t in_a_row = 0;
  bool last_well = false;
  std::string last_end;  // "exit 1"; empty before the first result
  std::optional<core::Time> next_run, running_since;
  std::uint8_t signals_sent = 0;  // to what runs: 0 none, 1 SIGTERM, 2 SIGKILL
  std::uint64_t runs = 0, failures = 0, timeouts = 0, skipped = 0;
  bool up = false;
  std::uint32_t rise = 1, fall = 1;

  friend bool operator==(const ScriptSnapshot&, const ScriptSnapshot&) = default;
};

namespace event {
/// The schedule begins; the first run is due at `first`.
struct ScriptScheduled {
  core::Time first{};
};
/// Another process goes on.
struct ScriptResumed {
  ScriptSnapshot previous;
};
struct ScriptFinished {
  ScriptEnd end;
};
/// Whoever ran the scripts is gone, and what ran with it.
struct ScriptLost {};
/// Interval, timeout, rise or fall are new; the command is the same.
struct ScriptReconfigured {
  ScriptConfig config;
};
}  // namespace event
using ScriptEvent = std::variant<event::ScriptScheduled, event::ScriptResumed, event::ScriptFinished,
                                 event::ScriptLost, event::ScriptReconfigured>;

namespace action {
struct Run {
  friend bool operator==(const Run&, const Run&) = default;
};
struct Terminate {
  friend bool operator==(const Terminate&, const Terminate&) = default;
};
struct Kill {
  friend bool operator==(const Kill&, const Kill&) = default;
};
/// For the operator, rate limited: the result is another one than was said last.
struct Remark {
  bool bad = false;
  std::string id, text;
  friend bool operator==(const Remark&, const Remark&) = default;
};
}  // namespace action
using ScriptAction = std::variant<action::Run, action::Terminate, action::Kill, action::Remark>;
using ScriptActions = std::vector<ScriptAction>;

class Script {
 public:
  explicit Script(ScriptConfig config);

  ScriptActions handle(core::Time now, const ScriptEvent& event);
  ScriptActions handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const;
  ScriptSnapshot snapshot() const;

  const ScriptConfig& config() const { return config_; }
  bool known() const { return known_; }
  bool up() const { return counter_ >= config_.rise; }
  bool running() const { return running_since_.has_value(); }
  /// "exit 1, 3 of 3": the last result and how often it came, of how many it takes.
  std::string detail() const;

 private:
  void on(core::Time now, const event::ScriptScheduled& scheduled, ScriptActions& out);
  void on(core::Time now, const event::ScriptResumed& resumed, ScriptActions& out);
  void on(core::Time now, const event::ScriptFinished& finished, ScriptActions& out);
  void on(core::Time now, const event::ScriptLost& lost, ScriptActions& out);
  void on(core::Time now, const event::ScriptReconfigured& reconfigured, ScriptActions& out);

  void run_if_due(core::Time now, ScriptActions& out);
  void end_if_overdue(core::Time now, ScriptActions& out);
  void count(bool well);
  void judge(core::Time now, const ScriptEnd& end, ScriptActions& out);
  std::string words_of(const ScriptEnd& end) const;
  std::string failure_words(const ScriptEnd& end) const;
  void remark(core::Time now, bool bad, std::string_view id, std::string text, ScriptActions& out);

  ScriptConfig config_;
  bool known_ = false;
  bool tried_ = false;
  std::uint32_t counter_ = 0;
  std::uint32_t in_a_row_ = 0;
  bool last_well_ = false;
  std::string last_end_;
  std::optional<core::Time> next_run_;
  std::optional<core::Time> running_since_, signal_at_;
  std::uint8_t signals_sent_ = 0;
  std::uint64_t runs_ = 0, failures_ = 0, timeouts_ = 0, skipped_ = 0;
  bool overlapped_ = false;    // the run that is under way
  bool overlap_said_ = false;  // until a run ends within its interval
  std::string said_;
  std::optional<core::Time> said_at_;
  std::optional<action::Remark> unsaid_;  // came too soon after said_
};

}  // namespace track
