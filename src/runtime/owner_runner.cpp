#include "runtime/owner_runner.hpp"

#include <fmt/format.h>
#include <utility>

#include "core/overload.hpp"
#include "notify/hooks.hpp"
#include "runtime/clock.hpp"

namespace runtime {

namespace {

using Level = engine::action::Notice::Level;

}  // namespace

OwnerRunner::OwnerRunner(boost::asio::io_context& io, OwnerTask task, Say say)
    : task_(std::move(task)),
      say_(std::move(say)),
      machine_(task_.config),
      script_(io),
      timer_(io),
      not_started_(io) {}

void OwnerRunner::hear(const notify::Event& event) {
  if (event.what != notify::Event::What::state) return;
  state_ = notify::hook_word(event.state);
  priority_ = event.subject.priority;
  deliver(notify::owner_event::Stated{event.state == notify::HookState::master});
}

void OwnerRunner::reconfigure(notify::OwnerConfig config) {
  task_.config = config;
  deliver(notify::owner_event::Reconfigured{std::move(config)});
}

void OwnerRunner::deliver(const notify::OwnerEvent& event) {
  perform(machine_.handle(now(), event));
  arm();
}

void OwnerRunner::perform(notify::OwnerActions&& actions) {
  for (const auto& wish : actions) {
    std::visit(core::Overload{
                   [&](const notify::owner_action::RunScript& script) { run(script); },
                   [&](const notify::owner_action::StopScript&) { script_.stop(); },
                   [&](const notify::owner_action::Say& said) {
                     say_(said.trouble ? Level::warning : Level::info,
                          fmt::format("ensure_owner of {}: {}", task_.subject.name, said.text));
                   },
               },
               wish);
  }
}

void OwnerRunner::run(const notify::owner_action::RunScript& wish) {
  const std::string group = notify::kind_word(task_.subject.kind) == "GROUP" ? "GROUP" : "INSTANCE";
  const auto command = notify::with_arguments(
      task_.config.command, {std::string(notify::owner_word(wish.step)), group, task_.subject.name, state_,
                             fmt::format("{}", priority_)});
  const auto started = script_.start(command, wish.timeout, [this](const WatchedScript::Ended& ended) {
    deliver(notify::owner_event::ScriptEnded{ended.succeeded, ended.how});
  });
  if (started) return;
  // Not from within perform(): the machine is told when it has said everything.
  not_started_.expires_after(core::Duration::zero());
  not_started_.async_wait([this, how = started.error().message](const boost::system::error_code& error) {
    if (!error) deliver(notify::owner_event::ScriptEnded{false, "cannot be started: " + how});
  });
}

void OwnerRunner::arm() {
  const auto due = machine_.next_timeout();
  if (!due) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::max(*due - now(), core::Duration::zero()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    perform(machine_.handle_timeout(now()));
    arm();
  });
}

}  // namespace runtime
