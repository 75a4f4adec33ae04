// How late this machine wakes up anybody: a process of the real-time class that only sleeps.
//
//   ticker MILLISECONDS SECONDS   sleeps until moments so far apart; prints the worst lateness in milliseconds
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sched.h>
#include <sys/mman.h>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: ticker MILLISECONDS SECONDS\n");
    return 2;
  }
  constexpr long second = 1'000'000'000;
  const long step = std::atol(argv[1]) * 1'000'000;
  const sched_param urgent{50};
  if (::sched_setscheduler(0, SCHED_FIFO, &urgent) != 0 || ::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    std::perror("ticker");
    return 1;
  }
  timespec due{};
  ::clock_gettime(CLOCK_MONOTONIC, &due);
  const long end = due.tv_sec + std::atol(argv[2]);
  long worst = 0;
  while (due.tv_sec < end) {
    due.tv_nsec += step;
    due.tv_sec += due.tv_nsec / second;
    due.tv_nsec %= second;
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    worst = std::max(worst, (now.tv_sec - due.tv_sec) * second + now.tv_nsec - due.tv_nsec);
  }
  std::printf("%.2f\n", static_cast<double>(worst) / 1e6);
  return 0;
}
