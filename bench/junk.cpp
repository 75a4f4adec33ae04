// A stream of bad VRRP packets at a steady rate: garbage, truncated, for another router, with a wrong TTL, a
// wrong checksum, with no address, with 255, with an interval nobody agreed on. All from an address of the
// segment, to 224.0.0.18, as whole frames out of one interface: a hundred thousand a second leave no time for more.
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <span>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace {

constexpr int vrrp_protocol = 112;
constexpr long ns_per_second = 1'000'000'000;
constexpr std::uint8_t lowest_priority = 1;
using Packet = std::vector<std::uint8_t>;

struct Advert {
  std::uint8_t vrid = 0;
  std::uint8_t addresses = 1;
  std::uint8_t interval_s = 1;
  std::uint8_t ttl = 255;
  bool checksum_right = true;
  std::size_t cut_to = 65535;
};

std::uint16_t checksum(std::span<const std::uint8_t> octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < octets.size(); i += 2) sum += (octets[i] << 8) | octets[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// Version 2, without authentication, under a finished IPv4 header.
Packet make(const Advert& wanted, in_addr source) {
  Packet body{0x21, wanted.vrid, lowest_priority, wanted.addresses, 0, wanted.interval_s, 0, 0};
  for (std::uint8_t i = 0; i < wanted.addresses; ++i) body.insert(body.end(), {10, 255, 0, i});
  body.resize(body.size() + 8);
  const auto sum = static_cast<std::uint16_t>(checksum(body) + (wanted.checksum_right ? 0 : 1));
  body[6] = static_cast<std::uint8_t>(sum >> 8);
  body[7] = static_cast<std::uint8_t>(sum);
  body.resize(std::min(body.size(), wanted.cut_to));

  iphdr header{};
  header.tot_len = htons(static_cast<std::uint16_t>(sizeof header + body.size()));
  header.version = 4;
  header.ihl = 5;
  header.ttl = wanted.ttl;
  header.protocol = vrrp_protocol;
  header.saddr = source.s_addr;
  header.daddr = htonl(0xe0000012);
  Packet packet{0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x02, 0x00, 0x00, 0x00, 0x00, 0x66, 0x08, 0x00};
  packet.resize(sizeof(ether_header) + sizeof header + body.size());
  std::uint8_t* at = packet.data() + sizeof(ether_header);
  std::memcpy(at, &header, sizeof header);
  const std::uint16_t header_sum = htons(checksum({at, sizeof header}));
  std::memcpy(at + offsetof(iphdr, check), &header_sum, sizeof header_sum);
  std::memcpy(at + sizeof header, body.data(), body.size());
  return packet;
}

std::vector<Packet> every_kind(std::uint8_t vrid, in_addr source) {
  Packet garbage = make({.vrid = vrid, .addresses = 20}, source);
  for (std::size_t i = sizeof(ether_header) + sizeof(iphdr); i < garbage.size(); ++i)
    garbage[i] = static_cast<std::uint8_t>(i * 167 + 13);
  return {garbage,
          make({.vrid = vrid, .cut_to = 6}, source),
          make({.vrid = vrid, .cut_to = 12}, source),
          make({.vrid = static_cast<std::uint8_t>(vrid + 1)}, source),
          make({.vrid = vrid, .ttl = 64}, source),
          make({.vrid = vrid, .checksum_right = false}, source),
          make({.vrid = vrid, .interval_s = 77}, source),
          make({.vrid = vrid, .addresses = 0, .checksum_right = false}, source),
          make({.vrid = vrid, .addresses = 255, .checksum_right = false}, source)};
}

double monotonic_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void sleep_until(timespec& next, long step_ns) {
  next.tv_nsec += step_ns;
  next.tv_sec += next.tv_nsec / ns_per_second;
  next.tv_nsec %= ns_per_second;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr) == EINTR) {
  }
}

int open_sender(const char* interface) {
  const int socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_ifindex = static_cast<int>(if_nametoindex(interface));
  const int bypass = 1;
  if (socket < 0 || where.sll_ifindex == 0 ||
      bind(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
      setsockopt(socket, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof bypass) != 0)
    return -1;
  return socket;
}

/// Ends when `count` are sent or their time is over, whichever comes first, and prints how many a second it was.
int run(const char* interface, const char* source_text, std::uint8_t vrid, double rate, long count) {
  in_addr source{};
  const int socket = open_sender(interface);
  if (socket < 0 || inet_pton(AF_INET, source_text, &source) != 1) {
    std::perror("junk");
    return 1;
  }
  auto packets = every_kind(vrid, source);
  std::vector<iovec> parts;
  for (auto& packet : packets) parts.push_back({packet.data(), packet.size()});
  const long batch = std::max(1L, static_cast<long>(rate) / 1000);
  std::vector<mmsghdr> messages(static_cast<std::size_t>(batch));
  for (std::size_t i = 0; i < messages.size(); ++i) {
    messages[i].msg_hdr.msg_iov = &parts[i % parts.size()];
    messages[i].msg_hdr.msg_iovlen = 1;
  }

  const long step_ns = static_cast<long>(static_cast<double>(ns_per_second * batch) / rate);
  const double start = monotonic_seconds();
  const double limit_s = static_cast<double>(count) / rate;
  timespec next{};
  clock_gettime(CLOCK_MONOTONIC, &next);
  long sent = 0;
  for (std::size_t first = 0; sent < count && monotonic_seconds() - start < limit_s; ++first) {
    // One at a time goes through the kinds, too.
    if (batch == 1) messages[0].msg_hdr.msg_iov = &parts[first % parts.size()];
    const auto wanted = static_cast<unsigned>(std::min(batch, count - sent));
    const int done = sendmmsg(socket, messages.data(), wanted, 0);
    if (done > 0) sent += done;
    sleep_until(next, step_ns);
  }
  std::printf("%.1f\n", static_cast<double>(sent) / (monotonic_seconds() - start));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 || std::string_view{argv[1]} == "--help") {
    std::puts("usage: junk INTERFACE SOURCE-ADDRESS VRID PACKETS-A-SECOND PACKETS");
    return argc == 6 ? 0 : 1;
  }
  return run(argv[1], argv[2], static_cast<std::uint8_t>(std::atoi(argv[3])), std::atof(argv[4]),
             std::atol(argv[5]));
}
