// One seed, one trial: a generated world in chaos, then healed, which must converge in bounded virtual time and stand a few
// drills. The same seed always gives the same trial.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "sim/audit.hpp"

namespace sim {

struct TrialOptions {
  std::uint64_t seed = 0;
  std::uint32_t nodes = 0;   // 0: the seed decides
  std::uint32_t steps = 25;  // faults
  std::size_t tail = 60;     // observations shown when it fails
};

struct TrialResult {
  std::vector<Finding> findings;
  std::string report;  // for people; empty when nothing was found
  core::Duration simulated{};
  std::uint64_t events = 0;
};

TrialResult run_trial(const TrialOptions& options);

/// Keeps the last observations and writes them out, one a line.
class Tail : public Recorder {
 public:
  explicit Tail(std::size_t size, std::vector<std::string> names) : size_(size), names_(std::move(names)) {}
  void record(const Observation& observation) override;
  std::string text() const;

 private:
  std::size_t size_;
  std::vector<std::string> names_;
  std::deque<Observation> kept_;
};

}  // namespace sim
