#include "app/schema_commands.hpp"

#include <array>
#include <cstdio>
#include <fmt/format.h>

#include "config/completion.hpp"
#include "config/explain.hpp"

namespace app {
namespace {

constexpr std::array commands{
    config::CommandWord{
        .name = "run",
        .help = "run the daemon in the foreground",
        .takes_file = true,
        .options = "--config --config-id --log --log-file --verbose --pid-file --vrrp-pid-file --namespace "
                   "--socket --keep-addresses --no-restart --log-addresses --core-dumps"},
    config::CommandWord{.name = "check",
                        .help = "check configuration files",
                        .takes_file = true,
                        .options = "--strict --compat --all-includes --no-host --config-id --format"},
    config::CommandWord{.name = "explain", .help = "what a keyword means"},
    config::CommandWord{.name = "status", .help = "ask the running daemon", .options = "--json --socket"},
    config::CommandWord{
        .name = "reload", .help = "read the configuration again", .options = "--json --socket --pid-file"},
    config::CommandWord{.name = "stop", .help = "stop the running daemon", .options = "--socket --pid-file"},
    config::CommandWord{.name = "completion", .help = "print shell completion", .options = "bash zsh"},
    config::CommandWord{.name = "reference", .help = "print the reference manual"},
    config::CommandWord{.name = "version", .help = "version and build options"},
    config::CommandWord{.name = "help", .help = "all commands"},
};

}  // namespace

int explain(const std::string& key) {
  const auto explanation = config::explain(key);
  fmt::print(explanation.found ? stdout : stderr, "{}", explanation.text);
  return explanation.found ? 0 : 1;
}

std::string reference() { return config::reference_manual(); }

std::string completion(const std::string& shell) {
  return config::completion_script(shell == "zsh" ? config::Shell::zsh : config::Shell::bash, "standfast",
                                   commands);
}

}  // namespace app
