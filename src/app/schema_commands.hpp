// What the schema of the configuration language says, for people and shells.
#pragma once

#include <string>

namespace app {

/// Prints what KEY means; 1 and a suggestion if nothing is called so.
int explain(const std::string& key);
/// The reference manual, Markdown.
std::string reference();
/// A completion script for "bash" or "zsh".
std::string completion(const std::string& shell);

}  // namespace app
