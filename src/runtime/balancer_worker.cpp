#include "runtime/balancer_worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <optional>

#include "runtime/balancer_host.hpp"
#include "runtime/balancer_messages.hpp"
#include "runtime/channel.hpp"
#include "runtime/worker_main.hpp"

namespace runtime {

namespace {

int work(BalancerWorkerConfig config, Log& log) {
  const std::vector<core::Error> refused = apply_process_settings(config.process);
  boost::asio::io_context io{1};
  std::optional<BalancerHost> host;
  std::optional<Channel<ToBalancer, FromBalancer>> channel;
  channel.emplace(
      io, worker_channel_fd, [&](ToBalancer message) { host->handle(std::move(message)); },
      [&](const std::optional<core::Error>& error) {
        if (error) log.error("{}", error->message);
        log.warning("the supervisor is gone: taking the services away");
        host->stop();
      });
  host.emplace(io, std::move(config), inherited_snapshot(log),
               BalancerHost::Helpers{worker_scripts_fd,
                                     worker_watcher_fd,
                                     {worker_listeners_fd, worker_listeners_fd + 1, worker_listeners_fd + 2}},
               [&](const FromBalancer& message) { channel->send(message); });
  host->on_finished([&] { io.stop(); });
  for (const auto& error : refused) {
    channel->send(to_supervisor::Noticed{
        {engine::action::Notice::Level::warning, {}, "process_setting_refused", error.message}});
  }
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) host->stop();
  });
  host->start();
  if (!host->finished()) io.run();
  say_farewell(io, *channel);
  return 0;
}

}  // namespace

int run_balancer_worker() { return run_worker<BalancerWorkerConfig>("balancer", "Standfast_balancer", work); }

}  // namespace runtime
