#include "runtime/probe/attempt.hpp"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include "runtime/clock.hpp"

namespace runtime {

namespace asio = boost::asio;
using check::ProbeError;
using check::Stage;

namespace {

const sockaddr* generic(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr*>(address.storage.data());  // NOLINT: the sockets API
}

template <class Value>
bool set_option(int fd, int level, int option, const Value& value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool ran_out(int code) {
  return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM || code == EAGAIN;
}

}  // namespace

SocketAddress socket_address(const net::IpAddress& address, std::uint16_t port,
                             const std::string& interface) {
  SocketAddress out;
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.octets.data(), address.size());
    std::memcpy(out.storage.data(), &v4, sizeof v4);
    out.size = sizeof v4;
    return out;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&v6.sin6_addr, address.octets.data(), address.size());
  if (address.is_link_local() && !interface.empty()) v6.sin6_scope_id = ::if_nametoindex(interface.c_str());
  std::memcpy(out.storage.data(), &v6, sizeof v6);
  out.size = sizeof v6;
  return out;
}

Attempt::Attempt(std::shared_ptr<ProbeLoop> loop, std::shared_ptr<const check::Config> config,
                 check::Target target, std::uint32_t part)
    : loop_(std::move(loop)),
      config_(std::move(config)),
      target_(std::move(target)),
      part_(part),
      place_(loop_->enter(*this)),
      begun_(now()),
      limit_(std::min(config_->limit(), config_->timing.connect_timeout)) {
  if (std::holds_alternative<check::Misc>(config_->probe)) limit_ = config_->limit();
}

Attempt::~Attempt() { finish(); }

ProbeError Attempt::error_of(Stage stage, int code) {
  // Of connect(): all local ports towards this server are taken.
  if (stage == Stage::connect && code == EADDRNOTAVAIL) return {Stage::local, "no free local port"};
  if ((stage == Stage::setup || stage == Stage::connect) && ran_out(code)) stage = Stage::local;
  return {stage, std::strerror(code)};
}

Failure Attempt::open(int type, int protocol) {
  const int family = target_.address.is_v4() ? AF_INET : AF_INET6;
  fd_ = Fd{::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol)};
  if (!fd_) return error_of(Stage::setup, errno);
  const int fd = fd_.get();
  if (type != SOCK_STREAM) {
    const int on = 1;
    set_option(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
               family == AF_INET ? IP_RECVERR : IPV6_RECVERR, on);
  }
  return target_.from ? bind_to(*target_.from, type) : std::nullopt;
}

Failure Attempt::bind_to(const check::LocalEnd& end, int type) {
  const int fd = fd_.get();
  if (end.mark != 0 && !set_option(fd, SOL_SOCKET, SO_MARK, end.mark))
    return ProbeError{Stage::setup,
                      fmt::format("cannot set the mark {}: {}", end.mark, std::strerror(errno))};
  if (const std::string& name = end.interface; !name.empty()) {
    if (::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.data(), static_cast<socklen_t>(name.size())) != 0)
      return ProbeError{Stage::setup, fmt::format("cannot use interface {}: {}", name, std::strerror(errno))};
  }
  if (!end.address && end.port == 0) return std::nullopt;
  const int on = 1;
  if (end.port != 0) {
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, on);
  } else if (type == SOCK_STREAM) {
    set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on);
  }
  const net::IpAddress from = end.address.value_or(net::IpAddress::any(target_.address.family));
  const SocketAddress local = socket_address(from, end.port, end.interface);
  if (::bind(fd, generic(local), local.size) != 0) {
    return ProbeError{Stage::setup, fmt::format("cannot use local address {} port {}: {}", from.to_string(),
                                                end.port, std::strerror(errno))};
  }
  return std::nullopt;
}

std::expected<bool, ProbeError> Attempt::start_connecting() {
  const std::string interface = target_.from ? target_.from->interface : std::string();
  // Of an echo request there are no ports.
  const std::uint16_t port =
      std::holds_alternative<check::Ping>(config_->probe) ? std::uint16_t{0} : target_.port;
  const SocketAddress remote = socket_address(target_.address, port, interface);
  if (::connect(fd(), generic(remote), remote.size) == 0) return true;
  if (errno == EINPROGRESS) return false;
  return std::unexpected(error_of(Stage::connect, errno));
}

Failure Attempt::connected() {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code != 0) return error_of(Stage::connect, code);
  return std::nullopt;
}

asio::awaitable<bool> Attempt::ready(Wait wait) {
  const auto keep = shared_from_this();
  if (over() || !watch(wait)) co_return false;
  if (!std::exchange(armed_, true)) loop_->set_deadline(place_, begun_ + limit_, engine::timer_slack(limit_));
  const auto wait_until_called = [this](auto handler) { waiting_ = std::move(handler); };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(wait_until_called,
                                                                       asio::use_awaitable);
  co_return !over();
}

bool Attempt::watch(Wait wait) {
  if (!watched_) {
    if (auto watched = loop_->watch(place_, fd(), wait); !watched) unwatched_ = watched.error();
  } else if (*watched_ != wait) {
    loop_->change_interest(place_, fd(), wait);
  }
  watched_ = wait;
  return !unwatched_;
}

void Attempt::connection_made() {
  const core::Duration whole = config_->limit();
  if (limit_ == whole) return;
  limit_ = whole;
  armed_ = false;
}

void Attempt::go_on() {
  if (auto coroutine = std::exchange(waiting_, nullptr)) coroutine();
}

void Attempt::deadline_came() {
  expired_ = true;
  go_on();
}

// Who cancels is not called back from within.
void Attempt::cancel() {
  cancelled_ = true;
  if (waiting_) asio::post(loop_->io(), std::exchange(waiting_, nullptr));
}

void Attempt::finish() {
  fd_ = Fd{};
  if (std::exchange(seated_, false)) loop_->leave(place_);
}

ProbeError Attempt::why_over(std::string_view progress) const {
  if (unwatched_) return {Stage::local, unwatched_->message};
  return {Stage::deadline,
          fmt::format("not done within {} s: {}", std::chrono::duration<double>(limit_).count(), progress)};
}

}  // namespace runtime
