// Commands as the file writes them: how a line falls apart into command, user and group, and the command into arguments.
// Nothing is looked up here; script_security.hpp looks at what the path names.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace config {

struct SplitError {
  std::size_t offset = 0;
  std::string message;
};

struct SplitWord {
  std::string text;
  std::size_t offset = 0;  // of its first octet in the text that was split
};

/// First level, the rest of the line after the keyword: ' and " both quote and vanish, pieces join, backslashes stay.
/// A \" within double quotes belongs to the word.
std::expected<std::vector<SplitWord>, SplitError> split_command_line(std::string_view tail);

/// Second level, the command itself: the same quotes, and \a \b \E \f \n \r \t \v \nnn \xHH \cX; any other \C is C.
std::expected<std::vector<std::string>, SplitError> split_arguments(std::string_view command);

/// Does the command hold a shell operator (| & ; < > ` or $( ) outside of its quotes? Then it was meant for a shell.
bool has_shell_operator(std::string_view command);

}  // namespace config
