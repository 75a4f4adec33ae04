#include "runtime/scheduling.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace runtime {
namespace {

struct Scheduling {
  int nice = 0;
  std::uint64_t slice = 0;  // nanoseconds; 0: this kernel does not say
};

Scheduling scheduling() {
  std::array<std::uint8_t, 48> attributes{};
  EXPECT_EQ(::syscall(SYS_sched_getattr, 0, attributes.data(), attributes.size(), 0), 0);
  Scheduling found;
  std::memcpy(&found.nice, attributes.data() + 16, sizeof found.nice);
  std::memcpy(&found.slice, attributes.data() + 24, sizeof found.slice);
  return found;
}

// What a process does to itself is tried in one of its own.
int status_of(int (*body)()) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST(Scheduling, AShortSliceLeavesTheNiceLevelAlone) {
  if (scheduling().slice == 0) GTEST_SKIP() << "this kernel has no slices";
  EXPECT_EQ(status_of([] {
              ::setpriority(PRIO_PROCESS, 0, 7);
              ask_for_short_slices();
              const Scheduling found = scheduling();
              return found.nice == 7 && found.slice == 100'000 ? 0 : 1;
            }),
            0);
}

TEST(Scheduling, AnotherPolicyIsLeftAlone) {
  EXPECT_EQ(status_of([] {
              const sched_param normal{};
              if (::sched_setscheduler(0, SCHED_BATCH, &normal) != 0) return 2;
              ask_for_short_slices();
              return ::sched_getscheduler(0) == SCHED_BATCH ? 0 : 1;
            }),
            0);
}

TEST(Scheduling, WhatIsRefusedIsSaid) {
  EXPECT_EQ(status_of([] {
              config::ProcessSettings settings;
              settings.cpu_affinity = {1023};  // no machine of ours has so many
              return apply_process_settings(settings).size() == 1 ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace runtime
