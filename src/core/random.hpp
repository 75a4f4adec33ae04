// A small seeded generator (splitmix64, Steele, Lea and Flood 2014): the only randomness pure code may have, given at
// construction, so that a seed replays everything.
#pragma once

#include <cstdint>

namespace core {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [low, high], both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    const auto base =
        static_cast<std::uint64_t>(low);  // unsigned: the whole range does not fit a signed difference
    const std::uint64_t span = static_cast<std::uint64_t>(high) - base + 1;
    return static_cast<std::int64_t>(span == 0 ? next() : base + next() % span);
  }

  /// True in `percent` of a hundred cases.
  bool chance(double percent) { return static_cast<double>(next() >> 11) * 0x1.0p-53 * 100.0 < percent; }

 private:
  std::uint64_t state_;
};

}  // namespace core
