// What the standing of a tracked object is worth to who tracks it: points of priority, or a fault. Weight 0 is the fault; a
// weight above it is given while the object is well, one below it taken while it is not; `reverse` turns the sign round (and,
// with weight 0, makes the good news the fault). How points of several trackers combine is the router's business.
#pragma once

#include <cstdint>

#include "track/config.hpp"

namespace track {

struct Effect {
  std::int32_t points = 0;
  bool fault = false;

  friend bool operator==(const Effect&, const Effect&) = default;
};

/// Of a script, a process, an interface, a BFD session.
Effect effect_of(bool up, const Weight& weight);

/// Of a file's number: the product with the weight, at most 253; -254 and below is a fault. With weight 0 any number but 0 is
/// one (reversed: 0 is).
Effect effect_of_value(std::int64_t value, const Weight& weight);

}  // namespace track
