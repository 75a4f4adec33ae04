// Whether a link is believed to be up: what the kernel says, or a poll where one was asked for (`linkbeat_interfaces`), and for
// an interface with `interface_up_down_delays` only once it has lasted. Interfaces without either are as the kernel says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "engine/trackers_config.hpp"
#include "net/interface.hpp"
#include "track/delayed.hpp"

namespace engine {

class LinkStates {
 public:
  void configure(const TrackersConfig& config);
  bool usable(const net::Interface& interface) const;

  /// The interface came, or changed. What others believe of it may have changed if usable() has.
  void observe(core::Time now, const net::Interface& interface);
  /// What a poll says. `interface` is empty while the kernel has none of that name.
  void polled(core::Time now, const std::string& name, bool up, const net::Interface* interface);
  /// Names of links that are believed to be something else now.
  std::vector<std::string> handle_timeout(core::Time now);
  std::optional<core::Time> next_timeout() const;

 private:
  struct Link {
    bool polled = false;
    std::optional<bool> beat;
    bool delayed = false;
    track::Delayed belief;
  };
  static bool raw(const Link& link, const net::Interface& interface);

  std::map<std::string, Link, std::less<>> links_;
};

}  // namespace engine
