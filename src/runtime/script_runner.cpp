#include "runtime/script_runner.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <deque>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <list>
#include <map>
#include <memory>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "core/archive.hpp"
#include "runtime/messages.hpp"
#include "runtime/script_start.hpp"

namespace runtime {
namespace {

namespace asio = boost::asio;

struct Waiting {
  notify::Command command;
  core::Duration limit{};
};

struct Running {
  Running(asio::io_context& io, StartedScript started, std::string words)
      : script(std::move(started)), ended(io), timer(io), command(std::move(words)) {
    ended.assign(script.child.pidfd.get());
  }
  ~Running() { ended.release(); }  // the pidfd belongs to `script`
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  StartedScript script;
  asio::posix::stream_descriptor ended;
  asio::steady_timer timer;
  std::string command;
  bool timed_out = false;
};

struct Queue {
  std::deque<Waiting> waiting;
  std::unique_ptr<Running> running;
};

class Runner {
 public:
  Runner(int socket, const ScriptRunnerTimes& times) : times_(times), requests_(io_, socket), drained_(io_) {
    requests_.non_blocking(true);
    await_request();
  }

  int run() {
    io_.run();
    return 0;
  }

 private:
  void await_request() {
    requests_.async_wait(asio::posix::descriptor_base::wait_read,
                         [this](const boost::system::error_code& error) {
                           if (!error) receive();
                         });
  }

  void receive() {
    while (true) {
      const ssize_t size = ::recv(requests_.native_handle(), nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return await_request();
      if (size <= 0) return drain();  // the last peer has gone
      core::Bytes datagram(static_cast<std::size_t>(size));
      if (::recv(requests_.native_handle(), datagram.data(), datagram.size(), MSG_DONTWAIT) != size) continue;
      if (auto request = core::from_bytes<RunScripts>(datagram)) {
        accept(std::move(*request));
      } else {
        report({.queue = {},
                .command = {},
                .exit_status = -1,
                .signal = 0,
                .timed_out = false,
                .error = request.error().message});
      }
    }
  }

  void accept(RunScripts request) {
    auto& queue = queues_[request.queue];
    for (auto& command : request.commands) queue.waiting.push_back({std::move(command), request.limit});
    start_next(request.queue);
  }

  void start_next(const std::string& name) {
    auto& queue = queues_[name];
    while (!queue.running && !queue.waiting.empty()) {
      const Waiting next = std::move(queue.waiting.front());
      queue.waiting.pop_front();
      const std::string words = fmt::format("{}", fmt::join(next.command.argv, " "));
      auto started = start_script(next.command);
      if (!started) {
        report({.queue = name,
                .command = words,
                .exit_status = -1,
                .signal = 0,
                .timed_out = false,
                .error = started.error().message});
        continue;
      }
      queue.running = std::make_unique<Running>(io_, std::move(*started), words);
      watch(name, *queue.running, next.limit);
    }
    if (!queue.running) queues_.erase(name);
    if (draining_ && queues_.empty()) finish();
  }

  void watch(const std::string& name, Running& running, core::Duration limit) {
    running.ended.async_wait(asio::posix::descriptor_base::wait_read,
                             [this, name](const boost::system::error_code& error) {
                               if (!error) ended(name);
                             });
    if (limit > core::Duration::zero()) {
      after(running.timer, limit, [this, name] { overrun(name); });
    } else {
      after(running.timer, times_.impatience, [this, name] { complain(name); });
    }
  }

  template <class Do>
  void after(asio::steady_timer& timer, core::Duration delay, Do action) {
    timer.expires_after(delay);
    timer.async_wait([action](const boost::system::error_code& error) {
      if (!error) action();
    });
  }

  Running* running(const std::string& name) {
    const auto found = queues_.find(name);
    return found == queues_.end() ? nullptr : found->second.running.get();
  }

  void overrun(const std::string& name) {
    Running* const script = running(name);
    if (script == nullptr) return;
    const bool again = script->timed_out;
    script->timed_out = true;
    signal_script_group(script->script.child, again ? SIGKILL : SIGTERM);
    after(script->timer, times_.until_kill, [this, name] { overrun(name); });
  }

  void complain(const std::string& name) {
    Running* const script = running(name);
    if (script == nullptr) return;
    if (const std::size_t count = queues_[name].waiting.size(); count > 0) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(times_.impatience).count();
      report({.queue = name,
              .command = script->command,
              .exit_status = -1,
              .signal = 0,
              .timed_out = false,
              .error =
                  fmt::format("still running after {} s; {} more in its queue wait for it", seconds, count)});
      return;
    }
    after(script->timer, times_.impatience, [this, name] { complain(name); });
  }

  void ended(const std::string& name) {
    auto& queue = queues_[name];
    const Running& script = *queue.running;
    // What a killed script leaves behind goes with it; after the reaping its group's number may belong to somebody else.
    if (script.timed_out) signal_script_group(script.script.child, SIGKILL);
    const auto exit = reap(script.script.child);
    ScriptFinished finished{.queue = name,
                            .command = script.command,
                            .exit_status = -1,
                            .signal = 0,
                            .timed_out = script.timed_out,
                            .error = {}};
    if (!exit) {
      finished.error = exit.error().message;
    } else {
      finished.exit_status = exit->status;
      finished.signal = exit->signal;
    }
    queue.running.reset();
    report(finished);
    start_next(name);
  }

  // A supervisor that does not read loses log lines, not scripts.
  void report(const ScriptFinished& finished) {
    const auto bytes = core::to_bytes(finished);
    [[maybe_unused]] const ssize_t lost =
        ::send(requests_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  void drain() {
    draining_ = true;
    if (queues_.empty()) return finish();
    after(drained_, times_.drain, [this] { finish(); });
  }

  void finish() {
    for (const auto& [name, queue] : queues_) {
      if (queue.running) signal_script_group(queue.running->script.child, SIGKILL);
    }
    io_.stop();
  }

  ScriptRunnerTimes times_;
  asio::io_context io_{1};
  asio::posix::stream_descriptor requests_;
  asio::steady_timer drained_;
  std::map<std::string, Queue> queues_;
  bool draining_ = false;
};

}  // namespace

int run_script_runner(int socket, const ScriptRunnerTimes& times) {
  // Our end comes with the end of our peers, so that stop hooks still run when a service manager signals everybody at once.
  for (const int ignored : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) ::signal(ignored, SIG_IGN);
  ::prctl(PR_SET_NAME, "standfast-hooks");
  return Runner(socket, times).run();
}

}  // namespace runtime
