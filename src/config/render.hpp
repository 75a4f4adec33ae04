// Diagnostics as a person reads them, and as a program does.
//
//   keepalived.conf:3:5: error: unknown keyword 'virtual_ipadress' in vrrp_instance
//       virtual_ipadress {
//       ^~~~~~~~~~~~~~~~
//       hint: did you mean 'virtual_ipaddress'?
//   keepalived.conf:1:1: note: included from here
//
// Knows nothing of terminals: whoever prints says whether colour is wanted.
#pragma once

#include <string>

#include "config/diagnostic.hpp"

namespace config {

struct RenderOptions {
  bool colour = false;
  std::size_t widest_line =
      160;  // characters; of a longer source line only the part round the caret is shown
};

std::string render_text(const Diagnostic& diagnostic, const RenderOptions& options = {});
/// All of them, in their order, with a line that counts them at the end. Empty if there are none.
std::string render_text(const Diagnostics& diagnostics, const RenderOptions& options = {});

/// An object with a list of "diagnostics" and the number of "errors", "warnings" and "notes".
std::string render_json(const Diagnostics& diagnostics);

}  // namespace config
