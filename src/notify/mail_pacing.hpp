// How many mails one subject may cause. A change of state is one mail, and the same state again is none. More than so many in a
// period are held and become one summary when the period is over, so that a flapping router fills no mailbox.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "notify/event.hpp"

namespace notify {

class MailPacing {
 public:
  MailPacing(std::uint32_t count, core::Duration period) : count_(count), period_(period) {}

  /// One mail: of one event, or a summary of several, oldest first; `more` were not kept.
  struct Mail {
    std::vector<Event> events;
    std::uint64_t more = 0;
  };

  /// The mail to send now, if any.
  std::optional<Mail> handle(core::Time now, const Event& event);
  std::vector<Mail> handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const;
  /// What is held, at the end.
  std::vector<Mail> flush();
  void set_limits(std::uint32_t count, core::Duration period);

  /// The last state mailed of each subject: what a later life of ours needs to know (snapshot and resume).
  const std::map<std::string, HookState>& snapshot() const { return mailed_; }
  void resume(std::map<std::string, HookState> mailed) { mailed_ = std::move(mailed); }

 private:
  static constexpr std::size_t most_held = 20;

  struct Subject {
    std::deque<core::Time> sent;
    Mail held;
    std::optional<core::Time> due;
  };
  void forget_old(Subject& subject, core::Time now) const;

  std::uint32_t count_;
  core::Duration period_;
  std::map<std::string, Subject> subjects_;
  std::map<std::string, HookState> mailed_;
};

}  // namespace notify
