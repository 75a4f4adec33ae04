// Completion scripts for bash and zsh: the commands of the program and the keys of `explain`, which come from the schema.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace config {

enum class Shell : unsigned char { bash, zsh };

/// One command of the program as completion offers it.
struct CommandWord {
  std::string_view name;
  std::string_view help;
  bool takes_file = false;        // a configuration file follows
  std::string_view options = {};  // separated by blanks: "--json --strict"
};

/// The script for a program called `program`; `explain` among the commands completes the schema's keys.
std::string completion_script(Shell shell, std::string_view program, std::span<const CommandWord> commands);

}  // namespace config
