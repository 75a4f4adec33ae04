// What a keyword means, said by the schema: `standfast explain vrrp_instance.priority`, the reference manual of docs/, and the
// completion of shells. Text only; who prints it is somebody else.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace config {

struct Explanation {
  bool found = false;
  std::string text;  // what was asked for; else what was probably meant
};

/// `key` is a block, a keyword, or both: "vrrp_instance", "priority", "vrrp_instance.priority", "real_server/weight".
/// A block lists its keywords; a keyword of several blocks lists the blocks.
Explanation explain(std::string_view key);

/// Every key that explain() answers without ambiguity: for completion.
std::vector<std::string> explain_keys();

/// The whole schema as Markdown.
std::string reference_manual();

}  // namespace config
