#include "app/command_line.hpp"

#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

#include "app/check_command.hpp"
#include "app/compatible_options.hpp"
#include "app/daemon.hpp"
#include "app/genhash.hpp"
#include "app/own_commands.hpp"
#include "app/version.hpp"
#include "runtime/failover_worker.hpp"
#include "runtime/notifier.hpp"
#include "runtime/script_runner.hpp"
#include "runtime/watcher.hpp"

namespace app {
namespace {

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

int run_compatible(const std::vector<std::string>& words) {
  auto command = parse_compatible(words);
  for (const auto& word : command.unexpected) fmt::print("Unexpected argument '{}'\n", word);
  for (const auto& problem : command.problems) fmt::print(stderr, "{}: {}\n", words[0], problem);
  using Action = CompatibleCommand::Action;
  switch (command.action) {
    case Action::refuse:
      return 1;
    case Action::show_version:
      fmt::print(stderr, "{}", version_text("Keepalived"));
      return 0;
    case Action::show_help:
      fmt::print(stderr, "{}", compatible_usage(words[0]));
      return 0;
    case Action::show_signal:
      fmt::print("{}\n", command.output);
      return 0;
    case Action::genhash:
      return run_genhash(command.rest, false);
    case Action::test:
      return test_configuration(command.options, command.test_log);
    case Action::run:
      break;
  }
  // The console is a matter of the foreground.
  if (!command.options.foreground) command.options.log.console = false;
  return run_daemon(std::move(command.options));
}

int run_worker(std::string_view which) {
  if (which == "failover") return runtime::run_failover_worker();
  if (which == "notify") return runtime::run_notifier();
  if (which == "scripts") return runtime::run_script_runner(3);
  if (which == "watcher") return runtime::run_watcher(runtime::watcher_socket_fd);
  return 1;
}

}  // namespace

int run_program(int argc, char** argv) {
  const std::string_view name = argc > 0 ? base_name(argv[0]) : "standfast";
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "worker" && argc == 3) return run_worker(argv[2]);
  std::vector<std::string> words(argv, argv + argc);
  if (name == "keepalived") return run_compatible(words);
  if (name == "genhash") return run_genhash(words, false);
  if (first == "genhash") return run_genhash({words.begin() + 1, words.end()}, true);
  if (first == "--compat") {
    words.erase(words.begin() + 1);
    return run_compatible(words);
  }
  return run_own_command(argc, argv);
}

}  // namespace app
