// Asks an IPv4 address 1,000 times a second whether it is there (ICMP echo) and prints every time that it was
// silent: "FROM TO" in seconds of the wall clock, by the arrival of the answers, as the kernel stamped them.
// Ends on SIGTERM.
#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <netinet/ip_icmp.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

constexpr long probe_interval_ns = 1'000'000;
constexpr double silence_worth_telling_s = 0.005;
constexpr double heartbeat_s = 0.05;

volatile std::sig_atomic_t told_to_end = 0;

std::uint16_t icmp_checksum(const icmphdr& header) {
  std::array<std::uint16_t, sizeof header / 2> words{};
  std::memcpy(words.data(), &header, sizeof header);
  std::uint32_t sum = 0;
  for (const auto word : words) sum += word;
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~(sum + (sum >> 16)));
}

void send_probe(int socket, std::uint16_t id, std::uint16_t sequence) {
  icmphdr header{};
  header.type = ICMP_ECHO;
  header.un.echo.id = htons(id);
  header.un.echo.sequence = htons(sequence);
  header.checksum = icmp_checksum(header);
  (void)send(socket, &header, sizeof header, MSG_DONTWAIT);  // "host unreachable" is what we are here to see
}

/// When an answer to us arrived, if the packet is one.
std::optional<double> receive_answer(int socket, std::uint16_t id, bool& drained) {
  std::array<std::byte, 256> packet{};
  std::array<std::byte, 128> control{};
  iovec data{packet.data(), packet.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto size = recvmsg(socket, &message, MSG_DONTWAIT);
  drained = size < 0;
  if (size < static_cast<ssize_t>(20 + sizeof(icmphdr))) return std::nullopt;
  icmphdr header{};
  std::memcpy(&header, packet.data() + 20, sizeof header);
  if (header.type != ICMP_ECHOREPLY || header.un.echo.id != htons(id)) return std::nullopt;
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_type != SO_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
    return static_cast<double>(stamp.tv_sec) + static_cast<double>(stamp.tv_nsec) / 1e9;
  }
  return std::nullopt;
}

int open_socket(const char* address) {
  const int opened = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  if (opened < 0 || inet_pton(AF_INET, address, &target.sin_addr) != 1) return -1;
  const int on = 1;
  setsockopt(opened, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  return connect(opened, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0 ? opened : -1;
}

int probe(const char* address) {
  const int socket = open_socket(address);
  if (socket < 0) {
    std::perror("prober");
    return 1;
  }
  const int ticker = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec period{{0, probe_interval_ns}, {0, probe_interval_ns}};
  timerfd_settime(ticker, 0, &period, nullptr);

  const auto id = static_cast<std::uint16_t>(getpid());
  std::uint16_t sequence = 0;
  std::optional<double> last;
  double told = 0;
  while (told_to_end == 0) {
    std::array<pollfd, 2> ready{pollfd{ticker, POLLIN, 0}, pollfd{socket, POLLIN, 0}};
    if (poll(ready.data(), ready.size(), 100) <= 0) continue;
    if ((ready[0].revents & POLLIN) != 0) {
      std::uint64_t ticks = 0;
      (void)!read(ticker, &ticks, sizeof ticks);
      send_probe(socket, id, ++sequence);
    }
    for (bool drained = (ready[1].revents & (POLLIN | POLLERR)) == 0; !drained;) {
      const auto answer = receive_answer(socket, id, drained);
      if (!answer) continue;
      if (last && *answer - *last > silence_worth_telling_s)
        std::printf("silence %.6f %.6f\n", *last, *answer);
      if (*answer - told > heartbeat_s) std::printf("answer %.6f\n", told = *answer);
      std::fflush(stdout);
      last = answer;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || std::string_view{argv[1]} == "--help") {
    std::puts(
        "usage: prober ADDRESS\nPings it 1,000 times a second; prints \"FROM TO\" for every silence above 5 "
        "ms.");
    return argc == 2 ? 0 : 1;
  }
  std::signal(SIGTERM, [](int) { told_to_end = 1; });
  std::signal(SIGINT, [](int) { told_to_end = 1; });
  return probe(argv[1]);
}
