#include "app/daemon.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "app/configuration.hpp"
#include "app/daemon_files.hpp"
#include "app/daemonize.hpp"
#include "app/supervisor.hpp"
#include "config/render.hpp"
#include "runtime/host_world.hpp"
#include "runtime/log.hpp"
#include "runtime/pid_file.hpp"
#include "runtime/scheduling.hpp"
#include "runtime/service_manager.hpp"

namespace app {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_configuration = 2;
constexpr int exit_permission = 4;
constexpr int exit_no_file = 6;

int status_of(const core::Error& error) {
  return error.code == EPERM || error.code == EACCES ? exit_permission : exit_failed;
}

void print(const std::string& text) { std::fputs(text.c_str(), stderr); }

// To the terminal as the check command shows them, and one line each to the log for whoever looks there later.
void tell(const config::Diagnostics& diagnostics, runtime::Log& log, bool on_terminal) {
  if (on_terminal) print(config::render_text(diagnostics, {.colour = ::isatty(STDERR_FILENO) == 1}));
  for (const auto& diagnostic : diagnostics.list) {
    const std::string line = diagnostic_line(diagnostic);
    if (diagnostic.severity == config::Severity::error) log.error("{}", line);
    if (diagnostic.severity == config::Severity::warning) log.warning("{}", line);
  }
}

// The namespace may be named by the file itself, and interfaces must then be looked for inside it: found first, read again there.
core::Result<config::Loaded> load_inside_namespace(DaemonOptions& options, const config::World& world) {
  if (options.net_namespace.empty()) {
    auto loaded = load_configuration(load_options(options), world);
    options.net_namespace = loaded.model.globals.daemon.net_namespace;
    if (options.net_namespace.empty()) return loaded;
  }
  // The kernel tells of processes only there. Stays open for as long as we live.
  options.home_namespace = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (auto joined = runtime::join_net_namespace(options.net_namespace); !joined)
    return std::unexpected(joined.error());
  return load_configuration(load_options(options), world);
}

core::Result<> make_pid_directory(const std::string& directory) {
  if (directory.empty()) return {};
  const mode_t mask = ::umask(022);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  ::umask(mask);
  if (error)
    return std::unexpected(
        core::Error{error.value(), fmt::format("pid directory {}: {}", directory, error.message())});
  return {};
}

struct Prepared {
  config::Loaded loaded;
  DaemonFiles files;
  std::optional<runtime::PidFile> pid_file;
};

// What can fail is done before the fork, so that whoever started us sees it. A value is an exit status.
std::optional<int> prepare(DaemonOptions& options, Prepared& prepared, runtime::Log& log) {
  const runtime::HostWorld world;
  auto loaded = load_inside_namespace(options, world);
  if (!loaded) {
    log.error("{}", loaded.error().message);
    if (!options.log.console) print(loaded.error().message + "\n");
    return status_of(loaded.error());
  }
  tell(loaded->diagnostics, log, !options.log.console);
  if (!loaded->diagnostics.usable()) {
    log.error("the configuration is unusable, not starting");
    return main_file_missing(*loaded) ? exit_no_file : exit_configuration;
  }
  prepared.loaded = std::move(*loaded);
  prepared.files = daemon_files(options, prepared.loaded.model.globals, options.net_namespace);
  auto made = make_pid_directory(prepared.files.pid_directory);
  auto locked = made ? runtime::PidFile::lock(prepared.files.pid_file) : std::unexpected(made.error());
  if (!locked) {
    log.error("{}", locked.error().message);
    if (!options.log.console) print(locked.error().message + "\n");
    // For keepalived "already running" has always been success.
    if (locked.error().code == EWOULDBLOCK && options.compatible) return 0;
    return status_of(locked.error());
  }
  prepared.pid_file = std::move(*locked);
  return std::nullopt;
}

}  // namespace

int run_daemon(DaemonOptions options) {
  // What our starter forgot to close would be held open for as long as we run: its pipes, its locks.
  ::close_range(3, ~0U, 0);
  auto service_manager = runtime::ServiceManager::from_environment();
  const std::string ident = options.compatible ? "Keepalived" : "Standfast";
  runtime::Log early(options.log, ident);
  if (options.core_dumps) {
    if (const auto allowed = allow_core_dumps(options.core_pattern); !allowed)
      early.warning("{}", allowed.error().message);
  }
  runtime::keep_free_memory();
  Prepared prepared;
  if (const auto status = prepare(options, prepared, early)) {
    if (*status != 0) service_manager.failed(*status);
    return *status;
  }
  const auto& daemon = prepared.loaded.model.globals.daemon;
  if (!options.foreground) {
    options.log.console = false;
    if (const auto forked = go_to_background([&] { prepared.pid_file->abandon(); }); !forked) {
      early.error("{}", forked.error().message);
      return exit_failed;
    }
  }
  ::umask(options.file_mode_mask.value_or(daemon.file_mode_mask.value_or(0177)));
  options.log.suffix = ident_suffix(options.net_namespace, daemon.instance);
  runtime::Log log(options.log, ident, true);
  if (const auto written = prepared.pid_file->write(::getpid()); !written)
    log.warning("{}", written.error().message);
  log.info("starting with {}", prepared.loaded.files.empty() ? "no file" : prepared.loaded.files.front());

  const std::string directory = prepared.files.pid_directory;
  int status = exit_failed;
  {
    Supervisor supervisor({.options = std::move(options),
                           .loaded = std::move(prepared.loaded),
                           .files = std::move(prepared.files),
                           .pid_file = std::move(*prepared.pid_file),
                           .service_manager = std::move(service_manager),
                           .log = std::move(log)});
    status = supervisor.run();
  }
  prepared.pid_file.reset();
  restore_core_pattern();
  if (!directory.empty()) ::rmdir(directory.c_str());  // stays if anything is left in it
  return status;
}

}  // namespace app
