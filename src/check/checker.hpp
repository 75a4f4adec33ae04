// When one server is checked, and what the results mean: warm-up, interval, retries, the way back, the weight. Decides; whoever
// performs StartProbe asks the server once, within Config::limit(), and tells of it with ProbeFinished.
//
// The verdict before the first result is "up", with alpha "down". The very first failure decides alone; later it takes retry + 1
// failures in a row, delay_before_retry apart, and `rise` successes bring a server back. A check of several pages asks for one
// page at a time: the page that failed is asked for alone until it is good, then it takes a whole pass over all of them.
// A check that this machine could not make (Stage::local) is made again soon, and changes nothing.
//
// FILE_CHECK and BFD_CHECK have no schedule: FileRead and BfdReported tell them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "check/config.hpp"
#include "check/probe_result.hpp"
#include "core/random.hpp"
#include "core/rare.hpp"
#include "core/time.hpp"

namespace check {

/// `failing` is still up and `rising` still down: a change that is not confirmed yet.
enum class State : std::uint8_t { up, failing, down, rising };

std::string_view to_string(State state);

/// Why a server counts as it does.
struct Reason {
  enum class Cause : std::uint8_t { unchecked, passed, failed };
  Cause cause = Cause::unchecked;
  Stage stage = Stage::verdict;  // of a failure
  std::string detail;

  std::string to_string() const;
  friend bool operator==(const Reason&, const Reason&) = default;
};

/// What the operator may see, and what the next worker goes on from.
struct CheckerSnapshot {
  State state = State::up;
  bool tried = false;  // a first failure does not decide alone any more
  bool suspended = false;
  std::uint32_t part = 0;      // page asked for next
  std::uint32_t failures = 0;  // in a row
  std::uint32_t passes = 0;    // towards `rise`
  std::optional<std::uint32_t> weight;
  std::int64_t weight_change = 0;
  Reason reason;                   // of the last result
  core::Rare<std::string> warned;  // the warning told last
  std::optional<core::Time> next_probe, running_since, state_since;
  std::uint64_t probes = 0, failed_probes = 0;

  friend bool operator==(const CheckerSnapshot&, const CheckerSnapshot&) = default;
};

namespace event {
/// The schedule begins. A server added to a running service has `first_failure_decides` false.
struct Started {
  bool first_failure_decides = true;
};
struct ProbeFinished {
  std::uint64_t run = 0;  // StartProbe's; of another one it is late, and ignored
  ProbeResult result;
};
/// FILE_CHECK: the number in the file.
struct FileRead {
  std::int64_t value = 0;
};
/// BFD_CHECK: the session's state.
struct BfdReported {
  bool up = false;
  std::string detail;
};
/// ha_suspend: the address is not here. The verdict stays, unconfirmed changes are forgotten.
struct Suspended {};
/// The address is back: as after Started.
struct Resumed {};
/// A new worker goes on.
struct Restored {
  CheckerSnapshot previous;
};
/// A reload: the same probe of the same server at other times; the history stays. What another probe found means nothing: make a new
/// Checker then.
struct Reconfigured {
  std::shared_ptr<const Config> config;
};
}  // namespace event
using Event = std::variant<event::Started, event::ProbeFinished, event::FileRead, event::BfdReported,
                           event::Suspended, event::Resumed, event::Restored, event::Reconfigured>;

namespace action {
struct StartProbe {
  std::uint64_t run = 0;
  std::uint32_t part = 0;  // which page of an HTTP check
  friend bool operator==(const StartProbe&, const StartProbe&) = default;
};
/// Its result is not wanted any more.
struct StopProbe {
  std::uint64_t run = 0;
  friend bool operator==(const StopProbe&, const StopProbe&) = default;
};
/// The verdict or the weight is another one.
struct ReportHealth {
  bool up = false;
  std::optional<std::uint32_t> weight;  // instead of the configured one
  std::int64_t weight_change = 0;       // added to it
  Reason reason;
  friend bool operator==(const ReportHealth&, const ReportHealth&) = default;
};
/// For the log; the server's name is put before it: "HTTP_GET failed: HTTP status 503, expected 200-299".
struct Remark {
  bool bad = false;
  std::string id, text;
  friend bool operator==(const Remark&, const Remark&) = default;
};
}  // namespace action
using Action = std::variant<action::StartProbe, action::StopProbe, action::ReportHealth, action::Remark>;
using Actions = std::vector<Action>;

class Checker {
 public:
  /// The seed spreads first checks over `warmup`. Whoever makes the probes looks at the same configuration.
  Checker(std::shared_ptr<const Config> config, std::uint64_t seed);

  Actions handle(core::Time now, const Event& event);
  Actions handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const { return next_probe_; }
  CheckerSnapshot snapshot() const;

  const Config& config() const { return *config_; }
  State state() const { return state_; }
  bool up() const { return state_ == State::up || state_ == State::failing; }
  const std::optional<std::uint32_t>& weight() const { return weight_; }
  std::int64_t weight_change() const { return weight_change_; }
  const Reason& reason() const { return reason_; }

 private:
  void on(core::Time now, const event::Started& started, Actions& out);
  void on(core::Time now, const event::ProbeFinished& finished, Actions& out);
  void on(core::Time now, const event::FileRead& read, Actions& out);
  void on(core::Time now, const event::BfdReported& reported, Actions& out);
  void on(core::Time now, const event::Suspended& suspended, Actions& out);
  void on(core::Time now, const event::Resumed& resumed, Actions& out);
  void on(core::Time now, const event::Restored& restored, Actions& out);
  void on(core::Time now, const event::Reconfigured& reconfigured, Actions& out);

  void enter(core::Time now, State next, Actions& out);
  void passed(core::Time now, const Answer& answer, Actions& out);
  void failed(core::Time now, const ProbeError& error, Actions& out);
  void observed(core::Time now, bool well, std::int64_t weight_change, std::string detail, Actions& out);
  void advance(core::Time now, Actions& out);
  void not_asked(core::Time now, const ProbeError& error, Actions& out);
  void warn(const std::string& warning, Actions& out);
  void report(Actions& out) const;
  void warm_up(core::Time now);
  bool has_schedule() const;
  core::Duration next_delay() const;
  core::Duration random_part_of(core::Duration whole);

  std::shared_ptr<const Config> config_;
  core::Random random_;
  State state_;
  bool started_ = false;
  bool suspended_ = false;
  bool tried_ = false;
  bool not_asked_said_ = false;
  std::uint32_t part_ = 0;
  std::uint32_t failures_ = 0;
  std::uint32_t passes_ = 0;
  std::optional<std::uint32_t> weight_;
  std::int64_t weight_change_ = 0;
  Reason reason_;
  core::Rare<std::string> warned_;
  std::optional<core::Time> next_probe_;
  std::optional<core::Time> running_since_;
  std::optional<core::Time> state_since_;
  std::uint64_t run_ = 0;  // the last one that was started
  std::uint64_t failed_probes_ = 0;
};

}  // namespace check
