#include "runtime/failover_worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <memory>
#include <optional>

#include "runtime/channel.hpp"
#include "runtime/failover_host.hpp"
#include "runtime/worker_main.hpp"

namespace runtime {

namespace {

namespace asio = boost::asio;

// The loop: waits for the host's one descriptor, the supervisor's channel and a signal to stop.
class Worker {
 public:
  Worker(FailoverWorkerConfig config, Log& log) : config_(std::move(config)), log_(log) {}

  int run() {
    ask_for_short_slices();
    std::vector<core::Error> refused = apply_process_settings(config_.process);
    channel_.emplace(
        io_, worker_channel_fd, [this](ToWorker message) { receive(std::move(message)); },
        [this](const std::optional<core::Error>& error) { lose_supervisor(error); });
    auto host = FailoverHost::start(std::move(config_), inherited_snapshot(log_),
                                    {worker_scripts_fd,
                                     worker_watcher_fd,
                                     {worker_listeners_fd, worker_listeners_fd + 1, worker_listeners_fd + 2}},
                                    [this](const ToSupervisor& message) { channel_->send(message); });
    if (!host) {
      log_.error("{}", host.error().message);
      return worker_exit_status(host.error());
    }
    host_ = std::move(*host);
    for (const auto& error : refused) {
      channel_->send(to_supervisor::Noticed{
          {engine::action::Notice::Level::warning, {}, "process_setting_refused", error.message}});
    }
    source_.emplace(io_, host_->fd());
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) host_->stop();
    });
    wait();
    io_.run();
    say_farewell(io_, *channel_);
    source_->release();  // the host's to close
    return 0;
  }

 private:
  void wait() {
    source_->async_wait(asio::posix::stream_descriptor::wait_read,
                        [this](const boost::system::error_code& error) {
                          if (error) return;
                          host_->turn();
                          if (host_->finished()) {
                            io_.stop();
                          } else {
                            wait();
                          }
                        });
  }

  void receive(ToWorker message) {
    // The loop starts after the host has: nothing is read before.
    host_->handle(std::move(message));
  }

  void lose_supervisor(const std::optional<core::Error>& error) {
    if (error) log_.error("{}", error->message);
    log_.warning("the supervisor is gone: resigning");
    host_->stop();
  }

  FailoverWorkerConfig config_;  // the host's once it has started
  Log& log_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGTERM, SIGINT};
  std::optional<Channel<ToWorker, ToSupervisor>> channel_;
  std::unique_ptr<FailoverHost> host_;
  std::optional<asio::posix::stream_descriptor> source_;
};

}  // namespace

int run_failover_worker() {
  return run_worker<FailoverWorkerConfig>(
      "failover", "Standfast_vrrp", [](FailoverWorkerConfig config, Log& log) {
        if (auto joined = join_net_namespace(config.net_namespace); !joined) {
          log.error("{}", joined.error().message);
          return worker_exit_status(joined.error());
        }
        return Worker{std::move(config), log}.run();
      });
}

}  // namespace runtime
