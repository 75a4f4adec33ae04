#include "app/check_command.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "app/configuration.hpp"
#include "config/load.hpp"
#include "config/render.hpp"
#include "runtime/fd.hpp"
#include "runtime/files.hpp"
#include "runtime/host_world.hpp"
#include "runtime/scheduling.hpp"

namespace app {
namespace {

constexpr int test_cannot_run = 4;
constexpr int test_errors = 5;
constexpr int test_unsafe = 6;

bool about_scripts_or_includes(const config::Diagnostic& diagnostic) {
  const std::string_view id = diagnostic.id;
  return id.find("insecure") != std::string_view::npos || id.find("unsafe") != std::string_view::npos ||
         id.find("include") != std::string_view::npos;
}

bool about_this_machine(const config::Diagnostic& diagnostic) {
  const std::string_view id = diagnostic.id;
  return id.find("no-such-interface") != std::string_view::npos ||
         id.find("unknown-interface") != std::string_view::npos;
}

int test_status(const config::Loaded& loaded) {
  if (main_file_missing(loaded)) return test_unsafe;
  int status = 0;
  for (const auto& diagnostic : loaded.diagnostics.list) {
    if (diagnostic.severity != config::Severity::error) continue;
    const int its = about_scripts_or_includes(diagnostic) ? test_unsafe
                    : about_this_machine(diagnostic)      ? test_cannot_run
                                                          : test_errors;
    status = std::max(status, its);
  }
  return status;
}

}  // namespace

int check_files(const CheckRequest& request) {
  const runtime::HostWorld world;
  config::Diagnostics all;
  for (const auto& file : request.files) {
    config::LoadOptions load;
    load.file = file;
    load.read.config_id = request.config_id;
    load.read.lenient = request.compatible;
    if (request.check_includes) load.read.include_checks = {true, true, true, true};
    load.check_host = request.check_host;
    auto loaded = load_configuration(load, world);
    for (auto& diagnostic : loaded.diagnostics.list) all.add(std::move(diagnostic));
  }
  const std::string text = request.json ? config::render_json(all)
                                        : config::render_text(all, {.colour = ::isatty(STDOUT_FILENO) == 1});
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0) return 1;
  if (!all.usable()) return 1;
  return request.strict && all.count(config::Severity::warning) > 0 ? 2 : 0;
}

int test_configuration(const DaemonOptions& options, const std::string& log_file) {
  runtime::Fd log;
  if (!log_file.empty()) {
    log = runtime::Fd(::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!log) {
      fmt::print(stderr, "{}\n", runtime::file_error("open", log_file, errno).message);
      return 1;
    }
  }
  const int out = log ? log.get() : STDERR_FILENO;
  if (!options.net_namespace.empty()) {
    if (const auto joined = runtime::join_net_namespace(options.net_namespace); !joined) {
      ::dprintf(out, "%s\n", joined.error().message.c_str());
      return test_cannot_run;
    }
  }
  const runtime::HostWorld world;
  const auto loaded = load_configuration(load_options(options), world);
  const std::string text = config::render_text(loaded.diagnostics, {.colour = ::isatty(out) == 1});
  ::dprintf(out, "%s", text.c_str());
  return test_status(loaded);
}

}  // namespace app
