// The cheapest possible sender of VRRP adverts: no timers, no state, nothing but sleep and sendto. What it
// costs is what the kernel costs; no daemon can be below it at the same number of adverts a wake-up.
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <net/if.h>
#include <netinet/in.h>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>

namespace {

constexpr int vrrp_protocol = 112;
constexpr long ns_per_second = 1'000'000'000;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int open_socket(const char* interface) {
  const int opened = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, vrrp_protocol);
  const int off = 0;
  setsockopt(opened, SOL_SOCKET, SO_BINDTODEVICE, interface, static_cast<socklen_t>(std::strlen(interface)));
  setsockopt(opened, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof off);
  return opened;
}

/// Sends at `rate` adverts a second, `batch` of them at each wake-up, for `seconds`; prints CPU microseconds
/// an advert.
int run(const char* interface, long rate, long batch, long seconds) {
  const int socket = open_socket(interface);
  sockaddr_in group{};
  group.sin_family = AF_INET;
  group.sin_addr.s_addr = htonl(0xe0000012);
  std::array<std::uint8_t, 20> advert{0x21, 51, 100, 1, 0, 1};

  timespec next{};
  clock_gettime(CLOCK_MONOTONIC, &next);
  const double before = cpu_seconds();
  const long wakeups = rate * seconds / batch;
  for (long wakeup = 0; wakeup < wakeups; ++wakeup) {
    next.tv_nsec += ns_per_second / rate * batch;
    while (next.tv_nsec >= ns_per_second) {
      next.tv_nsec -= ns_per_second;
      ++next.tv_sec;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr) == EINTR) {
    }
    for (long i = 0; i < batch; ++i) {
      if (sendto(socket, advert.data(), advert.size(), 0, reinterpret_cast<const sockaddr*>(&group),
                 sizeof group) < 0) {
        std::perror("sendto");
        return 1;
      }
    }
  }
  std::printf("%.2f\n", (cpu_seconds() - before) * 1e6 / static_cast<double>(wakeups * batch));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 || std::string_view{argv[1]} == "--help") {
    std::puts(
        "usage: sender INTERFACE ADVERTS-A-SECOND ADVERTS-A-WAKE-UP SECONDS\nPrints CPU microseconds an "
        "advert.");
    return argc == 5 ? 0 : 1;
  }
  return run(argv[1], std::atol(argv[2]), std::atol(argv[3]), std::atol(argv[4]));
}
