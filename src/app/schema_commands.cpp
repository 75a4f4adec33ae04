#include "app/schema_commands.hpp"

#include <fmt/format.h>
#include <iterator>
#include <set>
#include <string_view>

#include "config/schema.hpp"

namespace app {
namespace {

// Keys as `explain` takes them: a block, or block.keyword.
std::set<std::string> keys() {
  std::set<std::string> all;
  for (const auto& block : config::schema().blocks()) {
    const std::string title(config::block_title(block.path));
    all.insert(title);
    for (const auto& keyword : block.keywords) {
      if (!keyword.name.empty() && keyword.name.front() != '<') all.insert(title + "." + keyword.name);
    }
  }
  return all;
}

std::string words() {
  std::string text;
  for (const auto& key : keys()) {
    if (key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/") ==
        std::string::npos) {
      text += (text.empty() ? "" : " ") + key;
    }
  }
  return text;
}

constexpr std::string_view bash_script = R"(# bash completion for standfast
_standfast() {
  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
  local previous=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "run check explain status reload stop completion reference version help" -- "$current"))
    return
  fi
  case $previous in
    --config|-c|--log-file|--pid-file|--vrrp-pid-file|--socket) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --format) COMPREPLY=($(compgen -W "text json" -- "$current")); return ;;
    --log) COMPREPLY=($(compgen -W "console syslog both" -- "$current")); return ;;
    --namespace) COMPREPLY=($(compgen -W "$(ls /run/netns 2>/dev/null)" -- "$current"));
return;
;
  esac
  case $command in
    run) COMPREPLY=($(compgen -W "--config --config-id --log --log-file --verbose --pid-file --vrrp-pid-file --namespace --socket --keep-addresses --no-restart --log-addresses --core-dumps" -- "$current")) ;;
    check) COMPREPLY=($(compgen -f -W "--strict --compat --all-includes --no-host --config-id --format" -- "$current")) ;;
    status) COMPREPLY=($(compgen -W "--json --socket" -- "$current")) ;;
    reload|stop) COMPREPLY=($(compgen -W "--socket --pid-file" -- "$current")) ;;
    completion) COMPREPLY=($(compgen -W "bash zsh" -- "$current")) ;;
    explain) COMPREPLY=($(compgen -W "@KEYS@" -- "$current")) ;;
  esac
}
complete -F _standfast standfast
)";

constexpr std::string_view zsh_script = R"(#compdef standfast
_standfast() {
  if (( CURRENT == 2 )); then
    _values command 'run[run the daemon in the foreground]' 'check[check configuration files]' \
      'explain[what a keyword means]' 'status[ask the running daemon]' 'reload[read the configuration again]' \
      'stop[stop the daemon]' 'completion[print shell completion]' 'reference[print the manual]' \
      'version[version and build options]' 'help[all commands]'
    return
  fi
  case $words[2] in
    run) _arguments '--config[configuration file]:file:_files' '--config-id[for @ID lines]:id:' \
      '--log[where to]:where:(console syslog both)' '--log-file[file]:file:_files' '--verbose[more detail]' \
      '--pid-file[file]:file:_files' '--namespace[network namespace]:name:' '--socket[control socket]:file:_files' \
      '--keep-addresses[leave addresses on exit]' '--no-restart[end when a worker dies]' ;;
    check) _arguments '--strict[warnings fail too]' '--compat[read leniently]' '--all-includes[include problems are errors]' \
      '--no-host[do not look at this machine]' '--format[format]:format:(text json)' '*:file:_files' ;;
    status) _arguments '--json[as JSON]' '--socket[control socket]:file:_files' ;;
    reload|stop) _arguments '--socket[control socket]:file:_files' '--pid-file[file]:file:_files' ;;
    completion) _values shell bash zsh ;;
    explain) compadd @KEYS@ ;;
  esac
}
_standfast "$@"
)";

std::string with_keys(std::string_view script) {
  std::string text(script);
  constexpr std::string_view mark = "@KEYS@";
  text.replace(text.find(mark), mark.size(), words());
  return text;
}

}  // namespace

std::string completion(const std::string& shell) { return with_keys(shell == "zsh" ? zsh_script : bash_script);
  }

  }  // namespace app
