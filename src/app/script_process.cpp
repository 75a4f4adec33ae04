#include "app/script_process.hpp"

#include <cerrno>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "core/archive.hpp"
#include "runtime/clock.hpp"

namespace app {
namespace {

constexpr std::size_t datagram_limit = 256u << 10;
constexpr auto drain_limit = std::chrono::seconds(5);  // the runner bounds itself to less

}  // namespace

ScriptProcess::ScriptProcess(boost::asio::io_context& io, Observer observer)
    : io_(io), observer_(std::move(observer)), timer_(io) {}

ScriptProcess::~ScriptProcess() {
  if (reports_) reports_->release();
  if (child_ended_) child_ended_->release();
}

core::Result<> ScriptProcess::open() {
  auto ends = runtime::socket_pair(SOCK_SEQPACKET);
  if (!ends) return std::unexpected(ends.error());
  requests_ = std::move(ends->first);
  runner_end_ = std::move(ends->second);
  reports_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, requests_.get());
  await_report();
  return {};
}

core::Result<> ScriptProcess::start() {
  if (wanted_) return {};
  const auto launched = launch();
  wanted_ = launched.has_value();
  return launched;
}

core::Result<> ScriptProcess::launch() {
  auto child = runtime::spawn("/proc/self/exe", {"standfast", "worker", "scripts"}, {{runner_end_.get(), 3}});
  if (!child) return std::unexpected(child.error());
  child_ = std::move(*child);
  started_ = runtime::now();
  child_ended_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, child_.pidfd.get());
  child_ended_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (!error) end();
                           });
  return {};
}

bool ScriptProcess::run(const runtime::RunScripts& scripts) {
  const auto bytes = core::to_bytes(scripts);
  return ::send(requests_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void ScriptProcess::await_report() {
  reports_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (!error) receive();
                       });
}

void ScriptProcess::receive() {
  core::Bytes datagram(datagram_limit);
  while (reports_) {
    const ssize_t size = ::recv(requests_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return await_report();
    if (size <= 0) return;
    auto finished =
        core::from_bytes<runtime::ScriptFinished>({datagram.data(), static_cast<std::size_t>(size)});
    if (finished) observer_.finished(*finished);
  }
}

void ScriptProcess::end() {
  const auto exit = runtime::reap(child_).value_or(runtime::ExitStatus{-1, 0});
  child_ended_->release();
  child_ended_.reset();
  child_ = {};
  timer_.cancel();
  if (closing_) return observer_.ended();
  observer_.died(exit);
  launch_later();
}

void ScriptProcess::launch_later() {
  timer_.expires_after(policy_.delay_after(runtime::now() - started_));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || closing_) return;
    if (const auto launched = launch(); !launched) {
      observer_.failed(launched.error());
      launch_later();
    }
  });
}

void ScriptProcess::close() {
  closing_ = true;
  if (reports_) reports_->release();
  reports_.reset();
  requests_.reset();
  runner_end_.reset();
  timer_.cancel();
  if (!child_.pidfd) return observer_.ended();
  timer_.expires_after(drain_limit);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && child_.pidfd) [[maybe_unused]]
      const auto sent = child_.send_signal(SIGKILL);
  });
}

}  // namespace app
