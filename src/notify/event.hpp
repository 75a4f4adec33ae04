// What happened to a router, a group, a virtual or a real server, for everybody who listens beside scripts: FIFOs, mail,
// webhooks, owner hooks. Decided where the scripts are decided, so that all of them hear the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "notify/hooks.hpp"

namespace notify {

struct Event {
  enum class What : std::uint8_t {
    state,                 // the subject entered `state`
    priority,              // its effective priority changed meanwhile: for FIFOs only
    lower_priority_heard,  // a master heard an advert of lower priority: for FIFOs only
  };
  /// Counts changes of state without a gap, those of routers and groups, and those of servers; what is no change carries the
  /// number of the last one.
  std::uint64_t sequence = 0;
  Subject subject;
  What what = What::state;
  HookState state = HookState::backup;
  std::string previous;   // the state before, "BACKUP"; empty = none
  bool gone = false;      // nothing more will come of this subject: stopped, or taken away by a reload
  bool repeated = false;  // said again to a listener that may have missed it
  bool alert = false;     // mail is wanted
  core::Time when{};
  std::string reason;       // "master_silent", for programs
  std::string reason_text;  // "the master fell silent", for people
  std::string detail;
  std::string peer;  // whose advert, or silence, caused it; may be empty

  friend bool operator==(const Event&, const Event&) = default;
};

/// "INSTANCE", "GROUP", "VS", "RS".
std::string_view kind_word(Subject::Kind kind);
/// A virtual or a real server.
bool is_server(const Subject& subject);
/// One name for kind and name, to keep things by.
std::string subject_key(const Subject& subject);

/// The line that a FIFO gets, as keepalived writes it: INSTANCE "VI_1" MASTER 150, newline included; of servers
/// RS [10.0.0.1]:tcp:80 [10.9.0.50]:tcp:80 DOWN, without the zero octet that keepalived lets follow there.
std::string fifo_line(const Event& event);

/// Watches the numbers of one listener's events. A worker that was killed may begin again below what it said before; the number
/// given out goes on all the same.
class EventNumbers {
 public:
  struct Numbered {
    std::uint64_t number = 0;
    std::uint64_t missing = 0;  // so many before this one never came
  };
  Numbered number(const Event& event);

 private:
  std::uint64_t last_ = 0;
  std::uint64_t offset_ = 0;
  bool any_ = false;
};

}  // namespace notify
