// `ensure_owner`: makes records that somebody else keeps (which machine a cloud routes an address to) agree with who is master,
// and keeps them so. Level-triggered: what counts is the state now, however it came about. While master it verifies at an
// interval and acquires what is not ours; a script that runs for a state that has passed is ended. Runs nothing itself.
//
//   master: acquire → verify → (interval) → verify …; what fails is tried again, soon, then less often
//   else:   release, until it succeeds once
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "notify/config.hpp"

namespace notify {

enum class OwnerStep : std::uint8_t { acquire, verify, release };
std::string_view owner_word(OwnerStep step);

namespace owner_event {
struct Stated {  // the subject is master, or is not
  bool master = false;
};
struct ScriptEnded {
  bool succeeded = false;
  std::string how;
};
struct Reconfigured {
  OwnerConfig config;
};
}  // namespace owner_event
using OwnerEvent = std::variant<owner_event::Stated, owner_event::ScriptEnded, owner_event::Reconfigured>;

namespace owner_action {
struct RunScript {
  OwnerStep step = OwnerStep::verify;
  core::Duration timeout{};
  friend bool operator==(const RunScript&, const RunScript&) = default;
};
/// The one that runs; its end is still to be told.
struct StopScript {
  friend bool operator==(const StopScript&, const StopScript&) = default;
};
/// For the log; said when it becomes so, not at every attempt.
struct Say {
  bool trouble = false;
  std::string text;
  friend bool operator==(const Say&, const Say&) = default;
};
}  // namespace owner_action
using OwnerAction = std::variant<owner_action::RunScript, owner_action::StopScript, owner_action::Say>;
using OwnerActions = std::vector<OwnerAction>;

class OwnerHook {
 public:
  explicit OwnerHook(OwnerConfig config) : config_(std::move(config)) {}

  OwnerActions handle(core::Time now, const OwnerEvent& event);
  OwnerActions handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const { return deadline_; }

  struct Snapshot {
    std::optional<bool> master;  // as told last
    bool in_order = false;       // the last look found what is wanted
    std::uint32_t failures = 0;  // in a row
  };
  Snapshot snapshot() const { return {master_, in_order_, failures_}; }
  /// Nothing runs and nothing is due but the next look.
  bool settled() const { return !running_ && (in_order_ || !master_); }

 private:
  void on(core::Time now, const owner_event::Stated& stated, OwnerActions& out);
  void on(core::Time now, const owner_event::ScriptEnded& ended, OwnerActions& out);
  void on(core::Time now, const owner_event::Reconfigured& changed, OwnerActions& out);
  void enter(OwnerStep step, OwnerActions& out);
  void begin(OwnerActions& out);
  void succeeded(core::Time now, OwnerStep step, OwnerActions& out);
  void failed(core::Time now, OwnerStep step, const std::string& how, OwnerActions& out);
  core::Duration patience() const;

  OwnerConfig config_;
  std::optional<bool> master_;
  std::optional<OwnerStep> running_;
  bool outdated_ = false;  // what runs was meant for a state that has passed
  bool in_order_ = false;
  bool trouble_said_ = false;
  std::uint32_t failures_ = 0;
  std::optional<core::Time> deadline_;
};

}  // namespace notify
