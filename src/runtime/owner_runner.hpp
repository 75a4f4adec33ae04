// Runs the script of one `ensure_owner` as its machine (notify/owner_hook.hpp) wishes. Lives in the notifier process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "notify/event.hpp"
#include "notify/owner_hook.hpp"
#include "runtime/messages.hpp"
#include "runtime/watched_script.hpp"

namespace runtime {

class OwnerRunner {
 public:
  using Say = std::function<void(engine::action::Notice::Level, std::string)>;

  OwnerRunner(boost::asio::io_context& io, OwnerTask task, Say say);
  OwnerRunner(const OwnerRunner&) = delete;
  OwnerRunner& operator=(const OwnerRunner&) = delete;

  const OwnerTask& task() const { return task_; }
  void hear(const notify::Event& event);
  void reconfigure(notify::OwnerConfig config);
  /// Nothing has to be waited for.
  bool at_rest() const { return !script_.running() && machine_.settled(); }
  void kill() { script_.kill(); }

 private:
  void perform(notify::OwnerActions&& actions);
  void deliver(const notify::OwnerEvent& event);
  void run(const notify::owner_action::RunScript& wish);
  void arm();

  OwnerTask task_;
  Say say_;
  notify::OwnerHook machine_;
  WatchedScript script_;
  boost::asio::steady_timer timer_, not_started_;
  std::string state_ = "BACKUP";
  std::uint8_t priority_ = 0;
};

}  // namespace runtime
