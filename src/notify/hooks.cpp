#include "notify/hooks.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace notify {

namespace {

std::string_view without_trailing_blanks(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\n");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

// "$1", "${2}", "$@", "$*", "$#": the author says where the words go.
bool mentions_parameters(std::string_view text) {
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    std::size_t next = at + 1;
    if (next < text.size() && text[next] == '{') ++next;
    if (next < text.size() && std::string_view("@*#123456789").find(text[next]) != std::string_view::npos)
      return true;
  }
  return false;
}

// After these a further word would be a command of its own or a syntax error.
bool ends_in_simple_command(std::string_view text) {
  if (text.empty() || std::string_view("&;|)}<>\\").find(text.back()) != std::string_view::npos) return false;
  const std::size_t blank = text.find_last_of(" \t\n;");
  const std::string_view last = blank == std::string_view::npos ? text : text.substr(blank + 1);
  static constexpr std::array<std::string_view, 3> closers{"fi", "done", "esac"};
  return std::ranges::find(closers, last) == closers.end();
}

void add(std::vector<Command>& commands, const std::optional<Command>& command) {
  if (command) commands.push_back(*command);
}

void add_generic(std::vector<Command>& commands, const Hooks& hooks, const Subject& subject,
                 HookState state) {
  if (!hooks.any) return;
  const bool group = subject.kind == Subject::Kind::group;
  commands.push_back(
      with_arguments(*hooks.any, {group ? "GROUP" : "INSTANCE", subject.name, std::string(hook_word(state)),
                                  fmt::format("{}", group ? 0 : subject.priority)}));
}

const std::optional<Command>& specific(const Hooks& hooks, HookState state) {
  switch (state) {
    case HookState::master:
      return hooks.master;
    case HookState::backup:
      return hooks.backup;
    case HookState::fault:
      return hooks.fault;
    case HookState::stop:
      return hooks.stop;
    case HookState::deleted:
      return hooks.deleted;
    case HookState::up:
    case HookState::down:
      break;  // of servers, whose scripts are not these
  }
  std::unreachable();
}

}  // namespace

std::string_view hook_word(HookState state) {
  switch (state) {
    case HookState::master:
      return "MASTER";
    case HookState::backup:
      return "BACKUP";
    case HookState::fault:
      return "FAULT";
    case HookState::stop:
      return "STOP";
    case HookState::deleted:
      return "DELETED";
    case HookState::up:
      return "UP";
    case HookState::down:
      return "DOWN";
  }
  std::unreachable();
}

std::vector<Command> entered(const Hooks& hooks, const Subject& subject, HookState state) {
  std::vector<Command> commands;
  add(commands, specific(hooks, state));
  add_generic(commands, hooks, subject, state);
  return commands;
}

std::vector<Command> removed(const Hooks& hooks, const Subject& subject, bool was_in_fault) {
  if (hooks.notify_deleted || hooks.deleted) return entered(hooks, subject, HookState::deleted);
  std::vector<Command> commands;
  // notify_fault stays silent: nothing is wrong, somebody edited a file.
  if (!was_in_fault) add_generic(commands, hooks, subject, HookState::fault);
  return commands;
}

std::vector<Command> lower_priority_heard(const Hooks& hooks) {
  std::vector<Command> commands;
  add(commands, hooks.master_rx_lower_priority);
  return commands;
}

// Through a shell the words travel as positional parameters and are never pasted into the text, so that no
// name can be read as a command: sh -c TEXT sh WORD…. A text that does not say where they go gets "$@" at its
// end, where they stand without a shell too; unless it ends in something a word cannot follow: then $1 … $4
// are simply there to be used.
Command with_arguments(Command command, const std::vector<std::string>& words) {
  if (command.through_shell && command.argv.size() >= 3) {
    std::string& text = command.argv[2];
    const std::string_view trimmed = without_trailing_blanks(text);
    if (!mentions_parameters(text) && ends_in_simple_command(trimmed))
      text = fmt::format("{} \"$@\"", trimmed);
    if (command.argv.size() == 3)
      command.argv.emplace_back("sh");  // $0, which messages of the shell begin with
  }
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  return command;
}

}  // namespace notify
