// How one of our processes is scheduled: `vrrp_priority`, `vrrp_rt_priority`, `vrrp_no_swap` … and their checker_ and bfd_ kin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace config {

struct ProcessSettings {
  std::string name;                         // process title; empty = unset
  std::int32_t nice = 0;                    // -20..19
  std::uint32_t realtime_priority = 0;      // 1..99 = SCHED_RR; 0 = normal scheduling
  std::uint32_t realtime_limit_us = 10000;  // RLIMIT_RTTIME, microseconds
  bool no_swap = false;                     // mlockall
  std::vector<std::uint32_t> cpu_affinity;  // empty = unset

  friend bool operator==(const ProcessSettings&, const ProcessSettings&) = default;
};

}  // namespace config
