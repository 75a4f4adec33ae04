#include "runtime/control_client.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "runtime/fd.hpp"

namespace runtime {
namespace {

using Clock = std::chrono::steady_clock;

core::Error failure(const std::string& path, int code) {
  if (code == ENOENT || code == ECONNREFUSED) {
    return {code, fmt::format("no daemon answers at {}: is it running?", path)};
  }
  return {code, fmt::format("control socket {}: {}", path, std::strerror(code))};
}

bool wait(int fd, short events, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd ready{.fd = fd, .events = events, .revents = 0};
  return left > 0 && ::poll(&ready, 1, static_cast<int>(left)) == 1;
}

core::Result<Fd> connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::unexpected(failure(path, ENAMETOOLONG));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return std::unexpected(failure(path, errno));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0) {  // NOLINT: socket API
    return std::unexpected(failure(path, errno));
  }
  return socket;
}

core::Result<ControlAnswer> parse(const std::string& path, const std::string& text) {
  const auto head_end = text.find("\r\n\r\n");
  ControlAnswer answer;
  if (!text.starts_with("HTTP/1.1 ") || head_end == std::string::npos || text.size() < 12 ||
      std::from_chars(text.data() + 9, text.data() + 12, answer.status).ec != std::errc{}) {
    return std::unexpected(failure(path, EBADMSG));
  }
  answer.body = text.substr(head_end + 4);
  return answer;
}

}  // namespace

core::Result<ControlAnswer> ask_daemon(const std::string& path, const std::string& method,
                                       const std::string& target, const std::string& accept,
                                       std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  auto socket = connect(path);
  if (!socket) return std::unexpected(socket.error());
  std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: standfast\r\nAccept: {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      method, target, accept);
  while (!request.empty()) {
    if (!wait(socket->get(), POLLOUT, deadline)) return std::unexpected(failure(path, ETIMEDOUT));
    const ssize_t sent = ::send(socket->get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return std::unexpected(failure(path, errno));
    if (sent > 0) request.erase(0, static_cast<std::size_t>(sent));
  }
  std::string text;
  std::string buffer(64 << 10, '\0');
  while (true) {
    if (!wait(socket->get(), POLLIN, deadline)) return std::unexpected(failure(path, ETIMEDOUT));
    const ssize_t got = ::recv(socket->get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return std::unexpected(failure(path, errno));
    if (got == 0) return parse(path, text);
    text.append(buffer, 0, static_cast<std::size_t>(got));
  }
}

}  // namespace runtime
