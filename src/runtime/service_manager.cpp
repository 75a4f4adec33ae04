#include "runtime/service_manager.hpp"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace runtime {
namespace {

std::optional<std::int64_t> environment_number(const char* name) {
  const char* text = std::getenv(name);
  std::int64_t number = 0;
  if (text == nullptr) return std::nullopt;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, number);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return number;
}

std::string without_newlines(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == '\n') c = ' ';
  }
  return out;
}

}  // namespace

ServiceManager::ServiceManager(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() < 2 || (path[0] != '/' && path[0] != '@') || path.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space: no terminating zero either
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path[0] == '/' ? 1 : 0));
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
    return;  // NOLINT: socket API
  socket_ = std::move(socket);
}

ServiceManager ServiceManager::from_environment() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  ServiceManager manager = path != nullptr ? ServiceManager(path) : ServiceManager();
  const auto wait = environment_number("WATCHDOG_USEC");
  const auto whose = environment_number("WATCHDOG_PID");
  if (manager.present() && wait && *wait > 0 && (!whose || *whose == ::getpid())) {
    manager.watchdog_ = std::chrono::microseconds(*wait) / 2;
  }
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  return manager;
}

void ServiceManager::send(const std::string& message) {
  if (socket_) [[maybe_unused]]
    const ssize_t lost = ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL);
}

void ServiceManager::ready(pid_t main_pid) { send(fmt::format("READY=1\nMAINPID={}", main_pid)); }
void ServiceManager::reloading(core::Duration now) {
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                   std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
}
void ServiceManager::stopping() { send("STOPPING=1"); }
void ServiceManager::status(std::string_view text) { send("STATUS=" + without_newlines(text)); }
void ServiceManager::failed(int code) { send(fmt::format("ERRNO={}", code)); }
void ServiceManager::alive() { send("WATCHDOG=1"); }

}  // namespace runtime
