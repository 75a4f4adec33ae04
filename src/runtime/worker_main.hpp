// What every worker does around its own work: ignores signals that are the supervisor's, reads its task, joins its network
// namespace, opens the snapshot its predecessor left, and at the end waits a moment for its last words to be read.
#pragma once

#include <boost/asio/io_context.hpp>
#include <new>
#include <optional>
#include <string_view>

#include "core/archive.hpp"
#include "core/result.hpp"
#include "runtime/clock.hpp"
#include "runtime/files.hpp"
#include "runtime/log.hpp"
#include "runtime/messages.hpp"
#include "runtime/scheduling.hpp"
#include "runtime/snapshot_file.hpp"

namespace runtime {

namespace worker_exit {
inline constexpr int failed = 1;
inline constexpr int no_memory = 3;  // not for ever: the supervisor tries again
inline constexpr int no_permission = 4;
}  // namespace worker_exit

/// 4 where a capability is missing: trying again will not help.
int worker_exit_status(const core::Error& error);

/// These are the supervisor's to act on; `killall -HUP` reaches us too.
void ignore_foreign_signals();

/// What the worker before this one left, or nothing with a line in the log.
std::optional<SnapshotFile> inherited_snapshot(Log& log);

/// The last news shall still reach the supervisor, if it reads.
template <class Channel>
void say_farewell(boost::asio::io_context& io, Channel& channel) {
  const core::Time limit = now() + std::chrono::seconds(1);
  io.restart();
  while (channel.open() && channel.queued() != 0 && now() < limit)
    io.run_one_for(std::chrono::milliseconds{20});
  channel.close();
}

/// From the inherited descriptors to the exit status. `name` is what the worker is called, `ident` its syslog tag;
/// `work(config, log)` does everything else.
template <class Config, class Work>
int run_worker(std::string_view name, std::string_view ident, const Work& work) {
  ignore_foreign_signals();
  keep_free_memory();
  core::Result<Config> config = std::unexpected(core::Error{});
  if (const auto bytes = read_memory(worker_config_fd)) {
    config = core::from_bytes<Config>(*bytes);
  } else {
    config = std::unexpected(bytes.error());
  }
  if (!config) {
    LogSettings settings;
    settings.console = true;
    Log(settings, ident)
        .error("the {} worker cannot read its configuration: {}", name, config.error().message);
    return worker_exit::failed;
  }
  Log log(config->log, ident);
  try {
    return work(std::move(*config), log);
  } catch (const std::bad_alloc&) {
    log.error("no memory left: this {} worker ends, a new one goes on from its snapshot", name);
    return worker_exit::no_memory;
  }
}

}  // namespace runtime
