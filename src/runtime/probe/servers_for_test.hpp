// For tests: small servers on the loopback, each a thread that does one thing to everybody who comes.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <mutex>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "runtime/fd.hpp"

namespace runtime::testing_servers {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return name;
}

inline std::uint16_t bind_somewhere(const Fd& fd) {
  const sockaddr_in name = loopback(0);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.sin_port);
}

/// Nobody listens there, most likely.
inline std::uint16_t free_port(int type = SOCK_STREAM) {
  const Fd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  return bind_somewhere(fd);
}

/// What a server does with a connection. `stop` turns true when the test is over.
using Behaviour = std::function<void(int fd, const std::atomic<bool>& stop, std::string& request)>;

inline bool wait_for(int fd, short events, const std::atomic<bool>& stop) {
  while (!stop) {
    pollfd poll{fd, events, 0};
    if (::poll(&poll, 1, 10) > 0) return true;
  }
  return false;
}

inline bool send_all(int fd, std::string_view text, const std::atomic<bool>& stop) {
  while (!text.empty()) {
    if (!wait_for(fd, POLLOUT, stop)) return false;
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

inline std::string receive_some(int fd, const std::atomic<bool>& stop) {
  if (!wait_for(fd, POLLIN, stop)) return {};
  std::string text(4096, '\0');
  const ssize_t size = ::recv(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

inline void await_close(int fd, const std::atomic<bool>& stop) {
  while (!stop && !receive_some(fd, stop).empty()) {
  }
}

/// Hears a request, answers, closes.
inline Behaviour says(std::string text) {
  return [text = std::move(text)](int fd, const std::atomic<bool>& stop, std::string& request) {
    request = receive_some(fd, stop);
    send_all(fd, text, stop);
    ::shutdown(fd, SHUT_WR);
    await_close(fd, stop);
  };
}
inline Behaviour says_nothing() {
  return [](int fd, const std::atomic<bool>& stop, std::string&) { await_close(fd, stop); };
}
inline Behaviour says_after(std::chrono::milliseconds delay, std::string text) {
  return [delay, text = std::move(text)](int fd, const std::atomic<bool>& stop, std::string& request) {
    request = receive_some(fd, stop);
    std::this_thread::sleep_for(delay);  // a slow server is slow
    send_all(fd, text, stop);
  };
}
inline Behaviour drips(std::string text, std::chrono::milliseconds each) {
  return [each, text = std::move(text)](int fd, const std::atomic<bool>& stop, std::string&) {
    for (const char c : text) {
      if (stop || !send_all(fd, {&c, 1}, stop)) return;
      std::this_thread::sleep_for(each);
    }
    await_close(fd, stop);
  };
}
inline Behaviour says_without_end(std::string head) {
  return [head = std::move(head)](int fd, const std::atomic<bool>& stop, std::string&) {
    const std::string filling(65536, 'x');
    if (!send_all(fd, head, stop)) return;
    while (!stop && send_all(fd, filling, stop)) {
    }
  };
}
/// The first line unasked, each further one after something was heard.
inline Behaviour converses(std::vector<std::string> lines) {
  return [lines = std::move(lines)](int fd, const std::atomic<bool>& stop, std::string&) {
    send_all(fd, lines.front(), stop);
    for (std::size_t i = 1; i < lines.size() && !receive_some(fd, stop).empty(); ++i)
      send_all(fd, lines[i], stop);
    await_close(fd, stop);
  };
}

class Server {
 public:
  explicit Server(Behaviour behaviour)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        port_(bind_somewhere(listener_)),
        behaviour_(std::move(behaviour)) {
    ::listen(listener_.get(), 64);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    stop_ = true;
    thread_.join();
    for (std::thread& each : connections_) each.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }
  /// Of the connection that is over; waits for it.
  std::string last_request() { return last(&Server::request_); }
  std::string last_peer() { return last(&Server::peer_); }

 private:
  void serve() {
    while (wait_for(listener_.get(), POLLIN, stop_)) {
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      const int fd = ::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
      if (fd < 0) continue;
      connections_.emplace_back([this, fd, peer] {
        const Fd owned(fd);
        std::string request;
        behaviour_(fd, stop_, request);
        const std::scoped_lock lock(mutex_);
        request_ = std::move(request);
        std::string text(INET_ADDRSTRLEN, '\0');
        ::inet_ntop(AF_INET, &peer.sin_addr, text.data(), INET_ADDRSTRLEN);
        peer_ = std::string(text.c_str()) + ":" + std::to_string(ntohs(peer.sin_port));
      });
    }
  }
  std::string last(std::string Server::* what) {
    for (int i = 0; i < 500; ++i) {
      {
        const std::scoped_lock lock(mutex_);
        if (!peer_.empty()) return this->*what;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return "nobody came";
  }

  Fd listener_;
  std::uint16_t port_;
  Behaviour behaviour_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
  std::vector<std::thread> connections_;
  std::mutex mutex_;
  std::string request_, peer_;
};

/// Listens, never accepts, and its queue is full: a SYN gets no answer.
class FullServer {
 public:
  FullServer()
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), port_(bind_somewhere(listener_)) {
    ::listen(listener_.get(), 0);
    for (int i = 0; i < 4; ++i) {
      Fd& fd = waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      const sockaddr_in name = loopback(port_);
      [[maybe_unused]] const int begun =
          ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
    }
  }
  std::uint16_t port() const { return port_; }

 private:
  Fd listener_;
  std::uint16_t port_;
  std::vector<Fd> waiting_;
};

/// Answers each datagram with what the function makes of it; empty: not at all.
class DatagramServer {
 public:
  using Answer = std::function<std::string(std::string)>;
  explicit DatagramServer(Answer answer)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
        port_(bind_somewhere(socket_)),
        answer_(std::move(answer)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~DatagramServer() {
    stop_ = true;
    thread_.join();
  }
  std::uint16_t port() const { return port_; }

 private:
  void serve() {
    while (wait_for(socket_.get(), POLLIN, stop_)) {
      std::string datagram(2048, '\0');
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t octets = ::recvfrom(socket_.get(), datagram.data(), datagram.size(), 0,
                                        reinterpret_cast<sockaddr*>(&from), &size);
      if (octets < 0) continue;
      datagram.resize(static_cast<std::size_t>(octets));
      const std::string reply = answer_(std::move(datagram));
      if (!reply.empty())
        ::sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  Fd socket_;
  std::uint16_t port_;
  Answer answer_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace runtime::testing_servers
