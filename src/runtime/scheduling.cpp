#include "runtime/scheduling.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/fd.hpp"
#include "runtime/system_error.hpp"

namespace runtime {

namespace {

// The soft limit of real-time CPU time was reached without a pause: somebody else needs the processor. Going on at normal
// priority is better than the signal's default, death.
void leave_realtime(int) {
  const int before = errno;
  const sched_param normal{};
  ::sched_setscheduler(0, SCHED_OTHER, &normal);
  errno = before;
}

bool set_realtime(const config::ProcessSettings& settings) {
  struct sigaction action{};
  action.sa_handler = leave_realtime;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGXCPU, &action, nullptr);
  const rlimit limit{settings.realtime_limit_us, RLIM_INFINITY};
  if (settings.realtime_limit_us != 0) ::setrlimit(RLIMIT_RTTIME, &limit);
  sched_param parameter{};
  parameter.sched_priority = static_cast<int>(settings.realtime_priority);
  return ::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameter) == 0;
}

// struct sched_attr of the kernel, whose header and the library's cannot be included together.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  // nanoseconds; with SCHED_OTHER the slice
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

bool set_affinity(const std::vector<std::uint32_t>& processors) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const std::uint32_t processor : processors) {
    if (processor < CPU_SETSIZE) CPU_SET(processor, &set);
  }
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace

std::vector<core::Error> apply_process_settings(const config::ProcessSettings& settings) {
  std::vector<core::Error> refused;
  const auto expect = [&](bool done, const std::string& what, std::string_view capability) {
    if (!done) refused.push_back(last_error(what, capability));
  };
  if (!settings.name.empty()) ::prctl(PR_SET_NAME, settings.name.c_str());
  if (settings.nice != 0) {
    expect(::setpriority(PRIO_PROCESS, 0, settings.nice) == 0,
           fmt::format("cannot set nice level {}", settings.nice), "CAP_SYS_NICE");
  }
  if (!settings.cpu_affinity.empty()) {
    expect(set_affinity(settings.cpu_affinity), "cannot stay on the processors configured", "CAP_SYS_NICE");
  }
  if (settings.no_swap) {
    expect(::mlockall(MCL_CURRENT | MCL_FUTURE) == 0, "cannot lock our memory", "CAP_IPC_LOCK");
  }
  if (settings.realtime_priority != 0) {
    expect(set_realtime(settings),
           fmt::format("cannot run with real-time priority {}", settings.realtime_priority), "CAP_SYS_NICE");
  }
  return refused;
}

void ask_for_short_slices() {
  if (::sched_getscheduler(0) != SCHED_OTHER) return;  // whoever started us chose something else
  SchedulingAttributes attributes;
  attributes.nice = ::getpriority(PRIO_PROCESS, 0);
  attributes.runtime = 100'000;  // the shortest there is
  ::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

core::Result<> join_net_namespace(const std::string& name) {
  if (name.empty()) return {};
  const std::string path = name.front() == '/' ? name : "/run/netns/" + name;
  const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return std::unexpected(last_error(fmt::format("cannot open the network namespace {}", path)));
  if (::setns(fd.get(), CLONE_NEWNET) != 0) {
    return std::unexpected(
        last_error(fmt::format("cannot join the network namespace {}", path), "CAP_SYS_ADMIN"));
  }
  return {};
}

// The default, but the library would raise it with every large block that is freed.
namespace {

constexpr int usual_threshold = 128 * 1024;  // glibc's own
constexpr int no_threshold = 32 << 20;       // the most that glibc takes for M_MMAP_THRESHOLD

void set_thresholds(int octets) {
  ::mallopt(M_MMAP_THRESHOLD, octets);
  ::mallopt(M_TRIM_THRESHOLD, octets);
}

}  // namespace

void keep_free_memory() { set_thresholds(no_threshold); }

void return_free_memory() {
  set_thresholds(usual_threshold);
  ::malloc_trim(0);
}

}  // namespace runtime
