// When a master tells its neighbours where its addresses are: a burst on taking over, a second one some seconds later, a
// refresh now and then, and more when somebody else was heard who believes to be master (the `garp_*` keywords). Says how many
// rounds are due, a round being one announcement of every address. Makes no frames and keeps none apart: see net/frames.hpp and
// pacing.hpp.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time.hpp"
#include "vrrp/config.hpp"

namespace vrrp {

class AnnouncementPlan {
 public:
  struct Rounds {
    std::uint32_t all = 0;    // every address
    std::uint32_t extra = 0;  // only those on other interfaces than the router's own (`garp_extra_if`)

    friend bool operator==(const Rounds&, const Rounds&) = default;
  };

  explicit AnnouncementPlan(const AnnouncementConfig& config) : config_(config) {}

  /// Took over, has new addresses, or must say it again for another reason: the whole series from the start.
  Rounds announce(core::Time now);
  /// Goes on where another worker was: what that one sent is not repeated.
  void resume(core::Time now, core::Time became_master);
  /// Somebody else sent an advert of lower priority. Heard more often than every `least_gap`, the rounds are put off, not
  /// left out: the last word must be ours.
  Rounds lower_priority_heard(core::Time now, core::Duration least_gap);
  /// No longer master: nothing of the series is left.
  void cancel();
  void reconfigure(const AnnouncementConfig& config) { config_ = config; }

  Rounds handle_timeout(core::Time now);  // early or repeated calls do nothing
  std::optional<core::Time> next_timeout() const;

 private:
  AnnouncementConfig config_;
  std::optional<core::Time> second_burst_;
  std::optional<core::Time> refresh_;
  std::optional<core::Time> extra_;
  std::optional<core::Time> lower_heard_;    // rounds for it were last sent
  std::optional<core::Time> lower_put_off_;  // rounds that came too soon after the last ones
  std::optional<core::Time> lower_second_;   // their second burst
};

}  // namespace vrrp
