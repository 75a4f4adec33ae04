// The least that connecting to servers can cost: an epoll loop that connects and closes, or fetches a page, so many times a second,
// without timeouts, retries or words. And the server that both it and ours ask.
//
//   checkloop serve PORT                        answers every connection that asks with a small page
//   checkloop tcp|http PORT PER_SECOND SECONDS  prints microseconds of CPU a check
//   checkloop rush ADDRESS PORT SECONDS         prints new connections a second, as many as there can be
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

constexpr std::string_view request =
    "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 127.0.0.1:80\r\n\r\n";
constexpr std::string_view page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

sockaddr_in address(const char* port, in_addr_t host = htonl(INADDR_LOOPBACK)) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  name.sin_addr.s_addr = host;
  return name;
}

void watch(int epoll, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int serve(const char* port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in name = address(port, htonl(INADDR_ANY));
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(listener, 4096) != 0) {
    std::perror("listen");
    return 1;
  }
  const int epoll = ::epoll_create1(0);
  watch(epoll, listener, EPOLLIN);
  while (true) {
    epoll_event events[256];
    const int count = ::epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        for (int made = 0; (made = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;)
          watch(epoll, made, EPOLLIN);
        continue;
      }
      char buffer[4096];
      if (::recv(fd, buffer, sizeof buffer, 0) > 0) ::send(fd, page.data(), page.size(), MSG_NOSIGNAL);
      ::close(fd);
    }
  }
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

int ask(bool http, const char* port, long rate, long seconds) {
  const sockaddr_in name = address(port);
  const int epoll = ::epoll_create1(0);
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  itimerspec every{};
  every.it_interval.tv_nsec = every.it_value.tv_nsec = 1'000'000'000 / rate;
  ::timerfd_settime(timer, 0, &every, nullptr);
  watch(epoll, timer, EPOLLIN);
  long begun = 0;
  long done = 0;
  long failed = 0;
  const double before = cpu_seconds();
  while (done + failed < rate * seconds) {
    epoll_event events[256];
    const int count = ::epoll_wait(epoll, events, 256, 1000);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == timer) {
        std::uint64_t due = 0;
        if (::read(timer, &due, sizeof due) != sizeof due) continue;
        for (; due > 0 && begun < rate * seconds; --due, ++begun) {
          const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
          [[maybe_unused]] const int begins =
              ::connect(made, reinterpret_cast<const sockaddr*>(&name), sizeof name);
          watch(epoll, made, EPOLLOUT);
        }
        continue;
      }
      if ((events[i].events & EPOLLOUT) != 0) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == 0 && http && ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
          epoll_event event{};
          event.events = EPOLLIN;
          event.data.fd = fd;
          ::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
          continue;
        }
        ++(error == 0 && !http ? done : failed);
        ::close(fd);
        continue;
      }
      char buffer[4096];
      const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
      ++(got > 12 && std::memcmp(buffer + 9, "200", 3) == 0 ? done : failed);
      ::close(fd);
    }
  }
  std::printf("%.2f us a check, %ld done, %ld failed\n",
              (cpu_seconds() - before) * 1e6 / static_cast<double>(done + failed), done, failed);
  return failed == 0 ? 0 : 1;
}

// So many at a time; each is reset when it is open, or the ports would wait for minutes.
int rush(const char* host, const char* port, long seconds) {
  constexpr int at_a_time = 64;
  const sockaddr_in name = address(port, ::inet_addr(host));
  const int epoll = ::epoll_create1(0);
  const auto begin = [&] {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    [[maybe_unused]] const int begins =
        ::connect(made, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    watch(epoll, made, EPOLLOUT);
  };
  for (int i = 0; i < at_a_time; ++i) begin();
  const auto start = std::chrono::steady_clock::now();
  const auto end = start + std::chrono::seconds(seconds);
  long done = 0;
  long failed = 0;
  while (std::chrono::steady_clock::now() < end) {
    epoll_event events[at_a_time];
    const int count = ::epoll_wait(epoll, events, at_a_time, 1000);
    for (int i = 0; i < count; ++i) {
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(events[i].data.fd, SOL_SOCKET, SO_ERROR, &error, &size);
      ++(error == 0 ? done : failed);
      const linger reset{1, 0};
      ::setsockopt(events[i].data.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      ::close(events[i].data.fd);
      begin();
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.0f connections a second, %ld failed\n", static_cast<double>(done) / took.count(), failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "serve" && argc == 3) return serve(argv[2]);
  if ((what == "tcp" || what == "http") && argc == 5)
    return ask(what == "http", argv[2], std::atol(argv[3]), std::atol(argv[4]));
  if (what == "rush" && argc == 5) return rush(argv[2], argv[3], std::atol(argv[4]));
  std::fprintf(
      stderr, "usage: checkloop serve PORT | tcp|http PORT PER_SECOND SECONDS | rush ADDRESS PORT SECONDS\n");
  return 2;
}
