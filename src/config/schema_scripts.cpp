// Accounts and commands as values of keywords: resolved and checked against the host.
#include <fmt/format.h>

#include "config/schema_values.hpp"
#include "config/script_command.hpp"
#include "config/script_security.hpp"

namespace config {

namespace {

// A word of the tail, so that a caret can stand under it.
Word word_at(const Statement& statement, const SplitWord& split) {
  const Place tail = statement.tail_place();
  return {split.text, {tail.chunk, tail.offset + static_cast<std::uint32_t>(split.offset)}};
}

std::string_view script_is_dropped = "the script is left out";

// True if the command may be used: what cannot run is left out, what is merely unsafe is not.
bool check_on_host(Words& words, const Word& place, notify::Command& command, const Account& account) {
  Interpreter& interpreter = words.interpreter();
  std::string& program = command.argv.front();
  if (program.find('/') == std::string::npos) {
    const auto found = interpreter.world().find_executable(program);
    if (!found) {
      words.refuse(place, "script-missing", fmt::format("no program '{}' in PATH", program),
                   "write its whole path", script_is_dropped);
      return false;
    }
    words.note(place, "script-by-name", fmt::format("'{}' is found in PATH as {}", program, *found),
               "write its whole path");
    program = *found;
  }
  const auto& problem = interpreter.script_problem(program, account);
  if (!problem) return true;
  if (problem->kind == ScriptProblem::Kind::unsafe) {
    if (interpreter.globals().script_security) {
      words.refuse(place, "script-unsafe", problem->message,
                   "take the permission away, give it to root, or let the script run as another user",
                   script_is_dropped);
      return false;
    }
    words.warn(place, "script-unsafe", problem->message,
               "take the permission away, or let the script run as another user (script_user)");
    return true;
  }
  words.refuse(place,
               problem->kind == ScriptProblem::Kind::missing ? "script-missing" : "script-not-executable",
               problem->message, {}, script_is_dropped);
  return false;
}

std::optional<notify::Command> parse_command(Words& words, const Word& place, std::string_view line) {
  notify::Command command;
  const auto arguments = split_arguments(line);
  if (!arguments) {
    words.refuse(place, "unbalanced-quote", fmt::format("in this command {}", arguments.error().message), {},
                 script_is_dropped);
    return std::nullopt;
  }
  if (arguments->empty() || arguments->front().empty()) {
    words.refuse(place, "empty-command", fmt::format("the command of '{}' is empty", words.keyword().text),
                 {}, script_is_dropped);
    return std::nullopt;
  }
  command.through_shell = has_shell_operator(line);
  command.argv = *arguments;
  return command;
}

void give_account(notify::Command& command, const Account& account) {
  command.uid = account.uid;
  command.gid = account.gid;
  command.supplementary_groups = account.supplementary_groups;
}

}  // namespace

Account default_account(Interpreter& interpreter) {
  if (interpreter.block_account()) return *interpreter.block_account();
  const Account& configured = interpreter.globals().script_user;
  return configured.name.empty() ? interpreter.account_for_scripts() : configured;
}

std::optional<Account> resolve_account(Words& words, const Word& user_word, const Word* group_word) {
  Interpreter& interpreter = words.interpreter();
  if (!interpreter.check_host()) return Account{std::string(user_word.text), 0, 0, {}};
  const auto user = interpreter.world().user(std::string(user_word.text));
  if (!user) {
    words.refuse(user_word, "unknown-user",
                 fmt::format("there is no user '{}' on this machine", user_word.text),
                 words.keyword().text.find("user") == std::string_view::npos
                     ? "if it is an argument of the command, put the whole command in double quotes"
                     : std::string(),
                 script_is_dropped);
    return std::nullopt;
  }
  Account account{std::string(user_word.text), user->uid, user->gid, {}};
  std::string_view group = group_word == nullptr ? std::string_view() : group_word->text;
  const bool supplementary = group.starts_with(':');
  if (supplementary) group.remove_prefix(1);
  if (!group.empty()) {
    const auto gid = interpreter.world().group(std::string(group));
    if (!gid) {
      words.refuse(*group_word, "unknown-group", fmt::format("there is no group '{}' on this machine", group),
                   {}, script_is_dropped);
      return std::nullopt;
    }
    account.gid = *gid;
  }
  if (supplementary || interpreter.globals().set_supplementary_groups)
    account.supplementary_groups = user->groups;
  return account;
}

std::optional<Account> AccountValue::read(Words& words) const {
  const Word* user = words.need("a user");
  if (user == nullptr) return std::nullopt;
  const Word* group = words.empty() ? nullptr : &words.take();
  return resolve_account(words, *user, group);
}

void AccountValue::describe(Keyword& keyword) const { keyword.syntax = "<USER> [[:]<GROUP>]"; }

std::optional<notify::Command> CommandValue::read(Words& words) const {
  const Statement& statement = *words.statement();
  words.drop_rest();  // read from the tail, by other rules
  const auto parts = split_command_line(statement.tail());
  if (!parts) {
    words.refuse(statement.keyword, "unbalanced-quote", fmt::format("in this line {}", parts.error().message),
                 {}, script_is_dropped);
    return std::nullopt;
  }
  if (parts->empty()) {
    if (!optional) {
      words.interpreter().report(Severity::error, "missing-argument", statement.keyword,
                                 fmt::format("'{}' needs a command", statement.keyword.text));
    }
    return std::nullopt;
  }
  const Word line = word_at(statement, parts->front());
  const std::size_t most = account_follows ? 3 : 1;
  if (parts->size() > most) {
    words.refuse(word_at(statement, (*parts)[most]), "surplus-argument",
                 account_follows ? fmt::format("after the command '{}' takes a user and a group, no more",
                                               statement.keyword.text)
                                 : fmt::format("'{}' takes one word", statement.keyword.text),
                 "put the command and its arguments in double quotes", "the words from here on are ignored");
    if (!words.interpreter().lenient()) return std::nullopt;
  }
  auto parsed = parse_command(words, line, parts->front().text);
  if (!parsed) return std::nullopt;
  Account account = default_account(words.interpreter());
  if (account_follows && parts->size() > 1) {
    const Word user = word_at(statement, (*parts)[1]);
    const Word group = parts->size() > 2 ? word_at(statement, (*parts)[2]) : Word{};
    const auto resolved = resolve_account(words, user, parts->size() > 2 ? &group : nullptr);
    if (!resolved) return std::nullopt;
    account = *resolved;
  }
  give_account(*parsed, account);
  // What a shell is to run may begin with anything; only a path can be looked at.
  const bool look = !parsed->through_shell || parsed->argv.front().starts_with('/');
  if (words.interpreter().check_host() && look && !check_on_host(words, line, *parsed, account))
    return std::nullopt;
  if (parsed->through_shell) parsed->argv = {"/bin/sh", "-c", parts->front().text};
  return parsed;
}

void CommandValue::describe(Keyword& keyword) const {
  const LastingText syntax = account_follows ? "<COMMAND> [<USER> [[:]<GROUP>]]" : "<COMMAND>";
  keyword.syntax = optional ? keep(fmt::format("[{}]", syntax.view())) : syntax;
}

}  // namespace config
