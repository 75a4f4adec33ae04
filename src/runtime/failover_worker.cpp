#include "runtime/failover_worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <new>
#include <optional>

#include "runtime/channel.hpp"
#include "runtime/failover_host.hpp"
#include "runtime/files.hpp"
#include "runtime/log.hpp"
#include "runtime/messages.hpp"
#include "runtime/scheduling.hpp"

namespace runtime {

namespace {

namespace asio = boost::asio;

constexpr int exit_failed = 1;
constexpr int exit_no_memory = 3;  // not for ever: the supervisor tries again
constexpr int exit_no_permission = 4;
constexpr std::chrono::seconds farewell{1};

core::Result<FailoverWorkerConfig> read_config() {
  const auto bytes = read_memory(worker_config_fd);
  if (!bytes) return std::unexpected(bytes.error());
  return core::from_bytes<FailoverWorkerConfig>(*bytes);
}

// These are the supervisor's to act on; `killall -HUP` reaches us too.
void ignore_foreign_signals() {
  for (const int signal : {SIGPIPE, SIGHUP, SIGUSR1, SIGUSR2}) std::signal(signal, SIG_IGN);
}

// The loop: waits for the host's one descriptor, the supervisor's channel and a signal to stop.
class Worker {
 public:
  Worker(FailoverWorkerConfig config, Log& log) : config_(std::move(config)), log_(log) {}

  int run() {
    std::vector<core::Error> refused = apply_process_settings(config_.process);
    channel_.emplace(
        io_, worker_channel_fd, [this](ToWorker message) { receive(std::move(message)); },
        [this](const std::optional<core::Error>& error) { lose_supervisor(error); });
    std::optional<SnapshotFile> snapshot;
    if (auto file = SnapshotFile::open(worker_snapshot_fd)) {
      snapshot = std::move(*file);
    } else {
      log_.warning("{}: a worker after this one will start afresh", file.error().message);
    }
    auto host = FailoverHost::start(std::move(config_), std::move(snapshot),
                                    {worker_scripts_fd,
                                     worker_watcher_fd,
                                     {worker_listeners_fd, worker_listeners_fd + 1, worker_listeners_fd + 2}},
                                    [this](const ToSupervisor& message) { channel_->send(message); });
    if (!host) {
      log_.error("{}", host.error().message);
      return host.error().code == EPERM || host.error().code == EACCES ? exit_no_permission : exit_failed;
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
    say_farewell();
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

  // The last transitions shall still reach the supervisor, if it reads.
  void say_farewell() {
    const core::Time limit = now() + farewell;
    io_.restart();
    while (channel_->open() && channel_->queued() != 0 && now() < limit)
      io_.run_one_for(std::chrono::milliseconds{20});
    channel_->close();
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
  ignore_foreign_signals();
  give_back_large_blocks();
  auto config = read_config();
  if (!config) {
    LogSettings settings;
    settings.console = true;
    Log log(settings, "Standfast_vrrp");
    log.error("the failover worker cannot read its configuration: {}", config.error().message);
    return exit_failed;
  }
  Log log(config->log, "Standfast_vrrp");
  if (auto joined = join_net_namespace(config->net_namespace); !joined) {
    log.error("{}", joined.error().message);
    return joined.error().code == EPERM || joined.error().code == EACCES ? exit_no_permission : exit_failed;
  }
  try {
    return Worker{std::move(*config), log}.run();
  } catch (const std::bad_alloc&) {
    log.error("no memory left: this failover worker ends, a new one goes on from its snapshot");
    return exit_no_memory;
  }
}

}  // namespace runtime
