#include "app/notifier_process.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <utility>

#include "core/overload.hpp"
#include "runtime/clock.hpp"
#include "runtime/files.hpp"

namespace app {
namespace {

constexpr auto slack_at_end = std::chrono::seconds(1);

}  // namespace

NotifierProcess::NotifierProcess(boost::asio::io_context& io, Observer observer)
    : io_(io), observer_(std::move(observer)), timer_(io) {}

NotifierProcess::~NotifierProcess() {
  if (child_ended_) child_ended_->release();
}

core::Result<> NotifierProcess::open() {
  auto ends = runtime::socket_pair(SOCK_SEQPACKET);
  if (!ends) return std::unexpected(ends.error());
  worker_end_ = std::move(ends->first);
  notifier_end_ = std::move(ends->second);
  return {};
}

void NotifierProcess::configure(runtime::NotifierConfig config) {
  config.fifos_made = std::move(config_.fifos_made);
  const bool changed = config != config_ || config.states_on_reload;
  config_ = std::move(config);
  if (!wanted()) return ask_to_end();
  if (exit_) return;  // its end is being read; it is started again after that
  if (!child_.pidfd) return restart();
  if (changed && !ending_) channel_->send(runtime::to_notifier::Reconfigure{config_});
}

void NotifierProcess::restart() {
  if (closing_ || child_.pidfd || !wanted()) return;
  if (const auto launched = launch(); !launched) {
    observer_.failed(launched.error());
    timer_.expires_after(policy_.delay_after({}));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) restart();
    });
  }
}

core::Result<> NotifierProcess::launch() {
  timer_.cancel();
  auto ends = runtime::socket_pair(SOCK_STREAM);
  if (!ends) return std::unexpected(ends.error());
  const auto config = runtime::sealed_archive("standfast-notifier", config_);
  if (!config) return std::unexpected(config.error());
  auto child = runtime::spawn("/proc/self/exe", {"standfast", "worker", "notify"},
                              {{ends->second.get(), runtime::notifier_channel_fd},
                               {config->get(), runtime::notifier_config_fd},
                               {notifier_end_.get(), runtime::notifier_events_fd}});
  if (!child) return std::unexpected(child.error());
  child_ = std::move(*child);
  started_ = runtime::now();
  ending_ = false;
  channel_ = std::make_unique<Channel>(
      io_, ends->first.release(), [this](runtime::FromNotifier message) { receive(std::move(message)); },
      [this](const std::optional<core::Error>& error) {
        if (error) {
          observer_.failed(*error);
          [[maybe_unused]] const auto sent = child_.send_signal(SIGKILL);
        }
        if (exit_) finish();
      });
  child_ended_ = std::make_unique<boost::asio::posix::stream_descriptor>(io_, child_.pidfd.get());
  child_ended_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (!error) end();
                           });
  return {};
}

void NotifierProcess::receive(runtime::FromNotifier message) {
  std::visit(
      core::Overload{
          [&](runtime::from_notifier::Ready&) { observer_.ready(); },
          [&](runtime::from_notifier::Said& said) { observer_.said(said); },
          [&](runtime::from_notifier::FifoMade& made) { config_.fifos_made.push_back(std::move(made.path)); },
      },
      message);
}

// What it said last may still be on the way.
void NotifierProcess::end() {
  exit_ = runtime::reap(child_).value_or(runtime::ExitStatus{-1, 0});
  child_ended_->release();
  child_ended_.reset();
  child_ = {};
  if (!channel_->open()) finish();
}

void NotifierProcess::finish() {
  const auto exit = *std::exchange(exit_, std::nullopt);
  channel_.reset();
  timer_.cancel();
  if (closing_) return observer_.ended();
  const bool told = std::exchange(ending_, false);
  if (told) config_.fifos_made.clear();
  if (!wanted()) return;
  if (told) return restart();  // there is work again
  observer_.died(exit);
  timer_.expires_after(policy_.delay_after(runtime::now() - started_));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) restart();
  });
}

void NotifierProcess::ask_to_end() {
  if (!child_.pidfd || std::exchange(ending_, true)) return;
  channel_->send(runtime::to_notifier::Stop{});
  timer_.expires_after(config_.farewell + slack_at_end);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && child_.pidfd) [[maybe_unused]]
      const auto sent = child_.send_signal(SIGKILL);
  });
}

void NotifierProcess::close() {
  closing_ = true;
  if (!child_.pidfd && !exit_) {
    timer_.cancel();
    return observer_.ended();
  }
  ask_to_end();
}

}  // namespace app
