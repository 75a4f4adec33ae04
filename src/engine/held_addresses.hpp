// The virtual addresses of one router, and what has become of each in the kernel: wanted or not, there or not, and whether a
// removal we hear of is the echo of our own. Somebody who removes one again and again gets it put back ten times a second and
// no more often.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/time.hpp"
#include "engine/presence.hpp"
#include "net/interface.hpp"
#include "vrrp/config.hpp"

namespace engine {

class HeldAddresses {
 public:
  struct Held : Presence {
    net::InterfaceAddress address;  // interface 0: its interface does not exist now
    std::string interface;          // as configured, empty = the router's
    bool advertised = true;         // not among the excluded ones
    bool track = true;
    bool use_vmac = false;
    /// Without such an address a master would answer for nothing.
    bool essential() const { return advertised && track; }
  };

  /// All of `config`, none wanted, none present.
  void assign(const vrrp::Config& config);
  std::vector<Held>& all() { return held_; }
  const std::vector<Held>& all() const { return held_; }

  /// Wants everything and returns what is to be added now.
  std::vector<net::InterfaceAddress> install(core::Time now);
  /// Wants nothing and returns what is to be removed, in the reverse order.
  std::vector<net::InterfaceAddress> withdraw(core::Time now);
  /// The kernel has it no longer. True if that was none of our doing and it is wanted back.
  bool gone(Held& held, core::Time now);

  /// When the next missing addresses may be put back; empty if none is missing.
  std::optional<core::Time> restore_at() const { return restore_at_; }
  /// Put back not before `when`.
  void restore_after(core::Time when);
  /// What is missing of the wanted, if it is time.
  std::vector<net::InterfaceAddress> restore(core::Time now);

 private:
  std::vector<Held> held_;
  std::optional<core::Time> restore_at_;
};

}  // namespace engine
