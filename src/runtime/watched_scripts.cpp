#include "runtime/watched_scripts.hpp"

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <signal.h>
#include <unistd.h>
#include <utility>

#include "runtime/script_start.hpp"

namespace runtime {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds until_kill{1};

bool only_opens(const notify::Command& command) {
  return !command.argv.empty() && command.argv.front().starts_with('<');
}

}  // namespace

struct WatchedScripts::Running {
  Running(asio::io_context& io, std::string script, StartedScript process)
      : name(std::move(script)), started(std::move(process)), finished(io), timer(io) {
    finished.assign(started.child.pidfd.get());
  }
  ~Running() { finished.release(); }  // the pidfd belongs to `started`
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  std::string name;
  StartedScript started;
  asio::posix::stream_descriptor finished;
  asio::steady_timer timer;
  bool signalled = false;
  bool dismissed = false;
};

WatchedScripts::WatchedScripts(asio::io_context& io, Say say) : io_(io), say_(std::move(say)) {}
WatchedScripts::~WatchedScripts() = default;

void WatchedScripts::watch(const std::vector<engine::TrackedScript>& scripts) {
  std::map<std::string, notify::Command, std::less<>> next;
  for (const auto& script : scripts) next.emplace(script.config.name, script.command);
  for (auto running = running_.begin(); running != running_.end();) {
    const auto wanted = next.find(running->first);
    const bool same = wanted != next.end() && wanted->second == commands_[running->first];
    if (same) {
      ++running;
      continue;
    }
    dismiss(std::move(running->second));
    running = running_.erase(running);
  }
  commands_ = std::move(next);
}

void WatchedScripts::run(const std::string& name) {
  const auto command = commands_.find(name);
  if (command == commands_.end() || running_.contains(name)) return;
  track::ScriptEnd end;
  if (only_opens(command->second)) {  // script "</path": well when the file can be opened
    const bool opens = ::access(command->second.argv.front().c_str() + 1, R_OK) == 0;
    end.exit_status = opens ? 0 : 1;
    return say_(engine::event::ScriptFinished{name, end});
  }
  auto started = start_script(command->second);
  if (!started) {
    end.error = started.error().message;
    return say_(engine::event::ScriptFinished{name, std::move(end)});
  }
  auto& running = running_[name];
  running = std::make_unique<Running>(io_, name, std::move(*started));
  running->finished.async_wait(asio::posix::descriptor_base::wait_read,
                               [this, &running = *running](const boost::system::error_code& error) {
                                 if (!error) ended(running);
                               });
}

void WatchedScripts::end(const std::string& name, bool kill) {
  const auto running = running_.find(name);
  if (running == running_.end()) return;
  running->second->signalled = true;
  signal_script_group(running->second->started.child, kill ? SIGKILL : SIGTERM);
}

void WatchedScripts::dismiss(std::unique_ptr<Running> running) {
  running->dismissed = true;
  running->signalled = true;
  signal_script_group(running->started.child, SIGTERM);
  running->timer.expires_after(until_kill);
  running->timer.async_wait([&running = *running](const boost::system::error_code& error) {
    if (!error) signal_script_group(running.started.child, SIGKILL);
  });
  dismissed_.push_back(std::move(running));
}

void WatchedScripts::ended(Running& running) {
  // What an ended script leaves behind goes with it; after the reaping its group's number may belong to somebody else.
  if (running.signalled) signal_script_group(running.started.child, SIGKILL);
  const auto exit = reap(running.started.child);
  if (running.dismissed) {
    std::erase_if(dismissed_, [&](const auto& each) { return each.get() == &running; });
    return;
  }
  track::ScriptEnd end;
  if (!exit) {
    end.error = exit.error().message;
  } else {
    end.exit_status = exit->status;
    end.signal = exit->signal;
  }
  const std::string name = running.name;
  running_.erase(name);
  say_(engine::event::ScriptFinished{name, std::move(end)});
}

void WatchedScripts::kill_all() {
  for (const auto& [name, running] : running_) signal_script_group(running->started.child, SIGKILL);
  for (const auto& running : dismissed_) signal_script_group(running->started.child, SIGKILL);
}

}  // namespace runtime
