#include "runtime/watcher.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <deque>
#include <iterator>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <utility>

#include "core/archive.hpp"
#include "core/overload.hpp"
#include "runtime/link_poll.hpp"
#include "runtime/messages.hpp"
#include "runtime/watched_files.hpp"
#include "runtime/watched_processes.hpp"
#include "runtime/watched_scripts.hpp"

namespace runtime {

namespace {

namespace asio = boost::asio;

class Watcher {
 public:
  explicit Watcher(int socket) : socket_(io_, socket) {
    socket_.non_blocking(true);
    say(engine::event::WatcherStarted{});
    await_request();
  }

  int run() {
    io_.run();
    return 0;
  }

 private:
  void await_request() {
    socket_.async_wait(asio::posix::descriptor_base::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (!error) receive();
                       });
  }

  void receive() {
    while (true) {
      const ssize_t size = ::recv(socket_.native_handle(), nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return await_request();
      if (size <= 0) return finish();  // the last peer has gone
      datagram_.resize(static_cast<std::size_t>(size));
      if (::recv(socket_.native_handle(), datagram_.data(), datagram_.size(), MSG_DONTWAIT) != size) continue;
      auto message = core::from_bytes<ToWatcher>(datagram_);
      if (!message) continue;
      std::visit(core::Overload{
                     [&](to_watcher::Watch& watch) { take(std::move(watch)); },
                     [&](const to_watcher::RunScript& run) { scripts_.run(run.script); },
                     [&](const to_watcher::EndScript& end) { scripts_.end(end.script, end.kill); },
                 },
                 *message);
    }
  }

  void take(to_watcher::Watch&& watch) {
    std::ranges::move(watch.part.scripts, std::back_inserter(gathered_));
    if (!watch.last) return;
    scripts_.watch(std::exchange(gathered_, {}));
    files_.watch(watch.part.files);
    processes_.watch(watch.part);
    links_.watch(watch.part.polled_interfaces);
  }

  void say(const FromWatcher& message) {
    waiting_.push_back(core::to_bytes(message));
    flush();
  }

  void flush() {
    while (!waiting_.empty()) {
      const auto& bytes = waiting_.front();
      if (::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return flush_later();
      }
      waiting_.pop_front();
    }
  }

  void flush_later() {
    if (std::exchange(flushing_, true)) return;
    socket_.async_wait(asio::posix::descriptor_base::wait_write,
                       [this](const boost::system::error_code& error) {
                         flushing_ = false;
                         if (!error) flush();
                       });
  }

  void finish() {
    scripts_.kill_all();
    io_.stop();
  }

  asio::io_context io_{1};
  asio::posix::stream_descriptor socket_;
  core::Bytes datagram_;
  std::deque<core::Bytes> waiting_;
  bool flushing_ = false;
  std::vector<engine::TrackedScript> gathered_;
  WatchedScripts scripts_{io_, [this](const FromWatcher& message) { say(message); }};
  WatchedFiles files_{io_, [this](const FromWatcher& message) { say(message); }};
  WatchedProcesses processes_{io_, [this](const FromWatcher& message) { say(message); }};
  LinkPoll links_{io_, [this](const FromWatcher& message) { say(message); }};
};

}  // namespace

int run_watcher(int socket) {
  // It ends with its peers, not with a signal meant for all of the service.
  for (const int ignored : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) ::signal(ignored, SIG_IGN);
  ::prctl(PR_SET_NAME, "standfast-watch");
  return Watcher(socket).run();
}

}  // namespace runtime
